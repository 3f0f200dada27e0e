/* SPDX-License-Identifier: Apache-2.0 */
/*
 * automaton: some patterns at once over one text, in one pass, whatever their size. States are made when the text
 * first leads to them and kept (the construction of Thompson and of Rabin and Scott, made lazily): a byte then costs
 * one look-up. For the patterns that are too large or too slow for scan.h. It finds at least what PCRE2 finds
 * (pattern.h), needs no machine code made at run time, and cannot be made to backtrack.
 *
 * struct automaton is read-only and shared; struct automaton_cache is one thread's, of a fixed size.
 */
#ifndef WAF_AUTOMATON_H
#define WAF_AUTOMATON_H

#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct automaton;
struct automaton_cache;

enum { AUTOMATON_PATTERNS_MAX = 64 };

/* An empty one. Caller frees with automaton_free. */
struct automaton *automaton_new(void);
/* Frees; NULL is fine. */
void automaton_free(struct automaton *a);
/*
 * Adds a pattern; its number is the count of those before. False when it is not understood, too large, or the 65th:
 * nothing is added then. Not after automaton_finish.
 */
bool automaton_add(struct automaton *a, struct slice pattern);
/* After the last pattern: no pattern sees the case of letters any more, and finds what it found, or more. */
void automaton_fold(struct automaton *a);
/* After the last pattern. */
void automaton_finish(struct automaton *a);
/* Patterns in it. */
size_t automaton_count(const struct automaton *a);
/* Steps of all programs: what one new state may cost at most. */
size_t automaton_steps(const struct automaton *a);
/* Working memory of one thread, about 1.5 MB. Caller frees with automaton_cache_free. */
struct automaton_cache *automaton_cache_new(const struct automaton *a);
/* Frees; NULL is fine. */
void automaton_cache_free(struct automaton_cache *c);
/*
 * Bits of the patterns that stand somewhere in s. *work: what it may cost beyond one look-up a byte, in units of about
 * a nanosecond; what was spent is taken off. When it is used up the answer is all bits: everything may match.
 * Cost: about a nanosecond a byte; a state that was not met before some microseconds, once.
 */
uint64_t automaton_run(const struct automaton *a, struct automaton_cache *c, struct slice s, int64_t *work);
/* The same of two at once, which takes little longer than one. ret_found: as automaton_run returns. */
void automaton_run_two(const struct automaton *const a[static 2], struct automaton_cache *const c[static 2],
		       struct slice s, int64_t *work, uint64_t ret_found[static 2]);

#endif
