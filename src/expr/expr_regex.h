/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expr_regex: regular expressions of `matches` and regex_replace: PCRE2 on bytes, compiled to machine code where the
 * sandbox permits, with bounds on the work of one match. The one user of pcre2.h in this room; private to it.
 */
#ifndef EXPR_REGEX_H
#define EXPR_REGEX_H

#include "base/diag.h"
#include "base/slice.h"

enum {
	EXPR_REGEX_GROUPS = 9,      /* the match and eight groups */
	EXPR_REGEX_STEPS = 200000,  /* of one match; then it counts as none */
	EXPR_REGEX_HEAP_KIB = 1024, /* of one match */
	EXPR_REGEX_DEPTH = 5000
};

struct expr_regex;
struct expr_scratch;

/*
 * Compiles a pattern.
 * out: *ret, the caller's (expr_regex_free). errors: ERR_SYNTAX with the reason in d (its where untouched): a syntax
 * error, or something that is not of the language (back references, look-around, verbs, callouts).
 */
enum err expr_regex_new(struct slice pattern, struct expr_regex **ret, struct diag *d) MUST_USE;
/* Frees. NULL is fine. */
void expr_regex_free(struct expr_regex *r);
/*
 * Whether the pattern is found anywhere in s. groups (may be NULL) has room for EXPR_REGEX_GROUPS slices: the match and
 * its groups, borrowed from s, p == NULL for one that took no part. *gave_up is set when a bound was reached. Any
 * thread.
 */
bool expr_regex_find(const struct expr_regex *r, struct expr_scratch *scratch, struct slice s, struct slice *groups,
		     bool *gave_up);

#endif
