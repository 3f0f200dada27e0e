/* SPDX-License-Identifier: Apache-2.0 */
/* dnssec_keeper: see dnssec_keeper.h. One look after the other: questions for some zones, each answer a job of its own.
 */
#include "api/dnssec_keeper.h"

#include "api/api_call.h"
#include "base/mem.h"
#include "state/dnssec.h"
#include "supervisor/say.h"
#include "wire/dns_type.h"

enum { DNSSEC_KEEPER__AT_ONCE = 16, DNSSEC_KEEPER__SLOW = 12 };

/* One question to a parent. Lives from the question to the end of its job. */
struct dnssec_keeper__ask {
	struct dnssec_keeper__ask *next;
	struct api_dnssec_keeper *owner;
	struct state_dnssec_due zone;
	bool has_ds;
};

struct api_dnssec_keeper {
	struct api_dnssec_keeper_setup setup;
	struct loop_timer timer;
	struct dnssec_keeper__ask *asks;
	size_t asks_n, offset;
	bool turning; /* a job for the roll-over is under way */
};

static void dnssec_keeper__end(struct dnssec_keeper__ask *ask)
{
	struct api_dnssec_keeper *k = ask->owner;
	struct dnssec_keeper__ask **at = &k->asks;

	while (*at != ask)
		at = &(*at)->next;
	*at = ask->next;
	k->asks_n--;
	mem_free(ask);
}

/* ---- what the parent said ---- */

static void dnssec_keeper__store(struct api_call *call)
{
	const struct dnssec_keeper__ask *ask = api_call_arg(call);
	enum err e = state_dnssec_saw(call->state, ask->zone.id, ask->has_ds);

	if (e == OK)
		api_ok(call, json_null());
	else
		api_fail_store(call, e);
}

static void dnssec_keeper__stored(void *arg, const char *why)
{
	struct dnssec_keeper__ask *ask = arg;

	if (why)
		say("dnssec", "event=not_stored zone=%s reason=\"%s\"", ask->zone.name, why);
	dnssec_keeper__end(ask);
}

static void dnssec_keeper__answered(void *arg, const struct resolve_answer *a)
{
	struct dnssec_keeper__ask *ask = arg;
	const struct api_job job = { dnssec_keeper__store, dnssec_keeper__stored, ask };

	if (a->status == RESOLVE_FAILED) {
		dnssec_keeper__end(ask);
		return;
	}
	ask->has_ds = a->status == RESOLVE_OK;
	api_do(ask->owner->setup.api, &job);
}

static void dnssec_keeper__ask_parents(struct api_dnssec_keeper *k)
{
	struct state_dnssec_due due[DNSSEC_KEEPER__AT_ONCE];
	int64_t now = loop_wall_ms(k->setup.loop);
	size_t n = DNSSEC_KEEPER__AT_ONCE;

	if (!k->setup.resolve || k->asks_n)
		return;
	/* Zones whose parent does not answer must not keep the others waiting: each look begins behind the last. */
	if (state_dnssec_due(k->setup.state, now - (int64_t)k->setup.check_ms,
			     now - (int64_t)k->setup.check_ms * DNSSEC_KEEPER__SLOW, k->offset, due, &n) != OK)
		return;
	k->offset = n == DNSSEC_KEEPER__AT_ONCE ? k->offset + n : 0;
	for (size_t i = 0; i < n; i++) {
		struct dnssec_keeper__ask *ask = mem_alloc(sizeof *ask);
		*ask = (struct dnssec_keeper__ask){ .next = k->asks, .owner = k, .zone = due[i] };
		k->asks = ask;
		k->asks_n++;
		resolve_ask(k->setup.resolve, ask->zone.name, DNS_TYPE_DS, dnssec_keeper__answered, ask);
	}
}

/* ---- roll-over ---- */

static void dnssec_keeper__turn(struct api_call *call)
{
	bool changed;
	enum err e = state_dnssec_turn(call->state, &changed);

	if (e == OK)
		api_ok(call, json_null());
	else
		api_fail_store(call, e);
}

static void dnssec_keeper__turned(void *arg, const char *why)
{
	struct api_dnssec_keeper *k = arg;

	k->turning = false;
	if (why)
		say("dnssec", "event=not_rolled reason=\"%s\"", why);
}

static void dnssec_keeper__timer(struct loop_timer *t)
{
	struct api_dnssec_keeper *k = LOOP_OWNER(t, struct api_dnssec_keeper, timer);
	const struct api_job job = { dnssec_keeper__turn, dnssec_keeper__turned, k };

	loop_timer_set(k->setup.loop, &k->timer, loop_now_ms(k->setup.loop) + k->setup.check_ms);
	dnssec_keeper__ask_parents(k);
	if (k->turning)
		return;
	k->turning = true;
	api_do(k->setup.api, &job);
}

/* ---- life ---- */

struct api_dnssec_keeper *api_dnssec_keeper_new(const struct api_dnssec_keeper_setup *setup)
{
	struct api_dnssec_keeper *k = mem_alloc(sizeof *k);

	k->setup = *setup;
	loop_timer_init(&k->timer, dnssec_keeper__timer);
	loop_timer_set(setup->loop, &k->timer, loop_now_ms(setup->loop) + setup->check_ms);
	return k;
}

void api_dnssec_keeper_free(struct api_dnssec_keeper *k)
{
	if (!k)
		return;
	loop_timer_cancel(k->setup.loop, &k->timer);
	while (k->asks)
		dnssec_keeper__end(k->asks);
	mem_free(k);
}
