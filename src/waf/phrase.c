/* SPDX-License-Identifier: Apache-2.0 */
/* phrase: a trie, failure links by breadth, then one table in which every step has its answer. */
#include "waf/phrase.h"

#include "base/check.h"
#include "base/mem.h"

enum { PHRASE_NONE = UINT32_MAX };

struct phrase_set {
	struct slice *phrases;
	size_t n, cap;
	uint8_t class_of[256]; /* 0: in no phrase */
	uint32_t classes;
	uint32_t *next;   /* states x classes */
	uint32_t *phrase; /* of a state: the longest phrase that ends there, or PHRASE_NONE */
	uint32_t states;
	uint8_t begins[8192]; /* bit of two bytes: a phrase may begin with them */
	bool single;          /* a phrase has one byte */
};

struct phrase_set *phrase_set_new(void)
{
	return mem_alloc(sizeof(struct phrase_set));
}

void phrase_set_free(struct phrase_set *set)
{
	if (!set)
		return;
	for (size_t i = 0; i < set->n; i++) {
		char *p;
		memcpy(&p, &set->phrases[i].p, sizeof p);
		mem_free(p);
	}
	mem_free(set->phrases);
	mem_free(set->next);
	mem_free(set->phrase);
	mem_free(set);
}

void phrase_set_add(struct phrase_set *set, struct slice phrase)
{
	CHECK(!set->next);
	if (phrase.n == 0)
		return;
	if (set->n == set->cap) {
		set->cap = set->cap ? set->cap * 2 : 16;
		set->phrases = mem_resize(set->phrases, set->cap * sizeof *set->phrases);
	}
	set->phrases[set->n++] = slice_of(mem_dup(phrase), phrase.n);
}

/* Numbers the bytes that stand in phrases; returns the bytes in all. */
static size_t phrase__classes(struct phrase_set *set)
{
	size_t total = 0;

	set->classes = 1;
	for (size_t i = 0; i < set->n; i++) {
		total += set->phrases[i].n;
		for (size_t k = 0; k < set->phrases[i].n; k++) {
			uint8_t c = (uint8_t)slice_lower(set->phrases[i].p[k]);
			if (!set->class_of[c])
				set->class_of[c] = (uint8_t)set->classes++;
		}
	}
	for (unsigned c = 'A'; c <= 'Z'; c++)
		set->class_of[c] = set->class_of[c | 0x20];
	return total;
}

static void phrase__insert(struct phrase_set *set, uint32_t i)
{
	uint32_t at = 0;

	for (size_t k = 0; k < set->phrases[i].n; k++) {
		uint32_t *to = &set->next[at * set->classes + set->class_of[(uint8_t)set->phrases[i].p[k]]];
		if (!*to)
			*to = ++set->states;
		at = *to;
	}
	if (set->phrase[at] == PHRASE_NONE)
		set->phrase[at] = i;
}

/* Which two bytes a text has to have in a row, in either case. */
static void phrase__begins(struct phrase_set *set)
{
	for (size_t i = 0; i < set->n; i++) {
		struct slice p = set->phrases[i];
		set->single |= p.n == 1;
		for (int k = 0; p.n > 1 && k < 4; k++) {
			uint8_t a = (uint8_t)slice_lower(p.p[0]), b = (uint8_t)slice_lower(p.p[1]);
			a = (k & 1) && a >= 'a' && a <= 'z' ? a & 0xdf : a;
			b = (k & 2) && b >= 'a' && b <= 'z' ? b & 0xdf : b;
			set->begins[(a << 8 | b) >> 3] |= (uint8_t)(1u << (b & 7));
		}
	}
}

/* Breadth first: a missing step goes where the step from the failure state goes. */
static void phrase__link(struct phrase_set *set)
{
	uint32_t *queue = mem_alloc_array(set->states, sizeof *queue);
	uint32_t *fail = mem_alloc_array(set->states, sizeof *fail);
	size_t from = 0, to = 0;

	for (uint32_t c = 1; c < set->classes; c++)
		if (set->next[c])
			queue[to++] = set->next[c];
	while (from < to) {
		uint32_t s = queue[from++];
		if (set->phrase[s] == PHRASE_NONE)
			set->phrase[s] = set->phrase[fail[s]];
		for (uint32_t c = 1; c < set->classes; c++) {
			uint32_t *step = &set->next[s * set->classes + c];
			uint32_t other = set->next[fail[s] * set->classes + c];
			if (*step) {
				fail[*step] = other;
				queue[to++] = *step;
			} else {
				*step = other;
			}
		}
	}
	mem_free(queue);
	mem_free(fail);
}

void phrase_set_finish(struct phrase_set *set)
{
	CHECK(!set->next);
	size_t most = phrase__classes(set) + 1;

	set->next = mem_alloc_array(most * set->classes, sizeof *set->next);
	set->phrase = mem_alloc_array(most, sizeof *set->phrase);
	memset(set->phrase, 0xff, most * sizeof *set->phrase);
	set->states = 0;
	for (size_t i = 0; i < set->n; i++)
		phrase__insert(set, (uint32_t)i);
	set->states++;
	phrase__begins(set);
	phrase__link(set);
	set->next = mem_resize(set->next, (size_t)set->states * set->classes * sizeof *set->next);
	set->phrase = mem_resize(set->phrase, set->states * sizeof *set->phrase);
}

/* The next place, from i on, where a phrase may begin; the end when there is none. */
static size_t phrase__skip(const struct phrase_set *set, struct slice s, size_t i)
{
	if (set->single)
		return i;
	for (; i + 1 < s.n; i++) {
		uint8_t a = (uint8_t)s.p[i], b = (uint8_t)s.p[i + 1];
		if (set->begins[(a << 8 | b) >> 3] >> (b & 7) & 1)
			return i;
	}
	return s.n;
}

struct slice phrase_set_find(const struct phrase_set *set, struct slice s)
{
	uint32_t at = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (at == 0 && (i = phrase__skip(set, s, i)) == s.n)
			break;
		at = set->next[at * set->classes + set->class_of[(uint8_t)s.p[i]]];
		if (set->phrase[at] != PHRASE_NONE)
			return set->phrases[set->phrase[at]];
	}
	return slice_of(NULL, 0);
}

size_t phrase_set_count(const struct phrase_set *set)
{
	return set->n;
}

struct slice phrase_set_at(const struct phrase_set *set, size_t i)
{
	CHECK(i < set->n);
	return set->phrases[i];
}
