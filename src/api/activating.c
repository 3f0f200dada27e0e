/* SPDX-License-Identifier: Apache-2.0 */
#include "api/activating.h"

#include "api/api_int.h"
#include "base/check.h"
#include "base/mem.h"
#include "model/json_write.h"
#include "state/delegation.h"
#include "supervisor/say.h"
#include "wire/dns_type.h"

enum {
	ACTIVATING__AT_ONCE = 8,
	ACTIVATING__DNS_PORT = 53,
	ACTIVATING__SERVERS = 3,          /* of the parent that are tried */
	ACTIVATING__WAKE_MS = 500,        /* after something was stored */
	ACTIVATING__SOON_MS = 30000,      /* between looks at a new pending zone */
	ACTIVATING__LATE_MS = 3600000,    /* and at an old one */
	ACTIVATING__ACTIVE_MS = 21600000, /* at an active one */
	ACTIVATING__MISS_MS = 600000,     /* after an active one was not ours */
	ACTIVATING__MISSES = 3,           /* so often in a row, and it has moved */
	ACTIVATING__SHARE = 8,            /* a pending zone is looked at again after this part of its age */
};

/* One zone on its way. */
struct activating_look {
	struct api_activating *owner;
	struct activating_look *next;
	char zone_id[STATE_ID_BYTES], name[STATE_NAME_BYTES];
	const char *parent; /* inside name */
	char servers[ACTIVATING__SERVERS][RESOLVE_NAME_BYTES];
	size_t servers_n, server;
	struct resolve *direct; /* asks the parent's servers */
	struct loop_task task;  /* after an answer of `direct`, outside it */
	struct resolve_answer found;
};

struct api_activating {
	uint32_t magic; /* OBJ_ACTIVATING */
	struct api_activating_setup setup;
	struct loop_timer timer;
	struct activating_look *looks;
	size_t looks_n;
	bool freeing;
};

/* ---- the verdict, in a transaction ---- */

static bool activating__has(const json_t *list, const char *name)
{
	json_t *v;
	size_t i;

	json_array_foreach(list, i, v)
	{
		if (json_is_string(v) && strcmp(json_string_value(v), name) == 0)
			return true;
	}
	return false;
}

/* Exactly the zone's name servers, in any order. */
static bool activating__ours(const struct api_call *call, const struct resolve_answer *found)
{
	json_t *ns = call->zone.vanity[0] ? json_loads(call->zone.vanity, 0, NULL) : json_array();
	bool ours;

	for (size_t i = 0; !call->zone.vanity[0] && i < call->node->nameservers_n; i++)
		json_array_append_new(ns, json_string(call->node->nameservers[i]));
	ours = found->status == RESOLVE_OK && found->names_n == json_array_size(ns);
	for (size_t i = 0; ours && i < found->names_n; i++)
		ours = activating__has(ns, found->names[i]);
	json_decref(ns);
	return ours;
}

static int64_t activating__pending_pause(const struct state_zone *z, int64_t now_ms)
{
	int64_t part = (now_ms - z->created_ms) / ACTIVATING__SHARE;

	return part < ACTIVATING__SOON_MS   ? ACTIVATING__SOON_MS
	       : part > ACTIVATING__LATE_MS ? ACTIVATING__LATE_MS
					    : part;
}

/* Keeps what the parent said before it named us. */
static void activating__original(struct state_zone *z, const struct resolve_answer *found)
{
	json_t *list = json_array();
	struct buf text;

	buf_init(&text, sizeof(z->original) - 1);
	for (size_t i = 0; i < found->names_n; i++)
		json_array_append_new(list, json_string(found->names[i]));
	if (json_write(list, &text) == OK)
		slice_cstr(buf_slice(&text), z->original, sizeof(z->original));
	buf_fini(&text);
	json_decref(list);
}

/* What becomes of the zone; returns whether its row changed. */
static bool activating__judge(struct api_call *call, struct state_delegation *d, const struct resolve_answer *found)
{
	struct state_zone *z = &call->zone;
	bool active = strcmp(z->status, "active") == 0, ours = activating__ours(call, found);
	int64_t now = call->state->now_ms;

	d->looked_ms = now;
	d->due_ms = now + (active ? ACTIVATING__ACTIVE_MS : activating__pending_pause(z, now));
	if (found->status == RESOLVE_FAILED) {
		d->due_ms = active ? now + ACTIVATING__MISS_MS : d->due_ms;
		return false;
	}
	d->misses = active && !ours ? d->misses + 1 : 0;
	if (ours == active)
		return false;
	if (ours) {
		slice_cstr(SLICE("active"), z->status, sizeof(z->status));
		z->activated_ms = now;
		d->due_ms = now + ACTIVATING__ACTIVE_MS;
		return true;
	}
	d->due_ms = now + ACTIVATING__MISS_MS;
	if (!active || d->misses < ACTIVATING__MISSES)
		return false;
	slice_cstr(SLICE("moved"), z->status, sizeof(z->status));
	return true;
}

static enum err activating__apply(struct api_call *call, const struct activating_look *look)
{
	struct state_delegation d;
	json_t *before;
	bool changed, pending;

	TRY(state_zone_get(call->state, slice_str(look->zone_id), &call->zone));
	TRY(state_delegation_get(call->state, look->zone_id, &d));
	before = api_zones_json(call, &call->zone);
	pending = strcmp(call->zone.status, "pending") == 0;
	changed = activating__judge(call, &d, &look->found);
	enum err e = state_delegation_save(call->state, &d);
	if (e == OK && !changed && pending && !call->zone.original[0] && look->found.names_n) {
		activating__original(&call->zone, &look->found);
		changed = true;
	}
	if (e == OK && changed)
		e = state_zone_save(call->state, &call->zone);
	if (e == OK && changed) {
		json_t *after = api_zones_json(call, &call->zone);

		if (!api_audit(call, "activation", "zone", look->zone_id, before, after))
			e = ERR_CLOSED;
		json_decref(after);
	}
	json_decref(before);
	return e;
}

static void activating__store(struct api_call *call)
{
	enum err e = activating__apply(call, api_call_arg(call));

	if (e == OK || e == ERR_NOT_FOUND)
		api_ok(call, json_null());
	else if (e != ERR_CLOSED)
		api_fail_store(call, e);
}

static void activating__stored(void *arg, const char *why)
{
	struct activating_look *look = arg;
	struct api_activating *a = look->owner;

	if (why)
		say("delegation", "event=not_stored zone=%s reason=\"%s\"", look->name, why);
	for (struct activating_look **at = &a->looks; *at; at = &(*at)->next) {
		if (*at == look) {
			*at = look->next;
			break;
		}
	}
	a->looks_n--;
	mem_free(look);
	if (!a->freeing) /* a full disk must not become a busy loop */
		loop_timer_set(a->setup.loop, &a->timer, loop_now_ms(a->setup.loop) + (why ? ACTIVATING__SOON_MS : 1));
}

/* ---- looking ---- */

static void activating__found(void *arg, const struct resolve_answer *answer)
{
	struct activating_look *look = arg;
	const struct api_job job = { activating__store, activating__stored, look };

	look->found = *answer;
	api_do(look->owner->setup.api, &job);
}

/* The parent cannot be asked: the resolver may know. */
static void activating__fall_back(struct activating_look *look)
{
	resolve_ask(look->owner->setup.resolve, look->name, DNS_TYPE_NS, activating__found, look);
}

static void activating__after_direct(struct loop_task *t)
{
	struct activating_look *look = LOOP_OWNER(t, struct activating_look, task);

	resolve_free(look->direct);
	look->direct = NULL;
	if (look->found.status == RESOLVE_FAILED)
		activating__fall_back(look);
	else
		activating__found(look, &look->found);
}

static void activating__direct(void *arg, const struct resolve_answer *answer)
{
	struct activating_look *look = arg;

	look->found = *answer;
	look->task.fn = activating__after_direct;
	loop_defer(look->owner->setup.loop, &look->task);
}

static void activating__ask_server(struct activating_look *look);

/* Addresses of one of the parent's name servers. */
static void activating__server(void *arg, const struct resolve_answer *answer)
{
	struct activating_look *look = arg;
	struct ip_port at[NODE_RESOLVERS_MAX];
	struct diag d;
	size_t n = 0;

	for (; n < answer->ips_n && n < NODE_RESOLVERS_MAX; n++)
		at[n] = (struct ip_port){ answer->ips[n], ACTIVATING__DNS_PORT };
	diag_init(&d);
	if (n == 0) {
		look->server++;
		activating__ask_server(look);
	} else if (resolve_new(look->owner->setup.loop, at, n, false, &look->direct, &d) == OK) {
		resolve_ask(look->direct, look->name, DNS_TYPE_NS, activating__direct, look);
	} else {
		activating__fall_back(look);
	}
}

static void activating__ask_server(struct activating_look *look)
{
	if (look->server >= look->servers_n)
		activating__fall_back(look);
	else
		resolve_addresses(look->owner->setup.resolve, look->servers[look->server], activating__server, look);
}

static void activating__ask_parent(struct activating_look *look);

static void activating__parent(void *arg, const struct resolve_answer *answer)
{
	struct activating_look *look = arg;

	if (answer->status == RESOLVE_FAILED) {
		activating__found(look, answer);
		return;
	}
	if (answer->status != RESOLVE_OK) { /* no zone begins there: one up */
		activating__ask_parent(look);
		return;
	}
	for (size_t i = 0; i < answer->names_n && look->servers_n < ACTIVATING__SERVERS; i++)
		memcpy(look->servers[look->servers_n++], answer->names[i], RESOLVE_NAME_BYTES);
	activating__ask_server(look);
}

static void activating__ask_parent(struct activating_look *look)
{
	const char *dot = strchr(look->parent, '.');

	if (!dot) {
		activating__fall_back(look);
		return;
	}
	look->parent = dot + 1;
	resolve_ask(look->owner->setup.resolve, look->parent, DNS_TYPE_NS, activating__parent, look);
}

static bool activating__under_way(const struct api_activating *a, const char *zone_id)
{
	for (const struct activating_look *look = a->looks; look; look = look->next)
		if (strcmp(look->zone_id, zone_id) == 0)
			return true;
	return false;
}

static void activating__look(struct api_activating *a, const char *zone_id)
{
	struct activating_look *look;
	struct state_zone z;

	if (state_zone_get(a->setup.state, slice_str(zone_id), &z) != OK)
		return;
	look = mem_alloc(sizeof(*look));
	look->owner = a;
	memcpy(look->zone_id, z.id, sizeof(look->zone_id));
	memcpy(look->name, z.name, sizeof(look->name));
	look->parent = look->name;
	look->next = a->looks;
	a->looks = look;
	a->looks_n++;
	activating__ask_parent(look);
}

static void activating__timer(struct loop_timer *t)
{
	struct api_activating *a = LOOP_OWNER(t, struct api_activating, timer);
	char ids[2 * ACTIVATING__AT_ONCE][STATE_ID_BYTES];
	int64_t now = loop_wall_ms(a->setup.loop), next;
	size_t n = state_delegation_due(a->setup.state, now, ids, 2 * ACTIVATING__AT_ONCE, &next);

	for (size_t i = 0; i < n && a->looks_n < ACTIVATING__AT_ONCE; i++)
		if (!activating__under_way(a, ids[i]))
			activating__look(a, ids[i]);
	if (a->looks_n == 0 && next != INT64_MAX)
		loop_timer_set(a->setup.loop, &a->timer,
			       loop_now_ms(a->setup.loop) + (uint64_t)(next > now ? next - now : 1));
}

/* ---- life ---- */

struct api_activating *api_activating_new(const struct api_activating_setup *setup)
{
	struct api_activating *a = mem_alloc(sizeof(*a));

	a->magic = OBJ_ACTIVATING;
	a->setup = *setup;
	loop_timer_init(&a->timer, activating__timer);
	api_activating_wake(a);
	return a;
}

void api_activating_wake(struct api_activating *a)
{
	uint64_t soon = loop_now_ms(a->setup.loop) + ACTIVATING__WAKE_MS;

	if (!a->timer.due_ms || a->timer.due_ms > soon)
		loop_timer_set(a->setup.loop, &a->timer, soon);
}

void api_activating_free(struct api_activating *a)
{
	if (!a)
		return;
	OBJ(a, OBJ_ACTIVATING);
	a->freeing = true;
	loop_timer_cancel(a->setup.loop, &a->timer);
	while (a->looks) { /* their questions went with the resolver */
		struct activating_look *look = a->looks;

		a->looks = look->next;
		resolve_free(look->direct);
		mem_free(look);
	}
	a->magic = OBJ_FREED;
	mem_free(a);
}
