/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gate: how many requests of one zone one worker has at origins at a time, and who goes next. An origin that is asked
 * for more than it can do does less: what is too much waits here, in two lines. Known visitors go first, in order; then
 * the others. Pure: who waits has its own timer.
 */
#ifndef SHIELD_GATE_H
#define SHIELD_GATE_H

#include "base/slice.h"

#include <stdbool.h>

/* Who waits. Embedded in the caller's request; zero-initialise. */
struct gate_wait {
	struct gate_wait *next, **prev; /* prev NULL: not waiting */
	bool known;
};

/* One worker's gate of one zone; zero-initialise. */
struct gate {
	unsigned inside, waiting;
	struct gate_wait *first[2], **last[2]; /* [1]: known visitors */
};

/*
 * Asks to go in: true when there is room below `limit` and nobody with the same right waits, and then gate_leave is
 * due. Never waits by itself.
 */
bool gate_enter(struct gate *g, unsigned limit, bool known);
/* Puts w at the end of its line. */
void gate_wait(struct gate *g, struct gate_wait *w, bool known);
/* Takes the one who came last and is not known out of his line, for a known visitor; NULL: none of those waits. */
struct gate_wait *gate_yield(struct gate *g);
/* Takes w out of its line. No-op when it does not wait. */
void gate_cancel(struct gate *g, struct gate_wait *w);
/* One has left. */
void gate_leave(struct gate *g);
/* The next who may go in, who is inside then and out of the line; NULL: nobody, or no room. */
struct gate_wait *gate_next(struct gate *g, unsigned limit);

#endif
