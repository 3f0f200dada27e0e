/* SPDX-License-Identifier: Apache-2.0 */
/*
 * eval: runs a rule set over one request. The caller gives what it has in order: head, body, answer's head, answer's
 * body, end; each step runs the rules of its phase and says whether the request may go on. What matched is a list of
 * events. Two ways to run, same result: the plain one, which looks at every rule, and with a struct plan (plan.h),
 * which passes over rules that cannot match.
 *
 * All memory is the caller's arena and lives as long as the request; slices given must live as long. No I/O, no clock.
 */
#ifndef WAF_EVAL_H
#define WAF_EVAL_H

#include "waf/rule.h"

struct eval;
struct plan;
struct regex_scratch;

struct eval_field {
	struct slice name, value;
};

/* A request head. Fields in order of arrival, repeated ones apart. */
struct eval_request {
	struct slice method, target, protocol; /* "GET", as sent, "HTTP/1.1" */
	const struct eval_field *fields;
	size_t fields_n;
	struct slice client_ip, server_ip, server_name, id; /* text */
	unsigned client_port, server_port;
};

/* An answer's head. */
struct eval_answer {
	unsigned status;
	struct slice protocol;
	const struct eval_field *fields;
	size_t fields_n;
};

/* What one thread needs to evaluate, reused by all its requests. */
struct eval_scratch {
	struct regex_scratch *regex;
	void *scan; /* of the plan, else NULL */
};

enum eval_action { EVAL_GO_ON, EVAL_DENY, EVAL_DROP, EVAL_REDIRECT };

struct eval_verdict {
	enum eval_action action;
	unsigned status;         /* of a denial or redirect */
	struct slice location;   /* of a redirect */
	const struct rule *rule; /* that decided, NULL while going on */
};

/* A rule that matched. Lifetime: request. */
struct eval_event {
	struct eval_event *next;
	const struct rule *rule; /* first link */
	struct slice name;       /* of the variable, "ARGS:id" */
	struct slice value;      /* as the operator saw it */
	struct slice msg, logdata;
	bool log;   /* is meant for the log */
	bool limit; /* counted as a match because a pattern was given up */
};

/* A TX variable that is what the caller says, whatever rules set. */
struct eval_preset {
	uint32_t slot; /* rule_set_slot_find; RULE_SLOT_NONE: no rule asks, nothing happens */
	struct slice text;
};

/* Leaves rules, or one of their targets, out of this request. */
struct eval_cut {
	uint32_t id;                      /* of the rule; 0: all rules */
	const struct rule_target *target; /* NULL: the whole rule */
};

/* How one request wants the set to be run. Everything is borrowed for the life of the evaluation. */
struct eval_overlay {
	bool has_engine; /* engine below goes before SecRuleEngine */
	enum rule_engine engine;
	const uint8_t *removed; /* bits by rule index; NULL: none */
	const uint8_t *muted;   /* rules that match and are told of, but neither count nor disrupt; NULL: none */
	const uint8_t *spared;  /* rules that count, but do not disrupt; NULL: none */
	const struct eval_preset *presets;
	size_t presets_n;
	const struct eval_cut *cuts;
	size_t cuts_n;
};

/* Working memory of a thread for sets with that match limit. Caller frees with eval_scratch_fini. */
void eval_scratch_init(struct eval_scratch *s, uint64_t match_limit);
/* Frees it. */
void eval_scratch_fini(struct eval_scratch *s);

/*
 * Begins a request. set, plan (may be NULL), scratch and what the request points to must outlive it.
 * Returns NULL when the arena is full. Cost: about a microsecond and a few KiB of the arena.
 */
struct eval *eval_new(const struct rule_set *set, const struct plan *plan, struct eval_scratch *scratch,
		      struct arena *arena, const struct eval_request *request);
/* Applies an overlay; between eval_new and eval_head. errors: ERR_ARENA_FULL. Cost: presets and cuts, and a bit a rule.
 */
enum err eval_overlay(struct eval *e, const struct eval_overlay *o) MUST_USE;
/* Runs phase 1. errors (all steps): ERR_ARENA_FULL when the memory budget is used up: the caller decides. */
enum err eval_head(struct eval *e, struct eval_verdict *ret) MUST_USE;
/*
 * Reads the body and runs phase 2. body: the bytes that are to be inspected; total: how many there were. Also for a
 * request without a body. Cost: linear in the body, times what the rules ask.
 */
enum err eval_body(struct eval *e, struct slice body, uint64_t total, struct eval_verdict *ret) MUST_USE;
/* Runs phase 3. */
enum err eval_answer_head(struct eval *e, const struct eval_answer *answer, struct eval_verdict *ret) MUST_USE;
/* True when the rules want to see the answer's body (SecResponseBodyAccess and its type). After eval_answer_head. */
bool eval_wants_answer_body(const struct eval *e);
/* Runs phase 4 with the first bytes of the answer's body. */
enum err eval_answer_body(struct eval *e, struct slice body, uint64_t total, struct eval_verdict *ret) MUST_USE;
/* Runs phase 5, in which nothing can be blocked any more. */
enum err eval_end(struct eval *e) MUST_USE;

/*
 * True when the request cost more than SecSeawallWorkLimit allows and rules were left out. While enforcing, the verdict
 * is then a denial without a rule: nobody passes because looking was too much work.
 */
bool eval_exhausted(const struct eval *e);
/* Work spent, in units of about a nanosecond. */
uint64_t eval_work(const struct eval *e);
/* What matched so far, in order; NULL when nothing did. */
const struct eval_event *eval_events(const struct eval *e);
/* The text of a TX variable (any case); p == NULL when it is not set. */
struct slice eval_tx(struct eval *e, struct slice name);

#endif
