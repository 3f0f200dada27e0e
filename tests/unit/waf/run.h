/* SPDX-License-Identifier: Apache-2.0 */
/* run: one request through a rule set, and what came of it as text. */
#ifndef TESTS_UNIT_WAF_RUN_H
#define TESTS_UNIT_WAF_RUN_H

#include "waf/eval.h"
#include "waf/plan.h"

struct run {
	struct rule_set *set;
	struct plan *plan; /* NULL: the plain way */
	struct eval_scratch scratch;
	struct arena_pool pool;
	struct arena arena;
	struct eval *e;
	const struct eval_overlay *overlay; /* of the next requests; NULL: none */
	struct eval_verdict verdict;
	char ids[4096]; /* of the last request: "1 2 3" */
	bool limited;   /* a pattern was given up */
};

/* Loads rules; with_plan: and a plan. Fails the test when they are refused. */
void run_init(struct run *run, const char *rules, bool with_plan);
/* The same for a set that is loaded. */
void run_init_set(struct run *run, struct rule_set *set, struct plan *plan);
/* Frees all. */
void run_fini(struct run *run);
/* Sends "GET /path?query" with fields ("Name: value\n" each, NULL for none) and a body. The result: run->ids. */
const char *run_request(struct run *run, const char *line, const char *fields, struct slice body);
/* The answer's phases of the request just sent, and the end. Adds to run->ids. */
const char *run_answer(struct run *run, unsigned status, const char *type, struct slice body);
/* A TX variable of the last request as a C string; "" when it is not set. Lives until the next call. */
const char *run_tx(struct run *run, const char *name);

#endif
