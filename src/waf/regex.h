/* SPDX-License-Identifier: Apache-2.0 */
/*
 * regex: PCRE2 behind our own noun: bytes, not characters; "." matches a newline and "^" "$" match at lines, as
 * libmodsecurity compiles its rules. Every run has a match limit and no heap that the input can grow.
 */
#ifndef WAF_REGEX_H
#define WAF_REGEX_H

#include "base/diag.h"
#include "base/slice.h"

struct regex;
struct regex_scratch;

enum regex_result { REGEX_NO, REGEX_YES, REGEX_LIMIT };

enum { REGEX_GROUPS = 10 };

/*
 * Compiles, with machine code where PCRE2 can. errors: ERR_CONFIG with PCRE2's reason and the offset in d. Caller
 * frees with regex_free.
 */
enum err regex_new(struct slice pattern, bool caseless, struct regex **ret, struct diag *d) MUST_USE;
/* Frees; NULL is fine. */
void regex_free(struct regex *re);
/* Working memory of one thread. Caller frees with regex_scratch_free. */
struct regex_scratch *regex_scratch_new(uint32_t match_limit);
/* Frees; NULL is fine. */
void regex_scratch_free(struct regex_scratch *scratch);
/*
 * Looks for the pattern in s. groups: NULL, or REGEX_GROUPS slices, of which those that took part are set and the
 * others have p == NULL; they borrow from s. REGEX_LIMIT: given up, the caller decides what that means.
 * Cost: bounded by the match limit of the scratch.
 */
enum regex_result regex_match(const struct regex *re, struct slice s, struct regex_scratch *scratch,
			      struct slice *groups);
/* As regex_match without groups, for loading and for names: with a limit of its own. A limit that is hit is a match. */
bool regex_test(const struct regex *re, struct slice s);
/* The pattern as written. Lives as long as the regex. */
struct slice regex_source(const struct regex *re);
/* True when compiled caseless. */
bool regex_caseless(const struct regex *re);

#endif
