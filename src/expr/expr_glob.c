/* SPDX-License-Identifier: Apache-2.0 */
/* expr_glob: see expr_glob.h. A pattern is kept as the pieces between its stars. */
#include "expr/expr_glob.h"

#include "base/mem.h"

struct expr_glob {
	bool any_case;
	size_t pieces_n; /* stars + 1 */
	struct slice pieces[EXPR_GLOB_STARS_MAX + 1];
	char mem[];
};

/* One byte of the pattern, escapes undone. ERR_AGAIN: it is a star. */
static enum err expr_glob__byte(struct slice p, size_t *at, char *ret)
{
	char c = p.p[(*at)++];

	if (c == '*')
		return *at < p.n && p.p[*at] == '*' ? ERR_SYNTAX : ERR_AGAIN;
	if (c == '\\') {
		if (*at == p.n || (p.p[*at] != '*' && p.p[*at] != '\\'))
			return ERR_SYNTAX;
		c = p.p[(*at)++];
	}
	*ret = c;
	return OK;
}

enum err expr_glob_new(struct slice pattern, bool any_case, struct expr_glob **ret)
{
	struct expr_glob *g = mem_alloc(sizeof *g + pattern.n + 1);
	size_t n = 0, begin = 0;
	enum err e = OK;

	g->any_case = any_case;
	for (size_t at = 0; at < pattern.n && e == OK;) {
		char c = 0;
		e = expr_glob__byte(pattern, &at, &c);
		if (e == OK) {
			g->mem[n++] = any_case ? slice_lower(c) : c;
		} else if (e == ERR_AGAIN) {
			e = g->pieces_n == EXPR_GLOB_STARS_MAX ? ERR_RANGE : OK;
			if (e == OK)
				g->pieces[g->pieces_n++] = slice_of(g->mem + begin, n - begin);
			begin = n;
		}
	}
	if (e != OK) {
		mem_free(g);
		return e;
	}
	g->pieces[g->pieces_n++] = slice_of(g->mem + begin, n - begin);
	*ret = g;
	return OK;
}

void expr_glob_free(struct expr_glob *g)
{
	mem_free(g);
}

size_t expr_glob_stars(const struct expr_glob *g)
{
	return g->pieces_n - 1;
}

/* The value with letters in lower case: itself when there is nothing to do, a copy, or p == NULL when the arena is
 * full. */
static struct slice expr_glob__lower(struct slice v, struct arena *arena)
{
	size_t i = 0;

	while (i < v.n && slice_lower(v.p[i]) == v.p[i])
		i++;
	if (i == v.n)
		return v.p ? v : SLICE("");
	char *copy = arena_alloc(arena, v.n);
	for (i = 0; copy && i < v.n; i++)
		copy[i] = slice_lower(v.p[i]);
	return slice_of(copy, copy ? v.n : 0);
}

bool expr_glob_match(const struct expr_glob *g, struct slice value, struct arena *arena, struct slice *taken)
{
	struct slice v = g->any_case ? expr_glob__lower(value, arena) : value;
	struct slice first = g->pieces[0], last = g->pieces[g->pieces_n - 1];
	size_t at = first.n;

	if (g->any_case && !v.p)
		return false;
	if (g->pieces_n == 1)
		return slice_eq(v, first);
	if (v.n < first.n + last.n || !slice_starts(v, first) || !slice_ends(v, last))
		return false;
	size_t end = v.n - last.n;
	for (size_t i = 1; i + 1 < g->pieces_n; i++) {
		struct slice piece = g->pieces[i];
		const char *found = memmem(v.p + at, end - at, piece.p, piece.n);
		if (!found)
			return false;
		if (taken)
			taken[i - 1] = slice_of(value.p + at, (size_t)(found - v.p) - at);
		at = (size_t)(found - v.p) + piece.n;
	}
	if (taken)
		taken[g->pieces_n - 2] = slice_of(value.p + at, end - at);
	return true;
}
