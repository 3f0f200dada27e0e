/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns_lex: the words of master-file text (RFC 1035 5.1): words, quoted strings, line ends, with parentheses that join
 * lines, comments, escapes left as they are, and the place of each word for messages. Pure; nothing is allocated.
 */
#ifndef WIRE_DNS_LEX_H
#define WIRE_DNS_LEX_H

#include "base/diag.h"
#include "base/slice.h"

enum dns_lex_kind {
	DNS_LEX_WORD,   /* may hold quoted parts after its first byte: alpn="h2,h3" */
	DNS_LEX_QUOTED, /* raw is what stands between the quotes */
	DNS_LEX_LINE,   /* the end of an entry */
	DNS_LEX_END,    /* the end of the text; given again and again */
	DNS_LEX_BAD,    /* see dns_lex.wrong; the reader stays there */
};

struct dns_lex_word {
	enum dns_lex_kind kind;
	struct slice raw; /* borrowed, escapes as written */
	uint32_t line, column;
	bool after_blank; /* a word that is the first of its line and has blanks before it: the owner is left out */
};

struct dns_lex {
	struct slice s;
	size_t at, line_at;   /* where the reader is, where its line began */
	uint32_t line, depth; /* line number from 1; open parentheses */
	struct slice comment; /* the last comment since dns_lex_entry, without its semicolons; p NULL: none */
	const char *wrong;    /* after DNS_LEX_BAD: what is wrong */
	bool held;
	struct dns_lex_word word; /* the last one given */
};

/* A reader at the start of the text. */
struct dns_lex dns_lex_of(struct slice s);
/* The next word. */
struct dns_lex_word dns_lex_next(struct dns_lex *l);
/* The last word will be given again by the next dns_lex_next. */
void dns_lex_hold(struct dns_lex *l);
/* Forgets the comment: a new entry begins. */
void dns_lex_entry(struct dns_lex *l);

/* True for DNS_LEX_LINE and DNS_LEX_END. */
static inline bool dns_lex_ends(const struct dns_lex_word *w)
{
	return w->kind == DNS_LEX_LINE || w->kind == DNS_LEX_END;
}

/* Fills d with "line L, column C" of the word and the text; for DNS_LEX_BAD the reader's own reason. Returns code. */
enum err dns_lex_fail(const struct dns_lex *l, const struct dns_lex_word *w, struct diag *d, enum err code,
		      const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/*
 * Undoes `\DDD` and `\X`; with `quotes` also leaves out unescaped quotes. Writes at most cap bytes to out.
 * errors: ERR_SYNTAX (unfinished or too large escape), ERR_RANGE (more than cap bytes).
 */
enum err dns_lex_unescape(struct slice raw, bool quotes, char *out, size_t cap, size_t *ret_n) MUST_USE;

#endif
