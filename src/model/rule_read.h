/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rule_read: rules from JSON: the members `rulesets`, `lists`, `access_rules`, `lockdowns` and `ua_rules` of a zone
 * plan item (docs/PLAN.md), and the same objects as the API gets them. Everything is compiled here; a refusal has the
 * member's path, and for an expression its column.
 */
#ifndef MODEL_RULE_READ_H
#define MODEL_RULE_READ_H

#include "base/limits.h"
#include "model/json_read.h"
#include "model/rule.h"

/* What reading carries along. */
struct rule_read {
	struct json_read *r;
	const struct limits *limits;
	const struct zone *zone; /* whose hosts routes may name; NULL: not known, any name inside is taken */
	struct rule_book *book;
	enum rule_phase phase;
};

/*
 * Reads all of it from a zone item into zone->book, which stays NULL when there is nothing. The zone's sites must be
 * there. errors: ERR_PLAN with the member's path. Off the data path; allocates.
 */
enum err rule_read_zone(struct json_read *r, const json_t *item, const struct limits *limits,
			struct zone *zone) MUST_USE;

/*
 * Whether an array of rules of a phase could be published. lists: an object as the item's `lists`, or NULL.
 * errors: ERR_PLAN with d->where = "[0].expression" and so on; ERR_NOT_FOUND when no edge runs rules of that phase.
 */
enum err rule_read_check(const json_t *rules, struct slice phase, const json_t *lists, const struct limits *limits,
			 struct diag *d) MUST_USE;

/*
 * Whether one object of `access_rules`, `lockdowns` or `ua_rules` (member) could be published. errors: ERR_PLAN with
 * the path inside it.
 */
enum err rule_read_check_one(const json_t *object, const char *member, const struct limits *limits,
			     struct diag *d) MUST_USE;

/* Which members of an item this file reads: rows for the table of zone_from.c. */
#define RULE_READ_MEMBERS                                                                                              \
	{ "rulesets", JSON_READ_OBJECT, false }, { "lists", JSON_READ_OBJECT, false },                                 \
		{ "access_rules", JSON_READ_ARRAY, false }, { "lockdowns", JSON_READ_ARRAY, false },                   \
	{                                                                                                              \
		"ua_rules", JSON_READ_ARRAY, false                                                                     \
	}

/* rule_params.c: the action_parameters of one rule, its action and phase known. errors: ERR_PLAN. */
enum err rule_read_params(struct rule_read *b, const json_t *params, struct rule *rule) MUST_USE;
/* rule_rate.c: the member `ratelimit` of one rule, which rules of phase http_ratelimit must have. errors: ERR_PLAN. */
enum err rule_read_rate(struct rule_read *b, const json_t *v, struct rule *rule) MUST_USE;
/* rule_access.c: lists, access rules, lockdowns and agent rules of an item. errors: ERR_PLAN. */
enum err rule_read_lists(struct rule_read *b, const json_t *item) MUST_USE;
enum err rule_read_access(struct rule_read *b, const json_t *item) MUST_USE;

/* A copy in the book's arena. */
struct slice rule_read_keep(struct rule_read *b, struct slice s);
/* An expression at the reader's path. errors: ERR_PLAN. */
enum err rule_read_expr(struct rule_read *b, struct slice text, enum expr_want want, struct expr **ret) MUST_USE;
/* The same where fields of the response may be used or not, whatever the phase says. */
enum err rule_read_expr_of(struct rule_read *b, struct slice text, enum expr_want want, bool response,
			   struct expr **ret) MUST_USE;
/* Zeroed memory of the book; panics when there is none, for sizes that were bounded before. */
void *rule_read_alloc(struct rule_read *b, size_t count, size_t size) __attribute__((returns_nonnull));

#endif
