/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sqli_fold: shortens a stream of tokens while it is read. A window of two, then of three tokens is compared with rules
 * in order; a rule that applies drops or changes tokens and the window is looked at again. What is left after that
 * stands for any number of terms: "1+2*x-3" is one number.
 */
#include "waf/sqli_int.h"

enum sqli__step {
	STEP_OTHER, /* the rule does not apply */
	STEP_AGAIN, /* applied: look again */
	STEP_THIRD, /* applied: go on with the third token */
	STEP_END,   /* applied: that is the verdict */
};

struct sqli__window {
	struct sqli_reader *r;
	struct sqli_token *t;
	size_t left; /* tokens that are done with */
	size_t n;    /* tokens in t */
	bool more;
	struct sqli_token comment; /* the last one, when nothing followed it */
};

typedef enum sqli__step (*sqli__rule_fn)(struct sqli__window *w, struct sqli_token *a);

static bool sqli__is(const struct sqli_token *t, const char *word)
{
	return slice_eq_nocase(slice_of(t->value, t->n), slice_str(word));
}

static bool sqli__unary(const struct sqli_token *t)
{
	if (t->type != 'o')
		return false;
	return (t->n == 1 && sqli__in(t->value[0], "+-!~")) || sqli__is(t, "!!") || sqli__is(t, "NOT");
}

/* Drops `drop` tokens from the end and begins again at the front. */
static enum sqli__step sqli__restart(struct sqli__window *w, size_t drop)
{
	w->n -= drop;
	w->left = 0;
	return STEP_AGAIN;
}

/* Drops one token and steps one back. */
static enum sqli__step sqli__step_back(struct sqli__window *w)
{
	w->n--;
	w->left -= w->left > 0;
	return STEP_AGAIN;
}

static enum sqli__step sqli__doubles(struct sqli__window *w, struct sqli_token *a)
{
	if (a[0].type != a[1].type || !sqli__in(a[0].type, "s;"))
		return STEP_OTHER;
	w->n--;
	return STEP_AGAIN;
}

static enum sqli__step sqli__unary_after(struct sqli__window *w, struct sqli_token *a)
{
	if (sqli__in(a[0].type, "o&") && (sqli__unary(&a[1]) || a[1].type == 't'))
		return sqli__restart(w, 1);
	if (a[0].type == '(' && sqli__unary(&a[1]))
		return sqli__step_back(w);
	return STEP_OTHER;
}

/* "GROUP" and "BY" are one word. */
static enum sqli__step sqli__merge(struct sqli__window *w, struct sqli_token *a)
{
	char both[SQLI_VALUE_BYTES];
	size_t n = (size_t)a[0].n + a[1].n + 1;

	if (!sqli__in(a[0].type, "knoUfETt") || !sqli__in(a[1].type, "knoUfETt&") || n >= sizeof both ||
	    !sqli__begins(slice_of(a[0].value, a[0].n)))
		return STEP_OTHER;
	memcpy(both, a[0].value, a[0].n);
	both[a[0].n] = ' ';
	memcpy(both + a[0].n + 1, a[1].value, a[1].n);
	char type = sqli__word(slice_of(both, n));
	if (!type)
		return STEP_OTHER;
	char open = a[0].open, close = a[0].close;
	sqli__assign(&a[0], type, slice_of(both, n));
	a[0].open = open;
	a[0].close = close;
	return sqli__step_back(w);
}

static enum sqli__step sqli__if(struct sqli__window *w, struct sqli_token *a)
{
	if (a[0].type != ';' || a[1].type != 'f' || slice_lower(a[1].value[0]) != 'i' ||
	    slice_lower(a[1].value[1]) != 'f')
		return STEP_OTHER;
	a[1].type = 'T';
	return STEP_AGAIN;
}

/* Names that are columns until a parenthesis follows. */
static bool sqli__is_call(const struct sqli_token *t)
{
	static const char *const names[] = { "USER_ID",      "USER_NAME",     "DATABASE",
					     "PASSWORD",     "USER",          "CURRENT_USER",
					     "CURRENT_DATE", "CURRENT_TIME",  "CURRENT_TIMESTAMP",
					     "LOCALTIME",    "LOCALTIMESTAMP" };

	/* Nearly every word of a text is asked about. */
	if (!sqli__in(slice_lower(t->value[0]), "udpcl"))
		return false;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (sqli__is(t, names[i]))
			return true;
	return false;
}

static enum sqli__step sqli__call(struct sqli__window *w, struct sqli_token *a)
{
	if (!sqli__in(a[0].type, "nv") || a[1].type != '(' || !sqli__is_call(&a[0]))
		return STEP_OTHER;
	a[0].type = 'f';
	return STEP_AGAIN;
}

static enum sqli__step sqli__in_like(struct sqli__window *w, struct sqli_token *a)
{
	if (a[0].type == 'k' && (sqli__is(&a[0], "IN") || sqli__is(&a[0], "NOT IN"))) {
		a[0].type = a[1].type == '(' ? 'o' : 'n';
		return STEP_AGAIN;
	}
	if (a[0].type == 'o' && (sqli__is(&a[0], "LIKE") || sqli__is(&a[0], "NOT LIKE"))) {
		if (a[1].type == '(')
			a[0].type = 'f';
		return STEP_THIRD;
	}
	return STEP_OTHER;
}

static enum sqli__step sqli__types(struct sqli__window *w, struct sqli_token *a)
{
	if (a[0].type == 't' && sqli__in(a[1].type, "n1t(fvs")) {
		a[0] = a[1];
		return sqli__restart(w, 1);
	}
	if (a[0].type != 'A' || a[1].type != 'n')
		return STEP_OTHER;
	/* Names of collations have an underscore. */
	if (strchr(a[1].value, '_')) {
		a[1].type = 't';
		w->left = 0;
	}
	return STEP_THIRD;
}

static enum sqli__step sqli__after_backslash(struct sqli__window *w, struct sqli_token *a)
{
	if (a[0].type != '\\')
		return STEP_OTHER;
	if (a[1].type == 'o' && a[1].n == 1 && sqli__in(a[1].value[0], "*/-+%")) {
		a[0].type = '1'; /* Transact-SQL reads \%1 as 0%1 */
		return sqli__restart(w, 0);
	}
	a[0] = a[1];
	return sqli__restart(w, 1);
}

static enum sqli__step sqli__brackets(struct sqli__window *w, struct sqli_token *a)
{
	if (a[0].type == a[1].type && sqli__in(a[0].type, "()"))
		return sqli__restart(w, 1);
	if (a[0].type == '{' && a[1].type == 'n') {
		if (a[1].n)
			return sqli__restart(w, 2);
		a[1].type = 'X'; /* {``.``.id}, which MySQL takes */
		return STEP_END;
	}
	return a[1].type == '}' ? sqli__restart(w, 1) : STEP_OTHER;
}

/* True when each of the n tokens has a type of its set; NULL stands for any. */
static bool sqli__fits(const struct sqli_token *t, const char *const *sets, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (sets[i] && !sqli__in(t[i].type, sets[i]))
			return false;
	return true;
}

/* Two terms with an operator or a comma between are one term. */
static enum sqli__step sqli__terms(struct sqli__window *w, struct sqli_token *a)
{
	static const char *const sets[][3] = {
		{ "&", NULL, "&" }, { "v", "o", "v1n" }, { "n1", "o", "1n" }, { "n1sv", ",", "1nsv" }
	};
	static const char *const operators[] = { "o", NULL, "o" }, *const cast[] = { "n1vs", "o", "t" };

	for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
		if (sqli__fits(a, sets[i], 3))
			return sqli__restart(w, 2);
	if (sqli__fits(a, operators, 3) && a[1].type != '(')
		return sqli__restart(w, 2);
	return sqli__fits(a, cast, 3) && sqli__is(&a[1], "::") ? sqli__restart(w, 2) : STEP_OTHER;
}

/* A sign before a term says nothing. */
static enum sqli__step sqli__signs(struct sqli__window *w, struct sqli_token *a)
{
	char x = a[0].type, z = a[2].type;

	if (!sqli__unary(&a[1]))
		return STEP_OTHER;
	bool group = sqli__in(x, "EB,") && z == '(', word = sqli__in(x, "kEB") && sqli__in(z, "1nvsf");
	bool comma = x == ',' && sqli__in(z, "1nvs"), call = x == ',' && z == 'f';
	if (!group && !word && !comma && !call)
		return STEP_OTHER;
	a[1] = a[2];
	/* "1,-1": with the comma the term before it can fold too. */
	return sqli__restart(w, comma && !group && !word ? 3 : 1);
}

static enum sqli__step sqli__dots(struct sqli__window *w, struct sqli_token *a)
{
	if (a[1].type == '.' && a[2].type == 'n') {
		if (a[0].type == 'n')
			return sqli__restart(w, 2);
		if (a[0].type == 'E') {
			a[1] = a[2];
			return sqli__restart(w, 1);
		}
	}
	/* USER() is a function, USER(x) is not. */
	if (a[0].type == 'f' && a[1].type == '(' && a[2].type != ')' && sqli__is(&a[0], "USER"))
		a[0].type = 'n';
	return STEP_OTHER;
}

static const sqli__rule_fn sqli__two[] = { sqli__doubles, sqli__unary_after, sqli__merge, sqli__if,
					   sqli__call,    sqli__in_like,     sqli__types, sqli__after_backslash,
					   sqli__brackets };
static const sqli__rule_fn sqli__three[] = { sqli__terms, sqli__signs, sqli__dots };

/* Reads tokens until the window holds `want`; comments are only remembered. */
static void sqli__fill(struct sqli__window *w, size_t want)
{
	while (w->more && w->n <= SQLI_TOKENS && w->n - w->left < want) {
		struct sqli_token *t = &w->t[w->n];
		w->more = sqli__token(w->r, t);
		if (!w->more)
			break;
		if (t->type == 'c') {
			w->comment = *t;
		} else {
			w->comment.type = 0;
			w->n++;
		}
	}
}

/* Five tokens that are one term, or a list in parentheses: begin again with what stands for them. */
static void sqli__five(struct sqli__window *w)
{
	static const char *const sets[][SQLI_TOKENS] = {
		{ "1", "o,", "(", "1", ")" },
		{ "n", "o", "(", "n1", ")" },
		{ "1", ")", ",", "(", "1" },
		{ "n", ")", "o", "(", "n" },
	};
	size_t i = 0;

	if (w->n < SQLI_TOKENS)
		return;
	while (i < sizeof sets / sizeof *sets && !sqli__fits(w->t, sets[i], SQLI_TOKENS))
		i++;
	if (i == sizeof sets / sizeof *sets)
		return;
	if (w->n > SQLI_TOKENS)
		w->t[1] = w->t[SQLI_TOKENS];
	w->n = w->n > SQLI_TOKENS ? 2 : 1;
	w->left = 0;
}

/* The first of n rules that applies. */
static enum sqli__step sqli__apply(struct sqli__window *w, const sqli__rule_fn *rules, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		enum sqli__step step = rules[i](w, &w->t[w->left]);
		if (step != STEP_OTHER)
			return step;
	}
	return STEP_OTHER;
}

/*
 * Two tokens at the front that begin no fingerprint and stay what they are: a word before a colon or a parenthesis, or
 * a second one that is a bare word, which neither a call nor an entry of several words can make of. No rule drops it
 * for what follows, except between two operators. Most text of people begins so; reading on is only worth it where a
 * token could still be evil by itself.
 */
static bool sqli__is_prose(const struct sqli__window *w)
{
	const struct sqli_token *t = w->t;
	const char types[] = { t[0].type, t[1].type };
	struct slice s = w->r->s;

	if (w->left || sqli__in(t[0].type, "&o") || sqli__opens(types))
		return false;
	bool stays = t[0].type == 'n' && sqli__in(t[1].type, ":(");
	bool word = t[1].type == 'n' && !sqli__begins(slice_of(t[1].value, t[1].n)) && !sqli__is_call(&t[1]);
	return (stays || word) && !memchr(s.p, '{', s.n) && !memchr(s.p, '*', s.n);
}

/* One look at the window. False when all is read and done. */
static bool sqli__look(struct sqli__window *w, bool *ret_evil)
{
	sqli__five(w);
	if (!w->more || w->left >= SQLI_TOKENS) {
		w->left = w->n;
		return false;
	}
	sqli__fill(w, 2);
	if (w->n - w->left < 2) {
		w->left = w->n;
		return true;
	}
	enum sqli__step step = sqli__apply(w, sqli__two, sizeof sqli__two / sizeof *sqli__two);
	if (step == STEP_AGAIN)
		return true;
	if (step == STEP_END) {
		w->left += 2;
		*ret_evil = true;
		return false;
	}
	if (sqli__is_prose(w)) {
		w->left = 2;
		w->comment.type = 0;
		w->r->prose = true;
		return false;
	}
	sqli__fill(w, 3);
	if (w->n - w->left < 3) {
		w->left = w->n;
		return true;
	}
	if (sqli__apply(w, sqli__three, sizeof sqli__three / sizeof *sqli__three) != STEP_AGAIN)
		w->left++;
	return true;
}

size_t sqli__fold(struct sqli_reader *r, struct sqli_token *tokens)
{
	struct sqli__window w = { .r = r, .t = tokens, .more = true };
	bool evil = false;

	/* Comments, signs and open parentheses at the front mean nothing. */
	while (w.more) {
		w.more = sqli__token(r, &tokens[0]);
		if (!w.more)
			return 0;
		if (!sqli__in(tokens[0].type, "c(t") && !sqli__unary(&tokens[0]))
			break;
	}
	w.n = 1;
	while (sqli__look(&w, &evil))
		;
	if (!evil && w.left < SQLI_TOKENS && w.comment.type == 'c')
		tokens[w.left++] = w.comment;
	return w.left < SQLI_TOKENS || evil ? w.left : SQLI_TOKENS;
}
