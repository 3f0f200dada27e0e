/* SPDX-License-Identifier: Apache-2.0 */
/* domain_keeper: see domain_keeper.h. A task's steps: check → order → store; domain_check.c and domain_wildcard.c do
 * their parts. */
#include "api/api_call.h"
#include "base/check.h"
#include "base/mem.h"
#include "control/certify.h"
#include "platform/domain_keeper_int.h"
#include "state/certificate.h"
#include "state/event.h"
#include "state/variable.h"
#include "supervisor/say.h"

#include <stdio.h>

enum {
	DOMAIN_KEEPER__AT_ONCE = 16,
	DOMAIN_KEEPER__GIVE_UP_MS = 600000,
	DOMAIN_KEEPER__GIVE_UP_BY_HAND_MS = 6 * 86400000, /* somebody has to publish a record first */
	DOMAIN_KEEPER__HOUR_MS = 3600000,
	DOMAIN_KEEPER__DAY_MS = 86400000,
	DOMAIN_KEEPER__AGAIN_MS = 5000, /* after trouble of our own */
	DOMAIN_KEEPER__KEY_BYTES = 16384,
};

static const struct domain_order_setup *domain_keeper__to(const struct domain_task *t)
{
	return &t->owner->to.order;
}

static int64_t domain_keeper__now(const struct domain_task *t)
{
	return loop_wall_ms(domain_keeper__to(t)->loop);
}

static const struct limits *domain_keeper__limits(const struct domain_task *t)
{
	return &domain_keeper__to(t)->node->limits;
}

static void domain_keeper__later(struct domain_keeper *k, uint64_t ms)
{
	if (!k->freeing)
		loop_timer_set(k->to.order.loop, &k->timer, loop_now_ms(k->to.order.loop) + ms);
}

static void domain_keeper__free(struct domain_task *t)
{
	struct domain_keeper *k = t->owner;

	for (struct domain_task **at = &k->tasks; *at; at = &(*at)->next) {
		if (*at == t) {
			*at = t->next;
			break;
		}
	}
	k->tasks_n--;
	if (t->call)
		web_cancel(t->call);
	loop_timer_cancel(k->to.order.loop, &t->timer);
	if (k->freeing)
		dns_provider_forget(t->provider);
	else
		dns_provider_drop(t->provider);
	state_domain_fini(&t->d);
	buf_fini(&t->chain);
	seal_wipe_buf(&t->sealed);
	mem_free(t);
}

/* ---- storing ---- */

/* The last two labels: what authorities count by, for most names. */
static const char *domain_keeper__apex(const char *name)
{
	const char *apex = name;

	for (const char *dot = strchr(name, '.'); dot; dot = strchr(dot + 1, '.'))
		if (strchr(dot + 1, '.'))
			apex = dot + 1;
	return apex;
}

/* What the row has now with what the task learned: people may have changed the rest meanwhile. */
static void domain_keeper__merge(const struct domain_task *t, struct state_domain *row)
{
	memcpy(row->status, t->d.status, sizeof row->status);
	memcpy(row->error, t->d.error, sizeof row->error);
	memcpy(row->dns_fqdn, t->d.dns_fqdn, sizeof row->dns_fqdn);
	memcpy(row->dns_value, t->d.dns_value, sizeof row->dns_value);
	row->checked_ms = t->d.checked_ms;
	row->failures = t->d.failures;
	/* Somebody who wanted another attempt at once gets it. */
	row->due_ms = row->due_ms < t->d.due_ms && row->due_ms != t->begun_due_ms ? row->due_ms : t->d.due_ms;
	json_decref(row->dns_error);
	row->dns_error = json_incref(t->d.dns_error);
}

static enum err domain_keeper__certificate(struct state *st, const struct domain_task *t)
{
	TRY(state_domain_certificate_put(st, &t->d, STATE_DOMAIN_AUTOMATIC, &t->about, buf_slice(&t->chain),
					 buf_slice(&t->sealed)));
	return t->count ? state_certificate_count(st, domain_keeper__apex(t->d.name)) : OK;
}

static enum err domain_keeper__event(struct state *st, const struct state_domain *row, bool had)
{
	struct state_app a;
	enum err e = state_app_get(st, slice_str(row->app), &a);

	if (e != OK)
		return e == ERR_NOT_FOUND ? OK : e;
	json_t *data = json_pack("{s:s, s:b, s:b}", "hostname", row->name, "ssl", true, "old_ssl", had);
	e = state_event_add(st, &a, "edit_domain", data);
	json_decref(data);
	return e;
}

/* The job. */
static void domain_keeper__store(struct api_call *call)
{
	struct domain_task *t = api_call_arg(call);
	struct state_domain row = { 0 };
	enum err e = state_domain_get(call->state, slice_str(t->d.id), &row);

	if (e == OK) {
		bool had = row.automatic.until_ms || row.custom.until_ms;
		domain_keeper__merge(t, &row);
		e = state_domain_save(call->state, &row, false);
		if (e == OK && t->good)
			e = domain_keeper__certificate(call->state, t);
		if (e == OK && t->good && !had)
			e = domain_keeper__event(call->state, &row, had);
		if (e == OK && t->touch)
			state_touch_domain(call->state, row.id);
		state_domain_fini(&row);
	}
	if (e == OK || e == ERR_NOT_FOUND) /* it is not wanted any more */
		api_ok(call, json_null());
	else
		api_fail_store(call, e);
}

static void domain_keeper__stored(void *arg, const char *why)
{
	struct domain_task *t = arg;
	void (*then)(struct domain_task * t, const char *why) = t->then;

	t->then = NULL;
	if (why)
		say("platform", "event=domain_not_stored name=%s reason=\"%s\"", t->d.name, why);
	then(t, why);
}

void domain_keeper_save(struct domain_task *t, void (*then)(struct domain_task *t, const char *why))
{
	const struct api_job job = { domain_keeper__store, domain_keeper__stored, t };

	CHECK(!t->then);
	t->then = then;
	api_do(domain_keeper__to(t)->api, &job);
}

static void domain_keeper__ended(struct domain_task *t, const char *why)
{
	struct domain_keeper *k = t->owner;

	domain_keeper__free(t);
	domain_keeper__later(k, why ? DOMAIN_KEEPER__AGAIN_MS : 0);
}

/* The task is over; the next look is at due_ms, or when the custom certificate expires. */
static void domain_keeper__finish(struct domain_task *t, int64_t due_ms)
{
	int64_t expires = t->d.custom.until_ms;

	t->d.due_ms = expires > domain_keeper__now(t) && expires < due_ms ? expires : due_ms;
	domain_keeper_save(t, domain_keeper__ended);
}

static void domain_keeper__status(struct domain_task *t, const char *status, const char *error)
{
	snprintf(t->d.status, sizeof t->d.status, "%s", status);
	snprintf(t->d.error, sizeof t->d.error, "%s", error ? error : "");
}

/* ---- the order's end ---- */

static int64_t domain_keeper__renewal(const struct state_domain_certificate *c)
{
	return c->from_ms + (c->until_ms - c->from_ms) / 3 * 2;
}

/* Tells of a failure and when to try again: 1, 2, 4 … times domain_retry_ms, at least once a day. */
static void domain_keeper__failed(struct domain_task *t, const char *why, uint64_t wait_ms)
{
	uint64_t first = domain_keeper__limits(t)->domain_retry_ms;
	uint64_t pause = first << (t->d.failures < 20 ? t->d.failures : 20);

	t->d.failures++;
	if (pause < wait_ms)
		pause = wait_ms;
	if (pause > DOMAIN_KEEPER__DAY_MS)
		pause = DOMAIN_KEEPER__DAY_MS;
	domain_keeper__status(t, "error", why);
	say("platform", "event=certificate_failed name=%s failures=%lld again_s=%llu reason=\"%s\"", t->d.name,
	    (long long)t->d.failures, (unsigned long long)(pause / 1000), t->d.error);
	domain_keeper__finish(t, domain_keeper__now(t) + (int64_t)pause);
}

static enum err domain_keeper__seal(struct domain_task *t, struct slice key)
{
	char name[64], purpose[80];

	state_domain_item_name(t->d.id, name);
	snprintf(purpose, sizeof purpose, "certificate %s", name);
	return seal_close(domain_keeper__to(t)->seal, slice_str(purpose), key, &t->sealed);
}

static void domain_keeper__good(struct domain_task *t, struct slice chain, struct slice key,
				const struct tls_csr_leaf *leaf)
{
	if (!buf_add(&t->chain, chain) || domain_keeper__seal(t, key) != OK) {
		domain_keeper__failed(t, "the certificate is too large, or its key cannot be sealed", 0);
		return;
	}
	t->about =
		(struct state_domain_certificate){ .from_ms = leaf->from_s * 1000, .until_ms = leaf->until_s * 1000 };
	snprintf(t->about.subject, sizeof t->about.subject, "/CN=%.300s", t->d.name);
	snprintf(t->about.key_text, sizeof t->about.key_text, "ECDSA private key - 256 bytes");
	t->good = true;
	t->d.failures = 0;
	t->d.dns_fqdn[0] = t->d.dns_value[0] = '\0';
	domain_keeper__status(t, "created", NULL);
	say("platform", "event=certificate name=%s days=%lld", t->d.name,
	    (long long)(leaf->until_s - leaf->from_s) / (DOMAIN_KEEPER__DAY_MS / 1000));
	domain_keeper__finish(t, domain_keeper__renewal(&t->about));
}

static void domain_keeper__came(void *arg, const struct domain_order_result *result)
{
	struct domain_task *t = arg;

	t->order = NULL;
	domain_wildcard_hide(t);
	t->count = true;
	if (result->error)
		domain_keeper__failed(t, result->error, result->retry_after_ms);
	else
		domain_keeper__good(t, result->chain, result->key, &result->leaf);
}

static void domain_keeper__show(void *arg, struct domain_order *o, const char *fqdn, const char *txt)
{
	domain_wildcard_show(arg, fqdn, txt);
}

/* ---- the order's begin ---- */

/* By the node's own authority: at once. */
static void domain_keeper__issue(struct domain_task *t)
{
	const struct domain_order_setup *to = domain_keeper__to(t);
	const struct slice name = slice_str(t->d.name);
	struct tls_csr_leaf leaf = { .from_s = domain_keeper__now(t) / 1000 };
	struct buf chain, key;

	leaf.until_s = leaf.from_s + CERTIFY_DAYS * 86400ll;
	buf_init(&chain, DOMAIN_KEEPER__KEY_BYTES * 4);
	buf_init(&key, DOMAIN_KEEPER__KEY_BYTES);
	enum err e = control_issue(to->control, &name, 1, &chain, &key);
	if (e == OK)
		domain_keeper__good(t, buf_slice(&chain), buf_slice(&key), &leaf);
	else
		domain_keeper__failed(t, "the node's own authority cannot issue it", 0);
	buf_fini(&chain);
	seal_wipe_buf(&key);
}

static void domain_keeper__order(struct domain_task *t, const char *why)
{
	const struct domain_order_setup *to = domain_keeper__to(t);
	const struct node_config *node = to->node;
	const struct domain_order_owner owner = { domain_keeper__show, domain_keeper__came, t };
	int64_t week_ago = domain_keeper__now(t) - 7ll * DOMAIN_KEEPER__DAY_MS;

	if (why) { /* its status could not be stored */
		domain_keeper__ended(t, why);
		return;
	}
	if (node->acme_n == 0) {
		domain_keeper__issue(t);
		return;
	}
	if (state_certificate_issued(to->state, domain_keeper__apex(t->d.name), week_ago) >=
	    (int64_t)node->limits.acme_weekly_max) {
		domain_keeper__status(
			t, "error",
			"the limit acme_weekly_max is reached: so many certificates were had for names under "
			"this apex within a week");
		domain_keeper__finish(t, domain_keeper__now(t) + DOMAIN_KEEPER__HOUR_MS);
		return;
	}
	const struct domain_order_want want = {
		.id = t->d.id,
		.name = t->d.name,
		.directory = node->acme[(size_t)t->d.failures % node->acme_n],
		.give_up_ms = t->by_hand ? DOMAIN_KEEPER__GIVE_UP_BY_HAND_MS : DOMAIN_KEEPER__GIVE_UP_MS,
	};
	t->order = domain_order_start(to, &want, &owner);
}

static void domain_keeper__begin_order(struct domain_task *t)
{
	domain_keeper__status(t, "new", NULL);
	domain_keeper_save(t, domain_keeper__order);
}

void domain_keeper_checked(struct domain_task *t, const char *why)
{
	t->d.checked_ms = domain_keeper__now(t);
	if (!why) {
		domain_keeper__begin_order(t);
		return;
	}
	domain_keeper__status(t, "pending_dns", why);
	domain_keeper__finish(t, t->d.checked_ms + (int64_t)domain_keeper__limits(t)->domain_check_ms);
}

/* ---- what is due ---- */

static bool domain_keeper__under_way(const struct domain_keeper *k, const char *id)
{
	for (const struct domain_task *t = k->tasks; t; t = t->next)
		if (strcmp(t->d.id, id) == 0)
			return true;
	return false;
}

static void domain_keeper__wildcard(struct domain_task *t)
{
	if (t->owner->to.order.node->acme_n == 0 || domain_wildcard_provider(t)) {
		domain_keeper__begin_order(t);
		return;
	}
	/* A provider is named, and what it needs is not there. */
	domain_keeper__status(t, "dns_required", NULL);
	domain_keeper__finish(t, domain_keeper__now(t) + (int64_t)domain_keeper__limits(t)->domain_check_ms);
}

static void domain_keeper__begin(struct domain_task *t)
{
	int64_t now = domain_keeper__now(t);
	const struct state_domain *d = &t->d;
	bool has = d->automatic.until_ms > now;

	/* Routers are told of the certificate that stands in for an expired one. */
	t->touch = d->custom.until_ms && d->custom.until_ms <= now;
	if (!d->letsencrypt_enabled) {
		domain_keeper__finish(t, INT64_MAX);
	} else if (has && now < domain_keeper__renewal(&d->automatic)) {
		domain_keeper__status(t, "created", NULL);
		domain_keeper__finish(t, domain_keeper__renewal(&d->automatic));
	} else if (state_domain_is_wildcard(d)) {
		domain_keeper__wildcard(t);
	} else if (has || d->automatic.until_ms) {
		domain_keeper__begin_order(t); /* a renewal: the authority's word is what counts */
	} else {
		domain_check_start(t);
	}
}

static void domain_keeper__take(struct domain_keeper *k, const char *id)
{
	struct domain_task *t = mem_alloc(sizeof *t);

	if (state_domain_get(k->to.order.state, slice_str(id), &t->d) != OK) {
		mem_free(t);
		return;
	}
	t->owner = k;
	t->begun_due_ms = t->d.due_ms;
	buf_init(&t->chain, DOMAIN_KEEPER__KEY_BYTES * 4);
	buf_init(&t->sealed, DOMAIN_KEEPER__KEY_BYTES * 2);
	loop_timer_init(&t->timer, domain_wildcard_look);
	t->next = k->tasks;
	k->tasks = t;
	k->tasks_n++;
	domain_keeper__begin(t);
}

/* Tasks but those that wait for people. */
static size_t domain_keeper__busy(const struct domain_keeper *k)
{
	size_t n = 0;

	for (const struct domain_task *t = k->tasks; t; t = t->next)
		n += !t->by_hand;
	return n;
}

/* Whether what a task waits for is not wanted any more: the domain is gone, or its app names a DNS provider now. */
static bool domain_keeper__is_overtaken(const struct domain_task *t)
{
	const struct domain_order_setup *to = domain_keeper__to(t);
	struct state_domain row = { 0 };
	struct buf b;

	if (!t->by_hand || !t->order || t->then || t->asking)
		return false;
	if (state_domain_get(to->state, slice_str(t->d.id), &row) == ERR_NOT_FOUND)
		return true;
	bool off = !row.letsencrypt_enabled;
	state_domain_fini(&row);
	buf_init(&b, STATE_VARIABLE_VALUE_MAX);
	enum err e = state_variable_value(to->state, to->seal, t->d.app, SLICE("DNS_PROVIDER"), &b);
	seal_wipe_buf(&b);
	return off || e == OK;
}

static void domain_keeper__overtaken(struct domain_keeper *k)
{
	for (struct domain_task *t = k->tasks, *next; t; t = next) {
		next = t->next;
		if (!domain_keeper__is_overtaken(t))
			continue;
		domain_order_cancel(t->order);
		t->order = NULL;
		domain_keeper__free(t);
	}
}

static void domain_keeper__look(struct loop_timer *timer)
{
	struct domain_keeper *k = LOOP_OWNER(timer, struct domain_keeper, timer);
	size_t cap = DOMAIN_KEEPER__AT_ONCE + k->tasks_n;
	char(*ids)[STATE_APP_ID_BYTES] = mem_alloc_array(cap, sizeof *ids);
	int64_t now = loop_wall_ms(k->to.order.loop), next;
	size_t n = state_domain_due(k->to.order.state, now, ids, cap, &next);

	OBJ(k, OBJ_DOMAIN_KEEPER);
	domain_keeper__overtaken(k);
	for (size_t i = 0; i < n && domain_keeper__busy(k) < DOMAIN_KEEPER__AT_ONCE; i++)
		if (!domain_keeper__under_way(k, ids[i]))
			domain_keeper__take(k, ids[i]);
	mem_free(ids);
	/* The end of a task looks again; besides, the next due time does. */
	if (next != INT64_MAX) {
		int64_t wait = next > now ? next - now : DOMAIN_KEEPER__AGAIN_MS;
		domain_keeper__later(k, (uint64_t)(wait < DOMAIN_KEEPER__HOUR_MS ? wait : DOMAIN_KEEPER__HOUR_MS));
	}
}

/* ---- life ---- */

struct domain_keeper *domain_keeper_new(const struct domain_keeper_setup *setup)
{
	struct domain_keeper *k = mem_alloc(sizeof *k);

	k->magic = OBJ_DOMAIN_KEEPER;
	k->to = *setup;
	loop_timer_init(&k->timer, domain_keeper__look);
	domain_keeper_wake(k);
	return k;
}

void domain_keeper_wake(struct domain_keeper *k)
{
	domain_keeper__later(k, 1);
}

void domain_keeper_free(struct domain_keeper *k)
{
	if (!k)
		return;
	OBJ(k, OBJ_DOMAIN_KEEPER);
	k->freeing = true;
	loop_timer_cancel(k->to.order.loop, &k->timer);
	while (k->tasks) {
		struct domain_task *t = k->tasks;
		domain_order_cancel(t->order);
		t->order = NULL;
		domain_keeper__free(t);
	}
	k->magic = OBJ_FREED;
	mem_free(k);
}
