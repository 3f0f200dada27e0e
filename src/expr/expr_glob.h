/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expr_glob: patterns of `wildcard`, `strict wildcard` and wildcard_replace: `*` is any run of bytes, the pattern
 * covers the whole value. Each star takes as little as it can. Private to this room. Linear in the value's length for
 * each piece.
 */
#ifndef EXPR_GLOB_H
#define EXPR_GLOB_H

#include "base/arena.h"
#include "base/err.h"

enum { EXPR_GLOB_STARS_MAX = 8 };

struct expr_glob;

/*
 * Reads a pattern; `\*` and `\\` are the characters. any_case: ASCII letters match in both cases.
 * out: *ret, the caller's (expr_glob_free). errors: ERR_SYNTAX ("**", another escape, a backslash at the end),
 * ERR_RANGE (over EXPR_GLOB_STARS_MAX stars).
 */
enum err expr_glob_new(struct slice pattern, bool any_case, struct expr_glob **ret) MUST_USE;
/* Frees. NULL is fine. */
void expr_glob_free(struct expr_glob *g);
/*
 * Whether value matches as a whole. taken (may be NULL) has room for EXPR_GLOB_STARS_MAX slices: what each star took,
 * borrowed from value. The arena is used for a lower-case copy when any_case. False also when the arena is full.
 */
bool expr_glob_match(const struct expr_glob *g, struct slice value, struct arena *arena, struct slice *taken);
/* Stars of the pattern. */
size_t expr_glob_stars(const struct expr_glob *g);

#endif
