/* SPDX-License-Identifier: Apache-2.0 */
/*
 * offenders: see offenders.h. What comes waits in a bounded line for a moment and is decided in one transaction, so
 * that a thousand addresses are one new list for the edges. What does not fit is left out: who goes on is told of
 * again.
 */
#include "api/offenders.h"

#include "api/api_int.h"
#include "api/bans.h"
#include "base/mem.h"
#include "state/ban.h"
#include "state/shield_event.h"

#include <stdio.h>

enum { OFFENDERS__WAITING_MAX = 1024, OFFENDERS__WAIT_MS = 250, OFFENDERS__MS_PER_S = 1000 };

struct offenders__one {
	struct ip_prefix net;
	json_t *event; /* as it came */
};

struct api_offenders {
	struct api *api;
	struct loop *loop;
	struct loop_timer timer;
	struct offenders__one waiting[OFFENDERS__WAITING_MAX]; /* oldest first */
	size_t waiting_n;
	bool deciding;
};

/* Whether it is to be banned: it can be, nobody decided about it, and people have half of the room for themselves. */
static enum err offenders__may(struct api_call *call, const struct ip_prefix *net, bool *ret)
{
	char network[STATE_BAN_NETWORK_BYTES];
	struct state_ban b;
	struct ip_prefix met;
	int64_t n = 0;
	bool spared = false;

	*ret = false;
	state_ban_print(net, network);
	enum err e = state_ban_get(call->state, false, slice_str(network), &b);
	if (e != ERR_NOT_FOUND)
		return e;
	TRY(state_ban_count(call->state, false, &n));
	TRY(api_bans_spared(call, net, &spared, &met));
	*ret = !spared && (uint64_t)n < call->node->limits.bans_max / 2;
	return OK;
}

static enum err offenders__ban(struct api_call *call, const struct offenders__one *one)
{
	struct state_ban b = { .net = one->net, .source = "autopilot" };
	const char *zone = json_string_value(json_object_get(one->event, "zone"));
	bool may;

	TRY(offenders__may(call, &one->net, &may));
	if (!may)
		return OK;
	snprintf(b.reason, sizeof b.reason, "%.80s: %lld requests went on after they were held back", zone,
		 (long long)json_integer_value(json_object_get(one->event, "held")));
	b.until_ms = call->state->now_ms + (int64_t)call->node->limits.ban_s * OFFENDERS__MS_PER_S;
	TRY(state_ban_keep(call->state, &b));
	json_object_set_new(one->event, "event", json_string("banned"));
	json_object_set_new(one->event, "seconds", json_integer((json_int_t)call->node->limits.ban_s));
	return state_shield_event_add(call->state, zone, one->event);
}

static void offenders__decide(struct api_call *call)
{
	struct api_offenders *o = api_call_arg(call);
	enum err e = OK;

	for (size_t i = 0; i < o->waiting_n; i++) {
		e = e == OK ? offenders__ban(call, &o->waiting[i]) : e;
		json_decref(o->waiting[i].event);
	}
	o->waiting_n = 0;
	if (e == OK)
		api_ok(call, json_null());
	else
		api_fail_store(call, e);
}

static void offenders__decided(void *arg, const char *why)
{
	((struct api_offenders *)arg)->deciding = false;
}

static bool offenders__waits(const struct api_offenders *o, const struct ip_prefix *net)
{
	for (size_t i = 0; i < o->waiting_n; i++)
		if (ip_eq(&o->waiting[i].net.ip, &net->ip))
			return true;
	return false;
}

/* {"zone":NAME,"client":ADDRESS,"held":N,"request":{…}}; an IPv6 address stands for its /64. */
static void offenders__heard(void *arg, const struct peer *p, struct slice json)
{
	struct api_offenders *o = arg;
	json_t *event = json_loadb(json.p, json.n, JSON_REJECT_DUPLICATES, NULL);
	const char *client = json_string_value(json_object_get(event, "client"));
	struct ip_prefix net;

	if (!client || !json_is_string(json_object_get(event, "zone")) || ip_parse(slice_str(client), &net.ip) != OK ||
	    o->waiting_n == OFFENDERS__WAITING_MAX) {
		json_decref(event);
		return;
	}
	net.bits = net.ip.family == 6 ? 64 : 32;
	net.ip = ip_network(&net.ip, net.bits);
	if (offenders__waits(o, &net)) {
		json_decref(event);
		return;
	}
	o->waiting[o->waiting_n++] = (struct offenders__one){ net, event };
	if (!o->timer.due_ms)
		loop_timer_set(o->loop, &o->timer, loop_now_ms(o->loop) + OFFENDERS__WAIT_MS);
}

static void offenders__due(struct loop_timer *timer)
{
	struct api_offenders *o = LOOP_OWNER(timer, struct api_offenders, timer);
	const struct api_job job = { .fn = offenders__decide, .done = offenders__decided, .arg = o };

	if (o->deciding) { /* the edges have not said yet that they have the last list */
		loop_timer_set(o->loop, timer, loop_now_ms(o->loop) + OFFENDERS__WAIT_MS);
		return;
	}
	o->deciding = true;
	api_do(o->api, &job);
}

struct api_offenders *api_offenders_new(struct api *api, struct control *control, struct loop *loop)
{
	struct api_offenders *o = mem_alloc(sizeof *o);

	o->api = api;
	o->loop = loop;
	loop_timer_init(&o->timer, offenders__due);
	control_hear(control, "offender", offenders__heard, o);
	return o;
}

void api_offenders_free(struct api_offenders *o)
{
	if (!o)
		return;
	loop_timer_cancel(o->loop, &o->timer);
	for (size_t i = 0; i < o->waiting_n; i++)
		json_decref(o->waiting[i].event);
	mem_free(o);
}
