/* SPDX-License-Identifier: Apache-2.0 */
/*
 * purge: purge_cache and invalidate_cache. An order is remembered first (state/purge.h), then carried out by every edge
 * that is connected, and the answer says what each did. Those that are not get it when they come back.
 */
#include "api/purge.h"

#include "api/api_int.h"
#include "api/routes.h"
#include "base/check.h"
#include "model/json_write.h"
#include "model/purge_order.h"
#include "state/purge.h"
#include "supervisor/say.h"

#include <stdio.h>

enum {
	PURGE__INVALID = 1012,
	PURGE__LATE = 1139, /* ours: an edge did not confirm in time */
	PURGE__WAIT_MS = 5000,
	PURGE__BYTES_MAX = 32 << 20,
	PURGE__CATCH_UP_MAX = 200, /* orders that one edge is sent after another when it comes back */
	PURGE__POINTER = 256,
};

/* ---- the order ---- */

/* "files[2].url" as a JSON pointer. */
static const char *purge__pointer(const char *where, char out[static PURGE__POINTER])
{
	size_t n = 0;

	if (*where)
		out[n++] = '/';
	for (; *where && n + 2 < PURGE__POINTER; where++)
		if (*where == '.' || *where == '[')
			out[n++] = '/';
		else if (*where != ']')
			out[n++] = *where;
	out[n] = '\0';
	return out;
}

/* The body as a command without its number; NULL after api_fail. The caller's reference. */
static json_t *purge__order(struct api_call *call, bool soft)
{
	const json_t *body = api_object(call);
	struct purge_order *order;
	char pointer[PURGE__POINTER];
	json_t *command;
	struct diag d;

	if (!body)
		return NULL;
	diag_init(&d);
	if (purge_order_of_body(body, slice_str(call->zone.name), &order, &d) != OK) {
		api_fail(call, 400, PURGE__INVALID, purge__pointer(d.where, pointer), "The purge is not valid: %s%s%s",
			 d.where, d.where[0] ? " " : "", d.text);
		return NULL;
	}
	purge_order_free(order);
	command = json_deep_copy(body);
	json_object_set_new(command, "zone", json_string(call->zone.name));
	json_object_set_new(command, "soft", json_boolean(soft));
	return command;
}

/* Remembers it, with its row in the audit log. False after api_fail. */
static bool purge__remember(struct api_call *call, json_t *command)
{
	struct state_actor actor = { call->token.id, call->token.name, call->address };
	int64_t id = 0;
	enum err e = state_begin(call->state, &actor);

	if (e == OK)
		e = state_purge_add(call->state, command, &id);
	json_object_set_new(command, "id", json_integer(id));
	bool good = e == OK && api_audit(call, "purge", "cache", call->zone.id, NULL, command);
	if (good) {
		e = state_commit(call->state);
		good = e == OK;
	}
	if (!good)
		state_rollback(call->state);
	if (e != OK)
		api_fail_store(call, e);
	return good;
}

/* ---- the answer ---- */

static json_t *purge__edge(const struct broadcast_result *r)
{
	json_t *answer = r->answered && r->error == OK ? json_loadb(r->json, r->json_n, 0, NULL) : NULL;
	json_t *removed = json_object_get(answer, "removed");
	char ms[32];

	snprintf(ms, sizeof ms, "%llu.%03llu", (unsigned long long)(r->took_us / 1000),
		 (unsigned long long)(r->took_us % 1000));
	json_t *edge = json_pack("{s:i, s:b, s:s}", "pid", (int)r->pid, "confirmed", answer != NULL, "ms", ms);
	if (answer)
		json_object_set(edge, "removed", removed ? removed : json_null());
	else
		json_object_set_new(edge, "reason", json_string(r->text && r->text[0] ? r->text : err_text(r->error)));
	json_decref(answer);
	return edge;
}

/* An edge that left is not waited for: what it stored is gone, or it catches up when it comes back. */
static bool purge__is_late(const struct broadcast_result *r)
{
	return r->error != OK && r->error != ERR_CLOSED;
}

static void purge__done(void *arg, const struct broadcast_result *results, size_t n)
{
	struct api_call *call = arg;
	json_t *edges = json_array();
	uint64_t slowest_us = 0;
	size_t confirmed = 0, late = 0;

	for (size_t i = 0; i < n; i++) {
		json_array_append_new(edges, purge__edge(&results[i]));
		late += purge__is_late(&results[i]);
		if (results[i].error != OK)
			continue;
		confirmed++;
		if (results[i].took_us > slowest_us)
			slowest_us = results[i].took_us;
	}
	if (late) {
		api_fail(call, 503, PURGE__LATE, NULL,
			 "%zu of %zu edges have not confirmed the purge; it is remembered and they get it again when "
			 "they "
			 "connect. Repeat the call to be sure.",
			 late, n);
	} else {
		snprintf(call->live, sizeof call->live, "edges=%zu; ms=%llu", confirmed,
			 (unsigned long long)((slowest_us + 999) / 1000));
		api_ok(call, json_pack("{s:s}", "id", call->zone.id));
	}
	api_info(call, "edges", edges);
	api_resume(call);
}

static void purge__run(struct api_call *call, bool soft)
{
	struct broadcast_call ask = { .kind = FRAME_COMMAND_PURGE, .fn = purge__done, .arg = call };
	json_t *command = purge__order(call, soft);
	struct buf text;

	if (!command)
		return;
	buf_init(&text, PURGE__BYTES_MAX);
	if (purge__remember(call, command)) {
		if (json_write(command, &text) != OK) {
			api_fail(call, 413, PURGE__INVALID, "", "The order is too large; purge it in several calls");
		} else if (!call->control) {
			api_ok(call, json_pack("{s:s}", "id", call->zone.id));
		} else {
			ask.json = buf_slice(&text);
			ask.due_ms = control_now_ms(call->control) + PURGE__WAIT_MS;
			control_command(call->control, &ask);
		}
	}
	buf_fini(&text);
	json_decref(command);
}

static void purge_hard(struct api_call *call)
{
	purge__run(call, false);
}

static void purge_soft(struct api_call *call)
{
	purge__run(call, true);
}

/* ---- edges that come back ---- */

static void purge__ignored(void *arg, const struct peer *p, const struct peer_reply *reply)
{
	if (reply->error != OK && reply->error != ERR_CLOSED)
		say("control", "event=purge_missed edge=%u reason=\"%.*s\"", p->pid, SLICE_ARG(reply->text));
}

struct purge__catch_up {
	struct peer *peer;
	enum err err;
};

static void purge__send(void *arg, const json_t *command)
{
	struct purge__catch_up *up = arg;
	struct buf text;

	buf_init(&text, PURGE__BYTES_MAX);
	if (up->err == OK)
		up->err = json_write(command, &text);
	if (up->err == OK)
		up->err = peer_command(up->peer, FRAME_COMMAND_PURGE, buf_slice(&text), purge__ignored, NULL);
	buf_fini(&text);
}

static void purge__drop_all(struct peer *p, int64_t last)
{
	char text[64];
	int n = snprintf(text, sizeof text, "{\"all_zones\":%lld}", (long long)last);

	if (peer_command(p, FRAME_COMMAND_PURGE, slice_of(text, (size_t)n), purge__ignored, NULL) != OK)
		say("control", "event=purge_missed edge=%u reason=\"too many commands wait\"", p->pid);
}

static void purge__knows(void *arg, const struct peer *p, const struct peer_reply *reply)
{
	struct state *st = arg;
	/* The peer is ours to command: broadcast and control hand it out as const to keep its state theirs. */
	struct purge__catch_up up = { (struct peer *)(uintptr_t)p, OK };
	json_t *answer = json_loadb(reply->json.p ? reply->json.p : "", reply->json.n, 0, NULL);
	int64_t seen = json_integer_value(json_object_get(answer, "last")), last = 0;
	bool complete = false;

	json_decref(answer);
	if (reply->error != OK || state_purge_last(st, &last) != OK || seen == last)
		return;
	/* An edge that was never told anything may have stored something before purges that it does not know of. */
	if (seen > 0 && last - seen <= PURGE__CATCH_UP_MAX &&
	    state_purge_since(st, seen, purge__send, &up, &complete) != OK)
		complete = false;
	if (!complete || up.err != OK)
		purge__drop_all(up.peer, last);
}

void api_purge_meet(void *arg, struct peer *p)
{
	if (peer_command(p, FRAME_COMMAND_PURGE, SLICE("{\"last\":true}"), purge__knows, arg) != OK)
		say("control", "event=purge_missed edge=%u reason=\"it cannot be asked\"", p->pid);
}

const struct api_route *api_purge_routes(void)
{
	static const struct api_route routes[] = {
		{ METHOD_POST, "zones/:zone/purge_cache", purge_hard, STATE_RIGHT_CACHE_PURGE, API_LATER },
		{ METHOD_DELETE, "zones/:zone/purge_cache", purge_hard, STATE_RIGHT_CACHE_PURGE, API_LATER },
		{ METHOD_POST, "zones/:zone/invalidate_cache", purge_soft, STATE_RIGHT_CACHE_PURGE, API_LATER },
		{ 0 },
	};

	return routes;
}
