/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the reader: seclang.c lines and rules, _text.c words and macros, _target.c, _operator.c, _action.c,
 * _option.c, _update.c. */
#ifndef WAF_SECLANG_INT_H
#define WAF_SECLANG_INT_H

#include "waf/regex.h"
#include "waf/seclang.h"

enum { SECLANG_DEPTH_MAX = 16, SECLANG_WORDS_MAX = 64 };

enum seclang_change { CHANGE_REMOVE, CHANGE_TARGETS, CHANGE_ACTIONS };

/* A removal or update: applied by seclang_finish, wherever it stands. */
struct seclang_update {
	struct seclang_update *next;
	enum seclang_change change;
	uint32_t first, last; /* ids; 0 when by pattern */
	struct regex *tag, *msg;
	struct rule_target *targets;
	size_t targets_n;
	struct slice actions;
	const char *file;
	unsigned line;
};

/* A text that is being read. */
struct seclang_frame {
	struct slice rest;
	const char *file;
	unsigned line;       /* of the next physical line */
	const char *pattern; /* of the Include that opened it, else NULL */
	size_t next_file;    /* which of its files comes next */
};

struct seclang {
	struct rule_set *set;
	const struct seclang_source *source;
	struct diag *d;
	struct seclang_frame frames[SECLANG_DEPTH_MAX];
	size_t depth;
	const char *file; /* of the directive at hand */
	unsigned line;
	struct rule *head, *tail; /* the chain that is open, and its last link */
	struct seclang_update *updates, **updates_end;
};

/* Reports at the directive at hand; returns code. */
enum err seclang__fail(struct seclang *l, enum err code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* n zeroed bytes of the set's arena, or ERR_MEMORY. */
enum err seclang__alloc(struct seclang *l, size_t n, void *ret) MUST_USE;

/* seclang_text.c: the next word of a directive; quotes and \" resolved. ERR_NOT_FOUND at the end. */
enum err seclang__word(struct seclang *l, struct slice *rest, struct slice *ret_word) MUST_USE;
/* Text with macros. */
enum err seclang__text(struct seclang *l, struct slice source, struct rule_text *ret) MUST_USE;
/* Splits off one action: name and value (quotes resolved, has_value false without a colon). False at the end. */
bool seclang__next_action(struct seclang *l, struct slice *rest, struct slice *ret_name, struct slice *ret_value);
/* "on" or "off". */
enum err seclang__on_off(struct seclang *l, struct slice value, bool *ret) MUST_USE;
/* A decimal of at most max. */
enum err seclang__number(struct seclang *l, struct slice value, uint64_t max, uint64_t *ret) MUST_USE;
/* "17" or "17-20". */
enum err seclang__ids(struct seclang *l, struct slice value, uint32_t *ret_first, uint32_t *ret_last) MUST_USE;

/* seclang_target.c: a list of targets, separated by | (and by commas too when that is allowed). */
enum err seclang__targets(struct seclang *l, struct slice list, bool commas, struct rule_target **ret,
			  size_t *ret_n) MUST_USE;
/* One target without & or !. */
enum err seclang__target(struct seclang *l, struct slice text, struct rule_target *ret) MUST_USE;

/* seclang_operator.c */
enum err seclang__operator(struct seclang *l, struct slice text, struct rule_op *ret) MUST_USE;
/* seclang_action.c: adds the actions of a list to r. */
enum err seclang__actions(struct seclang *l, struct slice list, struct rule *r) MUST_USE;
/* seclang_option.c: a directive that sets an option. ERR_NOT_FOUND when there is none of that name. */
enum err seclang__option(struct seclang *l, struct slice name, const struct slice *words, size_t n) MUST_USE;
/* seclang_update.c: SecRuleRemove… and SecRuleUpdate…; ERR_NOT_FOUND when the name is another. */
enum err seclang__update(struct seclang *l, struct slice name, const struct slice *words, size_t n) MUST_USE;
/* Applies what seclang__update noted. */
enum err seclang__apply_updates(struct seclang *l) MUST_USE;
/* seclang_finish.c holds seclang_finish. */

#endif
