/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frame: the messages between control and an edge, as bytes. Pure: no socket, no clock, no state.
 *
 *	frame := length u32 (of the payload), version u16, type u8, flags u8, payload        integers big-endian
 *
 * text below is u16 length and bytes, json is u32 length and bytes.
 *
 *	HELLO    edge → control   pid u32, generation u32, name text, count u32, count × item; FRAME_MORE: goes on in
 *	                          the next HELLO
 *	  item :=                 kind text, name text, revision u64, hash u64 (frame_content_hash)
 *	WELCOME  control → edge   error i32 (0: welcome), reason text
 *	PUT      control → edge   seq u64, revision u64, kind text, name text, json
 *	DELETE   control → edge   seq u64, revision u64, kind text, name text
 *	SYNCED   control → edge   nothing: the edge now has everything
 *	ACK      edge → control   seq u64, revision u64, error i32 (0: live), live µs u64, kind, name, where, text: text
 *	COMMAND  control → edge   seq u64, kind u8 (enum frame_command), json
 *	REPLY    edge → control   seq u64 (of the command), error i32, took µs u64, where, text: text, json
 *	COUNTERS edge → control   count u16, count × (name text, value u64)
 *	EVENT    edge → control   kind text, json: something that happened; who listens to which kind: control_hear
 *	PING, PONG both ways      nothing
 *
 * The first frame of an edge is HELLO, the first answer WELCOME; another version is refused there with the reason, and
 * the header keeps its shape in every version so that the refusal can be read.
 */
#ifndef DOOR_FRAME_H
#define DOOR_FRAME_H

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

enum {
	FRAME_VERSION = 3,
	FRAME_HEAD_BYTES = 8,
	FRAME_OVERHEAD_BYTES = 4096,     /* what a PUT holds at most besides its JSON */
	FRAME_HELLO_ITEMS_BYTES = 65536, /* a HELLO is continued in another one when its items pass this */
	FRAME_KIND_BYTES = 16,           /* with NUL */
	FRAME_NAME_BYTES = 256,          /* with NUL */
	FRAME_EVENT_BYTES = 16384,       /* the JSON of one event */
};

enum frame_type {
	FRAME_HELLO = 1,
	FRAME_WELCOME,
	FRAME_PUT,
	FRAME_DELETE,
	FRAME_SYNCED,
	FRAME_ACK,
	FRAME_COMMAND,
	FRAME_COUNTERS,
	FRAME_EVENT,
	FRAME_PING,
	FRAME_PONG,
	FRAME_REPLY,
};

enum { FRAME_MORE = 1 }; /* flags */

/* What control may ask of an edge besides plan items; the JSON of each is described in docs/PLAN.md. */
enum frame_command {
	FRAME_COMMAND_DRAIN = 1, /* finish and leave */
	FRAME_COMMAND_PURGE,     /* take stored answers away */
	FRAME_COMMAND_EXPLAIN,   /* the steps of one recent request */
	FRAME_COMMAND_METRICS,   /* times of steps, requests by zone */
	FRAME_COMMAND_DNS,       /* answers of the name server for one zone, counted */
	FRAME_COMMAND_COUNT
};

/* One frame as found in a stream; the payload is borrowed from it. */
struct frame {
	uint16_t version;
	uint8_t type; /* enum frame_type, or another number from a newer side */
	uint8_t flags;
	struct slice payload;
};

/* Slices below are borrowed from the payload when reading, from the caller when writing. */
struct frame_hello {
	uint32_t pid, generation, count;
	struct slice name;
	struct slice items; /* bytes of `count` items, for frame_item_take; not used when writing */
};
struct frame_item {
	struct slice kind, name;
	uint64_t revision, hash;
};
struct frame_welcome {
	int32_t error; /* enum err */
	struct slice reason;
};
struct frame_put { /* and DELETE, without json */
	uint64_t seq, revision;
	struct slice kind, name, json;
};
struct frame_ack {
	uint64_t seq, revision, live_us;
	int32_t error; /* enum err */
	struct slice kind, name, where, text;
};
struct frame_command_call {
	uint64_t seq;
	enum frame_command kind;
	struct slice json; /* may be empty */
};
struct frame_reply {
	uint64_t seq, took_us;
	int32_t error;            /* enum err */
	struct slice where, text; /* the reason when it is not OK */
	struct slice json;
};
struct frame_event {
	struct slice kind, json;
};
struct frame_counter {
	struct slice name;
	uint64_t value;
};

/*
 * The first frame in the bytes. out: *ret and *ret_used bytes to consume.
 * errors: ERR_AGAIN (more bytes are needed), ERR_FRAME_LARGE (payload over payload_max).
 */
enum err frame_take(struct slice in, size_t payload_max, struct frame *ret, size_t *ret_used) MUST_USE;

/* Readers of payloads: exact, nothing may be left over. errors: ERR_FRAME. */
enum err frame_read_hello(struct slice payload, struct frame_hello *ret) MUST_USE;
enum err frame_read_welcome(struct slice payload, struct frame_welcome *ret) MUST_USE;
/* has_json: PUT; otherwise DELETE. Kind and name are not empty and shorter than FRAME_KIND_BYTES, FRAME_NAME_BYTES. */
enum err frame_read_put(struct slice payload, bool has_json, struct frame_put *ret) MUST_USE;
enum err frame_read_ack(struct slice payload, struct frame_ack *ret) MUST_USE;
enum err frame_read_command(struct slice payload, struct frame_command_call *ret) MUST_USE;
enum err frame_read_reply(struct slice payload, struct frame_reply *ret) MUST_USE;
/* Kind as in a PUT; json not empty, at most FRAME_EVENT_BYTES. */
enum err frame_read_event(struct slice payload, struct frame_event *ret) MUST_USE;
/* Count of counters and the bytes for frame_counter_take. */
enum err frame_read_counters(struct slice payload, uint32_t *ret_count, struct slice *ret_rest) MUST_USE;
/* The next item or counter; *rest shrinks. errors: ERR_FRAME. */
enum err frame_item_take(struct slice *rest, struct frame_item *ret) MUST_USE;
enum err frame_counter_take(struct slice *rest, struct frame_counter *ret) MUST_USE;

/* Writers append one whole frame to b or nothing. errors: ERR_QUEUE_FULL (past the bound of b). */
enum err frame_write_empty(struct buf *b, enum frame_type type) MUST_USE;
/* items: already written ones (frame_item_write), h->count of them; h->items is not looked at. */
enum err frame_write_hello(struct buf *b, const struct frame_hello *h, struct slice items, bool more) MUST_USE;
enum err frame_write_welcome(struct buf *b, const struct frame_welcome *w) MUST_USE;
enum err frame_write_put(struct buf *b, const struct frame_put *p) MUST_USE;
enum err frame_write_delete(struct buf *b, const struct frame_put *p) MUST_USE;
enum err frame_write_ack(struct buf *b, const struct frame_ack *a) MUST_USE;
enum err frame_write_command(struct buf *b, const struct frame_command_call *c) MUST_USE;
enum err frame_write_reply(struct buf *b, const struct frame_reply *r) MUST_USE;
enum err frame_write_counters(struct buf *b, const struct frame_counter *counters, size_t n) MUST_USE;
/* Kind and json within the bounds of frame_read_event. */
enum err frame_write_event(struct buf *b, const struct frame_event *e) MUST_USE;
/* Appends one item of a HELLO to a plain buffer. errors: ERR_QUEUE_FULL. */
enum err frame_item_write(struct buf *items, const struct frame_item *item) MUST_USE;

/* Says whether two contents are the same; equal on every machine and version. */
uint64_t frame_content_hash(struct slice json);
/* "PUT" …; "?" for another number. Process lifetime. */
const char *frame_type_name(uint8_t type);

#endif
