/* SPDX-License-Identifier: Apache-2.0 */
/* domain_wildcard: the TXT record that proves a wildcard: set at the app's DNS provider, or shown to people; and the
 * wait until it can be seen. See domain_keeper_int.h. */
#include "platform/domain_keeper_int.h"
#include "state/variable.h"
#include "wire/dns_type.h"

#include <stdio.h>

enum { DOMAIN_WILDCARD__LOOK_MS = 2000, DOMAIN_WILDCARD__LOOKS_MAX = 60, DOMAIN_WILDCARD__VALUE_BYTES = 4096 };

/* ---- the provider ---- */

/* A variable of the app as text that seal_wipe_buf ends; "" when there is none. */
static struct slice domain_wildcard__variable(const struct domain_task *t, const char *name, struct buf *b)
{
	const struct domain_order_setup *to = &t->owner->to.order;

	buf_init(b, DOMAIN_WILDCARD__VALUE_BYTES);
	if (state_variable_value(to->state, to->seal, t->d.app, slice_str(name), b) != OK || !buf_add_byte(b, '\0'))
		return SLICE("");
	struct slice s = buf_slice(b);
	return slice_first(s, s.n - 1);
}

static void domain_wildcard__missing(struct domain_task *t, struct slice provider, const char *variable)
{
	json_decref(t->d.dns_error);
	t->d.dns_error = json_pack("{s:s%, s:[s]}", "dns_provider", provider.p, provider.n, "variables", variable);
}

bool domain_wildcard_provider(struct domain_task *t)
{
	struct buf provider, token, key, url;
	struct slice name = domain_wildcard__variable(t, "DNS_PROVIDER", &provider);
	bool ok = true;

	json_decref(t->d.dns_error);
	t->d.dns_error = NULL;
	t->by_hand = name.n == 0;
	if (name.n && !slice_eq(name, SLICE("cloudflare"))) {
		domain_wildcard__missing(t, name, "DNS_PROVIDER"); /* the one that is spoken is cloudflare's */
		ok = false;
	} else if (name.n) {
		struct slice text = domain_wildcard__variable(t, "DNS_CLOUDFLARE_API_TOKEN", &token);
		struct slice old = domain_wildcard__variable(t, "DNS_CLOUDFLARE_API_KEY", &key);
		struct slice where = domain_wildcard__variable(t, "DNS_CLOUDFLARE_API_URL", &url);
		const struct dns_provider_setup setup = { t->owner->to.order.web, where.n ? where.p : NULL,
							  text.n ? text.p : old.p };
		ok = text.n || old.n;
		if (ok)
			t->provider = dns_provider_new(&setup);
		else
			domain_wildcard__missing(t, name, "DNS_CLOUDFLARE_API_TOKEN");
		seal_wipe_buf(&token);
		seal_wipe_buf(&key);
		seal_wipe_buf(&url);
	}
	seal_wipe_buf(&provider);
	return ok;
}

/* ---- seeing it ---- */

static void domain_wildcard__again(struct domain_task *t)
{
	const struct domain_order_setup *to = &t->owner->to.order;
	uint64_t ms = t->by_hand ? to->node->limits.domain_check_ms : DOMAIN_WILDCARD__LOOK_MS;

	loop_timer_set(to->loop, &t->timer, loop_now_ms(to->loop) + ms);
}

static void domain_wildcard__seen(struct domain_task *t, const char *why)
{
	if (t->order)
		domain_order_shown(t->order, NULL);
}

static void domain_wildcard__answered(void *arg, const struct resolve_answer *a)
{
	struct domain_task *t = arg;
	bool there = false;

	t->asking = false;
	for (size_t i = 0; a->status == RESOLVE_OK && i < a->names_n; i++)
		there |= strcmp(a->names[i], t->txt) == 0;
	t->looks++;
	/* A provider said that it has the record; a resolver with an old answer does not hold the order up for ever. */
	if (!there && (t->by_hand || t->looks < DOMAIN_WILDCARD__LOOKS_MAX)) {
		domain_wildcard__again(t);
		return;
	}
	snprintf(t->d.status, sizeof t->d.status, "new");
	t->d.checked_ms = loop_wall_ms(t->owner->to.order.loop);
	domain_keeper_save(t, domain_wildcard__seen);
}

void domain_wildcard_look(struct loop_timer *timer)
{
	struct domain_task *t = LOOP_OWNER(timer, struct domain_task, timer);

	if (!t->order || t->asking || t->then)
		return;
	if (!t->owner->to.resolve) {
		domain_order_shown(t->order, "this node has no resolver to look for the record with");
		return;
	}
	t->asking = true;
	resolve_ask(t->owner->to.resolve, t->fqdn, DNS_TYPE_TXT, domain_wildcard__answered, t);
}

/* ---- showing it ---- */

static void domain_wildcard__set(void *arg, const char *why)
{
	struct domain_task *t = arg;

	if (why && t->order)
		domain_order_shown(t->order, why);
	else
		domain_wildcard__again(t);
}

static void domain_wildcard__told(struct domain_task *t, const char *why)
{
	if (why && t->order)
		domain_order_shown(t->order, why);
	else
		domain_wildcard__again(t);
}

void domain_wildcard_show(struct domain_task *t, const char *fqdn, const char *txt)
{
	snprintf(t->fqdn, sizeof t->fqdn, "%s", fqdn);
	snprintf(t->txt, sizeof t->txt, "%s", txt);
	if (t->provider) {
		dns_provider_add(t->provider, fqdn, txt, domain_wildcard__set, t);
		return;
	}
	snprintf(t->d.dns_fqdn, sizeof t->d.dns_fqdn, "%s", fqdn);
	snprintf(t->d.dns_value, sizeof t->d.dns_value, "%s", txt);
	snprintf(t->d.status, sizeof t->d.status, "dns_required");
	domain_keeper_save(t, domain_wildcard__told);
}

void domain_wildcard_hide(struct domain_task *t)
{
	loop_timer_cancel(t->owner->to.order.loop, &t->timer);
	dns_provider_drop(t->provider);
	t->provider = NULL;
}
