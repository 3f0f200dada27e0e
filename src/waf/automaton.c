/* SPDX-License-Identifier: Apache-2.0 */
/*
 * automaton: see automaton.h. A state is a set of steps that wait for a byte, what the byte before was (for "^" and
 * "\b"), and the patterns that were found on the way into it. What waits behind an assertion is only known with the
 * next byte, so a state holds the steps before it follows jumps; a pattern is noticed one byte, or the end, later.
 */
#include "waf/automaton.h"

#include "base/check.h"
#include "base/hash.h"
#include "base/mem.h"
#include "waf/pattern.h"

enum {
	AUTOMATON_STATES = 4096,
	AUTOMATON_KERNEL_STEPS = 256 * 1024, /* of all states together */
	AUTOMATON_SLOTS = 8192,              /* of the table that finds states */
	AUTOMATON_FOUND = 0x8000,            /* in a transition: the state found patterns */
	AUTOMATON_FIRST = 1,                 /* the state before the first byte */
	AUTOMATON_MAKE = 400,                /* what a new state costs, and each of its steps */
	AUTOMATON_STEP = 4
};

enum automaton__flag { AUTOMATON_AFTER_WORD = 1, AUTOMATON_AFTER_LINE = 2, AUTOMATON_AT_BEGIN = 4 };

struct automaton {
	struct pattern_code code;
	uint32_t starts[AUTOMATON_PATTERNS_MAX];
	size_t patterns;
	uint8_t class_of[256]; /* of a byte */
	uint32_t classes;      /* the class of this number stands for the end */
	uint32_t shift;        /* a row of the transitions has a power of two of entries, this one */
};

struct automaton__state {
	uint32_t at, n; /* its steps in the pool */
	uint64_t found;
	uint8_t flags;
};

struct automaton_cache {
	uint16_t *next; /* by state << shift, plus class; 0: not known yet */
	struct automaton__state states[AUTOMATON_STATES];
	uint32_t states_n;
	uint16_t slots[AUTOMATON_SLOTS]; /* by hash; 0: free */
	uint16_t *pool;
	uint32_t pool_n;
	/* while a state is made */
	uint64_t *seen, *wait;  /* bits of steps: followed, and waiting for the next byte */
	size_t words;           /* of them */
	uint16_t *stack, *made; /* to follow; the steps of the new state */
	uint32_t made_n;
};

/* The byte that a transition is made for, or the end. */
struct automaton__input {
	bool end;
	uint8_t byte;
};

static bool automaton__is_word(uint8_t c)
{
	char lower = slice_lower((char)c);

	return slice_is_digit((char)c) || (lower >= 'a' && lower <= 'z') || c == '_';
}

struct automaton *automaton_new(void)
{
	return mem_alloc(sizeof(struct automaton));
}

void automaton_free(struct automaton *a)
{
	if (!a)
		return;
	pattern_code_fini(&a->code);
	mem_free(a);
}

bool automaton_add(struct automaton *a, struct slice pattern)
{
	size_t start = a->code.n;

	CHECK(a->classes == 0);
	if (a->patterns == AUTOMATON_PATTERNS_MAX || !pattern_compile(&a->code, pattern, (uint32_t)a->patterns))
		return false;
	a->starts[a->patterns++] = (uint32_t)start;
	return true;
}

void automaton_fold(struct automaton *a)
{
	CHECK(a->classes == 0);
	pattern_fold(&a->code);
}

/* Splits the classes of bytes by one set. */
static void automaton__refine(struct automaton *a, const struct pattern_set *set)
{
	uint8_t twin[256];
	bool in[256], has_twin[256] = { false }, used[256] = { false };

	for (unsigned c = 0; c < 256; c++) {
		uint8_t k = a->class_of[c];
		if (!used[k]) {
			used[k] = true;
			in[k] = pattern_set_has(set, (uint8_t)c);
			continue;
		}
		if (in[k] == pattern_set_has(set, (uint8_t)c))
			continue;
		if (!has_twin[k]) {
			has_twin[k] = true;
			twin[k] = (uint8_t)a->classes++;
		}
		a->class_of[c] = twin[k];
	}
}

void automaton_finish(struct automaton *a)
{
	struct pattern_set word = { { 0 } }, line = { { 1ull << '\n' } };

	for (unsigned c = 0; c < 256; c++)
		if (automaton__is_word((uint8_t)c))
			word.bits[c >> 6] |= 1ull << (c & 63);
	a->classes = 1;
	automaton__refine(a, &word);
	automaton__refine(a, &line);
	for (size_t i = 0; i < a->code.sets_n; i++)
		automaton__refine(a, &a->code.sets[i]);
	while (1u << a->shift < a->classes + 1)
		a->shift++;
}

size_t automaton_count(const struct automaton *a)
{
	return a->patterns;
}

size_t automaton_steps(const struct automaton *a)
{
	return a->code.n;
}

static void automaton__wait(struct automaton_cache *c, size_t step)
{
	c->wait[step >> 6] |= 1ull << (step & 63);
}

/* Gathers the steps that wait, in order; the marks are gone then. */
static void automaton__gather(struct automaton_cache *c)
{
	c->made_n = 0;
	for (size_t w = 0; w < c->words; w++) {
		for (uint64_t bits = c->wait[w]; bits; bits &= bits - 1)
			c->made[c->made_n++] = (uint16_t)(w * 64 + (size_t)__builtin_ctzll(bits));
		c->wait[w] = 0;
	}
}

/* The state with the steps just made, found or added; 0 when there is no room. */
static uint16_t automaton__state(const struct automaton *a, struct automaton_cache *c, uint64_t found, uint8_t flags)
{
	const struct hash_key key = { found, flags };
	struct slice bytes = slice_of(c->made, c->made_n * sizeof *c->made);
	uint64_t slot = hash_bytes(&key, bytes);

	for (;; slot++) {
		uint16_t *at = &c->slots[slot % AUTOMATON_SLOTS];
		const struct automaton__state *s = &c->states[*at];
		if (!*at) {
			if (c->states_n == AUTOMATON_STATES || c->pool_n + c->made_n > AUTOMATON_KERNEL_STEPS)
				return 0;
			*at = (uint16_t)c->states_n;
			break;
		}
		if (s->found == found && s->flags == flags && s->n == c->made_n &&
		    memcmp(&c->pool[s->at], c->made, bytes.n) == 0)
			return *at;
	}
	if (bytes.n)
		memcpy(&c->pool[c->pool_n], c->made, bytes.n);
	c->states[c->states_n] = (struct automaton__state){ c->pool_n, c->made_n, found, flags };
	c->pool_n += c->made_n;
	memset(&c->next[(size_t)c->states_n << a->shift], 0, sizeof *c->next << a->shift);
	return (uint16_t)c->states_n++;
}

/* Forgets all states but the first. */
static void automaton__clear(const struct automaton *a, struct automaton_cache *c)
{
	memset(c->slots, 0, sizeof c->slots);
	c->pool_n = 0;
	c->states_n = AUTOMATON_FIRST;
	for (size_t i = 0; i < a->patterns; i++)
		automaton__wait(c, a->starts[i]);
	automaton__gather(c);
	(void)automaton__state(a, c, 0, AUTOMATON_AFTER_LINE | AUTOMATON_AT_BEGIN);
}

struct automaton_cache *automaton_cache_new(const struct automaton *a)
{
	struct automaton_cache *c = mem_alloc(sizeof *c);
	size_t n = a->code.n ? a->code.n : 1;

	c->words = n / 64 + 1;
	c->next = mem_alloc_array(AUTOMATON_STATES, sizeof *c->next << a->shift);
	c->pool = mem_alloc_array(AUTOMATON_KERNEL_STEPS, sizeof *c->pool);
	c->seen = mem_alloc_array(c->words, sizeof *c->seen);
	c->wait = mem_alloc_array(c->words, sizeof *c->wait);
	c->stack = mem_alloc_array(2 * n + AUTOMATON_PATTERNS_MAX, sizeof *c->stack);
	c->made = mem_alloc_array(n, sizeof *c->made);
	automaton__clear(a, c);
	return c;
}

void automaton_cache_free(struct automaton_cache *c)
{
	if (!c)
		return;
	mem_free(c->next);
	mem_free(c->pool);
	mem_free(c->seen);
	mem_free(c->wait);
	mem_free(c->stack);
	mem_free(c->made);
	mem_free(c);
}

static bool automaton__holds(enum pattern_assertion what, uint8_t flags, struct automaton__input in)
{
	bool before = flags & AUTOMATON_AFTER_WORD, after = !in.end && automaton__is_word(in.byte);

	switch (what) {
	case PATTERN_LINE_BEGIN:
		return flags & AUTOMATON_AFTER_LINE;
	case PATTERN_LINE_END:
		return in.end || in.byte == '\n';
	case PATTERN_WORD_EDGE:
		return before != after;
	case PATTERN_WORD_INSIDE:
		return before == after;
	case PATTERN_TEXT_BEGIN:
		return flags & AUTOMATON_AT_BEGIN;
	case PATTERN_TEXT_END:
		return in.end;
	}
	return true;
}

static uint32_t automaton__push(struct automaton_cache *c, uint32_t top, size_t step)
{
	if (c->seen[step >> 6] >> (step & 63) & 1)
		return top;
	c->seen[step >> 6] |= 1ull << (step & 63);
	c->stack[top] = (uint16_t)step;
	return top + 1;
}

/* Follows the steps of a state as far as they go without a byte, then with this one. Returns steps followed. */
static size_t automaton__follow(const struct automaton *a, struct automaton_cache *c, const struct automaton__state *s,
				struct automaton__input in, uint64_t *ret_found)
{
	uint32_t top = 0;
	size_t followed = 0;

	memset(c->seen, 0, c->words * sizeof *c->seen);
	for (uint32_t i = 0; i < s->n; i++)
		top = automaton__push(c, top, c->pool[s->at + i]);
	while (top) {
		size_t at = c->stack[--top];
		const struct pattern_step *p = &a->code.steps[at];
		followed++;
		switch (p->op) {
		case PATTERN_SET:
			if (!in.end && pattern_set_has(&a->code.sets[p->x], in.byte))
				automaton__wait(c, at + 1);
			break;
		case PATTERN_JUMP:
			top = automaton__push(c, top, (size_t)((ptrdiff_t)at + p->x));
			break;
		case PATTERN_SPLIT:
			top = automaton__push(c, top, (size_t)((ptrdiff_t)at + p->x));
			top = automaton__push(c, top, (size_t)((ptrdiff_t)at + p->y));
			break;
		case PATTERN_ASSERT:
			if (automaton__holds((enum pattern_assertion)p->x, s->flags, in))
				top = automaton__push(c, top, at + 1);
			break;
		case PATTERN_ACCEPT:
			*ret_found |= 1ull << p->x;
			break;
		}
	}
	return followed;
}

/* The state behind `from` with this input, made. Clears the cache when it is full. */
static uint16_t automaton__make(const struct automaton *a, struct automaton_cache *c, uint16_t from,
				struct automaton__input in, int64_t *work)
{
	struct automaton__state s = c->states[from];
	uint64_t found = 0;
	size_t followed = automaton__follow(a, c, &s, in, &found);
	uint8_t flags = 0;

	if (!in.end) {
		for (size_t i = 0; i < a->patterns; i++)
			automaton__wait(c, a->starts[i]);
		flags = (uint8_t)((automaton__is_word(in.byte) ? AUTOMATON_AFTER_WORD : 0) |
				  (in.byte == '\n' ? AUTOMATON_AFTER_LINE : 0));
	}
	automaton__gather(c);
	*work -= (int64_t)(AUTOMATON_MAKE + AUTOMATON_STEP * (followed + c->made_n) + c->words);
	uint16_t to = automaton__state(a, c, found, flags);
	if (!to) {
		uint32_t n = c->made_n;
		memcpy(c->stack, c->made, n * sizeof *c->made);
		automaton__clear(a, c);
		memcpy(c->made, c->stack, n * sizeof *c->made);
		c->made_n = n;
		*work -= AUTOMATON_SLOTS;
		return automaton__state(a, c, found, flags);
	}
	uint32_t class = in.end ? a->classes : a->class_of[in.byte];
	c->next[((size_t)from << a->shift) + class] = (uint16_t)(to | (found ? AUTOMATON_FOUND : 0));
	return to;
}

/* A walk of one automaton: where it stands, what was found. */
struct automaton__walk {
	const struct automaton *a;
	struct automaton_cache *c;
	uint64_t all, found;
	uint32_t at;
};

static struct automaton__walk automaton__begin(const struct automaton *a, struct automaton_cache *c)
{
	return (struct automaton__walk){
		.a = a,
		.c = c,
		.all = a->patterns == 64 ? UINT64_MAX : (1ull << a->patterns) - 1,
		.at = AUTOMATON_FIRST,
	};
}

static uint32_t automaton__next(const struct automaton__walk *w, uint32_t class)
{
	return w->c->next[((size_t)w->at << w->a->shift) + class];
}

/* Nearly every byte: a state that is known, and found nothing on the way into it. */
static bool automaton__is_usual(uint32_t next)
{
	return next - 1 < AUTOMATON_FOUND - 1;
}

/* Goes on to any state, made when it is not known. When no work is left all patterns are taken for found. */
static void automaton__arrive(struct automaton__walk *w, uint32_t next, struct automaton__input in, int64_t *work)
{
	if (!next) {
		if (*work <= 0) {
			w->found = w->all;
			w->at = AUTOMATON_FIRST;
			return;
		}
		next = automaton__make(w->a, w->c, (uint16_t)w->at, in, work);
	}
	w->at = next & ~(uint32_t)AUTOMATON_FOUND;
	w->found |= w->c->states[w->at].found;
}

static void automaton__end(struct automaton__walk *w, int64_t *work)
{
	struct automaton__input end = { .end = true };

	if (w->found != w->all)
		automaton__arrive(w, automaton__next(w, w->a->classes), end, work);
}

uint64_t automaton_run(const struct automaton *a, struct automaton_cache *c, struct slice s, int64_t *work)
{
	struct automaton__walk w = automaton__begin(a, c);

	for (size_t i = 0; i < s.n && w.found != w.all; i++) {
		uint8_t byte = (uint8_t)s.p[i];
		uint32_t next = automaton__next(&w, a->class_of[byte]);
		if (automaton__is_usual(next))
			w.at = next;
		else
			automaton__arrive(&w, next, (struct automaton__input){ .byte = byte }, work);
	}
	automaton__end(&w, work);
	return w.found;
}

void automaton_run_two(const struct automaton *const a[static 2], struct automaton_cache *const c[static 2],
		       struct slice s, int64_t *work, uint64_t ret_found[static 2])
{
	struct automaton__walk v = automaton__begin(a[0], c[0]), w = automaton__begin(a[1], c[1]);

	for (size_t i = 0; i < s.n && (v.found != v.all || w.found != w.all); i++) {
		uint8_t byte = (uint8_t)s.p[i];
		uint32_t one = automaton__next(&v, v.a->class_of[byte]), two = automaton__next(&w, w.a->class_of[byte]);
		if (automaton__is_usual(one) && automaton__is_usual(two)) {
			v.at = one;
			w.at = two;
			continue;
		}
		automaton__arrive(&v, one, (struct automaton__input){ .byte = byte }, work);
		automaton__arrive(&w, two, (struct automaton__input){ .byte = byte }, work);
	}
	automaton__end(&v, work);
	automaton__end(&w, work);
	ret_found[0] = v.found;
	ret_found[1] = w.found;
}
