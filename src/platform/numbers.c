/* SPDX-License-Identifier: Apache-2.0 */
/* numbers: see numbers.h. */
#include "platform/numbers.h"

#include "base/mem.h"

struct numbers__app {
	struct numbers__app *next;
	char id[32];
	struct platform_numbers_minute *minutes; /* a ring: `from` is the oldest of n */
	size_t cap, from, n;
};

struct platform_numbers {
	struct numbers__app *apps;
	size_t apps_n;
};

struct platform_numbers *platform_numbers_new(void)
{
	return mem_alloc(sizeof(struct platform_numbers));
}

static void numbers__drop(struct numbers__app *a)
{
	mem_free(a->minutes);
	mem_free(a);
}

void platform_numbers_free(struct platform_numbers *all)
{
	if (!all)
		return;
	while (all->apps) {
		struct numbers__app *a = all->apps;
		all->apps = a->next;
		numbers__drop(a);
	}
	mem_free(all);
}

static struct numbers__app *numbers__find(const struct platform_numbers *all, struct slice id)
{
	struct numbers__app *a = all->apps;

	while (a && !slice_eq(slice_str(a->id), id))
		a = a->next;
	return a;
}

/* The i-th minute, the oldest first. */
static struct platform_numbers_minute *numbers__at(const struct numbers__app *a, size_t i)
{
	return &a->minutes[(a->from + i) % a->cap];
}

/* Apps whose newest minute is out of the time make room. */
static void numbers__sweep(struct platform_numbers *all, int64_t now)
{
	for (struct numbers__app **at = &all->apps, *a; (a = *at) != NULL;) {
		if (numbers__at(a, a->n - 1)->minute > now - PLATFORM_NUMBERS_MINUTES) {
			at = &a->next;
			continue;
		}
		*at = a->next;
		all->apps_n--;
		numbers__drop(a);
	}
}

static struct numbers__app *numbers__app(struct platform_numbers *all, struct slice id, int64_t now)
{
	struct numbers__app *a = numbers__find(all, id);

	if (a)
		return a;
	if (all->apps_n == PLATFORM_NUMBERS_APPS_MAX)
		numbers__sweep(all, now);
	if (all->apps_n == PLATFORM_NUMBERS_APPS_MAX || id.n >= sizeof a->id)
		return NULL;
	a = mem_alloc(sizeof *a);
	slice_cstr(id, a->id, sizeof a->id);
	a->next = all->apps;
	all->apps = a;
	all->apps_n++;
	return a;
}

/* Room for one more at the end: the ring grows, or its oldest leaves. */
static struct platform_numbers_minute *numbers__next(struct numbers__app *a)
{
	if (a->n == a->cap && a->cap < PLATFORM_NUMBERS_MINUTES) {
		size_t cap = a->cap ? a->cap * 2 : 16;
		struct platform_numbers_minute *wider;
		if (cap > PLATFORM_NUMBERS_MINUTES)
			cap = PLATFORM_NUMBERS_MINUTES;
		wider = mem_alloc_array(cap, sizeof *wider);
		for (size_t i = 0; i < a->n; i++)
			wider[i] = *numbers__at(a, i);
		mem_free(a->minutes);
		a->minutes = wider;
		a->cap = cap;
		a->from = 0;
	}
	if (a->n < a->cap)
		return numbers__at(a, a->n++);
	a->from = (a->from + 1) % a->cap;
	return numbers__at(a, a->n - 1);
}

void platform_numbers_add(struct platform_numbers *all, struct slice app, int64_t minute,
			  const uint32_t n[static PLATFORM_NUMBERS_CLASSES])
{
	struct numbers__app *a = numbers__app(all, app, minute);
	struct platform_numbers_minute *m;

	if (!a)
		return;
	m = a->n ? numbers__at(a, a->n - 1) : NULL;
	/* A clock that was set back adds to the newest minute. */
	if (!m || m->minute < minute) {
		m = numbers__next(a);
		*m = (struct platform_numbers_minute){ .minute = minute };
	}
	for (size_t i = 0; i < PLATFORM_NUMBERS_CLASSES; i++)
		m->n[i] = m->n[i] > UINT32_MAX - n[i] ? UINT32_MAX : m->n[i] + n[i];
}

bool platform_numbers_each(const struct platform_numbers *all, const char *app, int64_t from,
			   void (*fn)(void *arg, const struct platform_numbers_minute *m), void *arg)
{
	const struct numbers__app *a = numbers__find(all, slice_str(app));
	bool any = false;

	for (size_t i = 0; a && i < a->n; i++) {
		if (numbers__at(a, i)->minute < from)
			continue;
		any = true;
		fn(arg, numbers__at(a, i));
	}
	return any;
}
