/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of the detector: sqli_token.c cuts, sqli_fold.c folds, sqli_word.c knows words and fingerprints, sqli.c
 * decides. Types of tokens are single letters, which make up the fingerprint:
 *   k keyword, U union, B group, E expression, t type, f function, n bare word, 1 number, v variable, s string,
 *   o operator, & logic operator, c comment, A collate, T Transact-SQL, ? other, X evil, \ backslash, and ( ) { } . , :
 * ;
 */
#ifndef WAF_SQLI_INT_H
#define WAF_SQLI_INT_H

#include "waf/sqli.h"

enum { SQLI_VALUE_BYTES = 32, SQLI_TOKENS = 5 };

struct sqli_token {
	char type; /* 0: none */
	char open, close;
	uint8_t n;                    /* bytes kept of the value */
	char value[SQLI_VALUE_BYTES]; /* NUL-terminated */
};

struct sqli_reader {
	struct slice s;
	size_t at;
	char quote; /* ' or " when the value is taken to begin inside one, else 0 */
	bool mysql; /* MySQL's comments, else ANSI's */
	size_t tokens;
	bool mysql_differs; /* a comment was seen that MySQL reads otherwise */
	bool prose;         /* it stopped at two tokens that begin no fingerprint */
	struct sqli_token *to;
};

/* True when c (not NUL) is one of set. */
static inline bool sqli__in(char c, const char *set)
{
	for (; *set; set++)
		if (*set == c)
			return true;
	return false;
}

/* Makes t a token of the first bytes of v. */
void sqli__assign(struct sqli_token *t, char type, struct slice v);
/* The next token into *to. False at the end of the value. */
bool sqli__token(struct sqli_reader *r, struct sqli_token *to);
/* Type of a word or operator, 0 when unknown. */
char sqli__word(struct slice word);
/* False when no entry of several words begins with that word, or those words. */
bool sqli__begins(struct slice word);
/* True when the n types at types are the fingerprint of an injection. */
bool sqli__known(const char *types, size_t n);
/* True when a fingerprint begins with the two types. */
bool sqli__opens(const char types[static 2]);
/*
 * Reads and folds the value. tokens holds SQLI_TOKENS + 3. Returns how many are left: at most SQLI_TOKENS, or one or
 * two more when the last is evil. Stops at two when those begin no fingerprint, whatever follows.
 */
size_t sqli__fold(struct sqli_reader *r, struct sqli_token *tokens);

#endif
