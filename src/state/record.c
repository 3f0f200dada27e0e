/* SPDX-License-Identifier: Apache-2.0 */
#include "state/record.h"

#include "base/limits.h"
#include "base/mem.h"
#include "state/record_data.h"
#include "state/record_dot.h"

enum { TXT_NAME_CHARS = 8192 };

void state_record_init(struct state_record *r)
{
	memset(r, 0, sizeof(*r));
	r->settings = json_object();
	r->tags = json_array();
}

void state_record_fini(struct state_record *r)
{
	mem_free(r->content);
	mem_free(r->plain.p);
	mem_free(r->rdata.p);
	json_decref(r->data);
	json_decref(r->settings);
	json_decref(r->comment);
	json_decref(r->tags);
	memset(r, 0, sizeof(*r));
}

static struct state_record_bytes record__heap(struct slice s)
{
	char *p = mem_alloc(s.n + 1);

	if (s.n)
		memcpy(p, s.p, s.n);
	return (struct state_record_bytes){ p, s.n };
}

void state_record_row(const struct store_use *u, struct state_record *r)
{
	state_record_fini(r);
	state_column(u, 0, r->id, sizeof(r->id));
	state_column(u, 1, r->zone_id, sizeof(r->zone_id));
	state_column(u, 2, r->name, sizeof(r->name));
	r->type = (uint16_t)store_int(u, 3);
	r->content = mem_dup(store_text(u, 4));
	r->plain = record__heap(store_text(u, 5));
	r->rdata = record__heap(store_blob(u, 6));
	r->ttl = (uint32_t)store_int(u, 7);
	r->proxied = store_int(u, 8) != 0;
	r->flatten = store_int(u, 9) != 0;
	r->has_priority = !store_is_null(u, 10);
	r->priority = (uint16_t)store_int(u, 10);
	r->data = state_column_json(u, 11);
	r->settings = state_column_json(u, 12);
	r->comment = store_is_null(u, 13) ? NULL : json_stringn(store_text(u, 13).p, store_text(u, 13).n);
	r->tags = state_column_json(u, 14);
	r->created_ms = store_int(u, 15);
	r->modified_ms = store_int(u, 16);
	r->comment_ms = store_int(u, 17);
	r->tags_ms = store_int(u, 18);
	if (!r->settings)
		r->settings = json_object();
	if (!r->tags)
		r->tags = json_array();
}

enum err state_record_get(struct state *st, const char *zone_id, struct slice id, struct state_record *r)
{
	struct store_use u =
		store_use(st->store, "SELECT " STATE_RECORD_COLUMNS " FROM dns_record WHERE id = ?1 AND zone_id = ?2");
	bool there;

	store_put_text(&u, id);
	store_put_text(&u, slice_str(zone_id));
	there = store_next(&u);
	if (there)
		state_record_row(&u, r);
	TRY(store_done(&u));
	return there ? OK : ERR_NOT_FOUND;
}

/* ---- rules between records of one name ---- */

/* What else stands at a name. */
struct record_neighbours {
	bool address, cname, ns, other, same;
	int64_t txt_chars;
};

/* A delegation stands alone at its name, but for DS; the zone's own name has no such rule. */
static bool record__cut(const struct state_record *r, const struct record_neighbours *n)
{
	return r->type == DNS_TYPE_NS ? n->other : n->ns && r->type != DNS_TYPE_DS;
}

static enum err record__neighbours(struct state *st, const struct state_record *r, const char *but,
				   struct record_neighbours *n)
{
	struct store_use u =
		store_use(st->store, "SELECT type, rdata, length(content) FROM dns_record WHERE zone_id = ?1 "
				     "AND name = ?2 AND id <> ?3");

	*n = (struct record_neighbours){ 0 };
	store_put_text(&u, slice_str(r->zone_id));
	store_put_text(&u, slice_str(r->name));
	store_put_text(&u, slice_str(but));
	while (store_next(&u)) {
		int64_t type = store_int(&u, 0);

		n->address |= type == DNS_TYPE_A || type == DNS_TYPE_AAAA;
		n->cname |= type == DNS_TYPE_CNAME;
		n->ns |= type == DNS_TYPE_NS;
		n->other |= type != DNS_TYPE_NS && type != DNS_TYPE_DS;
		n->same |= type == r->type && slice_eq(store_blob(&u, 1), state_record_rdata(r));
		if (type == DNS_TYPE_TXT)
			n->txt_chars += store_int(&u, 2);
	}
	return store_done(&u);
}

static enum err record__judge(const struct state_zone *z, const struct state_record *r,
			      const struct record_neighbours *n, struct state_refusal *why)
{
	bool apex = strcmp(r->name, z->name) == 0;

	if (n->same)
		return state_refusal_set(why, 81058, "", "An identical record already exists.");
	if (r->type == DNS_TYPE_CNAME && (n->address || n->cname))
		return state_refusal_set(why, 81053, "/name",
					 "An A, AAAA, or CNAME record with that host already exists.");
	if ((r->type == DNS_TYPE_A || r->type == DNS_TYPE_AAAA) && n->cname)
		return state_refusal_set(why, 81054, "/name", "A CNAME record with that host already exists.");
	if (!apex && record__cut(r, n))
		return state_refusal_set(
			why, 81056, "/name", "%s",
			r->type == DNS_TYPE_NS
				? "Records with that host already exist; NS records below the zone's own "
				  "name stand alone."
				: "NS records with that host already exist.");
	if (r->type == DNS_TYPE_TXT && n->txt_chars + (int64_t)strlen(r->content) > TXT_NAME_CHARS)
		return state_refusal_set(why, 9102, "/content",
					 "The TXT records of one name hold at most %d characters.", TXT_NAME_CHARS);
	return OK;
}

static enum err record__check(struct state *st, const struct state_zone *z, struct state_record *r, const char *but,
			      struct state_refusal *why)
{
	struct record_neighbours n;

	TRY(record__neighbours(st, r, but, &n));
	TRY(record__judge(z, r, &n, why));
	if (r->type == DNS_TYPE_DS && strcmp(r->name, z->name) == 0)
		return state_refusal_set(why, 9102, "/name",
					 "A DS record belongs to a delegation below the zone's own name.");
	(void)state_record_dot_warn(st, z, r, r->warning);
	return OK;
}

/* ---- writing ---- */

static void record__put_text(struct store_use *u, const json_t *string)
{
	if (string)
		store_put_text(u, slice_of(json_string_value(string), json_string_length(string)));
	else
		store_put_null(u);
}

/* Every column but the ids, in the order of STATE_RECORD_COLUMNS. */
static void record__put(struct store_use *u, const struct state_record *r)
{
	store_put_text(u, slice_str(r->name));
	store_put_int(u, r->type);
	store_put_text(u, slice_str(r->content));
	store_put_text(u, slice_of(r->plain.p, r->plain.n));
	store_put_blob(u, state_record_rdata(r));
	store_put_int(u, r->ttl);
	store_put_int(u, r->proxied);
	store_put_int(u, r->flatten);
	if (r->has_priority)
		store_put_int(u, r->priority);
	else
		store_put_null(u);
	state_put_json(u, r->data);
	state_put_json(u, r->settings);
	record__put_text(u, r->comment);
	state_put_json(u, r->tags);
	store_put_int(u, r->created_ms);
	store_put_int(u, r->modified_ms);
	store_put_int(u, r->comment_ms);
	store_put_int(u, r->tags_ms);
}

enum err state_record_add(struct state *st, const struct state_zone *z, struct state_record *r,
			  struct state_refusal *why)
{
	TRY(record__check(st, z, r, "", why));
	state_new_id(r->id);
	r->created_ms = r->modified_ms = st->now_ms;
	r->comment_ms = r->comment ? st->now_ms : 0;
	r->tags_ms = json_array_size(r->tags) ? st->now_ms : 0;
	struct store_use u =
		store_use(st->store, "INSERT INTO dns_record(" STATE_RECORD_COLUMNS ") VALUES(?1, ?2, ?3, ?4, "
				     "?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)");

	store_put_text(&u, slice_str(r->id));
	store_put_text(&u, slice_str(z->id));
	record__put(&u, r);
	TRY(store_done(&u));
	state_touch_zone(st, z->id);
	return OK;
}

enum err state_record_save(struct state *st, const struct state_zone *z, struct state_record *r,
			   const struct state_record *old, struct state_refusal *why)
{
	TRY(record__check(st, z, r, old->id, why));
	slice_cstr(slice_str(old->id), r->id, sizeof(r->id));
	r->created_ms = old->created_ms;
	r->modified_ms = st->now_ms;
	r->comment_ms =
		json_equal(r->comment, old->comment) || (!r->comment && !old->comment) ? old->comment_ms : st->now_ms;
	r->tags_ms = json_equal(r->tags, old->tags) ? old->tags_ms : st->now_ms;
	struct store_use u = store_use(
		st->store, "UPDATE dns_record SET name = ?1, type = ?2, content = ?3, plain = ?4, rdata = ?5, ttl = ?6,"
			   "proxied = ?7, flatten = ?8, priority = ?9, data_json = ?10, settings_json = ?11,"
			   "comment = ?12, tags_json = ?13, created_ms = ?14, modified_ms = ?15, comment_ms = ?16,"
			   "tags_ms = ?17 WHERE id = ?18");

	record__put(&u, r);
	store_put_text(&u, slice_str(r->id));
	TRY(store_done(&u));
	state_touch_zone(st, z->id);
	return OK;
}

enum err state_record_remove(struct state *st, const struct state_zone *z, const char *id)
{
	struct store_use u = store_use(st->store, "DELETE FROM dns_record WHERE id = ?1 AND zone_id = ?2");

	store_put_text(&u, slice_str(id));
	store_put_text(&u, slice_str(z->id));
	TRY(store_done(&u));
	if (store_changes(st->store) == 0)
		return ERR_NOT_FOUND;
	state_touch_zone(st, z->id);
	return OK;
}

int64_t state_record_count(struct state *st, const char *zone_id)
{
	struct store_use u = store_use(st->store, "SELECT count(*) FROM dns_record WHERE zone_id = ?1");
	int64_t n = -1;

	store_put_text(&u, slice_str(zone_id));
	if (store_next(&u))
		n = store_int(&u, 0);
	return store_done(&u) == OK ? n : -1;
}

enum err state_record_quota(struct state *st, const char *zone_id, struct state_refusal *why)
{
	int64_t n = state_record_count(st, zone_id);

	if (n < 0)
		return ERR_SYSTEM;
	if (n <= STATE_RECORDS_MAX)
		return OK;
	return state_refusal_set(why, 81045, "", "Record quota exceeded: a zone holds %d records.", STATE_RECORDS_MAX);
}

bool state_record_exists(struct state *st, const char *zone_id, const char *name)
{
	struct store_use u = store_use(st->store, "SELECT 1 FROM dns_record WHERE zone_id = ?1 AND name = ?2 LIMIT 1");
	bool there;

	store_put_text(&u, slice_str(zone_id));
	store_put_text(&u, slice_str(name));
	there = store_next(&u);
	return store_done(&u) == OK && there;
}

/* ---- as clients see it ---- */

static void record__set(json_t *o, const char *key, const char *text)
{
	json_object_set_new_nocheck(o, key, json_string_nocheck(text));
}

static void record__set_type(json_t *o, uint16_t type)
{
	char name[DNS_TYPE_TEXT_BYTES];
	struct text t = text_of(name, sizeof(name) - 1);

	dns_type_print(type, &t);
	name[t.n] = '\0';
	record__set(o, "type", name);
}

json_t *state_record_json(const struct state_zone *z, const struct state_record *r)
{
	char zone_name[STATE_UNICODE_BYTES];
	json_t *o = json_object(), *meta = json_object();

	record__set(o, "id", r->id);
	record__set(o, "zone_id", r->zone_id);
	record__set(o, "zone_name", state_idn_unicode(z->name, zone_name));
	record__set(o, "name", r->name);
	record__set_type(o, r->type);
	record__set(o, "content", r->content);
	json_object_set_new(o, "proxiable", json_boolean(state_record_data_proxiable(r->type)));
	json_object_set_new(o, "proxied", json_boolean(r->proxied));
	json_object_set_new(o, "ttl", json_integer(r->ttl));
	json_object_set(o, "settings", r->settings);
	if (r->warning[0])
		json_object_set_new(meta, "warnings", json_pack("[s]", r->warning));
	json_object_set_new(o, "meta", meta);
	json_object_set(o, "comment", r->comment ? r->comment : json_null());
	json_object_set(o, "tags", r->tags);
	if (r->data)
		json_object_set(o, "data", r->data);
	if (r->has_priority)
		json_object_set_new(o, "priority", json_integer(r->priority));
	json_object_set_new(o, "created_on", state_time(r->created_ms));
	json_object_set_new(o, "modified_on", state_time(r->modified_ms));
	if (r->comment_ms)
		json_object_set_new(o, "comment_modified_on", state_time(r->comment_ms));
	if (r->tags_ms)
		json_object_set_new(o, "tags_modified_on", state_time(r->tags_ms));
	return o;
}

json_t *state_record_body(const struct state_record *r)
{
	json_t *o = json_object();

	record__set(o, "name", r->name);
	record__set_type(o, r->type);
	record__set(o, "content", r->content);
	if (r->data)
		json_object_set_new(o, "data", json_deep_copy(r->data));
	if (r->has_priority)
		json_object_set_new(o, "priority", json_integer(r->priority));
	json_object_set_new(o, "proxied", json_boolean(r->proxied));
	json_object_set_new(o, "ttl", json_integer(r->ttl));
	json_object_set_new(o, "settings", json_deep_copy(r->settings));
	json_object_set(o, "comment", r->comment ? r->comment : json_null());
	json_object_set(o, "tags", r->tags);
	return o;
}
