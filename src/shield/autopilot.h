/* SPDX-License-Identifier: Apache-2.0 */
/*
 * autopilot: watches how a zone's origins are asked, and says when that is an attack, by which signatures it is known,
 * what unknown visitors have to show meanwhile, and how many requests the origins can take. Pure: a tick brings the
 * numbers since the last one and the time; a watch costs nothing on the way of a request.
 *
 * An attack is both: the origin hurts (requests wait at the gate, answers take much longer than usual, many fail, or
 * most are not waited for: the origin works on them all the same), and
 * more is asked than ever in the zone's own history. An origin that is slow by itself is protected by the gate alone,
 * and nobody is challenged.
 *
 * The ladder: signatures that would have met next to nobody before are challenged first; when it still hurts a second
 * later, every unknown visitor has to keep cookies; then to run the page's program. It ends when as little is asked as
 * before for a while.
 */
#ifndef SHIELD_AUTOPILOT_H
#define SHIELD_AUTOPILOT_H

#include "shield/signature.h"

enum {
	AUTOPILOT_TICK_MS = 200,
	AUTOPILOT_SIGNATURES = 8,
	AUTOPILOT_LIMIT_MAX = 4096, /* requests at origins at a time, all workers together */
	AUTOPILOT_LIMIT_MIN = 8
};

enum autopilot_level {
	AUTOPILOT_CALM,
	AUTOPILOT_SIGNED,  /* what has a signature is challenged */
	AUTOPILOT_COOKIES, /* unknown visitors have to keep cookies */
	AUTOPILOT_WORK     /* and to work */
};

/* What was counted since the last tick, all workers together. */
struct autopilot_tick {
	uint64_t now_ms;
	uint64_t begun;                         /* requests that were to go to origins, before anybody was held back */
	uint64_t held;                          /* of these, those that were challenged or refused */
	uint64_t sent;                          /* went to origins */
	uint64_t done;                          /* were answered */
	uint64_t left;                          /* went to origins, and the visitor left before the answer */
	uint64_t failed;                        /* by a failure: no answer, or 5xx */
	uint64_t latency_us;                    /* from going there to the answer, of all that were answered */
	unsigned waiting;                       /* at the gates now */
	const struct signature_sample *samples; /* the last requests that went on to the origins */
	size_t samples_n;
};

/* State of one zone; zero-initialise. */
struct autopilot {
	struct signature_history history;
	double rate, usual;               /* requests a second: now (over a second), the most that used to come */
	double through;                   /* of these, those that are not held back */
	double latency_ms, failing, left; /* now; shares of answers and of requests */
	double usual_ms;                  /* latency while nothing was wrong; 0: not known */
	double done_rate;                 /* answers a second */
	unsigned ticks, limit, level;     /* limit: of all workers together */
	uint64_t silent_ms;               /* the last tick with an answer, or without a question */
	uint64_t hurt_ms, began_ms, raised_ms, quiet_ms, faded_ms, last_ms, eased_ms;
	struct signature signatures[AUTOPILOT_SIGNATURES];
	uint64_t found_ms[AUTOPILOT_SIGNATURES];
};

/* What a tick changed: bits. */
enum autopilot_change {
	AUTOPILOT_BEGAN = 1,
	AUTOPILOT_ENDED = 2,
	AUTOPILOT_RAISED = 4,
	AUTOPILOT_FOUND = 8,    /* a signature; *ret_signature is its index */
	AUTOPILOT_LIMITED = 16, /* the limit is another one */
};

/* Takes a tick in. Returns what changed. Ticks come about every AUTOPILOT_TICK_MS. */
unsigned autopilot_step(struct autopilot *a, const struct autopilot_tick *t, unsigned *ret_signature);
/* Whether the origin hurts now. */
bool autopilot_hurts(const struct autopilot *a);
/* The word of a level: "calm", "signatures", "cookies", "work". Process lifetime. */
const char *autopilot_level_word(unsigned level);

#endif
