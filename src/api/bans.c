/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bans: networks that are not let in, and networks that can never be banned. A ban ends by itself. One that would keep
 * out an allowed network, the node itself or the one who asks for it is refused.
 */
#include "api/bans.h"

#include "api/api_int.h"
#include "api/routes.h"
#include "base/mem.h"
#include "control/own.h"
#include "state/ban.h"

#include <stdio.h>

enum {
	BANS__NOT_FOUND = 10001,
	BANS__INVALID = 10002,
	BANS__PER_PAGE = 100,
	BANS__PER_PAGE_MAX = 1000,
	BANS__EXPIRES_S = 86400,
	BANS__EXPIRES_S_MAX = 366 * 86400,
	BANS__MS_PER_S = 1000
};

/* Both lists are told apart by their path. */
static bool bans__allowed(const struct api_call *call)
{
	return slice_starts(slice_str(call->route->path), SLICE("seawall/allows"));
}

static const char *bans__noun(bool allowed)
{
	return allowed ? "allow" : "ban";
}

/* ---- what lies in what ---- */

static bool bans__meet(const struct ip_prefix *a, const struct ip_prefix *b)
{
	return a->bits < b->bits ? ip_in(&b->ip, a) : ip_in(&a->ip, b);
}

struct bans__search {
	const struct ip_prefix *net;
	bool found;
	struct ip_prefix met;
};

static bool bans__look(void *arg, const struct state_ban *b)
{
	struct bans__search *s = arg;

	s->found = bans__meet(&b->net, s->net);
	s->met = b->net;
	return !s->found;
}

enum err api_bans_spared(struct api_call *call, const struct ip_prefix *net, bool *ret, struct ip_prefix *ret_met)
{
	struct bans__search search = { .net = net }, *s = &search;
	struct ip_prefix *own = mem_alloc_array(OWN_NETWORKS_MAX, sizeof *own);
	size_t n = own_networks(call->node, own);

	for (size_t i = 0; i < n && !s->found; i++) {
		s->found = bans__meet(&own[i], s->net);
		s->met = own[i];
	}
	mem_free(own);
	enum err e = s->found ? OK : state_ban_each(call->state, true, 0, -1, bans__look, s);
	*ret = s->found;
	*ret_met = s->met;
	return e;
}

/* False after api_fail: somebody would be kept out who must not be. */
static bool bans__may(struct api_call *call, const struct ip_prefix *net)
{
	struct ip_prefix spared;
	bool found;
	char met[STATE_BAN_NETWORK_BYTES];

	if (ip_in(&call->client, net)) {
		api_fail(call, 400, BANS__INVALID, "/network",
			 "this would ban %s, from where you ask; ban networks that it does not lie in", call->address);
		return false;
	}
	enum err e = api_bans_spared(call, net, &found, &spared);
	if (e != OK) {
		api_fail_store(call, e);
		return false;
	}
	if (!found)
		return true;
	state_ban_print(&spared, met);
	if (spared.bits <= net->bits)
		api_fail(call, 400, BANS__INVALID, "/network",
			 "it lies in %s, which can never be banned (seawall/allows, [shield] allow, or an address of "
			 "this node or its fleet)",
			 met);
	else
		api_fail(call, 400, BANS__INVALID, "/network",
			 "this would ban %s, which can never be banned (seawall/allows, [shield] allow, or an address "
			 "of this node or its fleet); ban smaller networks around it",
			 met);
	return false;
}

/* ---- changing ---- */

/* What the body says. False after api_fail. */
static bool bans__read(struct api_call *call, struct state_ban *ret)
{
	const json_t *body = api_object(call);
	const char *network = NULL, *reason = "";
	int64_t expires_s = BANS__EXPIRES_S;

	*ret = (struct state_ban){ .allowed = bans__allowed(call), .source = "admin" };
	if (!body || !api_string(call, (struct api_member){ body, "", "network", true }, 80, &network) ||
	    !api_string(call, (struct api_member){ body, "", "reason", false }, sizeof ret->reason - 1, &reason))
		return false;
	if (ip_prefix_parse(slice_str(network), &ret->net) != OK) {
		api_fail(call, 400, BANS__INVALID, "/network",
			 "must be an address or a network whose bits behind its length are 0, like 192.0.2.0/24");
		return false;
	}
	if (ret->allowed && json_object_get(body, "expires_in")) {
		api_fail(call, 400, BANS__INVALID, "/expires_in", "what is allowed does not expire; delete it");
		return false;
	}
	if (!api_int(call, (struct api_member){ body, "", "expires_in", false }, 1, BANS__EXPIRES_S_MAX, &expires_s))
		return false;
	slice_cstr(slice_str(reason), ret->reason, sizeof ret->reason);
	ret->until_ms = call->state->now_ms + expires_s * BANS__MS_PER_S;
	return true;
}

/* Whether there is room for one more. False after api_fail. */
static bool bans__room(struct api_call *call, bool allowed)
{
	const struct limits *l = &call->node->limits;
	uint64_t most = allowed ? l->ban_allows_max : l->bans_max;
	int64_t n;
	enum err e = state_ban_count(call->state, allowed, &n);

	if (e != OK) {
		api_fail_store(call, e);
		return false;
	}
	if ((uint64_t)n < most)
		return true;
	api_fail(call, 400, BANS__INVALID, NULL,
		 "there are %lld already (limit %s); ban larger networks, or delete some", (long long)n,
		 allowed ? "ban_allows_max" : "bans_max");
	return false;
}

struct bans__void {
	const struct ip_prefix *net;
	size_t n;
};

static bool bans__is_void(void *arg, const struct state_ban *b)
{
	struct bans__void *v = arg;

	v->n += b->net.bits >= v->net->bits && ip_in(&b->net.ip, v->net);
	return true;
}

/* Bans within what is allowed now have no effect; that is worth a word. False after api_fail. */
static bool bans__say_void(struct api_call *call, const struct ip_prefix *net)
{
	struct bans__void v = { .net = net };
	enum err e = state_ban_each(call->state, false, 0, -1, bans__is_void, &v);

	if (e != OK)
		api_fail_store(call, e);
	else if (v.n)
		api_say(call, BANS__INVALID, "%zu ban(s) of addresses in it have no effect while it is allowed", v.n);
	return e == OK;
}

static void bans_create(struct api_call *call)
{
	struct state_ban b, before;
	char network[STATE_BAN_NETWORK_BYTES];
	json_t *was = NULL, *is;

	if (!bans__read(call, &b) || (!b.allowed && !bans__may(call, &b.net)))
		return;
	state_ban_print(&b.net, network);
	enum err e = state_ban_get(call->state, b.allowed, slice_str(network), &before);
	if (e == OK)
		was = state_ban_json(&before);
	else if (e == ERR_NOT_FOUND && !bans__room(call, b.allowed))
		return;
	if (e == OK || e == ERR_NOT_FOUND)
		e = state_ban_keep(call->state, &b);
	if (e != OK) {
		json_decref(was);
		api_fail_store(call, e);
		return;
	}
	is = state_ban_json(&b);
	if ((!b.allowed || bans__say_void(call, &b.net)) &&
	    api_audit(call, was ? "update" : "create", bans__noun(b.allowed), b.id, was, is))
		api_ok(call, json_incref(is));
	json_decref(is);
	json_decref(was);
}

/* The one of the path; false after api_fail. */
static bool bans__of_path(struct api_call *call, struct state_ban *ret)
{
	bool allowed = bans__allowed(call);
	enum err e = state_ban_get(call->state, allowed, api_param(call, "network"), ret);

	if (e == ERR_NOT_FOUND)
		api_fail(call, 404, BANS__NOT_FOUND, NULL, "there is no %s of that id or network, or it is over",
			 bans__noun(allowed));
	else if (e != OK)
		api_fail_store(call, e);
	return e == OK;
}

static void bans_delete(struct api_call *call)
{
	struct state_ban b;

	if (!bans__of_path(call, &b))
		return;
	json_t *was = state_ban_json(&b);
	enum err e = state_ban_delete(call->state, b.id);
	if (e != OK)
		api_fail_store(call, e);
	else if (api_audit(call, "delete", bans__noun(b.allowed), b.id, was, NULL))
		api_ok(call, json_pack("{s:s}", "id", b.id));
	json_decref(was);
}

/* ---- looking ---- */

static bool bans__list(void *arg, const struct state_ban *b)
{
	json_array_append_new(arg, state_ban_json(b));
	return true;
}

static void bans_list(struct api_call *call)
{
	bool allowed = bans__allowed(call);
	struct api_page page;
	int64_t total = 0;

	if (!api_page(call, BANS__PER_PAGE, BANS__PER_PAGE_MAX, &page))
		return;
	json_t *list = json_array();
	enum err e = state_ban_count(call->state, allowed, &total);
	if (e == OK)
		e = state_ban_each(call->state, allowed, page.offset, page.per_page, bans__list, list);
	if (e == OK) {
		api_list(call, list, &page, total);
		return;
	}
	json_decref(list);
	api_fail_store(call, e);
}

static void bans_get(struct api_call *call)
{
	struct state_ban b;

	if (bans__of_path(call, &b))
		api_ok(call, state_ban_json(&b));
}

const struct api_route *api_bans_routes(void)
{
	static const struct api_route routes[] = {
		{ METHOD_GET, "seawall/bans", bans_list, STATE_RIGHT_ACCOUNT_READ, 0 },
		{ METHOD_POST, "seawall/bans", bans_create, STATE_RIGHT_ACCOUNT_WRITE, API_WRITE },
		{ METHOD_GET, "seawall/bans/:network", bans_get, STATE_RIGHT_ACCOUNT_READ, 0 },
		{ METHOD_DELETE, "seawall/bans/:network", bans_delete, STATE_RIGHT_ACCOUNT_WRITE, API_WRITE },
		{ METHOD_GET, "seawall/allows", bans_list, STATE_RIGHT_ACCOUNT_READ, 0 },
		{ METHOD_POST, "seawall/allows", bans_create, STATE_RIGHT_ACCOUNT_WRITE, API_WRITE },
		{ METHOD_GET, "seawall/allows/:network", bans_get, STATE_RIGHT_ACCOUNT_READ, 0 },
		{ METHOD_DELETE, "seawall/allows/:network", bans_delete, STATE_RIGHT_ACCOUNT_WRITE, API_WRITE },
		{ 0 },
	};

	return routes;
}
