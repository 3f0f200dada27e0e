/* SPDX-License-Identifier: Apache-2.0 */
/*
 * publish: items that somebody wants live together, and one answer: when every connected edge has acknowledged all of
 * them, when one refuses (then everything is as before), or when the time is up. One thread, that of the control loop.
 */
#ifndef CONTROL_PUBLISH_H
#define CONTROL_PUBLISH_H

#include "control/peer.h"

enum { PUBLISH_SOURCE_BYTES = 64, PUBLISH_ITEMS_MAX = 65536 };

/* One item; borrowed for publish_start. */
struct publish_item {
	const char *source; /* who wants it: one item for each source (desired.h), shorter than PUBLISH_SOURCE_BYTES */
	struct slice json;  /* p NULL: not wanted any more */
};

/* How it ended. */
struct publish_result {
	enum err error;   /* OK: it is wanted now. ERR_PLAN: refused, and nothing has changed; why says it */
	struct diag why;  /* with ERR_PLAN */
	size_t edges;     /* have everything live */
	size_t late;      /* have not answered yet; they will get it */
	uint64_t took_us; /* until the last answer that counts */
};

/* Called once for each publish_start, never from inside it. result is borrowed for the call. */
typedef void (*publish_done_fn)(void *arg, const struct publish_result *result);

/* What is to be live. Borrowed for publish_start. */
struct publish_call {
	const struct publish_item *items;
	size_t n;        /* <= PUBLISH_ITEMS_MAX */
	uint64_t due_ms; /* until when edges are waited for, monotonic */
	publish_done_fn fn;
	void *arg;
};

struct publishes;

/* None under way. desired is borrowed. Caller frees with publish_free. */
struct publishes *publish_new(struct desired *desired) __attribute__((returns_nonnull));
/* Whoever waits is told that all edges are late. NULL is fine. */
void publish_free(struct publishes *ps);
/*
 * Makes the items wanted, all or none, and waits for the edges. An item whose content is what its source has already is
 * waited for like the others. wall_us: wall clock, for revisions.
 */
void publish_start(struct publishes *ps, const struct publish_call *call, uint64_t wall_us);
/* Looks at what the edges have; ends what is decided. Returns when the next one is late; UINT64_MAX: none waits. */
uint64_t publish_tick(struct publishes *ps, struct peer *const *peers, size_t peers_n, uint64_t now_ms,
		      uint64_t wall_us);
/* Whether one waits for its end. */
bool publish_waiting(const struct publishes *ps);

#endif
