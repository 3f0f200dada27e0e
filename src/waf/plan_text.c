/* SPDX-License-Identifier: Apache-2.0 */
/* plan_text: what can be said of a pattern by reading it. */
#include "base/mem.h"
#include "waf/pattern.h"
#include "waf/plan_int.h"

enum { PLAN_LOOSE_STEPS_LEAST = 100 };

bool plan__sees_ends(struct slice pattern)
{
	for (size_t i = 0; i + 1 < pattern.n; i++) {
		if (pattern.p[i] != '\\')
			continue;
		if (memchr("AzZGK", pattern.p[i + 1], 5))
			return true;
		i++;
	}
	return false;
}

bool plan__sees_lines(struct slice pattern)
{
	for (size_t i = 0; i < pattern.n; i++) {
		char c = pattern.p[i];
		if (c == '\\')
			i++;
		else if (c == '$' || (c == '^' && !(i && pattern.p[i - 1] == '[')))
			return true;
	}
	return false;
}

char *plan__phrase(struct slice phrase)
{
	static const char digits[] = "0123456789abcdef";
	char *text = mem_alloc(phrase.n * 4 + 1);

	for (size_t i = 0; i < phrase.n; i++) {
		text[4 * i] = '\\';
		text[4 * i + 1] = 'x';
		text[4 * i + 2] = digits[(uint8_t)phrase.p[i] >> 4];
		text[4 * i + 3] = digits[phrase.p[i] & 15];
	}
	return text;
}

/* A walk over a program. */
struct plan__walk {
	const struct pattern_code *code;
	uint8_t *seen;
	uint32_t *stack;
	size_t top;
};

static void plan__visit(struct plan__walk *w, size_t step)
{
	if (!w->seen[step])
		w->stack[w->top++] = (uint32_t)step;
	w->seen[step] = 1;
}

static bool plan__is_literal(const struct pattern_code *code, size_t at)
{
	int bytes = 0;

	if (code->steps[at].op != PATTERN_SET)
		return false;
	for (int i = 0; i < 4; i++)
		bytes += __builtin_popcountll(code->sets[code->steps[at].x].bits[i]);
	return bytes <= 2;
}

static bool plan__is_tight(const struct pattern_code *code, size_t at)
{
	return plan__is_literal(code, at) && plan__is_literal(code, at + 1);
}

/* A step over a byte, none of which is common. */
static bool plan__is_rare_step(const struct pattern_code *code, size_t at)
{
	if (code->steps[at].op != PATTERN_SET)
		return false;
	for (unsigned b = 0; b < 256; b++)
		if (plan__is_common((uint8_t)b) && pattern_set_has(&code->sets[code->steps[at].x], (uint8_t)b))
			return false;
	return true;
}

/* Walks from the beginning, but never over a step that is closed. True: the end is met. */
static bool plan__reaches_end(struct plan__walk *w, bool (*closed)(const struct pattern_code *code, size_t at))
{
	plan__visit(w, 0);
	while (w->top) {
		size_t at = w->stack[--w->top];
		const struct pattern_step *s = &w->code->steps[at];
		bool jumps = s->op == PATTERN_JUMP || s->op == PATTERN_SPLIT;
		if (s->op == PATTERN_ACCEPT)
			return true;
		if (closed(w->code, at))
			continue;
		plan__visit(w, (size_t)((ptrdiff_t)at + (jumps ? s->x : 1)));
		if (s->op == PATTERN_SPLIT)
			plan__visit(w, (size_t)((ptrdiff_t)at + s->y));
	}
	return false;
}

size_t plan__steps(struct slice pattern)
{
	struct pattern_code code = { 0 };
	size_t n = pattern_compile(&code, pattern, 0) ? code.n : 0;

	pattern_code_fini(&code);
	return n;
}

/* The end of a program can be reached without a closed step. */
static bool plan__is_open(const struct pattern_code *code, bool (*closed)(const struct pattern_code *code, size_t at))
{
	struct plan__walk w = { .code = code,
				.seen = mem_alloc(code->n),
				.stack = mem_alloc_array(code->n, sizeof *w.stack) };
	bool open = plan__reaches_end(&w, closed);

	mem_free(w.seen);
	mem_free(w.stack);
	return open;
}

bool plan__is_loose(struct slice pattern)
{
	struct pattern_code code = { 0 };
	bool loose = pattern_compile(&code, pattern, 0) && code.n >= PLAN_LOOSE_STEPS_LEAST &&
		     plan__is_open(&code, plan__is_tight);

	pattern_code_fini(&code);
	return loose;
}

bool plan__is_rare(struct slice pattern)
{
	struct pattern_code code = { 0 };
	bool rare = false;

	if (pattern_compile(&code, pattern, 0)) {
		pattern_fold(&code);
		rare = !plan__is_open(&code, plan__is_rare_step);
	}
	pattern_code_fini(&code);
	return rare;
}
