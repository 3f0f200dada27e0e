/* SPDX-License-Identifier: Apache-2.0 */
/*
 * broadcast: one command to every connected edge, and one answer for whoever asked: when all edges have answered, or
 * when the time is up with what came until then. One thread, that of the control loop.
 */
#ifndef CONTROL_BROADCAST_H
#define CONTROL_BROADCAST_H

#include "control/peer.h"

enum { BROADCAST_EDGES_MAX = 32 };

/* What one edge answered. */
struct broadcast_result {
	uint32_t pid;     /* of the edge */
	bool answered;    /* false: not in time, or it left; error says which */
	enum err error;   /* ERR_TIMEOUT, ERR_CLOSED, or the edge's own */
	uint64_t took_us; /* sending to answer */
	char *text;       /* reason when error is not OK */
	char *json;       /* the answer's JSON, NUL-terminated */
	size_t json_n;
};

/* Every edge has answered or the time is up. Results are borrowed for the call. */
typedef void (*broadcast_done_fn)(void *arg, const struct broadcast_result *results, size_t n);

/* What to ask, until when to wait for answers (monotonic ms), and who is told. json is borrowed for the call. */
struct broadcast_call {
	enum frame_command kind;
	struct slice json;
	uint64_t due_ms;
	broadcast_done_fn fn;
	void *arg;
};

struct broadcasts;

/* The commands under way; none. Caller frees with broadcast_free. */
struct broadcasts *broadcast_new(void) __attribute__((returns_nonnull));
/* Frees; who waits is told what came. The peers must have been freed before. NULL is fine. */
void broadcast_free(struct broadcasts *bs);
/*
 * Sends the command to each of the peers (n <= BROADCAST_EDGES_MAX) and calls fn once, never from inside this call: at
 * the next broadcast_tick when there is no edge to wait for.
 */
void broadcast_send(struct broadcasts *bs, struct peer *const *peers, size_t n, const struct broadcast_call *call);
/* Ends what is complete or late. Returns the time of the next one that gets late; UINT64_MAX: none. */
uint64_t broadcast_tick(struct broadcasts *bs, uint64_t now_ms);

#endif
