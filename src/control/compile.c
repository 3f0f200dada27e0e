/* SPDX-License-Identifier: Apache-2.0 */
/* compile: see compile.h. */
#include "control/compile.h"

#include "base/mem.h"
#include "control/own.h"
#include "model/ban_list.h"
#include "model/json_write.h"
#include "state/access.h"
#include "state/app_plan.h"
#include "state/ban.h"
#include "state/certificate.h"
#include "state/client_ca.h"
#include "state/custom_certificate.h"
#include "state/dnssec.h"
#include "state/domain.h"
#include "state/list.h"
#include "state/origin_pull.h"
#include "state/record_plan.h"
#include "state/ruleset.h"
#include "state/setting.h"
#include "state/zone.h"

#include <stdio.h>

enum { COMPILE__JSON_BYTES_MAX = 256 << 20, COMPILE__ACME_PRIORITY = 100 /* before those of the node's own */ };

struct compile__item {
	char source[PUBLISH_SOURCE_BYTES];
	struct buf json; /* empty: not wanted */
};

struct compile {
	struct state *st;
	const struct node_config *node;
	struct compile__item *items;
	struct publish_item *view;
	size_t n, cap;
};

struct compile *compile_new(struct state *st, const struct node_config *node)
{
	struct compile *c = mem_alloc(sizeof *c);

	c->st = st;
	c->node = node;
	return c;
}

void compile_clear(struct compile *c)
{
	for (size_t i = 0; i < c->n; i++)
		buf_fini(&c->items[i].json);
	c->n = 0;
}

void compile_free(struct compile *c)
{
	if (!c)
		return;
	compile_clear(c);
	mem_free(c->items);
	mem_free(c->view);
	mem_free(c);
}

size_t compile_count(const struct compile *c)
{
	return c->n;
}

const struct publish_item *compile_items(struct compile *c)
{
	c->view = mem_resize(c->view, (c->n + 1) * sizeof *c->view);
	for (size_t i = 0; i < c->n; i++) {
		struct slice json = buf_slice(&c->items[i].json);
		c->view[i] = (struct publish_item){ c->items[i].source, json.n ? json : slice_of(NULL, 0) };
	}
	return c->view;
}

/* Adds one item; v NULL: not wanted. Takes the reference over. */
static enum err compile__add(struct compile *c, const char *kind, const char *zone_id, json_t *v, struct diag *d)
{
	enum err e = OK;

	if (c->n == c->cap) {
		c->cap = c->cap ? c->cap * 2 : 8;
		c->items = mem_resize(c->items, c->cap * sizeof *c->items);
	}
	struct compile__item *item = &c->items[c->n++];
	snprintf(item->source, sizeof item->source, "api/%s/%s", kind, zone_id);
	buf_init(&item->json, COMPILE__JSON_BYTES_MAX);
	if (v)
		e = json_write(v, &item->json);
	json_decref(v);
	return e == OK ? OK : diag_set(d, ERR_PLAN, zone_id, "its %s item is too large", kind);
}

/* ---- the dns item ---- */

static json_t *compile__name_servers(const struct compile *c, const struct state_zone *z)
{
	json_t *list = z->vanity[0] ? json_loads(z->vanity, 0, NULL) : NULL;

	if (list)
		return list;
	list = json_array();
	for (size_t i = 0; i < c->node->nameservers_n; i++)
		json_array_append_new(list, json_string(c->node->nameservers[i]));
	return list;
}

/* What proxied names answer with; NULL when this node does not know its addresses. */
static json_t *compile__edge(const struct compile *c)
{
	json_t *v4 = json_array(), *v6 = json_array();
	char text[IP_TEXT_BYTES];

	for (size_t i = 0; i < c->node->addresses_n; i++) {
		const struct ip *ip = &c->node->addresses[i];
		ip_print(ip, text);
		json_array_append_new(ip->family == 4 ? v4 : v6, json_string(text));
	}
	if (c->node->addresses_n)
		return json_pack("{s:o, s:o}", "ipv4", v4, "ipv6", v6);
	json_decref(v4);
	json_decref(v6);
	return NULL;
}

/* Adds a member, whose reference is taken over, unless it is an empty array. */
static void compile__member(json_t *item, const char *name, json_t **v)
{
	if (json_array_size(*v))
		json_object_set(item, name, *v);
	json_decref(*v);
	*v = NULL;
}

static enum err compile__dns(struct compile *c, const struct state_zone *z, struct state_record_plan *plan,
			     struct diag *d)
{
	json_t *item = json_object(), *edge = compile__edge(c);

	json_object_set_new(item, "kind", json_string("dns"));
	json_object_set_new(item, "name", json_string(z->name));
	json_object_set_new(item, "ns", compile__name_servers(c, z));
	compile__member(item, "records", &plan->records);
	compile__member(item, "proxied", &plan->proxied);
	compile__member(item, "flatten", &plan->flatten);
	if (edge)
		json_object_set_new(item, "edge", edge);
	enum err e = state_dnssec_compile(c->st, z->id, item);
	if (e == OK)
		return compile__add(c, "dns", z->id, item, d);
	json_decref(item);
	return e;
}

/* ---- the zone item ---- */

static enum err compile__http(struct compile *c, const struct state_zone *z, struct state_record_plan *plan,
			      struct diag *d)
{
	if (json_array_size(plan->hosts) == 0)
		return compile__add(c, "zone", z->id, NULL, d);
	json_t *item = json_object();
	json_object_set_new(item, "kind", json_string("zone"));
	json_object_set_new(item, "name", json_string(z->name));
	compile__member(item, "hosts", &plan->hosts);
	enum err e = state_setting_compile(c->st, z->id, item);
	if (e == OK)
		e = state_origin_pull_compile(c->st, z, item);
	if (e == OK)
		e = state_ruleset_compile(c->st, z->id, z->account, item);
	if (e == OK)
		e = state_list_compile(c->st, z->account, item);
	if (e == OK)
		e = state_access_compile(c->st, z->id, z->account, item);
	if (e == OK)
		return compile__add(c, "zone", z->id, item, d);
	json_decref(item);
	return e;
}

/* ---- certificates of authorities ---- */

struct compile__certificates {
	struct compile *c;
	struct diag *d;
};

/* Edges wait in handshakes for a certificate that is asked for the first time (model/order.h). */
static enum err compile__order(const struct compile__certificates *of, const struct state_certificate *cert, bool gone)
{
	bool runs = !gone && !cert->chain[0] && cert->failures == 0;
	json_t *item =
		runs ? json_pack("{s:s, s:s, s:O}", "kind", "order", "name", cert->id, "hosts", cert->hosts) : NULL;

	return compile__add(of->c, "order", cert->id, item, of->d);
}

static enum err compile__certificate(void *arg, const struct state_certificate *cert, bool gone)
{
	const struct compile__certificates *of = arg;
	char name[64];

	TRY(compile__order(of, cert, gone));
	state_certificate_item_name(cert->id, name);
	json_t *item = gone || !cert->chain[0] ? NULL
					       : json_pack("{s:s, s:s, s:O, s:s, s:s, s:i}", "kind", "certificate",
							   "name", name, "hosts", cert->hosts, "chain", cert->chain,
							   "key", cert->sealed, "priority", COMPILE__ACME_PRIORITY);
	return compile__add(of->c, "certificate", cert->id, item, of->d);
}

/* Which are wanted follows the proxied names; which are had are items. hosts: of the zone item, may be NULL. */
static enum err compile__certify(struct compile *c, const struct state_zone *z, const json_t *hosts, struct diag *d)
{
	const struct state_certificate_how how = { .dns = c->node->acme_challenge == NODE_CHALLENGE_DNS };
	struct compile__certificates of = { c, d };

	if (c->node->acme_n == 0)
		return OK;
	TRY(state_certificate_plan(c->st, z, hosts, &how));
	return state_certificate_each(c->st, z->id, compile__certificate, &of);
}

/* ---- authorities of client certificates ---- */

static enum err compile__client_ca(void *arg, const char *key, json_t *item)
{
	const struct compile__certificates *of = arg;

	return compile__add(of->c, "client_ca", key, item, of->d);
}

/* ---- certificates that users uploaded, and all those that went ---- */

static enum err compile__custom(void *arg, const char *id, json_t *item)
{
	const struct compile__certificates *of = arg;

	return compile__add(of->c, "custom", id, item, of->d);
}

static enum err compile__went(void *arg, const char *kind, const char *id)
{
	const struct compile__certificates *of = arg;

	return compile__add(of->c, kind, id, NULL, of->d);
}

enum err compile_zone(struct compile *c, const char *zone_id, struct diag *d)
{
	const struct state_record_rules rules = { .allow_private = c->node->allow_private,
						  .edge = c->node->addresses,
						  .edge_n = c->node->addresses_n };
	struct state_record_plan_how how = { .rules = &rules };
	struct state_record_plan plan = { 0 };
	struct compile__certificates of = { c, d };
	struct state_zone z;
	enum err e = state_zone_get(c->st, slice_str(zone_id), &z);

	if (e == ERR_NOT_FOUND) {
		TRY(state_custom_certificate_gone(c->st, zone_id, compile__went, &of));
		TRY(compile__add(c, "dns", zone_id, NULL, d));
		TRY(state_client_ca_compile(c->st, zone_id, compile__client_ca, &of));
		return compile__add(c, "zone", zone_id, NULL, d);
	}
	if (e == OK)
		e = state_setting_flatten_all(c->st, z.id, &how.flatten_all);
	if (e == OK)
		e = state_record_plan_make(c->st, &z, &how, &plan);
	if (e == OK)
		e = compile__certify(c, &z, plan.hosts, d);
	if (e == OK)
		e = state_client_ca_compile(c->st, z.id, compile__client_ca, &of);
	if (e == OK)
		e = state_custom_certificate_compile(c->st, &z, compile__custom, &of);
	if (e == OK)
		e = state_custom_certificate_gone(c->st, z.id, compile__went, &of);
	if (e == OK)
		e = state_certificate_txt_compile(c->st, z.id, plan.records);
	if (e == OK)
		e = compile__dns(c, &z, &plan, d);
	if (e == OK)
		e = compile__http(c, &z, &plan, d);
	state_record_plan_fini(&plan);
	return e;
}

/* ---- apps ---- */

enum err compile_app(struct compile *c, const char *app_id, struct diag *d)
{
	const struct state_app_place place = { c->node->platform_region, c->node->platform_suffix };
	json_t *item;

	TRY(state_app_plan_make(c->st, app_id, &place, &item));
	return compile__add(c, "app", app_id, item, d);
}

enum err compile_domain(struct compile *c, const char *domain_id, struct diag *d)
{
	json_t *item;

	TRY(state_domain_compile(c->st, domain_id, &item));
	return compile__add(c, "certificate", domain_id, item, d);
}

/* ---- who is banned */

static void compile__allow(json_t *allow, const struct ip_prefix *nets, size_t n)
{
	char text[STATE_BAN_NETWORK_BYTES];

	for (size_t i = 0; i < n; i++) {
		state_ban_print(&nets[i], text);
		json_array_append_new(allow, json_string(text));
	}
}

/* While nobody is banned no item is wanted: then nothing has to be asked of an address either. */
enum err compile_bans(struct compile *c, struct diag *d)
{
	struct ip_prefix *own = mem_alloc_array(OWN_NETWORKS_MAX, sizeof *own);
	size_t own_n = own_networks(c->node, own);
	json_t *item = json_pack("{s:s, s:s}", "kind", "bans", "name", BAN_LIST_NAME);
	enum err e = state_ban_compile(c->st, item);

	if (e == OK)
		compile__allow(json_object_get(item, "allow"), own, own_n);
	mem_free(own);
	bool wanted = json_array_size(json_object_get(item, "bans")) > 0;
	if (e == OK && wanted)
		return compile__add(c, "bans", BAN_LIST_NAME, item, d);
	json_decref(item);
	return e == OK ? compile__add(c, "bans", BAN_LIST_NAME, NULL, d) : e;
}

enum err compile_touched(struct compile *c, const struct state_touched *t, struct diag *d)
{
	if (t->what == STATE_TOUCH_ZONE)
		return compile_zone(c, t->id, d);
	if (t->what == STATE_TOUCH_BANS)
		return compile_bans(c, d);
	return t->what == STATE_TOUCH_APP ? compile_app(c, t->id, d) : compile_domain(c, t->id, d);
}
