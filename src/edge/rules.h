/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules: what the rules of a zone do to one request; private to the edge room. A request of a zone without rules has no
 * rules state and pays nothing. Phases run in the order of model/rule_phase.def: step rewrite (rules.c) redirects,
 * rewrites the URL, sets configuration and origin; step guard (rules_guard.c) lets through or refuses; step tune
 * (rules_tune.c) changes header fields and how the cache is used; rules_answer.c changes answers. Lifetime word:
 * request; texts lie in the zone or in r->arena.
 */
#ifndef EDGE_RULES_H
#define EDGE_RULES_H

#include "edge/request.h"
#include "model/rule.h"
#include "wire/uri.h"

enum { RULES_NOTES_MAX = 16, RULES_SEED_BYTES = 16 };

/* What a rule did, for the log and for explanations. Process or snapshot lifetime. */
struct rules_note {
	struct slice id, phase, action;
};

/* The answer at hand, for phases that run behind the origin. */
struct rules_response {
	uint16_t status;
	const struct field *fields;
	size_t fields_n;
};

struct rules_state {
	const struct rule_book *book;
	struct rules_note notes[RULES_NOTES_MAX];
	size_t notes_n, notes_dropped;
	unsigned skips;            /* enum rule_skip */
	bool bic;                  /* refuse requests without a user agent */
	struct rule_config config; /* what configuration rules say; members: which of it */
	bool allowed;              /* an address rule lets everything through */
	struct rules_rate *rates;  /* rate limits that count the answer */
	struct slice asked;        /* path and query as sent, when a rule rewrote them */
	struct slice host_header;  /* for the origin; empty: unchanged */
	struct slice sni;          /* the same of TLS */
	const struct site *origin; /* whose origins are asked; NULL: the request's own */
	uint16_t origin_port;      /* 0: unchanged */
	const struct rules_response *response;
	struct slice normal; /* path and query in normal form; p == NULL: not made yet */
	uint8_t seed[RULES_SEED_BYTES];
	bool seeded;
};

/* Whether the condition of a rule holds for the request now. Nothing stays allocated. */
bool rules_holds(struct request *r, const struct expr *when);
/* The text of a value, in r->arena or the zone; p == NULL when it was an expression and there is no memory. */
struct slice rules_text(struct request *r, const struct rule_value *v);
/* The same, and whether there is such a value: what is missing is empty too. */
struct slice rules_value(struct request *r, const struct rule_value *v, bool *ret_there);
/* Notes that a rule did something. */
void rules_note(struct request *r, const struct rule *rule);
/* The same for what is not a rule of a phase. */
void rules_note_other(struct request *r, struct slice id, struct slice phase, struct slice action);
/*
 * Makes r->q the request's own copy, so that rules may change it; the visitor's stays in r->x->req. errors:
 * ERR_ARENA_FULL.
 */
enum err rules_own_request(struct request *r) MUST_USE;

/* rules_fields.c: values of fields for expressions; of is the request. As expr_env.get. */
void rules_fields_get(void *of, enum expr_field f, const struct slice *key, struct expr_value *ret);
/* rules_fields.c: path and query as rules see them: normalised, after rewrites. In r->arena or the request. */
struct slice rules_fields_uri(struct request *r);

/* rules_answer.c: an answer made here: status, content and perhaps a Location. The next step is send. */
enum flow rules_answer_page(struct request *r, const struct rule_answer *a, struct slice location);
/*
 * rules_answer.c: the redirect of a rule. FLOW_WAIT when it makes no usable address, and so does nothing.
 */
enum flow rules_answer_redirect(struct request *r, const struct rule *rule);
/*
 * rules_answer.c: custom error rules for an answer of this status (>= 400) that is about to be sent. True when one of
 * them made the answer; the next step is send.
 */
bool rules_answer_error(struct request *r, uint16_t status, const struct field *fields, size_t fields_n);
/*
 * rules_answer.c: response header rules. h is changed to fields in r->arena when one of them matches. errors:
 * ERR_ARENA_FULL.
 */
enum err rules_answer_headers(struct request *r, struct http_response *h) MUST_USE;

/*
 * rules_rate.c: counts the request for the rate limits of its zone. True when it is too much for one of them that does
 * more than to note it: *ret is what comes next.
 */
bool rules_rate_guard(struct request *r, enum flow *ret);
/* rules_rate.c: counts what is counted by answers. r->rules->rates says whether there is anything to count. */
void rules_rate_answer(struct request *r, const struct rules_response *a);

/* The site whose origins are asked. */
const struct site *rules_origin(const struct request *r);
/* What a refresh takes over from the request that started it; in n->arena. */
void rules_refresh(const struct request *r, struct request *n);
/* The member `rules` of a log line, and `rewritten`; nothing when no rule did anything. */
void rules_log(const struct request *r, struct text *t);
/* Path and query as the visitor sent them. */
struct slice rules_asked(const struct request *r);

#endif
