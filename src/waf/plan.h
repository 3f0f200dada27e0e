/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan: what makes an evaluation fast without changing its result. The patterns and phrases of all rules are one
 * multi-pattern database (Hyperscan's interface). The values of a request are joined and scanned once, in each form
 * that transformations give them; a rule without a hit provably matches nothing and is passed over. A hit is only a
 * hint: the rule then runs as ever. Rules that the database cannot stand for always run.
 *
 * Sound because: the database finds at least what PCRE2 finds (caseless, and tested when the plan is made); joining
 * values by newlines only adds hits; all forms that a rule could look at are scanned. Lifetime: process or snapshot.
 */
#ifndef WAF_PLAN_H
#define WAF_PLAN_H

#include "waf/eval.h"
#include "waf/scan.h"

struct plan;

struct plan_report {
	size_t patterns, rules; /* in the databases; rules that have all their patterns there */
	size_t always;          /* pattern rules that always run */
	size_t bytes;           /* of the databases */
	size_t automata_steps;  /* of the patterns that the databases cannot hold */
};

/*
 * Compiles a plan for a finished set. level: rules behind a paranoia gate above it always run and cost no place.
 * errors: ERR_SYSTEM with the reason in d when the library misses matches in the self-test or does not work; then run
 * without a plan. Takes seconds for the Core Rule Set. Caller frees with plan_free before the set.
 */
enum err plan_new(const struct rule_set *set, unsigned level, struct plan **ret, struct diag *d) MUST_USE;
/* The same with a store for what was compiled (scan.h). errors: also ERR_CLOSED when the store said stop. */
enum err plan_new_stored(const struct rule_set *set, unsigned level, const struct scan_store *store, struct plan **ret,
			 struct diag *d) MUST_USE;
/* Frees; NULL is fine. */
void plan_free(struct plan *p);
/* What the plan holds. */
struct plan_report plan_report(const struct plan *p);
/* Adds to a thread's scratch what scanning needs; again for each plan. errors: ERR_MEMORY. */
enum err plan_scratch_init(const struct plan *p, struct eval_scratch *s) MUST_USE;
/* Frees that part. */
void plan_scratch_fini(struct eval_scratch *s);

#endif
