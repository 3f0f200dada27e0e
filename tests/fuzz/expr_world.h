/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expr_world: a request as expressions see it, for tests of the rules language, and a second evaluator that walks the
 * tree in the plainest way: what the compiled program must agree with.
 */
#ifndef TESTS_FUZZ_EXPR_WORLD_H
#define TESTS_FUZZ_EXPR_WORLD_H

#include "expr/expr_code.h"

struct expr_world {
	struct arena *arena;
	unsigned asked; /* how often a field was asked for */
};

/* GET https://www.example.com/shop/Cart.PHP?id=7&tag=a&tag=b%20c from 192.0.2.77 */
static const struct {
	enum expr_field field;
	const char *key; /* NULL: not a map */
	const char *value;
} expr_world__texts[] = {
	{ EXPR_F_HOST, NULL, "www.example.com" },
	{ EXPR_F_METHOD, NULL, "GET" },
	{ EXPR_F_URI, NULL, "/shop/Cart.PHP?id=7&tag=a&tag=b%20c" },
	{ EXPR_F_URI_PATH, NULL, "/shop/Cart.PHP" },
	{ EXPR_F_URI_EXTENSION, NULL, "php" },
	{ EXPR_F_URI_QUERY, NULL, "id=7&tag=a&tag=b%20c" },
	{ EXPR_F_FULL_URI, NULL, "https://www.example.com/shop/Cart.PHP?id=7&tag=a&tag=b%20c" },
	{ EXPR_F_USER_AGENT, NULL, "Mozilla/5.0 (test)" },
	{ EXPR_F_ZONE_NAME, NULL, "example.com" },
	{ EXPR_F_RANDOM_SEED, NULL, "0123456789abcdef" },
	{ EXPR_F_URI_ARGS, "id", "7" },
	{ EXPR_F_URI_ARGS, "tag", "a" },
	{ EXPR_F_URI_ARGS, "tag", "b%20c" },
	{ EXPR_F_HEADERS, "host", "www.example.com" },
	{ EXPR_F_HEADERS, "accept", "text/html" },
	{ EXPR_F_HEADERS, "x-list", "one" },
	{ EXPR_F_HEADERS, "x-list", "Two" },
	{ EXPR_F_HEADERS, "x-empty", "" },
	{ EXPR_F_HEADERS, "x-json", "{\"a\":{\"b\":[1,-22,\"caf\\u00e9\"]},\"c\":\"d\"}" },
	{ EXPR_F_HEADER_NAMES, NULL, "host" },
	{ EXPR_F_HEADER_NAMES, NULL, "accept" },
	{ EXPR_F_HEADER_NAMES, NULL, "x-list" },
	{ EXPR_F_COOKIES, "session", "abc=def" },
	{ EXPR_F_RESPONSE_HEADERS, "content-type", "text/html" },
};

static inline void expr_world__get(void *of, enum expr_field f, const struct slice *key, struct expr_value *ret)
{
	struct expr_world *w = of;
	size_t n = 0, all = sizeof expr_world__texts / sizeof expr_world__texts[0];
	struct expr_value *list = NULL;

	w->asked++;
	if (f == EXPR_F_IP_SRC) {
		*ret = expr_ip((struct ip){ .family = 4, .b = { 192, 0, 2, 77 } });
		return;
	}
	if (f == EXPR_F_SSL || f == EXPR_F_TIMESTAMP_SEC || f == EXPR_F_RESPONSE_CODE) {
		*ret = f == EXPR_F_SSL ? expr_bool(true) : expr_int(f == EXPR_F_RESPONSE_CODE ? 404 : 1700000000);
		return;
	}
	if (expr_field_type(f) & (EXPR_LIST | EXPR_MAP))
		list = arena_alloc(w->arena, all * sizeof *list);
	for (size_t i = 0; i < all; i++) {
		if (expr_world__texts[i].field != f || (key && !slice_eq(*key, slice_str(expr_world__texts[i].key))))
			continue;
		struct expr_value v = expr_bytes(slice_str(expr_world__texts[i].value));
		if (!(expr_field_type(f) & (EXPR_LIST | EXPR_MAP))) {
			*ret = v;
			return;
		}
		if (!list)
			return;
		list[n++] = v;
	}
	if (n)
		*ret = expr_list(EXPR_BYTES, list, n);
}

/* ---- the plain evaluator */

static struct expr_value expr_world__naive(const struct expr_tree *t, struct expr_env *env, uint32_t node);

static inline bool expr_world__truth(struct expr_value v)
{
	return v.type == EXPR_BOOL && v.b;
}

/* The pattern written out: does s match g from here? Exponential, for short things. */
static inline bool expr_world__plain_find(struct slice s, struct slice part)
{
	for (size_t i = 0; i + part.n <= s.n; i++)
		if (part.n == 0 || memcmp(s.p + i, part.p, part.n) == 0)
			return true;
	return false;
}

static inline bool expr_world__compare(unsigned op, struct expr_value a, struct expr_value b)
{
	int order;

	if (a.type == EXPR_MISSING || b.type == EXPR_MISSING)
		return false;
	if (op == EXPR_T_CONTAINS)
		return expr_world__plain_find(a.s, b.s);
	if (a.type == EXPR_BYTES) {
		size_t i = 0;
		while (i < a.s.n && i < b.s.n && a.s.p[i] == b.s.p[i])
			i++;
		int x = i < a.s.n ? (unsigned char)a.s.p[i] : -1, y = i < b.s.n ? (unsigned char)b.s.p[i] : -1;
		order = x - y;
	} else if (a.type == EXPR_IP) {
		order = a.ip.family != b.ip.family || memcmp(a.ip.b, b.ip.b, 16) != 0;
	} else {
		int64_t x = a.type == EXPR_INT ? a.i : a.b, y = b.type == EXPR_INT ? b.i : b.b;
		order = x < y ? -1 : x > y;
	}
	return op == EXPR_T_EQ   ? order == 0
	       : op == EXPR_T_NE ? order != 0
	       : op == EXPR_T_LT ? order < 0
	       : op == EXPR_T_LE ? order <= 0
	       : op == EXPR_T_GT ? order > 0
				 : order >= 0;
}

static inline struct expr_value expr_world__one(const struct expr_tree *t, struct expr_env *env,
						const struct expr_node *n, struct expr_value left)
{
	struct expr_value args[EXPR_TREE_ARGS_MAX], ret = { .type = EXPR_MISSING };

	switch (n->kind) {
	case EXPR_N_COMPARE:
		return expr_bool(expr_world__compare(n->op, left, expr_world__naive(t, env, n->b)));
	case EXPR_N_IN:
		return expr_bool(expr_set_has(n->set, &left));
	case EXPR_N_GLOB:
		return expr_bool(left.type == EXPR_BYTES && expr_glob_match(n->glob, left.s, env->arena, NULL));
	case EXPR_N_REGEX:
		return expr_bool(left.type == EXPR_BYTES &&
				 expr_regex_find(n->regex, env->scratch, left.s, NULL, &env->gave_up));
	default:
		args[0] = left;
		for (uint32_t i = 1; i < n->b; i++)
			args[i] = expr_world__naive(t, env, t->args[n->a + i]);
		struct expr_calling c = { env, args, n->b, n->glob, n->regex };
		expr_call_run(n->call, &c, &ret);
		return ret;
	}
}

static inline struct expr_value expr_world__each(const struct expr_tree *t, struct expr_env *env,
						 const struct expr_node *n, uint32_t first)
{
	struct expr_value list = expr_world__naive(t, env, first);

	if (!t->nodes[first].spread)
		return expr_world__one(t, env, n, list);
	struct expr_value *made = arena_alloc(env->arena, (list.list_n + 1) * sizeof *made);
	size_t k = 0;
	if (list.type == EXPR_MISSING || !made)
		return (struct expr_value){ .type = EXPR_MISSING };
	for (size_t i = 0; i < list.list_n; i++) {
		struct expr_value v = expr_world__one(t, env, n, list.list[i]);
		if (v.type != EXPR_MISSING)
			made[k++] = v;
	}
	return expr_list(k ? made[0].type : EXPR_BOOL, made, k);
}

static inline struct expr_value expr_world__leaf(struct expr_env *env, const struct expr_node *n)
{
	struct expr_value v = { .type = EXPR_MISSING };

	if (n->kind == EXPR_N_LITERAL)
		return n->value;
	env->get(env->of, n->field, n->kind == EXPR_N_MEMBER ? &n->value.s : NULL, &v);
	return v;
}

static struct expr_value expr_world__naive(const struct expr_tree *t, struct expr_env *env, uint32_t node)
{
	const struct expr_node *n = &t->nodes[node];
	struct expr_value v;

	switch (n->kind) {
	case EXPR_N_FIELD:
	case EXPR_N_MEMBER:
	case EXPR_N_LITERAL:
		return expr_world__leaf(env, n);
	case EXPR_N_INDEX:
		v = expr_world__naive(t, env, n->a);
		return v.type & EXPR_LIST && n->number < v.list_n ? v.list[n->number]
								  : (struct expr_value){ .type = EXPR_MISSING };
	case EXPR_N_CALL:
		if (n->call != EXPR_C_HAS_KEY)
			return expr_world__each(t, env, n, t->args[n->a]);
		struct expr_value key = expr_world__naive(t, env, t->args[n->a + 1]);
		v = (struct expr_value){ .type = EXPR_MISSING };
		if (key.type == EXPR_BYTES)
			env->get(env->of, t->nodes[t->args[n->a]].field, &key.s, &v);
		return expr_bool(v.type != EXPR_MISSING);
	case EXPR_N_NOT:
		return expr_bool(!expr_world__truth(expr_world__naive(t, env, n->a)));
	case EXPR_N_AND:
		return expr_bool(expr_world__truth(expr_world__naive(t, env, n->a)) &&
				 expr_world__truth(expr_world__naive(t, env, n->b)));
	case EXPR_N_OR:
		return expr_bool(expr_world__truth(expr_world__naive(t, env, n->a)) ||
				 expr_world__truth(expr_world__naive(t, env, n->b)));
	case EXPR_N_XOR:
		return expr_bool(expr_world__truth(expr_world__naive(t, env, n->a)) !=
				 expr_world__truth(expr_world__naive(t, env, n->b)));
	default:
		return expr_world__each(t, env, n, n->a);
	}
}

/* The list `$office`: 192.0.2.0/26 and 2001:db8::/32, and `$words`: "red", "blue". */
struct expr_world_lists {
	struct expr_set *office, *words;
};

static inline struct expr_world_lists expr_world_lists(void)
{
	struct expr_world_lists l = { expr_set_new(EXPR_IP), expr_set_new(EXPR_BYTES) };

	if (expr_set_add_ip_text(l.office, SLICE("192.0.2.64/26")) != OK ||
	    expr_set_add_ip_text(l.office, SLICE("2001:db8::/32")) != OK)
		abort();
	expr_set_add_text(l.words, SLICE("red"));
	expr_set_add_text(l.words, SLICE("blue"));
	expr_set_seal(l.office);
	expr_set_seal(l.words);
	return l;
}

static inline void expr_world_lists_free(struct expr_world_lists *l)
{
	expr_set_free(l->office);
	expr_set_free(l->words);
}

static inline const struct expr_set *expr_world_list(void *of, struct slice name)
{
	const struct expr_world_lists *l = of;

	return slice_eq(name, SLICE("office")) ? l->office : slice_eq(name, SLICE("words")) ? l->words : NULL;
}

#endif
