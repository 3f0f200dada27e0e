/* SPDX-License-Identifier: Apache-2.0 */
/* formation: see formation.h. */
#include "runner/formation.h"

#include "base/check.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>

static const char formation__web[] = "web";

void formation_init(struct formation *f, const struct limits *limits)
{
	*f = (struct formation){ .magic = OBJ_FORMATION, .limits = limits };
}

void formation_fini(struct formation *f)
{
	OBJ(f, OBJ_FORMATION);
	for (struct formation_instance *i = f->instances, *next; i; i = next) {
		next = i->next;
		mem_free(i);
	}
	for (struct formation_slot *s = f->slots, *next; s; s = next) {
		next = s->next;
		mem_free(s);
	}
	f->magic = OBJ_FREED;
}

void formation_label(const char *type, uint32_t index, char ret[static RUNNER_LABEL_BYTES])
{
	snprintf(ret, RUNNER_LABEL_BYTES, "%.24s-%u", type, index % 1000);
}

/* ---- finding ---- */

static struct formation_slot *formation__slot(const struct formation *f, const char *type, uint32_t index)
{
	for (struct formation_slot *s = f->slots; s; s = s->next)
		if (s->index == index && strcmp(s->type, type) == 0)
			return s;
	return NULL;
}

static bool formation__in(const struct formation_instance *i, const struct formation_slot *s)
{
	return i->index == s->index && strcmp(i->type, s->type) == 0;
}

/* The newest instance of the slot that is not on its way out, of the wanted generation or of an older one. */
static struct formation_instance *formation__has(const struct formation *f, const struct formation_slot *s, bool wanted)
{
	for (struct formation_instance *i = f->instances; i; i = i->next)
		if (i->phase < FORMATION_LEAVING && formation__in(i, s) && (i->generation >= s->wanted) == wanted)
			return i;
	return NULL;
}

/* The one that gets traffic in that slot, though a newer one is wanted. */
static struct formation_instance *formation__old(const struct formation *f, const struct formation_slot *s)
{
	struct formation_instance *i = formation__has(f, s, false);

	return i && i->phase == FORMATION_LIVE ? i : NULL;
}

/* ---- what is wanted ---- */

static void formation__add_slot(struct formation *f, const char *type, uint32_t index)
{
	struct formation_slot *s = mem_alloc(sizeof *s), **at = &f->slots;

	snprintf(s->type, sizeof s->type, "%s", type);
	s->index = index;
	s->wanted = f->generation;
	s->known = f->connected;
	/* What runs there already is what is wanted there. */
	for (const struct formation_instance *i = f->instances; i; i = i->next)
		if (formation__in(i, s) && i->phase < FORMATION_LEAVING) {
			s->wanted = i->generation;
			s->was_live |= i->live_ms != 0;
		}
	while (*at)
		at = &(*at)->next;
	*at = s;
}

static uint32_t formation__amount(const struct formation *f, const char *type)
{
	for (size_t i = 0; i < f->types_n; i++)
		if (strcmp(f->types[i].name, type) == 0)
			return f->types[i].amount;
	return 0;
}

void formation_want(struct formation *f, const struct formation_type *types, size_t n)
{
	OBJ(f, OBJ_FORMATION);
	f->types_n = n < FORMATION_TYPES_MAX ? n : FORMATION_TYPES_MAX;
	memmove(f->types, types, f->types_n * sizeof *types);
	for (struct formation_slot **at = &f->slots; *at;) {
		struct formation_slot *s = *at;
		if (s->index <= formation__amount(f, s->type)) {
			at = &s->next;
			continue;
		}
		*at = s->next;
		mem_free(s);
	}
	for (size_t i = 0; i < f->types_n; i++)
		for (uint32_t k = 1; k <= f->types[i].amount && k <= FORMATION_AMOUNT_MAX; k++)
			if (!formation__slot(f, f->types[i].name, k))
				formation__add_slot(f, f->types[i].name, k);
}

void formation_restart(struct formation *f, const char *type, uint32_t index, uint64_t generation)
{
	OBJ(f, OBJ_FORMATION);
	if (generation > f->generation)
		f->generation = generation;
	f->why[0] = '\0';
	for (struct formation_slot *s = f->slots; s; s = s->next) {
		if ((type && type[0] && strcmp(type, s->type) != 0) || (index && index != s->index))
			continue;
		s->wanted = f->generation;
		s->known = true;
		s->start_at_ms = 0;
		s->crashes = s->attempts = 0;
		s->was_live = s->gave_up = false;
		s->why[0] = '\0';
	}
}

/* ---- what the runner says ---- */

static void formation__traffic(struct formation *f, const struct formation_instance *i)
{
	if (strcmp(i->type, formation__web) == 0)
		f->traffic++;
}

static void formation__unlink(struct formation *f, struct formation_instance *i)
{
	for (struct formation_instance **at = &f->instances; *at; at = &(*at)->next) {
		if (*at == i) {
			*at = i->next;
			break;
		}
	}
	if (i->phase == FORMATION_LIVE)
		formation__traffic(f, i);
	mem_free(i);
}

static void formation__give_up(struct formation *f, struct formation_slot *s)
{
	const struct formation_instance *old = formation__old(f, s);
	char label[RUNNER_LABEL_BYTES];

	formation_label(s->type, s->index, label);
	snprintf(f->why, sizeof f->why, "%s: %.140s", label, s->why);
	if (old)
		s->wanted = old->generation; /* it serves on */
	else
		s->gave_up = true;
	s->was_live |= old != NULL;
	s->attempts = 0;
}

static void formation__crashed(struct formation *f, struct formation_slot *s, uint64_t lived_ms, uint64_t now_ms)
{
	if (lived_ms >= f->limits->instance_warm_up_ms)
		s->crashes = 0;
	s->crashes++;
	if (s->crashes >= FORMATION_CRASHES_MAX)
		formation__give_up(f, s);
	else if (s->crashes > 2)
		s->start_at_ms = now_ms + (s->crashes - 2) * f->limits->instance_crash_step_ms;
}

static void formation__failed(struct formation *f, struct formation_slot *s, uint64_t now_ms)
{
	uint64_t pause = (uint64_t)FORMATION_ATTEMPT_MS << (s->attempts < 6 ? s->attempts : 6);

	s->attempts++;
	if (s->attempts >= FORMATION_ATTEMPTS_MAX)
		formation__give_up(f, s);
	else
		s->start_at_ms = now_ms + (pause < FORMATION_ATTEMPT_MS_MAX ? pause : FORMATION_ATTEMPT_MS_MAX);
}

static enum formation_news formation__ended(struct formation *f, struct formation_instance *i,
					    const struct runner_instance *told, uint64_t now_ms)
{
	struct formation_slot *s = formation__slot(f, i->type, i->index);
	enum formation_news news = FORMATION_ENDED;

	/* One that had lost its place already is missed by nobody. */
	if (s && i->phase < FORMATION_LEAVING && i->generation >= s->wanted) {
		slice_cstr(told->why, s->why, sizeof s->why);
		news = s->was_live ? FORMATION_CRASHED : FORMATION_FAILED;
		if (s->was_live)
			formation__crashed(f, s, now_ms - i->started_ms, now_ms);
		else
			formation__failed(f, s, now_ms);
	}
	formation__unlink(f, i);
	return news;
}

/* "web-1" as type and index. */
static bool formation__parse_label(struct slice label, char type[static FORMATION_TYPE_BYTES], uint32_t *ret_index)
{
	size_t at = slice_rfind(label, '-');
	uint64_t n;

	if (at == SIZE_MAX || at == 0 || !slice_u64(slice_from(label, at + 1), &n) || n < 1 ||
	    n > FORMATION_AMOUNT_MAX || !slice_cstr(slice_first(label, at), type, FORMATION_TYPE_BYTES))
		return false;
	*ret_index = (uint32_t)n;
	return true;
}

static struct formation_instance *formation__take_over(struct formation *f, const struct runner_instance *told,
						       uint64_t now_ms)
{
	struct formation_instance *i = mem_alloc(sizeof *i);
	struct formation_slot *s;

	if (told->state == RUNNER_ENDED || !formation__parse_label(told->label, i->type, &i->index)) {
		mem_free(i);
		return NULL;
	}
	i->id = told->id;
	i->generation = told->generation;
	i->started_ms = now_ms;
	if (i->generation > f->generation)
		f->generation = i->generation;
	i->phase = told->state == RUNNER_STARTING ? FORMATION_STARTING
		   : told->state == RUNNER_READY  ? FORMATION_LIVE
						  : FORMATION_STOPPING;
	s = formation__slot(f, i->type, i->index);
	if (s && i->phase != FORMATION_STOPPING && (!s->known || i->generation > s->wanted)) {
		s->wanted = i->generation;
		s->was_live = i->phase == FORMATION_LIVE;
		s->known = true;
	}
	i->next = f->instances;
	f->instances = i;
	if (i->phase == FORMATION_LIVE) {
		i->live_ms = now_ms;
		formation__traffic(f, i);
	}
	return i;
}

static struct formation_instance *formation__find(const struct formation *f, uint64_t id)
{
	for (struct formation_instance *i = f->instances; i; i = i->next)
		if (i->id == id)
			return i;
	return NULL;
}

enum formation_news formation_told(struct formation *f, const struct runner_instance *told, uint64_t now_ms)
{
	struct formation_instance *i = formation__find(f, told->id);

	OBJ(f, OBJ_FORMATION);
	if (!i)
		i = formation__take_over(f, told, now_ms);
	if (!i)
		return FORMATION_NO_NEWS;
	i->told = true;
	i->port = told->port;
	i->used_bytes = told->used_bytes;
	i->cpu_ms = told->cpu_ms;
	i->wall_ms = told->started_ms;
	if (told->state == RUNNER_ENDED)
		return formation__ended(f, i, told, now_ms);
	if (told->state == RUNNER_READY && i->phase == FORMATION_STARTING) {
		i->phase = FORMATION_READY;
		return FORMATION_IS_READY;
	}
	return FORMATION_NO_NEWS;
}

void formation_relist(struct formation *f)
{
	f->connected = false;
	for (struct formation_instance *i = f->instances; i; i = i->next)
		i->told = false;
}

void formation_listed(struct formation *f, uint64_t now_ms)
{
	for (struct formation_instance *i = f->instances, *next; i; i = next) {
		next = i->next;
		if (!i->told)
			formation__unlink(f, i);
	}
	for (struct formation_slot *s = f->slots; s; s = s->next)
		s->known = true;
	f->connected = true;
}

/* ---- what to do ---- */

/* Takes its traffic away; it is stopped when that is published. */
static void formation__leave(struct formation *f, struct formation_instance *i)
{
	bool was_live = i->phase == FORMATION_LIVE;

	i->phase = FORMATION_LEAVING;
	if (was_live)
		formation__traffic(f, i);
	i->left = f->traffic;
}

/* Those that no slot wants: scaled away, or two in one place by a restart that was overtaken. */
static void formation__surplus(struct formation *f)
{
	for (struct formation_instance *i = f->instances; i; i = i->next) {
		const struct formation_slot *s = formation__slot(f, i->type, i->index);
		if (i->phase >= FORMATION_LEAVING)
			continue;
		if (!s || (i->generation < s->wanted && i->phase != FORMATION_LIVE) ||
		    (i->generation > s->wanted && formation__has(f, s, true) != i))
			formation__leave(f, i);
	}
}

/* Whether each restarted slot of the type has its new instance ready. */
static bool formation__all_ready(const struct formation *f, const char *type)
{
	for (const struct formation_slot *s = f->slots; s; s = s->next) {
		if (strcmp(s->type, type) != 0 || !formation__old(f, s))
			continue;
		const struct formation_instance *i = formation__has(f, s, true);
		if (!i || i->phase < FORMATION_READY)
			return false;
	}
	return true;
}

/* READY ones get their places; the old ones leave in the same publication. */
static void formation__switch(struct formation *f, uint64_t now_ms)
{
	for (struct formation_slot *s = f->slots; s; s = s->next) {
		struct formation_instance *i = formation__has(f, s, true), *old = formation__old(f, s);
		if (!i || i->phase != FORMATION_READY || (old && !formation__all_ready(f, s->type)))
			continue;
		i->phase = FORMATION_LIVE;
		i->live_ms = now_ms;
		s->was_live = true;
		s->attempts = 0;
		formation__traffic(f, i);
	}
	for (struct formation_instance *i = f->instances; i; i = i->next) {
		const struct formation_slot *s = formation__slot(f, i->type, i->index);
		if (!s || i->phase != FORMATION_LIVE || i->generation >= s->wanted)
			continue;
		const struct formation_instance *new = formation__has(f, s, true);
		if (new &&new->phase == FORMATION_LIVE)
			formation__leave(f, i);
	}
}

static bool formation__start(struct formation *f, uint64_t fresh_id, uint64_t now_ms, struct formation_action *ret)
{
	for (struct formation_slot *s = f->slots; s; s = s->next) {
		if (s->gave_up || now_ms < s->start_at_ms || formation__has(f, s, true))
			continue;
		struct formation_instance *i = mem_alloc(sizeof *i);
		i->id = fresh_id;
		i->generation = s->wanted;
		i->index = s->index;
		memcpy(i->type, s->type, sizeof i->type);
		i->started_ms = now_ms;
		i->told = true;
		i->next = f->instances;
		f->instances = i;
		*ret = (struct formation_action){ .kind = FORMATION_START,
						  .id = fresh_id,
						  .generation = i->generation,
						  .type = i->type,
						  .index = i->index };
		return true;
	}
	return false;
}

/* When an instance may be stopped; UINT64_MAX: its traffic is not away yet. */
static uint64_t formation__stop_at(const struct formation *f, const struct formation_instance *i)
{
	if (i->live_ms == 0 || strcmp(i->type, formation__web) != 0)
		return 0;
	return f->published >= i->left ? f->published_ms + f->limits->instance_drain_ms : UINT64_MAX;
}

static bool formation__stop(struct formation *f, uint64_t now_ms, struct formation_action *ret)
{
	for (struct formation_instance *i = f->instances; i; i = i->next) {
		if (i->phase != FORMATION_LEAVING || now_ms < formation__stop_at(f, i))
			continue;
		i->phase = FORMATION_STOPPING;
		*ret = (struct formation_action){ .kind = FORMATION_STOP, .id = i->id };
		return true;
	}
	return false;
}

struct formation_action formation_next(struct formation *f, uint64_t fresh_id, uint64_t now_ms)
{
	struct formation_action a = { .kind = FORMATION_NOTHING };

	OBJ(f, OBJ_FORMATION);
	if (!f->connected)
		return a;
	formation__switch(f, now_ms);
	formation__surplus(f);
	if (f->asked < f->traffic) {
		f->asked = f->traffic;
		return (struct formation_action){ .kind = FORMATION_PUBLISH, .version = f->traffic };
	}
	if (formation__stop(f, now_ms, &a))
		return a;
	formation__start(f, fresh_id, now_ms, &a);
	return a;
}

void formation_published(struct formation *f, uint64_t version, uint64_t now_ms)
{
	if (version <= f->published)
		return;
	f->published = version;
	f->published_ms = now_ms;
}

void formation_not_published(struct formation *f)
{
	f->asked = f->published;
}

uint64_t formation_wait_ms(const struct formation *f, uint64_t now_ms)
{
	uint64_t at = UINT64_MAX;

	if (!f->connected)
		return UINT64_MAX;
	for (const struct formation_slot *s = f->slots; s; s = s->next)
		if (!s->gave_up && !formation__has(f, s, true) && s->start_at_ms < at)
			at = s->start_at_ms;
	for (const struct formation_instance *i = f->instances; i; i = i->next)
		if (i->phase == FORMATION_LEAVING && formation__stop_at(f, i) < at)
			at = formation__stop_at(f, i);
	if (at == UINT64_MAX)
		return at;
	return at > now_ms ? at - now_ms : 0;
}

/* ---- how it stands ---- */

bool formation_settled(const struct formation *f)
{
	if (!f->connected || f->published < f->traffic)
		return false;
	for (const struct formation_slot *s = f->slots; s; s = s->next) {
		const struct formation_instance *i = formation__has(f, s, true);
		if (!s->gave_up && (!i || i->phase != FORMATION_LIVE))
			return false;
	}
	for (const struct formation_instance *i = f->instances; i; i = i->next)
		if (i->phase < FORMATION_LEAVING && !formation__slot(f, i->type, i->index))
			return false;
	return true;
}

size_t formation_given_up(const struct formation *f)
{
	size_t n = 0;

	for (const struct formation_slot *s = f->slots; s; s = s->next)
		n += s->gave_up;
	return n;
}

size_t formation_live(const struct formation *f, const char *type)
{
	size_t n = 0;

	for (const struct formation_instance *i = f->instances; i; i = i->next)
		n += i->phase == FORMATION_LIVE && (!type || strcmp(i->type, type) == 0);
	return n;
}
