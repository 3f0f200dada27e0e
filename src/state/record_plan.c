/* SPDX-License-Identifier: Apache-2.0 */
#include "state/record_plan.h"

#include "base/buf.h"
#include "base/check.h"
#include "base/mem.h"
#include "state/record_list.h"
#include "state/resolved.h"

enum {
	CHAIN_MAX = 8,      /* CNAMEs followed inside our own zones */
	ORIGINS_MAX = 64,   /* of one host, as the zone item takes */
	ERROR_LOOP = 1000,  /* the name points to this edge */
	ERROR_LOCAL = 1002, /* it points to a restricted address */
	ERROR_NAME = 1016,  /* it cannot be resolved */
	RDATA_TEXT_BYTES = STATE_RECORD_CONTENT_BYTES * 4,
};

/* Addresses on their way to a member, and why there are none. */
struct record_plan_addresses {
	struct ip list[ORIGINS_MAX];
	size_t n;
	uint32_t ttl;    /* the least on the way */
	bool unresolved; /* nothing is known */
	bool loop;       /* the chain comes back, or is too long */
};

struct record_plan_maker {
	struct state *st;
	const struct state_zone *z;
	const struct state_record_plan_how *how;
	struct state_record_plan *out;
	bool proxying;
	char name[STATE_NAME_BYTES]; /* the group of records under way */
	bool group_proxied, group_cname;
	struct record_plan_addresses group; /* A and AAAA of the group */
	char target[STATE_NAME_BYTES];      /* of its CNAME */
	enum err err;
	char *room; /* RDATA_TEXT_BYTES, for the text of one record after the other */
};

static void record_plan__add(struct record_plan_addresses *a, const struct ip *ip)
{
	for (size_t i = 0; i < a->n; i++)
		if (ip_eq(&a->list[i], ip))
			return;
	if (a->n < ORIGINS_MAX)
		a->list[a->n++] = *ip;
}

static bool record_plan__ip(uint16_t type, struct slice rdata, struct ip *ret)
{
	*ret = (struct ip){ .family = type == DNS_TYPE_A ? 4 : 6 };
	if ((type != DNS_TYPE_A && type != DNS_TYPE_AAAA) || rdata.n != (type == DNS_TYPE_A ? 4u : 16u))
		return false;
	memcpy(ret->b, rdata.p, rdata.n);
	return true;
}

/* ---- names of our own zones ---- */

/* Whether one of our zones holds the name: the longest one. */
static enum err record_plan__zone_of(struct state *st, const char *name, char ret_zone[static STATE_ID_BYTES])
{
	ret_zone[0] = '\0';
	for (const char *p = name; p; p = strchr(p, '.') ? strchr(p, '.') + 1 : NULL) {
		struct store_use u = store_use(st->store, "SELECT id FROM zone WHERE name = ?1");
		bool there;

		store_put_text(&u, slice_str(p));
		there = store_next(&u);
		if (there)
			state_column(&u, 0, ret_zone, STATE_ID_BYTES);
		TRY(store_done(&u));
		if (there)
			return OK;
	}
	return OK;
}

/* What one name of our own zones holds: addresses are added, a CNAME's target goes to `next` ("": none). */
static enum err record_plan__own(struct state *st, const char *zone, const char *name, struct record_plan_addresses *a,
				 char next[static STATE_NAME_BYTES])
{
	struct store_use u =
		store_use(st->store, "SELECT type, rdata, ttl FROM dns_record WHERE zone_id = ?1 AND name = "
				     "?2 AND type IN (1, 5, 28) ORDER BY rowid");
	char out[STATE_NAME_BYTES] = "";

	store_put_text(&u, slice_str(zone));
	store_put_text(&u, slice_str(name));
	while (store_next(&u)) {
		int64_t ttl = store_int(&u, 2);
		struct slice rdata = store_blob(&u, 1);
		struct dns_name target;
		struct ip ip;
		size_t used;

		ttl = ttl == STATE_RECORD_TTL_AUTO ? STATE_RECORD_TTL_AUTO_S : ttl;
		a->ttl = ttl < a->ttl ? (uint32_t)ttl : a->ttl;
		if (record_plan__ip((uint16_t)store_int(&u, 0), rdata, &ip)) {
			record_plan__add(a, &ip);
		} else if (dns_name_from_wire(rdata, &target, &used) == OK) {
			struct text t = text_of(out, sizeof(out) - 1);

			dns_name_print_bare(&target, &t);
			out[t.n] = '\0';
		}
	}
	memcpy(next, out, sizeof(out));
	return store_done(&u);
}

/* A name elsewhere. */
static enum err record_plan__elsewhere(struct state *st, const char *name, struct record_plan_addresses *a)
{
	struct state_resolved r;

	TRY(state_resolved_want(st, name, &r));
	a->unresolved = !r.known;
	if (r.known && r.ttl < a->ttl)
		a->ttl = r.ttl;
	for (size_t i = 0; i < r.a_n; i++)
		record_plan__add(a, &r.a[i]);
	for (size_t i = 0; i < r.aaaa_n; i++)
		record_plan__add(a, &r.aaaa[i]);
	return OK;
}

/* The addresses behind a CNAME: through our own zones as they are stored, from the resolver elsewhere. */
static enum err record_plan__follow(struct state *st, const char *target, struct record_plan_addresses *a)
{
	char name[STATE_NAME_BYTES], zone[STATE_ID_BYTES], next[STATE_NAME_BYTES];

	slice_cstr(slice_str(target), name, sizeof(name));
	for (size_t i = 0; i < CHAIN_MAX; i++) {
		TRY(record_plan__zone_of(st, name, zone));
		if (!zone[0])
			return record_plan__elsewhere(st, name, a);
		TRY(record_plan__own(st, zone, name, a, next));
		if (!next[0])
			return OK;
		memcpy(name, next, sizeof(name));
	}
	a->loop = true;
	return OK;
}

/* ---- members ---- */

static json_t *record_plan__named(const char *name)
{
	json_t *o = json_object();

	json_object_set_new(o, "name", json_string(name));
	return o;
}

static bool record_plan__edge(const struct record_plan_maker *m, const struct ip *ip)
{
	for (size_t i = 0; i < m->how->rules->edge_n; i++)
		if (ip_eq(ip, &m->how->rules->edge[i]))
			return true;
	return false;
}

static void record_plan__record(struct record_plan_maker *m, const struct state_record *r)
{
	char type[DNS_TYPE_TEXT_BYTES];
	struct text t = text_of(m->room, RDATA_TEXT_BYTES), name = text_of(type, sizeof(type));
	json_t *o = record_plan__named(r->name);

	dns_type_print(r->type, &name);
	json_object_set_new(o, "type", json_stringn(name.p, name.n));
	json_object_set_new(o, "ttl", json_integer(r->ttl == STATE_RECORD_TTL_AUTO ? STATE_RECORD_TTL_AUTO_S : r->ttl));
	CHECK(dns_rdata_print(r->type, state_record_rdata(r), &t) == OK);
	json_object_set_new(o, "rdata", json_stringn(t.p, t.n));
	json_array_append_new(m->out->records, o);
}

static void record_plan__flatten(struct record_plan_maker *m, const struct state_record *r, const char *target)
{
	struct record_plan_addresses a = { .ttl = r->ttl == STATE_RECORD_TTL_AUTO ? STATE_RECORD_TTL_AUTO_S : r->ttl };
	json_t *o = record_plan__named(r->name), *four = json_array(), *six = json_array();

	m->err = record_plan__follow(m->st, target, &a);
	for (size_t i = 0; i < a.n; i++) {
		char text[IP_TEXT_BYTES];

		if (record_plan__edge(m, &a.list[i])) /* an answer with the edge's own address would be a loop */
			continue;
		ip_print(&a.list[i], text);
		json_array_append_new(a.list[i].family == 4 ? four : six, json_string(text));
	}
	json_object_set_new(o, "ttl", json_integer(a.ttl));
	if (a.unresolved || a.loop) {
		json_object_set_new(o, "unresolved", json_true());
		json_decref(four);
		json_decref(six);
	} else {
		json_object_set_new(o, "a", four);
		json_object_set_new(o, "aaaa", six);
	}
	json_array_append_new(m->out->flatten, o);
}

/* 0, or why nobody may be sent to this address. */
static int record_plan__origin_error(const struct record_plan_maker *m, const struct ip *ip)
{
	if (record_plan__edge(m, ip))
		return ERROR_LOOP;
	return !m->how->rules->allow_private && state_record_input_private(ip) ? ERROR_LOCAL : 0;
}

/* The host of a proxied name, at the end of its group of records. */
static void record_plan__host(struct record_plan_maker *m)
{
	json_t *o = record_plan__named(m->name), *origins = json_array();
	struct record_plan_addresses a = m->group;
	int error = 0;

	if (m->group_cname)
		m->err = record_plan__follow(m->st, m->target, &a);
	for (size_t i = 0; i < a.n; i++) {
		char address[IP_TEXT_BYTES], text[IP_TEXT_BYTES + 2];
		int why = record_plan__origin_error(m, &a.list[i]);

		error = why ? why : error;
		if (why)
			continue;
		ip_print(&a.list[i], address);
		snprintf(text, sizeof text, a.list[i].family == 6 ? "[%s]" : "%s", address);
		json_array_append_new(origins, json_string(text));
	}
	if (json_array_size(origins)) {
		json_object_set_new(o, "origins", origins);
		if (m->group_cname)
			json_object_set_new(o, "origin_name", json_string(m->target));
	} else {
		json_decref(origins);
		json_object_set_new(o, "origin_error", json_integer(a.loop ? ERROR_LOOP : error ? error : ERROR_NAME));
	}
	json_array_append_new(m->out->hosts, o);
	json_array_append_new(m->out->proxied, record_plan__named(m->name));
}

/* ---- groups: the records of one name, in two passes ---- */

static void record_plan__group_end(struct record_plan_maker *m)
{
	if (m->group_proxied && m->err == OK)
		record_plan__host(m);
	m->group_proxied = m->group_cname = false;
	m->group = (struct record_plan_addresses){ .ttl = UINT32_MAX };
}

static bool record_plan__target(const struct state_record *r, char ret[static STATE_NAME_BYTES])
{
	struct text t = text_of(ret, STATE_NAME_BYTES - 1);
	struct dns_name target;
	size_t used;

	if (r->type != DNS_TYPE_CNAME || dns_name_from_wire(state_record_rdata(r), &target, &used) != OK)
		return false;
	dns_name_print_bare(&target, &t);
	ret[t.n] = '\0';
	return !t.bad;
}

/* Whether any address or CNAME of the name is proxied: then all of them are. */
static bool record_plan__name_proxied(struct record_plan_maker *m, const char *name)
{
	struct store_use u =
		store_use(m->st->store, "SELECT 1 FROM dns_record WHERE zone_id = ?1 AND name = ?2 AND proxied = 1 "
					"LIMIT 1");
	bool there;

	store_put_text(&u, slice_str(m->z->id));
	store_put_text(&u, slice_str(name));
	there = store_next(&u);
	if (store_done(&u) != OK)
		m->err = ERR_SYSTEM;
	return there;
}

static void record_plan__row(void *arg, const struct state_record *r)
{
	struct record_plan_maker *m = arg;
	char target[STATE_NAME_BYTES];
	bool apex = strcmp(r->name, m->z->name) == 0;
	struct ip ip;

	if (m->err != OK)
		return;
	if (strcmp(m->name, r->name) != 0) {
		record_plan__group_end(m);
		slice_cstr(slice_str(r->name), m->name, sizeof(m->name));
		m->group_proxied = m->proxying && record_plan__name_proxied(m, r->name);
	}
	if (r->type == DNS_TYPE_NS && apex)
		return;
	if (record_plan__target(r, target)) {
		if (m->group_proxied) {
			m->group_cname = true;
			memcpy(m->target, target, sizeof(target));
		} else if (apex || r->flatten || m->how->flatten_all) {
			record_plan__flatten(m, r, target);
		} else {
			record_plan__record(m, r);
		}
	} else if (m->group_proxied && record_plan__ip(r->type, state_record_rdata(r), &ip)) {
		record_plan__add(&m->group, &ip);
	} else {
		record_plan__record(m, r);
	}
}

enum err state_record_plan_make(struct state *st, const struct state_zone *z, const struct state_record_plan_how *how,
				struct state_record_plan *ret)
{
	struct record_plan_maker m = { .st = st, .z = z, .how = how, .out = ret };
	struct state_record_filter all = { .order = STATE_RECORD_BY_NAME, .limit = -1 };
	int64_t total;
	enum err e;

	*ret = (struct state_record_plan){ json_array(), json_array(), json_array(), json_array() };
	m.proxying = strcmp(z->status, "active") == 0 && !z->paused && !how->dns_only;
	m.group.ttl = UINT32_MAX;
	m.room = mem_alloc(RDATA_TEXT_BYTES);
	e = state_record_list(st, z->id, &all, record_plan__row, &m, &total);
	if (e == OK)
		record_plan__group_end(&m);
	mem_free(m.room);
	e = e == OK ? m.err : e;
	if (e != OK)
		state_record_plan_fini(ret);
	return e;
}

void state_record_plan_fini(struct state_record_plan *p)
{
	json_decref(p->records);
	json_decref(p->proxied);
	json_decref(p->flatten);
	json_decref(p->hosts);
	*p = (struct state_record_plan){ 0 };
}
