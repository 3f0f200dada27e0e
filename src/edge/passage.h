/* SPDX-License-Identifier: Apache-2.0 */
/*
 * passage: challenges as visitors meet them, in three rungs: a redirect that only asks for cookies, a page whose
 * program works for a moment, the same with a button to press. What was passed is the cookie cf_clearance
 * (shield/clearance.h), good for the zone's passage time. Private to the edge room; a request of a zone with rules.
 * Source: the seed edge's challenge passage (cloudflare-challenges/concepts), cf-mitigated,
 * /cdn-cgi/challenge-platform/.
 */
#ifndef EDGE_PASSAGE_H
#define EDGE_PASSAGE_H

#include "edge/request.h"
#include "shield/clearance.h"

#define PASSAGE_PREFIX SLICE("/cdn-cgi/challenge-platform/")

enum { PASSAGE_BITS = 16, PASSAGE_WAIT_S = 8 };

/* What a challenge of that rule action (enum rule_action) asks for at least. */
enum clearance_level passage_level(const struct request *r, unsigned action);
/* Whether the visitor has shown that much. cost: one HMAC for a request with the cookie. */
bool passage_is_clear(struct request *r, enum clearance_level need);
/* How long ago he did, in seconds; only after passage_is_clear said so. */
int64_t passage_age_s(const struct request *r);
/* Answers with a challenge of that level: a redirect, or a page with status 403. The next step is send. */
enum flow passage_challenge(struct request *r, enum clearance_level need);
/* Answers a request below PASSAGE_PREFIX. */
enum flow passage_answer(struct request *r);

/* passage_page.c: what the page shows. */
struct passage_page {
	enum clearance_level level;
	struct slice puzzle, back; /* back: path and query of the page that was asked for */
	struct slice nonce;        /* of the page's own script and style */
	bool early, cookies;       /* it was sent off too early; cookies did not come back */
};
/* passage_page.c: the page for a visitor of r's languages, in r->arena; p == NULL when there is no memory. */
struct slice passage_page(struct request *r, const struct passage_page *p);

#endif
