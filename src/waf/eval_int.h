/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of an evaluation: eval.c phases and rules, eval_target.c what a rule looks at, eval_op.c operators,
 * eval_action.c what a match does. */
#ifndef WAF_EVAL_INT_H
#define WAF_EVAL_INT_H

#include "waf/eval.h"
#include "waf/input.h"
#include "waf/regex.h"

/* A variable of a collection other than by TX slot. */
struct eval_named {
	struct eval_named *next;
	enum variable store;
	struct slice name, text;
	bool set;
};

struct eval_exclusion {
	struct eval_exclusion *next;
	const struct rule_target *target;
	const uint8_t *means; /* bit of the index of each rule that must not look at it */
};

/* What an operator is asked about. */
struct eval_subject {
	enum variable var;
	bool count;
	struct slice name; /* selector */
	struct slice text;
};

struct eval {
	const struct rule_set *set;
	const struct plan *plan;
	struct eval_scratch *scratch;
	struct arena *arena;
	struct input in;
	struct slice *slots; /* of TX names known when the rules were loaded; p == NULL: not set */
	struct eval_named *named;
	uint8_t *removed;                /* bit of a rule's index: removed by ctl; NULL: none */
	struct eval_exclusion *excluded; /* targets of rules */
	bool store_excluded;             /* one of them is a TX variable or its kin */
	const uint8_t *muted, *spared;   /* of the overlay; NULL: none */
	uint8_t *frozen;                 /* bit of a slot that rules cannot change; NULL: none */
	const struct eval_cut *cuts;     /* of the overlay */
	size_t cuts_n;
	uint64_t *candidates;        /* of the plan: rules that may match, by segment */
	uint64_t *may_match;         /* in any segment */
	int64_t automata_work;       /* what new states of automata may still cost */
	uint32_t scanned[VAR_COUNT]; /* values that are scanned already */
	enum rule_engine engine;
	bool force_body, body_access, answer_access;
	struct slice processor;
	/* the rule at hand */
	const struct rule *rule;          /* first link */
	size_t at;                        /* its position in its phase */
	bool no_phrase;                   /* the plan knows that the target at hand has none of the rule's phrases */
	struct value_list matched;        /* by the link before */
	struct value_list matching;       /* by this link */
	size_t hits;                      /* of this link */
	struct eval_subject match, first; /* the last value that matched, and the first of the first link */
	struct slice match_value, first_value;
	bool rule_limit;       /* a pattern was given up */
	struct slice innocent; /* the beginning of values that are no SQL */
	/* what came of it */
	struct eval_event *events, **events_end;
	struct eval_verdict verdict;
	bool allow_phase, allow_request, allow_all;
	uint64_t work; /* spent so far, about a nanosecond a unit */
	bool exhausted;
};

/* eval_target.c: "ARGS:id", "&ARGS", "REQUEST_URI". */
struct slice eval__full_name(struct eval *e, const struct eval_subject *s);
/* The values that target t stands for, in *ret (its array may be e's own: read only). False: arena full.
 */
bool eval__values(struct eval *e, const struct rule_target *t, struct value_list *ret);
/* True when a value of that name is one that the target names. */
bool eval__selects(struct eval *e, const struct rule_target *t, struct slice name);
/* True when the rule, or a ctl action, excludes that value. */
bool eval__excluded(struct eval *e, const struct rule *r, enum variable var, struct slice name);

/* eval_op.c: asks the operator of r about the bytes; captures into TX.0-9 when r says so. */
bool eval__operator(struct eval *e, const struct rule *r, struct slice text);

/* Charges work; past the options' work_max the rules stop. */
void eval__spend(struct eval *e, uint64_t units);

/* eval_action.c: the text with its macros filled in. */
struct slice eval__expand(struct eval *e, const struct rule_text *t);
/* TX by slot or name, and the other collections. p == NULL: not set. */
struct slice eval__get(struct eval *e, enum variable store, uint32_t slot, struct slice name);
void eval__put(struct eval *e, enum variable store, uint32_t slot, struct slice name, struct slice text);
/* Sets TX.<group>. */
void eval__capture(struct eval *e, unsigned group, struct slice text);
/* setvar: for each matching value. */
void eval__setvars(struct eval *e, const struct rule *r);
/* The other actions: once all links have matched. */
void eval__finish_actions(struct eval *e, const struct rule *r);

/* plan_scan.c: notes which rules may match, from the values that are new. False: arena full. */
bool plan__scan(struct eval *e);
/* plan_walk.c: the position of the next rule of the phase, from i on, that may match; their number when there is none.
 */
size_t plan__next(struct eval *e, unsigned phase, size_t i);
/* True when none of the phrases of the rule at i, a negated one, stands in any value of that target. */
bool plan__no_phrase(const struct eval *e, unsigned phase, size_t i, const struct rule_target *t);
/* False when the rule at i provably matches nothing of that target. */
bool plan__may_match(const struct eval *e, unsigned phase, size_t i, const struct rule_target *t);
/* The value after the transformations of r, from the memo of the value when there is one. p == NULL: arena full. */
struct slice plan__transformed(struct eval *e, const struct rule *r, struct value *v);
/* The nodes on the way of r that change the value, as bits, from its memo. The way has bits. False: arena full. */
bool plan__changes(struct eval *e, const struct rule *r, struct value *v, uint64_t *ret);
/* What such a node made of it. */
struct slice plan__made(const struct value *v, uint32_t node);

#endif
