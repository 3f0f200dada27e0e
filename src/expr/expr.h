/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expr: expressions of the rules language, compiled once off the data path, evaluated many times on it.
 *
 * Source: the seed edge's Rules language: comparisons (eq ne lt le gt ge contains matches wildcard `strict wildcard`
 * in), not over and over xor over or, functions, quoted and raw strings, addresses, ranges and sets.
 *
 * A compiled expression is immutable and may be evaluated by any number of threads at once. Evaluation jumps forward
 * only, so its steps are bounded by the length of the text; it allocates from the request's arena alone; what a field
 * costs is paid only when the expression gets to it.
 */
#ifndef EXPR_EXPR_H
#define EXPR_EXPR_H

#include "base/arena.h"
#include "base/diag.h"
#include "expr/expr_field.h"
#include "expr/expr_set.h"
#include "expr/expr_value.h"

struct expr;
struct expr_scratch;

enum { EXPR_TEXT_BYTES_MAX = 4096 };

/* What an expression is for. */
enum expr_want {
	EXPR_WANT_BOOL, /* a condition */
	EXPR_WANT_TEXT  /* a value: text, or what to_string would make of it */
};

struct expr_options {
	enum expr_want want;
	bool response; /* fields of the response may be used */
	/* The named list `in $name`, or NULL when there is none of that name; the set must outlive the expression.
	 * NULL: there are no lists. */
	const struct expr_set *(*list)(void *of, struct slice name);
	void *list_of;
};

/*
 * Compiles text (at most EXPR_TEXT_BYTES_MAX bytes; line breaks are spaces).
 * out: *ret, the caller's, freed with expr_free. thread: any, off the data path; allocates.
 * errors: ERR_SYNTAX with d->where = "column N" (bytes, from 1) and what was expected there.
 */
enum err expr_compile(struct slice text, const struct expr_options *o, struct expr **ret, struct diag *d) MUST_USE;
/* Frees. NULL is fine. No evaluation may be under way. */
void expr_free(struct expr *e);

/* Whether the expression asks for the field, with or without a key. For callers that must prepare something first. */
bool expr_uses(const struct expr *e, enum expr_field f);

/* What evaluation needs of its surroundings. */
struct expr_env {
	/*
	 * The value of a field into *ret (which is EXPR_MISSING at call): for a map field the list of the values under
	 * *key, or with key NULL all its values. Its type must be the one of field.def. Lists may lie in the arena.
	 */
	void (*get)(void *of, enum expr_field f, const struct slice *key, struct expr_value *ret);
	void *of;
	struct arena *arena;
	struct expr_scratch *scratch; /* of this thread */
	bool gave_up;                 /* out: a pattern reached its match limit, or the arena was full: no match */
};

/* Working memory for patterns, one for each thread that evaluates. Panics when memory is gone. */
struct expr_scratch *expr_scratch_new(void) __attribute__((returns_nonnull));
/* Frees. NULL is fine. */
void expr_scratch_free(struct expr_scratch *s);

/*
 * Whether the condition holds (EXPR_WANT_BOOL). What is missing makes its comparison false. No allocation but from
 * env->arena, and that only for lists and functions that make new text.
 */
bool expr_test(const struct expr *e, struct expr_env *env);
/* The value (EXPR_WANT_TEXT); the empty slice when it is missing. Borrowed from request, expression or arena. */
struct slice expr_text(const struct expr *e, struct expr_env *env);

#endif
