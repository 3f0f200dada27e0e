/* SPDX-License-Identifier: Apache-2.0 */
/* expr_regex: see expr_regex.h; also the scratch memory of expr.h, which is PCRE2's. */
#include "expr/expr_regex.h"

#include "base/check.h"
#include "base/mem.h"
#include "expr/expr.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum { EXPR_REGEX__JIT_STACK_MIN = 16384, EXPR_REGEX__JIT_STACK_MAX = 262144 };

struct expr_regex {
	pcre2_code *code;
};

struct expr_scratch {
	pcre2_match_data *match;
	pcre2_match_context *context;
	pcre2_jit_stack *stack;
};

struct expr_scratch *expr_scratch_new(void)
{
	struct expr_scratch *s = mem_alloc(sizeof *s);

	s->match = pcre2_match_data_create(EXPR_REGEX_GROUPS, NULL);
	s->context = pcre2_match_context_create(NULL);
	CHECK(s->match && s->context);
	pcre2_set_match_limit(s->context, EXPR_REGEX_STEPS);
	pcre2_set_depth_limit(s->context, EXPR_REGEX_DEPTH);
	pcre2_set_heap_limit(s->context, EXPR_REGEX_HEAP_KIB);
	/* Without a stack of its own machine code uses 32 KiB of the thread's; without machine code it is not used. */
	s->stack = pcre2_jit_stack_create(EXPR_REGEX__JIT_STACK_MIN, EXPR_REGEX__JIT_STACK_MAX, NULL);
	if (s->stack)
		pcre2_jit_stack_assign(s->context, NULL, s->stack);
	return s;
}

void expr_scratch_free(struct expr_scratch *s)
{
	if (!s)
		return;
	pcre2_match_data_free(s->match);
	pcre2_match_context_free(s->context);
	pcre2_jit_stack_free(s->stack);
	mem_free(s);
}

/* What stands behind an opening parenthesis that the language has: nothing special, groups, names, flags. */
static bool expr_regex__group_is_fine(struct slice rest)
{
	if (rest.n && rest.p[0] == '*')
		return false;
	if (rest.n < 2 || rest.p[0] != '?')
		return true;
	switch (rest.p[1]) {
	case '-':
		return rest.n > 2 && !slice_is_digit(rest.p[2]);
	case ':':
	case 'i':
	case 'm':
	case 's':
	case 'x':
	case 'U':
		return true;
	case 'P':
		return rest.n > 2 && rest.p[2] == '<';
	case '<':
		return rest.n > 2 && rest.p[2] != '=' && rest.p[2] != '!';
	default:
		return false;
	}
}

/* An escape, i at the backslash. */
static enum err expr_regex__escape(char c, bool in_class, struct diag *d)
{
	if (!in_class && ((c >= '1' && c <= '9') || c == 'g' || c == 'k'))
		return diag_set(d, ERR_SYNTAX, NULL, "back references are not part of the language");
	if (c == 'C' || c == 'K' || c == 'G')
		return diag_set(d, ERR_SYNTAX, NULL, "\\%c is not part of the language", c);
	return OK;
}

/* Where the first element of a class may end it only seemingly: "[]…" and "[^]…". i at the bracket. */
static size_t expr_regex__class_begin(struct slice p, size_t i)
{
	if (i + 1 < p.n && p.p[i + 1] == '^')
		i++;
	return i + 1 < p.n && p.p[i + 1] == ']' ? i + 1 : i;
}

/*
 * The language's own engine has no look-around, back references, recursion or verbs, so that matching stays linear; the
 * same patterns are accepted here.
 */
static enum err expr_regex__restrict(struct slice p, struct diag *d)
{
	bool in_class = false;

	for (size_t i = 0; i < p.n; i++) {
		char c = p.p[i];
		if (c == '\\' && i + 1 < p.n) {
			TRY(expr_regex__escape(p.p[++i], in_class, d));
		} else if (in_class) {
			in_class = c != ']';
		} else if (c == '[') {
			in_class = true;
			i = expr_regex__class_begin(p, i);
		} else if (c == '(' && !expr_regex__group_is_fine(slice_from(p, i + 1))) {
			return diag_set(d, ERR_SYNTAX, NULL,
					"look-around, recursion and verbs are not part of the language");
		}
	}
	return OK;
}

enum err expr_regex_new(struct slice pattern, struct expr_regex **ret, struct diag *d)
{
	int number;
	PCRE2_SIZE at;
	PCRE2_UCHAR text[120];

	TRY(expr_regex__restrict(pattern, d));
	pcre2_code *code = pcre2_compile(
		(PCRE2_SPTR)(pattern.n ? pattern.p : ""), pattern.n,
		PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY, &number, &at, NULL);
	if (!code) {
		if (pcre2_get_error_message(number, text, sizeof text) < 0)
			text[0] = 0;
		return diag_set(d, ERR_SYNTAX, NULL, "the pattern is malformed at its byte %zu: %s", (size_t)at + 1,
				(const char *)text);
	}
	/* Where the sandbox forbids machine code the interpreter does the same, more slowly. */
	(void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
	*ret = mem_alloc(sizeof **ret);
	(*ret)->code = code;
	return OK;
}

void expr_regex_free(struct expr_regex *r)
{
	if (!r)
		return;
	pcre2_code_free(r->code);
	mem_free(r);
}

bool expr_regex_find(const struct expr_regex *r, struct expr_scratch *scratch, struct slice s, struct slice *groups,
		     bool *gave_up)
{
	int n = pcre2_match(r->code, (PCRE2_SPTR)(s.n ? s.p : ""), s.n, 0, 0, scratch->match, scratch->context);

	if (n == PCRE2_ERROR_NOMATCH)
		return false;
	if (n < 0) {
		*gave_up = true;
		return false;
	}
	const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(scratch->match);
	for (size_t i = 0; groups && i < EXPR_REGEX_GROUPS; i++) {
		bool there = (n == 0 || i < (size_t)n) && ends[2 * i] != PCRE2_UNSET;
		groups[i] = there ? slice_of(s.p + ends[2 * i], ends[2 * i + 1] - ends[2 * i]) : slice_of(NULL, 0);
	}
	return true;
}
