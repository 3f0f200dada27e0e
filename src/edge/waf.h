/* SPDX-License-Identifier: Apache-2.0 */
/*
 * waf: what the firewall engine does with one request, as the other steps see it (its own parts: waf_int.h). Steps
 * waf_head, body and waf_body (waf.c, waf_body.c) stand between the rules of the zone and everything that follows;
 * waf_report.c says what came of it. A zone without the firewall has no state here and pays one look at a pointer.
 *
 * The body is collected up to a limit and looked at before the origin gets a byte of it; what is longer streams on
 * behind the part that was looked at. Lifetime word: request.
 */
#ifndef EDGE_WAF_H
#define EDGE_WAF_H

#include "base/text.h"
#include "edge/request.h"

/* Whether the engine looks at requests of this site. */
bool waf_wanted(const struct site *site);
/* waf.c: gives everything back; nothing when there is no state. */
void waf_release(struct request *r);
/* waf.c: frees what a worker keeps for reuse. */
void waf_free_kept(struct worker *w);

/* waf_body.c: body bytes of the visitor while step body waits. */
void waf_body_data(struct request *r, struct slice data, bool end);
/* waf_body.c: whether what was collected still has to go to the origin. */
bool waf_body_left(const struct request *r);
/* waf_body.c: from the first byte again, for another connection. */
void waf_body_rewind(struct request *r);
/* waf_body.c: hands collected bytes to r->client as far as it takes them; then asks the visitor for the rest. */
void waf_body_feed(struct request *r);
/* waf_body.c: whether the whole body is here, so that it can be sent again. */
bool waf_body_whole(const struct request *r);

/* waf_answer.c: whether the engine is to see the answer. */
bool waf_answer_wanted(const struct request *r);
/* waf_answer.c: body bytes of the origin, and their end, while step waf_answer waits. */
void waf_answer_data(struct request *r, struct slice data);
void waf_answer_end(struct request *r);
/* waf_answer.c: whether collected bytes of the answer still have to go to the visitor or the cache. */
bool waf_answer_held(const struct request *r);
/* waf_answer.c: those bytes, once; *ret_ended: there are no others. They live as long as the request. */
struct slice waf_answer_take(struct request *r, bool *ret_ended);
/* waf_answer.c: how many bytes a held answer has that is complete; else 0. */
size_t waf_answer_size(const struct request *r);

/* waf.c: an inspection that is still open ends here: nothing more will come. */
void waf_finish(struct request *r);
/* waf_report.c: the member `waf` of a log line; nothing when the request was not inspected. */
void waf_log(const struct request *r, struct text *t);

#endif
