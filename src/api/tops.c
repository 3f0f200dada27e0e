/* SPDX-License-Identifier: Apache-2.0 */
/* tops: see tops.h. */
#include "api/tops.h"

#include "api/api_int.h"
#include "api/routes.h"
#include "base/hash.h"
#include "base/mem.h"
#include "state/top.h"

enum {
	TOPS__BUCKETS = 256,
	TOPS__ZONES_MAX = 4096, /* of one minute; more are counted with nobody */
	TOPS__VALUES_MAX = 64,  /* of one kind and zone, in a minute */
	TOPS__STORED = 20,      /* of them, those with the most */
	TOPS__FORGET_MS = 3600000,
	TOPS__SHOWN = 20,
};

struct tops__value {
	uint32_t hash;
	int64_t n;
	char *text;
};

struct tops__zone {
	struct tops__zone *next;
	char name[STATE_NAME_BYTES];
	size_t n[STATE_TOP_KINDS];
	struct tops__value values[STATE_TOP_KINDS][TOPS__VALUES_MAX];
};

struct api_tops {
	struct api *api;
	struct loop *loop;
	struct loop_timer timer;
	struct tops__zone *zones[TOPS__BUCKETS];
	size_t zones_n;
	uint64_t store_ms;
	int64_t forgot_ms;
	bool storing;
};

/* ---- from the edges ---- */

static void tops__drop(struct api_tops *t)
{
	for (size_t i = 0; i < TOPS__BUCKETS; i++) {
		while (t->zones[i]) {
			struct tops__zone *z = t->zones[i];
			t->zones[i] = z->next;
			for (size_t k = 0; k < STATE_TOP_KINDS; k++)
				for (size_t v = 0; v < z->n[k]; v++)
					mem_free(z->values[k][v].text);
			mem_free(z);
		}
	}
	t->zones_n = 0;
}

static int tops__more(const void *a, const void *b)
{
	const struct tops__value *x = a, *y = b;

	return x->n < y->n ? 1 : x->n > y->n ? -1 : 0;
}

static enum err tops__store_kind(struct api_call *call, struct tops__zone *z, enum state_top_kind kind)
{
	qsort(z->values[kind], z->n[kind], sizeof z->values[kind][0], tops__more);
	for (size_t v = 0; v < z->n[kind] && v < TOPS__STORED; v++)
		TRY(state_top_add(call->state, z->name, kind, slice_str(z->values[kind][v].text),
				  z->values[kind][v].n));
	return state_top_trim(call->state, z->name, kind);
}

static void tops__store(struct api_call *call)
{
	struct api_tops *t = api_call_arg(call);
	enum err e = OK;

	for (size_t i = 0; i < TOPS__BUCKETS; i++)
		for (struct tops__zone *z = t->zones[i]; z; z = z->next)
			for (size_t kind = 0; kind < STATE_TOP_KINDS && e == OK; kind++)
				e = tops__store_kind(call, z, (enum state_top_kind)kind);
	tops__drop(t);
	if (e == OK && call->state->now_ms - t->forgot_ms > TOPS__FORGET_MS) {
		e = state_top_forget(call->state);
		t->forgot_ms = call->state->now_ms;
	}
	if (e == OK)
		api_ok(call, json_null());
	else
		api_fail_store(call, e);
}

static void tops__stored(void *arg, const char *why)
{
	((struct api_tops *)arg)->storing = false;
}

static void tops__due(struct loop_timer *timer)
{
	struct api_tops *t = LOOP_OWNER(timer, struct api_tops, timer);
	const struct api_job job = { .fn = tops__store, .done = tops__stored, .arg = t };

	if (t->storing) { /* the database is busy: later */
		loop_timer_set(t->loop, timer, loop_now_ms(t->loop) + t->store_ms);
		return;
	}
	t->storing = true;
	api_do(t->api, &job);
}

struct api_tops *api_tops_new(struct api *api, struct loop *loop, uint64_t store_ms)
{
	struct api_tops *t = mem_alloc(sizeof *t);

	t->api = api;
	t->loop = loop;
	t->store_ms = store_ms;
	loop_timer_init(&t->timer, tops__due);
	return t;
}

void api_tops_free(struct api_tops *t)
{
	if (!t)
		return;
	loop_timer_cancel(t->loop, &t->timer);
	tops__drop(t);
	mem_free(t);
}

static struct tops__zone *tops__of(struct api_tops *t, struct slice zone)
{
	struct tops__zone **bucket = &t->zones[hash_check32(zone) % TOPS__BUCKETS], *z = *bucket;

	while (z && !slice_eq(slice_str(z->name), zone))
		z = z->next;
	if (z || t->zones_n == TOPS__ZONES_MAX || zone.n >= STATE_NAME_BYTES)
		return z;
	z = mem_alloc(sizeof *z);
	memcpy(z->name, zone.p, zone.n);
	z->next = *bucket;
	*bucket = z;
	t->zones_n++;
	return z;
}

static void tops__value(struct tops__zone *z, size_t kind, const char *text, int64_t n)
{
	struct slice s = slice_str(text);
	uint32_t hash = hash_check32(s);
	struct tops__value *v = z->values[kind];
	size_t i = 0;

	while (i < z->n[kind] && !(v[i].hash == hash && slice_eq(slice_str(v[i].text), s)))
		i++;
	if (i == z->n[kind]) {
		if (i == TOPS__VALUES_MAX)
			return;
		v[i] = (struct tops__value){ hash, 0, mem_alloc(s.n + 1) };
		memcpy(v[i].text, s.p, s.n);
		z->n[kind]++;
	}
	v[i].n += n;
}

void api_tops_heard(struct api_tops *t, struct slice zone, const json_t *top)
{
	struct tops__zone *z = json_is_object(top) ? tops__of(t, zone) : NULL;
	json_t *one;
	size_t i;

	for (size_t kind = 0; kind < STATE_TOP_KINDS && z; kind++)
		json_array_foreach(json_object_get(top, state_top_word((enum state_top_kind)kind)), i, one)
		{
			const char *text = json_string_value(json_array_get(one, 0));
			json_int_t n = json_integer_value(json_array_get(one, 1));
			if (text && strlen(text) < STATE_TOP_VALUE_BYTES && n > 0 && n <= UINT32_MAX)
				tops__value(z, kind, text, n);
		}
	if (z && !t->timer.due_ms)
		loop_timer_set(t->loop, &t->timer, loop_now_ms(t->loop) + t->store_ms);
}

/* ---- to whoever asks ---- */

/* GET zones/:zone/analytics/top?days=1 */
static void tops_get(struct api_call *call)
{
	const char *text = api_query(call, "days");
	uint64_t days = 1;

	if (text && (!slice_u64(slice_str(text), &days) || days < 1 || days > STATE_TOP_DAYS)) {
		api_fail(call, 400, API_BAD_QUERY, "/days", "must be a number from 1 (today) to %d", STATE_TOP_DAYS);
		return;
	}
	json_t *r = json_pack("{s:I}", "days", (json_int_t)days);
	enum err e = OK;
	for (size_t kind = 0; kind < STATE_TOP_KINDS && e == OK; kind++) {
		json_t *list;
		e = state_top_list(call->state, call->zone.name, (enum state_top_kind)kind, (int64_t)days, TOPS__SHOWN,
				   &list);
		json_object_set_new(r, state_top_word((enum state_top_kind)kind), list);
	}
	if (e == OK)
		api_ok(call, json_incref(r));
	else
		api_fail_store(call, e);
	json_decref(r);
}

const struct api_route *api_tops_routes(void)
{
	static const struct api_route routes[] = {
		{ METHOD_GET, "zones/:zone/analytics/top", tops_get, STATE_RIGHT_ZONE_READ, 0 },
		{ 0 },
	};

	return routes;
}
