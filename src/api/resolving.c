/* SPDX-License-Identifier: Apache-2.0 */
#include "api/resolving.h"

#include "api/api_call.h"
#include "base/check.h"
#include "base/mem.h"
#include "state/resolved.h"
#include "supervisor/say.h"

enum {
	RESOLVING__AT_ONCE = 64,        /* questions under way */
	RESOLVING__PAUSE_MIN_MS = 1000, /* between two questions for one name */
	RESOLVING__PAUSE_MAX_MS = 3600000,
	RESOLVING__FAIL_MS = 2000, /* after a failure; doubles up to */
	RESOLVING__FAIL_MAX_MS = 300000,
};

/* One name on its way: asked, then stored. */
struct resolving_ask {
	struct api_resolving *owner;
	struct resolving_ask *next;
	char name[STATE_NAME_BYTES];
	struct resolve_answer answer;
};

struct api_resolving {
	uint32_t magic; /* OBJ_RESOLVING */
	struct api *api;
	struct state *st;
	struct loop *loop;
	struct resolve *resolve;
	struct loop_timer timer;
	struct resolving_ask *asks;
	size_t asks_n;
	bool freeing;
};

/* ---- storing ---- */

static uint32_t resolving__clamp(uint64_t v, uint32_t min, uint32_t max)
{
	return v < min ? min : v > max ? max : (uint32_t)v;
}

/* A good answer is asked for again when four fifths of its time are over. */
static int64_t resolving__pause(uint32_t ttl)
{
	return resolving__clamp((uint64_t)ttl * 800, RESOLVING__PAUSE_MIN_MS, RESOLVING__PAUSE_MAX_MS);
}

static int64_t resolving__fail_pause(uint32_t failures)
{
	return resolving__clamp((uint64_t)RESOLVING__FAIL_MS << (failures < 10 ? failures - 1 : 9), RESOLVING__FAIL_MS,
				RESOLVING__FAIL_MAX_MS);
}

/* What is known after the answer, from what was known before. */
static void resolving__learn(struct state_resolved *r, const struct resolve_answer *a, int64_t now_ms)
{
	if (a->status == RESOLVE_FAILED) {
		r->failures++;
		r->due_ms = now_ms + resolving__fail_pause(r->failures);
		return;
	}
	r->known = true;
	r->failures = 0;
	r->good_ms = now_ms;
	r->ttl = a->ttl;
	r->a_n = r->aaaa_n = 0;
	for (size_t i = 0; i < a->ips_n; i++) {
		if (a->ips[i].family == 4 && r->a_n < STATE_RESOLVED_ADDRESSES)
			r->a[r->a_n++] = a->ips[i];
		else if (a->ips[i].family == 6 && r->aaaa_n < STATE_RESOLVED_ADDRESSES)
			r->aaaa[r->aaaa_n++] = a->ips[i];
	}
	r->due_ms = now_ms + resolving__pause(a->status == RESOLVE_OK
						      ? a->ttl
						      : resolving__clamp(a->ttl, 0, RESOLVE_TTL_NEGATIVE_S));
}

/* Whether edges must hear of it: other addresses, a TTL that is far from the one that they have, the first failure, or
 * a last good answer that has become too old. */
static bool resolving__news(const struct state_resolved *old, const struct state_resolved *new, int64_t now_ms)
{
	int64_t age = now_ms - new->good_ms;

	if (!state_resolved_same(old, new) || (old->failures == 0) != (new->failures == 0))
		return true;
	if (new->failures)
		return age >= STATE_RESOLVED_STALE_MS && age < STATE_RESOLVED_STALE_MS + 2 * RESOLVING__FAIL_MAX_MS;
	return new->ttl / 2 > old->ttl || new->ttl < old->ttl / 2;
}

/* The job: in a transaction. */
static void resolving__store(struct api_call *call)
{
	struct resolving_ask *ask = api_call_arg(call);
	struct state_resolved old, new;
	bool used = true;
	enum err e = state_resolved_get(call->state, ask->name, &old);

	if (e == ERR_NOT_FOUND) { /* forgotten meanwhile */
		api_ok(call, json_null());
		return;
	}
	if (e == OK) {
		new = old;
		resolving__learn(&new, &ask->answer, call->state->now_ms);
		e = state_resolved_save(call->state, &new);
	}
	if (e == OK) {
		bool news = resolving__news(&old, &new, call->state->now_ms);

		e = state_resolved_used(call->state, ask->name, news, &used);
	}
	if (e == OK)
		api_ok(call, json_null());
	else
		api_fail_store(call, e);
}

static void resolving__run(struct api_resolving *r);

static void resolving__stored(void *arg, const char *why)
{
	struct resolving_ask *ask = arg;
	struct api_resolving *r = ask->owner;

	if (why)
		say("resolver", "event=not_stored name=%s reason=\"%s\"", ask->name, why);
	for (struct resolving_ask **at = &r->asks; *at; at = &(*at)->next) {
		if (*at == ask) {
			*at = ask->next;
			break;
		}
	}
	r->asks_n--;
	mem_free(ask);
	/* What could not be stored stays due; a pause keeps a full disk from becoming a busy loop. */
	if (!r->freeing)
		loop_timer_set(r->loop, &r->timer, loop_now_ms(r->loop) + (why ? RESOLVING__FAIL_MS : 0));
}

static void resolving__answered(void *arg, const struct resolve_answer *a)
{
	struct resolving_ask *ask = arg;
	const struct api_job job = { resolving__store, resolving__stored, ask };

	ask->answer = *a;
	if (a->status == RESOLVE_FAILED)
		say("resolver", "event=failed name=%s reason=\"%s\"", ask->name, a->reason);
	api_do(ask->owner->api, &job);
}

/* ---- asking ---- */

static bool resolving__under_way(const struct api_resolving *r, const char *name)
{
	for (const struct resolving_ask *ask = r->asks; ask; ask = ask->next)
		if (strcmp(ask->name, name) == 0)
			return true;
	return false;
}

static void resolving__ask(struct api_resolving *r, const char *name)
{
	struct resolving_ask *ask = mem_alloc(sizeof(*ask));

	ask->owner = r;
	slice_cstr(slice_str(name), ask->name, sizeof(ask->name));
	ask->next = r->asks;
	r->asks = ask;
	r->asks_n++;
	resolve_addresses(r->resolve, name, resolving__answered, ask);
}

static void resolving__run(struct api_resolving *r)
{
	char names[2 * RESOLVING__AT_ONCE][STATE_NAME_BYTES];
	int64_t now = loop_wall_ms(r->loop), next;
	size_t n = state_resolved_due(r->st, now, names, 2 * RESOLVING__AT_ONCE, &next);

	for (size_t i = 0; i < n && r->asks_n < RESOLVING__AT_ONCE; i++)
		if (!resolving__under_way(r, names[i]))
			resolving__ask(r, names[i]);
	/* The end of a question looks again; without one under way the next due time does. */
	if (r->asks_n == 0 && next != INT64_MAX)
		loop_timer_set(r->loop, &r->timer,
			       loop_now_ms(r->loop) + resolving__clamp((uint64_t)(next > now ? next - now : 0), 1,
								       RESOLVING__PAUSE_MAX_MS));
}

static void resolving__timer(struct loop_timer *t)
{
	resolving__run(LOOP_OWNER(t, struct api_resolving, timer));
}

/* ---- life ---- */

struct api_resolving *api_resolving_new(struct api *api, struct state *st, struct loop *l, struct resolve *resolve)
{
	struct api_resolving *r = mem_alloc(sizeof(*r));

	r->magic = OBJ_RESOLVING;
	r->api = api;
	r->st = st;
	r->loop = l;
	r->resolve = resolve;
	loop_timer_init(&r->timer, resolving__timer);
	api_resolving_wake(r);
	return r;
}

void api_resolving_wake(struct api_resolving *r)
{
	loop_timer_set(r->loop, &r->timer, loop_now_ms(r->loop) + 1);
}

void api_resolving_free(struct api_resolving *r)
{
	if (!r)
		return;
	OBJ(r, OBJ_RESOLVING);
	r->freeing = true;
	loop_timer_cancel(r->loop, &r->timer);
	while (r->asks) { /* their questions went with the resolver */
		struct resolving_ask *ask = r->asks;

		r->asks = ask->next;
		mem_free(ask);
	}
	r->magic = OBJ_FREED;
	mem_free(r);
}
