/* SPDX-License-Identifier: Apache-2.0 */
#include "state/resolved.h"

#include "wire/dns_name.h"
#include "wire/dns_type.h"

#define STATE_RESOLVED__COLUMNS "SELECT name, known, ttl, a_json, aaaa_json, good_ms, due_ms, failures FROM resolved"

static size_t resolved__addresses(const struct store_use *u, int column, struct ip *ret)
{
	json_t *list = state_column_json(u, column), *v;
	size_t i, n = 0;

	json_array_foreach(list, i, v)
	{
		if (n < STATE_RESOLVED_ADDRESSES && json_is_string(v) &&
		    ip_parse(slice_str(json_string_value(v)), &ret[n]) == OK)
			n++;
	}
	json_decref(list);
	return n;
}

static void resolved__row(const struct store_use *u, int64_t now_ms, struct state_resolved *r)
{
	*r = (struct state_resolved){ 0 };
	state_column(u, 0, r->name, sizeof(r->name));
	r->good_ms = store_int(u, 5);
	r->due_ms = store_int(u, 6);
	r->failures = (uint32_t)store_int(u, 7);
	r->known = store_int(u, 1) && (!r->failures || now_ms - r->good_ms < STATE_RESOLVED_STALE_MS);
	r->ttl = r->failures ? STATE_RESOLVED_STALE_TTL_S : (uint32_t)store_int(u, 2);
	if (r->known) {
		r->a_n = resolved__addresses(u, 3, r->a);
		r->aaaa_n = resolved__addresses(u, 4, r->aaaa);
	}
}

enum err state_resolved_get(struct state *st, const char *name, struct state_resolved *ret)
{
	struct store_use u = store_use(st->store, STATE_RESOLVED__COLUMNS " WHERE name = ?1");
	bool there;

	store_put_text(&u, slice_str(name));
	there = store_next(&u);
	if (there)
		resolved__row(&u, st->now_ms, ret);
	TRY(store_done(&u));
	return there ? OK : ERR_NOT_FOUND;
}

enum err state_resolved_want(struct state *st, const char *name, struct state_resolved *ret)
{
	enum err e = state_resolved_get(st, name, ret);

	if (e != ERR_NOT_FOUND)
		return e;
	*ret = (struct state_resolved){ .due_ms = st->now_ms };
	slice_cstr(slice_str(name), ret->name, sizeof(ret->name));
	return state_resolved_save(st, ret);
}

static json_t *resolved__json(const struct ip *list, size_t n)
{
	json_t *v = json_array();
	char text[IP_TEXT_BYTES];

	for (size_t i = 0; i < n; i++) {
		ip_print(&list[i], text);
		json_array_append_new(v, json_string(text));
	}
	return v;
}

enum err state_resolved_save(struct state *st, const struct state_resolved *r)
{
	struct store_use u =
		store_use(st->store, "INSERT OR REPLACE INTO resolved(name, known, ttl, a_json, aaaa_json, "
				     "good_ms, due_ms, failures) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
	json_t *a = resolved__json(r->a, r->a_n), *aaaa = resolved__json(r->aaaa, r->aaaa_n);

	store_put_text(&u, slice_str(r->name));
	store_put_int(&u, r->known);
	store_put_int(&u, r->ttl);
	state_put_json(&u, a);
	state_put_json(&u, aaaa);
	store_put_int(&u, r->good_ms);
	store_put_int(&u, r->due_ms);
	store_put_int(&u, r->failures);
	json_decref(a);
	json_decref(aaaa);
	return store_done(&u);
}

size_t state_resolved_due(struct state *st, int64_t now_ms, char (*ret_names)[STATE_NAME_BYTES], size_t cap,
			  int64_t *ret_next_ms)
{
	struct store_use u = store_use(st->store, "SELECT name, due_ms FROM resolved ORDER BY due_ms LIMIT ?1");
	size_t n = 0;

	*ret_next_ms = INT64_MAX;
	store_put_int(&u, (int64_t)cap + 1);
	while (store_next(&u)) {
		*ret_next_ms = store_int(&u, 1);
		if (*ret_next_ms > now_ms || n == cap)
			break;
		state_column(&u, 0, ret_names[n++], STATE_NAME_BYTES);
		*ret_next_ms = INT64_MAX;
	}
	return store_done(&u) == OK ? n : 0;
}

enum err state_resolved_hurry(struct state *st)
{
	struct store_use u = store_use(st->store, "UPDATE resolved SET due_ms = 0");

	return store_done(&u);
}

enum err state_resolved_used(struct state *st, const char *name, bool touch, bool *ret_used)
{
	struct dns_name wire;

	*ret_used = false;
	TRY(dns_name_parse(slice_str(name), &dns_name_root, &wire));
	struct store_use u =
		store_use(st->store, "SELECT DISTINCT zone_id FROM dns_record WHERE type = 5 AND rdata = ?1");
	store_put_blob(&u, dns_name_wire(&wire));
	while (store_next(&u)) {
		char id[STATE_ID_BYTES];

		state_column(&u, 0, id, sizeof(id));
		if (touch)
			state_touch_zone(st, id);
		*ret_used = true;
	}
	TRY(store_done(&u));
	if (*ret_used)
		return OK;
	struct store_use gone = store_use(st->store, "DELETE FROM resolved WHERE name = ?1");

	store_put_text(&gone, slice_str(name));
	return store_done(&gone);
}

static bool resolved__same(const struct ip *a, size_t a_n, const struct ip *b, size_t b_n)
{
	if (a_n != b_n)
		return false;
	for (size_t i = 0; i < a_n; i++) {
		bool there = false;

		for (size_t k = 0; k < b_n && !there; k++)
			there = ip_eq(&a[i], &b[k]);
		if (!there)
			return false;
	}
	return true;
}

bool state_resolved_same(const struct state_resolved *a, const struct state_resolved *b)
{
	return a->known == b->known && resolved__same(a->a, a->a_n, b->a, b->a_n) &&
	       resolved__same(a->aaaa, a->aaaa_n, b->aaaa, b->aaaa_n);
}
