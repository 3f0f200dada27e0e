/* SPDX-License-Identifier: Apache-2.0 */
/* expr_check: what may stand where, see expr_tree.h. A refusal says what was found and what would do. */
#include "base/check.h"
#include "expr/expr_tree.h"

#include <stdio.h>

/* What a node is called in an error: into out (cap >= 96), which is returned. */
static const char *expr_check__show(const struct expr_tree *t, uint32_t node, char *out, size_t cap)
{
	const struct expr_node *n = &t->nodes[node];
	const char *type = expr_value_type(n->type);

	if (n->kind == EXPR_N_FIELD || n->kind == EXPR_N_MEMBER || n->kind == EXPR_N_MAP)
		snprintf(out, cap, "%.*s is %s", SLICE_ARG(expr_field_name(n->field)), type);
	else if (n->kind == EXPR_N_CALL)
		snprintf(out, cap, "%s(…) is %s", expr_call_name(n->call), type);
	else
		snprintf(out, cap, "this is %s", type);
	return out;
}

enum err expr_check_field(struct expr_tree *t, const struct expr_token *word, uint32_t *ret)
{
	enum expr_field f;

	if (!expr_field_find(word->text, &f)) {
		const char *why = expr_field_without(word->text);
		struct slice near = expr_field_near(word->text);
		struct slice name = slice_first(word->text, 80);
		if (why)
			return expr_lex_fail(t->d, word->at, "%.*s cannot be used: %s", SLICE_ARG(name), why);
		if (near.n)
			return expr_lex_fail(t->d, word->at, "unknown field \"%.*s\"; did you mean \"%.*s\"?",
					     SLICE_ARG(name), SLICE_ARG(near));
		return expr_lex_fail(t->d, word->at, "unknown field \"%.*s\"; text stands in double quotes",
				     SLICE_ARG(name));
	}
	if (expr_field_is_response(f) && !t->o->response)
		return expr_lex_fail(t->d, word->at, "%.*s is not known yet when this rule runs",
				     SLICE_ARG(word->text));
	*ret = expr_tree_add(t, EXPR_N_FIELD, word->at);
	t->nodes[*ret].field = f;
	t->nodes[*ret].type = (uint8_t)expr_field_type(f);
	return OK;
}

/* [*] */
static enum err expr_check__each(struct expr_tree *t, const struct expr_token *star, struct expr_node *n)
{
	if (n->spread)
		return expr_lex_fail(t->d, star->at, "there is one [*] too many");
	if (n->type & EXPR_MAP) {
		n->type = EXPR_LIST | (n->type & EXPR_SCALAR);
		n->halfway = true;
		return OK;
	}
	if (!(n->type & EXPR_LIST))
		return expr_lex_fail(t->d, star->at, "[*] goes with a list, and this is %s", expr_value_type(n->type));
	n->type &= EXPR_SCALAR;
	n->halfway = false;
	n->spread = true;
	return OK;
}

enum err expr_check_index(struct expr_tree *t, const struct expr_token *key, uint32_t *node)
{
	struct expr_node *n = &t->nodes[*node];
	uint64_t number;

	if (key->kind == EXPR_T_STAR)
		return expr_check__each(t, key, n);
	if (n->spread || n->halfway)
		return expr_lex_fail(t->d, key->at, "after [*] there is nothing to choose from");
	if (key->kind == EXPR_T_STRING) {
		if (n->kind != EXPR_N_FIELD || !(n->type & EXPR_MAP))
			return expr_lex_fail(t->d, key->at, "a key goes with a map, and this is %s",
					     expr_value_type(n->type));
		struct slice text;
		TRY(expr_tree_string(t, key, false, &text));
		n->kind = EXPR_N_MEMBER;
		n->value = expr_bytes(text);
		n->type = EXPR_LIST | (n->type & EXPR_SCALAR);
		return OK;
	}
	if (key->kind != EXPR_T_WORD || !slice_u64(key->text, &number) || number > UINT32_MAX)
		return expr_lex_fail(t->d, key->at, "expected a key in double quotes, a number or * in the brackets");
	if (!(n->type & EXPR_LIST))
		return expr_lex_fail(t->d, key->at, "[%llu] goes with a list, and this is %s",
				     (unsigned long long)number, expr_value_type(n->type));
	uint8_t type = n->type & EXPR_SCALAR;
	uint32_t list = *node;
	*node = expr_tree_add(t, EXPR_N_INDEX, key->at);
	t->nodes[*node].a = list;
	t->nodes[*node].number = (int64_t)number;
	t->nodes[*node].type = type;
	return OK;
}

enum err expr_check_operand(struct expr_tree *t, uint32_t node, unsigned type, const char *what)
{
	const struct expr_node *n = &t->nodes[node];
	char show[160];

	expr_check__show(t, node, show, sizeof show);
	if (n->halfway)
		return expr_lex_fail(t->d, n->at, "the values of a map are lists: write [*][*]");
	if (n->type & EXPR_MAP)
		return expr_lex_fail(t->d, n->at, "%s; choose by a key, as in %.*s[\"name\"][0]", show,
				     SLICE_ARG(expr_field_name(n->field)));
	if (n->type & EXPR_LIST)
		return expr_lex_fail(t->d, n->at, "%s; take one with [0], or each with [*] inside any(…) or all(…)",
				     show);
	if (type && n->type != type)
		return expr_lex_fail(t->d, n->at, "%s, and %s needs %s", show, what, expr_value_type(type));
	return OK;
}

static enum err expr_check__mismatch(struct expr_tree *t, uint32_t left, uint32_t right)
{
	const struct expr_node *l = &t->nodes[left], *r = &t->nodes[right];
	char show[160];
	struct ip ip;

	expr_check__show(t, left, show, sizeof show);
	if (l->type == EXPR_IP && r->type == EXPR_BYTES && r->kind == EXPR_N_LITERAL && ip_parse(r->value.s, &ip) == OK)
		return expr_lex_fail(t->d, r->at, "an address is written without quotes");
	if (r->kind == EXPR_N_LITERAL && l->type == EXPR_BYTES)
		return expr_lex_fail(t->d, r->at, "%s, so it is compared with text in double quotes", show);
	if (r->kind == EXPR_N_LITERAL && l->type == EXPR_INT && r->type == EXPR_BYTES)
		return expr_lex_fail(t->d, r->at, "%s; numbers are written without quotes", show);
	return expr_lex_fail(t->d, r->at, "%s and cannot be compared with %s", show, expr_value_type(r->type));
}

enum err expr_check_compare(struct expr_tree *t, const struct expr_token *op, const uint32_t sides[static 2],
			    uint32_t *ret)
{
	const struct expr_node *l = &t->nodes[sides[0]], *r = &t->nodes[sides[1]];
	bool order = op->kind != EXPR_T_EQ && op->kind != EXPR_T_NE;
	unsigned type = op->kind == EXPR_T_CONTAINS ? EXPR_BYTES : 0;

	TRY(expr_check_operand(t, sides[0], type, "contains"));
	TRY(expr_check_operand(t, sides[1], type, "contains"));
	if (r->spread)
		return expr_lex_fail(t->d, r->at, "[*] stands on the left side of a comparison");
	if (l->type != r->type)
		return expr_check__mismatch(t, sides[0], sides[1]);
	if (order && (l->type == EXPR_IP || l->type == EXPR_BOOL))
		return expr_lex_fail(t->d, op->at, "%s has no order: eq, ne%s only", expr_value_type(l->type),
				     l->type == EXPR_IP ? " and in" : "");
	bool each = l->spread;
	*ret = expr_tree_add(t, EXPR_N_COMPARE, op->at);
	struct expr_node *n = &t->nodes[*ret];
	n->op = (uint8_t)op->kind;
	n->a = sides[0];
	n->b = sides[1];
	n->type = each ? EXPR_LIST | EXPR_BOOL : EXPR_BOOL;
	return OK;
}

static enum err expr_check__regex(struct expr_tree *t, const struct expr_token *pattern, struct slice text,
				  const struct expr_regex **ret)
{
	struct diag why;
	struct expr_regex *regex;

	diag_init(&why);
	if (expr_regex_new(text, &regex, &why) != OK)
		return expr_lex_fail(t->d, pattern->at, "%s", why.text);
	t->owned.regexes[t->owned.regexes_n++] = regex;
	*ret = regex;
	return OK;
}

static enum err expr_check__glob(struct expr_tree *t, size_t at, struct slice text, bool any_case,
				 const struct expr_glob **ret)
{
	struct expr_glob *glob;
	enum err e = expr_glob_new(text, any_case, &glob);

	if (e == ERR_RANGE)
		return expr_lex_fail(t->d, at, "a wildcard pattern has at most %d stars", EXPR_GLOB_STARS_MAX);
	if (e != OK)
		return expr_lex_fail(t->d, at,
				     "in a wildcard pattern \"**\" means nothing, and \\ stands before * or \\ only");
	t->owned.globs[t->owned.globs_n++] = glob;
	*ret = glob;
	return OK;
}

enum err expr_check_pattern(struct expr_tree *t, const struct expr_token *op, uint32_t left,
			    const struct expr_token *pattern, uint32_t *ret)
{
	bool regex = op->kind == EXPR_T_MATCHES, each = t->nodes[left].spread;
	char show[64];
	struct slice text;

	TRY(expr_check_operand(t, left, EXPR_BYTES, regex ? "matches" : "wildcard"));
	if (pattern->kind != EXPR_T_STRING)
		return expr_lex_fail(t->d, pattern->at, "expected a pattern in double quotes after %s, found %s",
				     regex ? "\"matches\"" : "\"wildcard\"", expr_lex_show(pattern, show, sizeof show));
	TRY(expr_tree_string(t, pattern, true, &text));
	*ret = expr_tree_add(t, regex ? EXPR_N_REGEX : EXPR_N_GLOB, op->at);
	struct expr_node *n = &t->nodes[*ret];
	n->a = left;
	n->type = each ? EXPR_LIST | EXPR_BOOL : EXPR_BOOL;
	if (regex)
		return expr_check__regex(t, pattern, text, &n->regex);
	return expr_check__glob(t, pattern->at, text, op->kind == EXPR_T_WILDCARD, &n->glob);
}

enum err expr_check_in(struct expr_tree *t, size_t at, uint32_t left, const struct expr_set *set, uint32_t *ret)
{
	bool each = t->nodes[left].spread;

	TRY(expr_check_operand(t, left, expr_set_type(set), "this list"));
	*ret = expr_tree_add(t, EXPR_N_IN, at);
	t->nodes[*ret].a = left;
	t->nodes[*ret].set = set;
	t->nodes[*ret].type = each ? EXPR_LIST | EXPR_BOOL : EXPR_BOOL;
	return OK;
}

static enum err expr_check__condition(struct expr_tree *t, uint32_t node)
{
	const struct expr_node *n = &t->nodes[node];
	char show[160];

	if (n->type == EXPR_BOOL && !n->spread)
		return OK;
	if ((n->type & EXPR_SCALAR) == EXPR_BOOL)
		return expr_lex_fail(t->d, n->at,
				     "this is one truth value for each element; put any(…) or all(…) around it");
	if (n->spread)
		return expr_lex_fail(t->d, n->at, "expected a comparison; [*] stands inside any(…) or all(…)");
	return expr_lex_fail(t->d, n->at, "%s; a condition is needed, such as a comparison",
			     expr_check__show(t, node, show, sizeof show));
}

enum err expr_check_logic(struct expr_tree *t, enum expr_node_kind kind, size_t at, const uint32_t sides[static 2],
			  uint32_t *ret)
{
	TRY(expr_check__condition(t, sides[0]));
	if (kind != EXPR_N_NOT)
		TRY(expr_check__condition(t, sides[1]));
	*ret = expr_tree_add(t, kind, at);
	struct expr_node *n = &t->nodes[*ret];
	n->a = sides[0];
	n->b = sides[1];
	n->type = EXPR_BOOL;
	if (kind == EXPR_N_AND || kind == EXPR_N_OR)
		t->nodes[sides[0]].left_of = *ret;
	return OK;
}

enum err expr_check_root(struct expr_tree *t, uint32_t root)
{
	const struct expr_node *n = &t->nodes[root];

	if (t->o->want == EXPR_WANT_BOOL)
		return expr_check__condition(t, root);
	TRY(expr_check_operand(t, root, 0, ""));
	if (n->spread)
		return expr_lex_fail(t->d, n->at, "one value is needed, [*] stands for many; take one with [0]");
	return OK;
}

/* ---- functions */

/* What the letters of function.def stand for: a bit for each type that fits, lists and the map apart. */
enum { EXPR_CHECK__ANY_SCALAR = 1 << EXPR_BOOL | 1 << EXPR_INT | 1 << EXPR_IP | 1 << EXPR_BYTES };

struct expr_check__row {
	char letter;
	uint8_t scalars, lists;
	bool map;
	const char *words;
};

static const struct expr_check__row expr_check__letters[] = {
	{ 'b', 1 << EXPR_BYTES, 0, false, "text" },
	{ 'q', 1 << EXPR_BYTES, 0, false, "text" },
	{ 'x', 1 << EXPR_BYTES, 0, false, "text" },
	{ 'w', 1 << EXPR_BYTES, 0, false, "text" },
	{ 'i', 1 << EXPR_INT, 0, false, "a number" },
	{ 'p', 1 << EXPR_IP, 0, false, "an address" },
	{ 's', EXPR_CHECK__ANY_SCALAR, 0, false, "a single value" },
	{ 'k', 1 << EXPR_BYTES | 1 << EXPR_INT, 0, false, "text or a number" },
	{ 'e', 1 << EXPR_BYTES | 1 << EXPR_INT, 1 << EXPR_BYTES | 1 << EXPR_INT, false, "text or a number" },
	{ 'l', 1 << EXPR_BYTES, EXPR_CHECK__ANY_SCALAR, false, "text or a list" },
	{ 'L', 0, 1 << EXPR_BYTES | 1 << EXPR_INT, false, "a list" },
	{ 'B', 0, 1 << EXPR_BOOL, false, "a comparison over a list, with [*] on its left side" },
	{ 'm', 0, 0, true, "a map" },
	{ 'c', 0, EXPR_CHECK__ANY_SCALAR, true, "a map or a list" },
};

static bool expr_check__fits(size_t row, const struct expr_node *n)
{
	unsigned bit = 1u << (n->type & EXPR_SCALAR);

	if (n->type & EXPR_MAP)
		return expr_check__letters[row].map;
	return (n->type & EXPR_LIST ? expr_check__letters[row].lists : expr_check__letters[row].scalars) & bit;
}

static size_t expr_check__letter(char want)
{
	size_t row = 0;

	while (expr_check__letters[row].letter != want)
		row++;
	return row;
}

static enum err expr_check__arg(struct expr_tree *t, enum expr_call call, size_t i, uint32_t arg)
{
	const struct expr_node *n = &t->nodes[arg];
	char want = expr_call_arg(call, i), show[160];
	const char *name = expr_call_name(call);

	if (!want)
		return expr_lex_fail(t->d, n->at, "%s() takes %zu arguments, not more", name, i);
	if (n->halfway)
		return expr_lex_fail(t->d, n->at, "the values of a map are lists: write [*][*]");
	if (n->spread && i > 0)
		return expr_lex_fail(t->d, n->at, "[*] stands in the first argument of a function");
	size_t row = expr_check__letter(want);
	if (!expr_check__fits(row, n) || (want == 'B' && n->spread))
		return expr_lex_fail(t->d, n->at, "argument %zu of %s() must be %s; %s", i + 1, name,
				     expr_check__letters[row].words, expr_check__show(t, arg, show, sizeof show));
	if ((want == 'q' || want == 'x' || want == 'w') && n->kind != EXPR_N_LITERAL)
		return expr_lex_fail(t->d, n->at, "argument %zu of %s() must be written out in double quotes", i + 1,
				     name);
	if (want == 'm' && n->kind != EXPR_N_FIELD)
		return expr_lex_fail(t->d, n->at, "argument %zu of %s() must be a field", i + 1, name);
	return OK;
}

/* Flags that are written out are looked at here, so that a wrong one is an error and not a surprise. */
static enum err expr_check__flags(struct expr_tree *t, enum expr_call call, const struct expr_node *n)
{
	const char *allowed = call == EXPR_C_URL_DECODE ? "ru" : call == EXPR_C_ENCODE_BASE64 ? "up" : "s";

	for (size_t i = 0; i < n->value.s.n; i++)
		if (slice_find(slice_str(allowed), n->value.s.p[i]) == SIZE_MAX)
			return expr_lex_fail(t->d, n->at, "the flags of %s() are letters out of \"%s\"",
					     expr_call_name(call), allowed);
	return OK;
}

/* Patterns are compiled once, here. */
static enum err expr_check__arg_pattern(struct expr_tree *t, struct expr_node *call, size_t i, const uint32_t *args,
					size_t n)
{
	const struct expr_node *arg = &t->nodes[args[i]];
	struct expr_token at = { .at = arg->at };

	switch (expr_call_arg(call->call, i)) {
	case 'x':
		return expr_check__regex(t, &at, arg->value.s, &call->regex);
	case 'w':
		return expr_check__glob(t, arg->at, arg->value.s, n < 4 || !t->nodes[args[3]].value.s.n, &call->glob);
	case 'q':
		return expr_check__flags(t, call->call, arg);
	default:
		return OK;
	}
}

static enum err expr_check__same_types(struct expr_tree *t, const uint32_t *args, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (t->nodes[args[i]].type != t->nodes[args[0]].type)
			return expr_lex_fail(t->d, t->nodes[args[i]].at,
					     "all arguments of coalesce() must be of one type");
	return OK;
}

/* Rules of single functions. */
static enum err expr_check__special(struct expr_tree *t, enum expr_call call, const uint32_t *args, size_t n)
{
	struct expr_node *first = &t->nodes[args[0]];

	if (call == EXPR_C_COALESCE)
		return expr_check__same_types(t, args, n);
	if (call == EXPR_C_HAS_KEY)
		first->kind = EXPR_N_MAP;
	if (call == EXPR_C_HAS_VALUE && t->nodes[args[1]].type != (first->type & EXPR_SCALAR))
		return expr_lex_fail(t->d, t->nodes[args[1]].at, "the values looked through are %s",
				     (first->type & EXPR_SCALAR) == EXPR_BYTES ? "texts" : "of another type");
	if (call == EXPR_C_REMOVE_QUERY_ARGS &&
	    (first->kind != EXPR_N_FIELD || (first->field != EXPR_F_URI_QUERY && first->field != EXPR_F_RAW_URI_QUERY)))
		return expr_lex_fail(t->d, first->at,
				     "argument 1 of remove_query_args() must be http.request.uri.query or "
				     "raw.http.request.uri.query");
	return OK;
}

enum err expr_check_call(struct expr_tree *t, enum expr_call call, size_t at, const uint32_t *args, size_t n,
			 uint32_t *ret)
{
	unsigned type = expr_call_type(call);

	if (n < expr_call_least(call))
		return expr_lex_fail(t->d, at, "%s() needs %zu arguments, there are %zu", expr_call_name(call),
				     expr_call_least(call), n);
	for (size_t i = 0; i < n; i++)
		TRY(expr_check__arg(t, call, i, args[i]));
	TRY(expr_check__special(t, call, args, n));
	bool each = t->nodes[args[0]].spread;
	if (type == EXPR_SCALAR)
		type = t->nodes[args[0]].type;
	if (each && type & EXPR_LIST)
		return expr_lex_fail(t->d, at,
				     "%s() makes a list of one text; it cannot take each element of another list",
				     expr_call_name(call));
	*ret = expr_tree_add(t, EXPR_N_CALL, at);
	struct expr_node *node = &t->nodes[*ret];
	node->call = call;
	node->type = (uint8_t)(each ? type | EXPR_LIST : type);
	node->a = (uint32_t)t->args_n;
	node->b = (uint32_t)n;
	for (size_t i = 0; i < n; i++) {
		t->args[t->args_n++] = args[i];
		TRY(expr_check__arg_pattern(t, node, i, args, n));
	}
	return OK;
}
