/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rest: the line of connections that have nothing under way: a handshake or a head that is not complete, or a wait for
 * the next request. When there is no room for a new one, the one that has been in line for longest ends: whoever opens
 * connections and does nothing with them pushes out himself, and visitors who ask as soon as they are connected stay.
 * One line per worker; pure but for the call of end.
 */
#ifndef PROTO_REST_H
#define PROTO_REST_H

#include <stdbool.h>
#include <stddef.h>

struct rest {
	struct rest *next, **prev;   /* prev NULL: not in line */
	void (*end)(struct rest *r); /* closes the connection, which leaves the line by that */
};

struct rest_line {
	struct rest *first, **last; /* last NULL: nobody was ever in it */
};

/* At the end of the line; no-op when it is in line already. */
void rest_begin(struct rest_line *l, struct rest *r);
/* Out of the line; no-op when it is not in it. */
void rest_over(struct rest_line *l, struct rest *r);
/* Ends the first in line. False when nobody is. */
bool rest_make_room(struct rest_line *l);

#endif
