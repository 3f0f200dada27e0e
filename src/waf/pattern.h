/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pattern: reads PCRE2's language, as far as rules use it, into a small program for automaton.h. The program finds at
 * least what PCRE2 finds, never less: look-around is taken for true, a back-reference for any text, a possessive
 * repeat for a greedy one. Dot matches newlines and "^" "$" match at lines, as regex.h has it.
 */
#ifndef WAF_PATTERN_H
#define WAF_PATTERN_H

#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum pattern_op {
	PATTERN_SET,    /* a byte of set x */
	PATTERN_JUMP,   /* go on at x */
	PATTERN_SPLIT,  /* go on at x and at y */
	PATTERN_ASSERT, /* x: enum pattern_assertion */
	PATTERN_ACCEPT  /* x: the pattern's number */
};

enum pattern_assertion {
	PATTERN_LINE_BEGIN,
	PATTERN_LINE_END,
	PATTERN_WORD_EDGE,
	PATTERN_WORD_INSIDE,
	PATTERN_TEXT_BEGIN,
	PATTERN_TEXT_END
};

enum { PATTERN_STEPS_MAX = 60000 };

/* x and y of jumps are relative to the step. */
struct pattern_step {
	enum pattern_op op;
	int32_t x, y;
};

struct pattern_set {
	uint64_t bits[4];
};

/* The programs of some patterns, one behind the other. Zeroed: empty. Lifetime: the caller's. */
struct pattern_code {
	struct pattern_step *steps;
	size_t n, cap;
	struct pattern_set *sets;
	size_t sets_n, sets_cap;
};

/*
 * Appends the program of a pattern, with PATTERN_ACCEPT number at its end. False when the language is not understood
 * or the program grows too large: it holds then what it held before. Order of the program.
 */
bool pattern_compile(struct pattern_code *code, struct slice text, uint32_t number);
/* Makes all sets of the program hold both cases of their letters: it finds the same in a text of any case, and more. */
void pattern_fold(struct pattern_code *code);
/* Frees; the code is empty then. */
void pattern_code_fini(struct pattern_code *code);
/*
 * The pattern as a C string (caller frees with mem_free) that finds at least the same when it is compiled caseless:
 * negated classes such as [^A-Z] are written as what they allow in either case, look-around is left out, and atomic
 * groups become plain ones. NULL when it is not understood.
 */
char *pattern_caseless(struct slice text);

static inline bool pattern_set_has(const struct pattern_set *s, uint8_t byte)
{
	return s->bits[byte >> 6] >> (byte & 63) & 1;
}

#endif
