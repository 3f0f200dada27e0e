/* SPDX-License-Identifier: Apache-2.0 */
/*
 * runner_msg: the messages between control and the runner, as bytes, in the frames of door/frame.h (their head and
 * bounds, types of our own). Pure: no socket, no clock, no state.
 *
 *	START    control → runner   id u64, generation u64, memory u64, flags u8, app, label, command, folder: text,
 *	                            count u16, count × (name text, value text)
 *	STOP     control → runner   id u64
 *	FORGET   control → runner   id u64: what has ended is known to control
 *	INSTANCE runner → control   id u64, generation u64, memory u64, state u8, port u16, pid u32, status u32,
 *	                            started ms u64, used bytes u64, cpu ms u64, app, label, why: text
 *	LISTED   runner → control   nothing: every instance was told once
 *	OUTPUT   runner → control   id u64, wall ms u64, dropped lines u32, app, label: text, lines u32 and bytes
 *
 * text is u16 length and bytes without NUL. The runner tells all it has when control connects, then each change.
 */
#ifndef RUNNER_RUNNER_MSG_H
#define RUNNER_RUNNER_MSG_H

#include "base/cursor.h"
#include "door/frame.h"

enum {
	RUNNER_VERSION = 1,
	RUNNER_APP_BYTES = 49,   /* longest name or id of an app, and a NUL */
	RUNNER_LABEL_BYTES = 32, /* "web-1", and a NUL */
	RUNNER_WHY_BYTES = 160,
	RUNNER_COMMAND_BYTES_MAX = 8192,
	RUNNER_FOLDER_BYTES_MAX = 1024,
	RUNNER_VALUE_BYTES_MAX = 32768,
	RUNNER_VARIABLES_MAX = 1024,
	RUNNER_PAYLOAD_BYTES_MAX = 4 << 20,
	RUNNER_LINES_BYTES_MAX = 65536, /* of one OUTPUT */
};

enum runner_type {
	RUNNER_START = 1,
	RUNNER_STOP,
	RUNNER_FORGET,
	RUNNER_INSTANCE,
	RUNNER_LISTED,
	RUNNER_OUTPUT,
};

/* A life goes STARTING → READY → STOPPING → ENDED; each step but the last may be left out. */
enum runner_state { RUNNER_STARTING = 1, RUNNER_READY, RUNNER_STOPPING, RUNNER_ENDED };

enum { RUNNER_WEB = 1 /* it gets a PORT, and is ready when that accepts connections */ };

/* Slices are borrowed from the payload when reading, from the caller when writing. */
struct runner_start {
	uint64_t id, generation;
	uint64_t memory_bytes; /* 0: no bound */
	uint8_t flags;
	struct slice app, label, command, folder; /* folder empty: "/" */
	uint16_t variables_n;
	struct slice variables; /* for runner_msg_variable_take */
};
struct runner_variable {
	struct slice name, value;
};
struct runner_instance {
	uint64_t id, generation, memory_bytes;
	enum runner_state state;
	uint16_t port; /* 0: none */
	uint32_t pid, status;
	uint64_t started_ms;          /* wall clock */
	uint64_t used_bytes, cpu_ms;  /* at the last look */
	struct slice app, label, why; /* why: one sentence for an end that nobody asked for; may be empty */
};
struct runner_output {
	uint64_t id, wall_ms;
	uint32_t dropped; /* lines that were left out before these */
	struct slice app, label;
	struct slice lines; /* each ends with \n */
};

/* Readers: exact, nothing may be left over, texts within their bounds and without NUL. errors: ERR_FRAME. */
enum err runner_msg_read_start(struct slice payload, struct runner_start *ret) MUST_USE;
enum err runner_msg_read_id(struct slice payload, uint64_t *ret) MUST_USE;
enum err runner_msg_read_instance(struct slice payload, struct runner_instance *ret) MUST_USE;
enum err runner_msg_read_output(struct slice payload, struct runner_output *ret) MUST_USE;
/* The next variable; *rest shrinks. The name has the form of one. errors: ERR_FRAME. */
enum err runner_msg_variable_take(struct slice *rest, struct runner_variable *ret) MUST_USE;

/* Writers append one whole frame to b or nothing. errors: ERR_QUEUE_FULL (past the bound of b, or a text too long). */
enum err runner_msg_write_start(struct buf *b, const struct runner_start *s,
				const struct runner_variable *variables) MUST_USE;
/* type: STOP or FORGET. */
enum err runner_msg_write_id(struct buf *b, enum runner_type type, uint64_t id) MUST_USE;
enum err runner_msg_write_instance(struct buf *b, const struct runner_instance *i) MUST_USE;
enum err runner_msg_write_listed(struct buf *b) MUST_USE;
enum err runner_msg_write_output(struct buf *b, const struct runner_output *o) MUST_USE;

#endif
