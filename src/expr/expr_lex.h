/* SPDX-License-Identifier: Apache-2.0 */
/* expr_lex: the words of an expression, with their places. Private to this room. */
#ifndef EXPR_LEX_H
#define EXPR_LEX_H

#include "base/diag.h"
#include "base/slice.h"

enum expr_token_kind {
	EXPR_T_END,
	EXPR_T_WORD,   /* a field, function, number or address */
	EXPR_T_STRING, /* text: what stands between the quotes, as written */
	EXPR_T_LIST,   /* text: the name behind the dollar */
	EXPR_T_OPEN,
	EXPR_T_CLOSE,
	EXPR_T_OPEN_BRACKET,
	EXPR_T_CLOSE_BRACKET,
	EXPR_T_OPEN_BRACE,
	EXPR_T_CLOSE_BRACE,
	EXPR_T_COMMA,
	EXPR_T_STAR,
	EXPR_T_NOT,
	EXPR_T_AND,
	EXPR_T_XOR,
	EXPR_T_OR,
	EXPR_T_EQ,
	EXPR_T_NE,
	EXPR_T_LT,
	EXPR_T_LE,
	EXPR_T_GT,
	EXPR_T_GE,
	EXPR_T_CONTAINS,
	EXPR_T_MATCHES,
	EXPR_T_WILDCARD,
	EXPR_T_STRICT, /* "strict wildcard" */
	EXPR_T_IN,
	EXPR_T_TRUE,
	EXPR_T_FALSE
};

struct expr_token {
	enum expr_token_kind kind;
	size_t at; /* offset of its first byte */
	struct slice text;
	bool raw; /* a string without escapes */
};

struct expr_lex {
	struct slice src;
	size_t at;
	struct diag *d;
};

/* Fills d with "column N" of the offset and the sentence. Returns ERR_SYNTAX. */
enum err expr_lex_fail(struct diag *d, size_t at, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* The next word into *ret. errors: ERR_SYNTAX. */
enum err expr_lex_next(struct expr_lex *l, struct expr_token *ret) MUST_USE;
/* How a word is called in an error: into out (cap >= 64), which is returned. */
const char *expr_lex_show(const struct expr_token *t, char *out, size_t cap);

/*
 * The bytes of a string word into out (cap >= its length). Escapes are \" \\ \xHH; pattern: other escapes stay as they
 * are written, for regular expressions and wildcards. errors: ERR_SYNTAX.
 */
enum err expr_lex_string(const struct expr_token *t, bool pattern, struct diag *d, char *out,
			 struct slice *ret) MUST_USE;

#endif
