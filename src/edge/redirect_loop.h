/* SPDX-License-Identifier: Apache-2.0 */
/*
 * redirect_loop: an answer of the origin that sends the visitor to the URL which it was asked for, because of the way
 * in which it was asked: flexible mode and an origin that forces HTTPS, Always Use HTTPS and an origin that goes back
 * to http. Following it would lead here again and again, so it is broken and its cause named.
 */
#ifndef EDGE_REDIRECT_LOOP_H
#define EDGE_REDIRECT_LOOP_H

#include "base/slice.h"

struct redirect_loops; /* what a worker remembers */
struct request;

/* An empty memory of redirects that were given a moment ago; 1 KiB. The caller frees with redirect_loop_free. */
struct redirect_loops *redirect_loop_new(void) __attribute__((returns_nonnull));
/* Frees; NULL is fine. */
void redirect_loop_free(struct redirect_loops *all);

/*
 * Looks at the origin's head (r->resp) for such a redirect. Returns why it is one, as a sentence for the page (process
 * lifetime), and tells control (event "loop", once a second for a site); NULL: it is none. A redirect that comes back
 * for a reason which lies in the origin alone (it was asked as the visitor asked) is broken the second time that the
 * same visitor is given it within some seconds: the first may be meant. One that sets a cookie is never one: it may
 * end. cost: one comparison for answers that are no redirect.
 */
const char *redirect_loop_found(struct request *r);

#endif
