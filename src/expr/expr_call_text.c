/* SPDX-License-Identifier: Apache-2.0 */
/* expr_call_text: functions on text, lists and addresses, see expr_call.h and function.def. */
#include "base/check.h"
#include "base/text.h"
#include "expr/expr_call.h"
#include "expr/expr_glob.h"
#include "expr/expr_regex.h"

enum { EXPR_CALL__SPLIT_MAX = 128, EXPR_CALL__NUMBER = 24 };

/* A new text of at most cap bytes in the arena; p == NULL without room. */
static struct text expr_call__room(const struct expr_calling *c, size_t cap)
{
	char *p = arena_alloc(c->env->arena, cap + 1);

	return text_of(p, p ? cap + 1 : 0);
}

static void expr_call__give(const struct text *t, struct expr_value *ret)
{
	if (t->p && !t->bad)
		*ret = expr_bytes(text_slice(t));
}

void expr_call__any(const struct expr_calling *c, struct expr_value *ret)
{
	bool yes = false;

	for (size_t i = 0; i < c->args[0].list_n && !yes; i++)
		yes = c->args[0].list[i].b;
	*ret = expr_bool(yes);
}

void expr_call__all(const struct expr_calling *c, struct expr_value *ret)
{
	bool yes = true;

	for (size_t i = 0; i < c->args[0].list_n && yes; i++)
		yes = c->args[0].list[i].b;
	*ret = expr_bool(yes);
}

static void expr_call__network(struct ip ip, int64_t bits, struct expr_value *ret)
{
	unsigned all = ip.family == 4 ? 32 : 128;

	if (bits < 0 || bits > all)
		return;
	for (unsigned bit = (unsigned)bits; bit < all; bit++)
		ip.b[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
	*ret = expr_ip(ip);
}

void expr_call__cidr(const struct expr_calling *c, struct expr_value *ret)
{
	expr_call__network(c->args[0].ip, c->args[c->args[0].ip.family == 4 ? 1 : 2].i, ret);
}

void expr_call__cidr6(const struct expr_calling *c, struct expr_value *ret)
{
	if (c->args[0].ip.family == 6)
		expr_call__network(c->args[0].ip, c->args[1].i, ret);
	else
		*ret = c->args[0];
}

void expr_call__coalesce(const struct expr_calling *c, struct expr_value *ret)
{
	for (size_t i = 0; i < c->n && ret->type == EXPR_MISSING; i++)
		*ret = c->args[i];
}

static size_t expr_call__bytes(const struct expr_value *v)
{
	return v->type == EXPR_BYTES ? v->s.n : v->type == EXPR_MISSING ? 0 : EXPR_CALL__NUMBER;
}

static void expr_call__write(struct text *t, const struct expr_value *v)
{
	if (v->type == EXPR_BYTES)
		text_add(t, v->s);
	else if (v->type == EXPR_INT)
		text_i64(t, v->i);
}

void expr_call__concat(const struct expr_calling *c, struct expr_value *ret)
{
	size_t cap = 0;

	for (size_t i = 0; i < c->n; i++) {
		const struct expr_value *v = &c->args[i];
		cap += v->type & EXPR_LIST ? 0 : expr_call__bytes(v);
		for (size_t k = 0; v->type & EXPR_LIST && k < v->list_n; k++)
			cap += expr_call__bytes(&v->list[k]);
	}
	struct text t = expr_call__room(c, cap);
	for (size_t i = 0; t.p && i < c->n; i++) {
		const struct expr_value *v = &c->args[i];
		if (!(v->type & EXPR_LIST))
			expr_call__write(&t, v);
		for (size_t k = 0; v->type & EXPR_LIST && k < v->list_n; k++)
			expr_call__write(&t, &v->list[k]);
	}
	expr_call__give(&t, ret);
}

void expr_call__ends_with(const struct expr_calling *c, struct expr_value *ret)
{
	*ret = expr_bool(slice_ends(c->args[0].s, c->args[1].s));
}

void expr_call__starts_with(const struct expr_calling *c, struct expr_value *ret)
{
	*ret = expr_bool(slice_starts(c->args[0].s, c->args[1].s));
}

/* Compiled to an instruction of its own. */
void expr_call__has_key(const struct expr_calling *c, struct expr_value *ret)
{
	CHECK(c->n == 0 && "has_key is an instruction");
	*ret = expr_bool(c->n == 0);
}

void expr_call__has_value(const struct expr_calling *c, struct expr_value *ret)
{
	const struct expr_value *list = &c->args[0], *v = &c->args[1];
	bool yes = false;

	for (size_t i = 0; i < list->list_n && !yes; i++) {
		const struct expr_value *e = &list->list[i];
		if (e->type != v->type)
			continue;
		yes = v->type == EXPR_BYTES ? slice_eq(e->s, v->s)
		      : v->type == EXPR_IP  ? ip_eq(&e->ip, &v->ip)
		      : v->type == EXPR_INT ? e->i == v->i
					    : e->b == v->b;
	}
	*ret = expr_bool(yes);
}

void expr_call__join(const struct expr_calling *c, struct expr_value *ret)
{
	const struct expr_value *list = &c->args[0];
	size_t cap = list->list_n * c->args[1].s.n;

	for (size_t i = 0; i < list->list_n; i++)
		cap += expr_call__bytes(&list->list[i]);
	struct text t = expr_call__room(c, cap);
	for (size_t i = 0; t.p && i < list->list_n; i++) {
		if (i)
			text_add(&t, c->args[1].s);
		expr_call__write(&t, &list->list[i]);
	}
	expr_call__give(&t, ret);
}

void expr_call__len(const struct expr_calling *c, struct expr_value *ret)
{
	*ret = expr_int(c->args[0].type == EXPR_BYTES ? (int64_t)c->args[0].s.n : (int64_t)c->args[0].list_n);
}

static void expr_call__case(const struct expr_calling *c, bool up, struct expr_value *ret)
{
	struct slice s = c->args[0].s;
	char *out = NULL;

	/* Most values are as wanted already. */
	for (size_t i = 0; i < s.n; i++) {
		char was = s.p[i], low = slice_lower(was), is = up && low >= 'a' && low <= 'z' ? (char)(low - 32) : was;
		if (!up)
			is = low;
		if (is == was && !out)
			continue;
		if (!out) {
			out = arena_alloc(c->env->arena, s.n);
			if (!out)
				return;
			memcpy(out, s.p, s.n);
		}
		out[i] = is;
	}
	*ret = expr_bytes(out ? slice_of(out, s.n) : s);
}

void expr_call__lower(const struct expr_calling *c, struct expr_value *ret)
{
	expr_call__case(c, false, ret);
}

void expr_call__upper(const struct expr_calling *c, struct expr_value *ret)
{
	expr_call__case(c, true, ret);
}

void expr_call__remove_bytes(const struct expr_calling *c, struct expr_value *ret)
{
	struct slice s = c->args[0].s;
	struct text t = expr_call__room(c, s.n);
	bool drop[256] = { false };

	for (size_t i = 0; i < c->args[1].s.n; i++)
		drop[(unsigned char)c->args[1].s.p[i]] = true;
	for (size_t i = 0; t.p && i < s.n; i++)
		if (!drop[(unsigned char)s.p[i]])
			text_byte(&t, s.p[i]);
	expr_call__give(&t, ret);
}

void expr_call__split(const struct expr_calling *c, struct expr_value *ret)
{
	struct slice rest = c->args[0].s, sep = c->args[1].s;
	int64_t limit = c->args[2].i;
	size_t n = 0;

	if (sep.n == 0 || limit < 1 || limit > EXPR_CALL__SPLIT_MAX)
		return;
	struct expr_value *list = arena_alloc(c->env->arena, (size_t)limit * sizeof *list);
	if (!list)
		return;
	while (n + 1 < (size_t)limit) {
		const char *found = rest.n ? memmem(rest.p, rest.n, sep.p, sep.n) : NULL;
		if (!found)
			break;
		size_t at = (size_t)(found - rest.p);
		list[n++] = expr_bytes(slice_first(rest, at));
		rest = slice_from(rest, at + sep.n);
	}
	list[n++] = expr_bytes(rest);
	*ret = expr_list(EXPR_BYTES, list, n);
}

/* A place in n bytes: negative ones count from the end. */
static size_t expr_call__place(int64_t i, size_t n)
{
	if (i < 0)
		return i < -(int64_t)n ? 0 : (size_t)((int64_t)n + i);
	return i > (int64_t)n ? n : (size_t)i;
}

void expr_call__substring(const struct expr_calling *c, struct expr_value *ret)
{
	struct slice s = c->args[0].s;
	size_t from = expr_call__place(c->args[1].i, s.n), to = c->n > 2 ? expr_call__place(c->args[2].i, s.n) : s.n;

	*ret = expr_bytes(from < to ? slice_of(s.p + from, to - from) : slice_of("", 0));
}

void expr_call__to_string(const struct expr_calling *c, struct expr_value *ret)
{
	const struct expr_value *v = &c->args[0];

	if (v->type == EXPR_BYTES || v->type == EXPR_BOOL) {
		*ret = v->type == EXPR_BYTES ? *v : expr_bytes(v->b ? SLICE("true") : SLICE("false"));
		return;
	}
	struct text t = expr_call__room(c, IP_TEXT_BYTES);
	if (t.p && v->type == EXPR_INT)
		text_i64(&t, v->i);
	else if (t.p)
		t.n = ip_print(&v->ip, t.p);
	expr_call__give(&t, ret);
}

/* ---- replacing */

/* The replacement's length or, with t, its text: "${1}" to "${8}" are what was taken, "$$" is a dollar sign. */
static size_t expr_call__fill(struct slice pattern, const struct slice *taken, size_t taken_n, struct text *t)
{
	size_t n = 0;

	for (size_t i = 0; i < pattern.n;) {
		struct slice rest = slice_from(pattern, i), part = slice_first(rest, 1);
		i++;
		if (rest.n >= 4 && rest.p[0] == '$' && rest.p[1] == '{' && slice_is_digit(rest.p[2]) &&
		    rest.p[3] == '}') {
			size_t which = (size_t)(rest.p[2] - '0');
			part = which < taken_n ? taken[which] : slice_of(NULL, 0);
			i += 3;
		} else if (slice_starts(rest, SLICE("$$"))) {
			i++;
		}
		n += part.n;
		if (t)
			text_add(t, part);
	}
	return n;
}

static void expr_call__replace(const struct expr_calling *c, const struct slice *taken, size_t taken_n,
			       struct expr_value *ret)
{
	struct slice s = c->args[0].s, with = c->args[2].s;
	size_t from = (size_t)(taken[0].p - s.p);
	struct text t = expr_call__room(c, s.n + expr_call__fill(with, taken, taken_n, NULL));

	text_add(&t, slice_first(s, from));
	expr_call__fill(with, taken, taken_n, &t);
	text_add(&t, slice_from(s, from + taken[0].n));
	expr_call__give(&t, ret);
}

void expr_call__regex_replace(const struct expr_calling *c, struct expr_value *ret)
{
	struct slice groups[EXPR_REGEX_GROUPS], s = c->args[0].s;

	if (!s.p)
		s = SLICE("");
	struct expr_value args[3] = { expr_bytes(s), c->args[1], c->args[2] };
	struct expr_calling own = { .env = c->env, .args = args, .n = 3 };
	if (expr_regex_find(c->regex, c->env->scratch, s, groups, &c->env->gave_up))
		expr_call__replace(&own, groups, EXPR_REGEX_GROUPS, ret);
	else
		*ret = c->args[0];
}

void expr_call__wildcard_replace(const struct expr_calling *c, struct expr_value *ret)
{
	struct slice taken[EXPR_GLOB_STARS_MAX + 1];
	size_t n = expr_glob_stars(c->glob) + 1;

	taken[0] = c->args[0].s.p ? c->args[0].s : SLICE("");
	struct expr_value args[3] = { expr_bytes(taken[0]), c->args[1], c->args[2] };
	struct expr_calling own = { .env = c->env, .args = args, .n = 3 };
	if (expr_glob_match(c->glob, taken[0], c->env->arena, taken + 1))
		expr_call__replace(&own, taken, n, ret);
	else
		*ret = c->args[0];
}
