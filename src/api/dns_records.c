/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns_records: DNS records: list with filters, create, look at, change, delete, many at once, and usage. Zone files are
 * in dns_files.c.
 */
#include "api/dns_records.h"

#include "api/routes.h"
#include "base/check.h"
#include "state/idn.h"
#include "state/record_data.h"
#include "state/record_list.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	DNS_RECORDS__PER_PAGE = 100,
	DNS_RECORDS__PER_PAGE_MAX = 50000,
	DNS_RECORDS__NOT_FOUND = 81044,
	DNS_RECORDS__EXISTS = 81057,
	DNS_RECORDS__IDENTICAL = 81058,
	DNS_RECORDS__WARNING = 81900, /* ours: accepted, but look at it */
};

static const char dns_records__noun[] = "dns_record";

struct state_record_rules api_dns_records_rules(const struct api_call *call)
{
	return (struct state_record_rules){ call->node->allow_private, call->node->addresses, call->node->addresses_n };
}

bool api_dns_records_failed(struct api_call *call, enum err e, const struct state_refusal *why)
{
	if (e == OK)
		return false;
	if (e == ERR_PLAN) {
		api_fail(call, 400, why->code, why->pointer, "%s", why->text);
		/* lexicon takes only the older code for "it is there already". */
		if (why->code == DNS_RECORDS__IDENTICAL)
			api_fail_also(call, DNS_RECORDS__EXISTS, "The record already exists.");
	} else if (e == ERR_NOT_FOUND)
		api_fail(call, 404, DNS_RECORDS__NOT_FOUND, NULL, "Record does not exist.");
	else
		api_fail_store(call, e);
	return true;
}

/* ---- list ---- */

struct dns_records__list {
	const struct state_zone *zone;
	json_t *list;
};

static void dns_records__see(void *arg, const struct state_record *r)
{
	struct dns_records__list *l = arg;

	json_array_append_new(l->list, state_record_json(l->zone, r));
}

/* A query member and the condition that it stands for. */
struct dns_records__term {
	const char *member;
	enum state_record_field field;
	enum state_record_op op;
};

static const struct dns_records__term dns_records__terms[] = {
	{ "name", STATE_RECORD_NAME, STATE_RECORD_EXACT },
	{ "name.exact", STATE_RECORD_NAME, STATE_RECORD_EXACT },
	{ "name.contains", STATE_RECORD_NAME, STATE_RECORD_CONTAINS },
	{ "name.startswith", STATE_RECORD_NAME, STATE_RECORD_STARTS },
	{ "name.endswith", STATE_RECORD_NAME, STATE_RECORD_ENDS },
	{ "content", STATE_RECORD_CONTENT, STATE_RECORD_EXACT },
	{ "content.exact", STATE_RECORD_CONTENT, STATE_RECORD_EXACT },
	{ "content.contains", STATE_RECORD_CONTENT, STATE_RECORD_CONTAINS },
	{ "content.startswith", STATE_RECORD_CONTENT, STATE_RECORD_STARTS },
	{ "content.endswith", STATE_RECORD_CONTENT, STATE_RECORD_ENDS },
	{ "comment", STATE_RECORD_COMMENT, STATE_RECORD_EXACT },
	{ "comment.exact", STATE_RECORD_COMMENT, STATE_RECORD_EXACT },
	{ "comment.contains", STATE_RECORD_COMMENT, STATE_RECORD_CONTAINS },
	{ "comment.startswith", STATE_RECORD_COMMENT, STATE_RECORD_STARTS },
	{ "comment.endswith", STATE_RECORD_COMMENT, STATE_RECORD_ENDS },
	{ "comment.present", STATE_RECORD_COMMENT, STATE_RECORD_PRESENT },
	{ "comment.absent", STATE_RECORD_COMMENT, STATE_RECORD_ABSENT },
	{ "tag", STATE_RECORD_TAG, STATE_RECORD_EXACT },
	{ "tag.exact", STATE_RECORD_TAG, STATE_RECORD_EXACT },
	{ "tag.contains", STATE_RECORD_TAG, STATE_RECORD_CONTAINS },
	{ "tag.startswith", STATE_RECORD_TAG, STATE_RECORD_STARTS },
	{ "tag.endswith", STATE_RECORD_TAG, STATE_RECORD_ENDS },
	{ "tag.present", STATE_RECORD_TAG, STATE_RECORD_PRESENT },
	{ "tag.absent", STATE_RECORD_TAG, STATE_RECORD_ABSENT },
	{ "search", STATE_RECORD_SEARCH, STATE_RECORD_CONTAINS },
};

/* A name of a filter as names are stored: ASCII, lower case, no final dot; a part of a name is only lowered. */
static struct slice dns_records__name(struct api_call *call, const char *text, bool whole)
{
	char ascii[STATE_NAME_BYTES];
	struct slice s;
	char *p;

	if (whole && state_idn_ascii(slice_str(text), ascii) == OK)
		return arena_copy(&call->arena, slice_str(ascii));
	s = slice_str(text);
	p = arena_alloc(&call->arena, s.n + 1);
	for (size_t i = 0; p && i < s.n; i++)
		p[i] = slice_lower(s.p[i]);
	return slice_of(p, p ? s.n : 0);
}

static bool dns_records__add_term(struct api_call *call, struct state_record_filter *f, struct state_record_term term)
{
	if (f->n == STATE_RECORD_TERMS) {
		api_fail(call, 400, 9999, NULL, "More than %d conditions.", STATE_RECORD_TERMS);
		return false;
	}
	f->terms[f->n++] = term;
	return true;
}

/* The conditions that are text; members may be repeated. */
static bool dns_records__texts(struct api_call *call, struct state_record_filter *f)
{
	for (size_t i = 0; i < sizeof dns_records__terms / sizeof dns_records__terms[0]; i++) {
		const struct dns_records__term *t = &dns_records__terms[i];
		const char *text;

		for (size_t k = 0; (text = api_query_at(call, t->member, k)) != NULL; k++) {
			struct slice s = slice_str(text);

			if (t->field == STATE_RECORD_NAME)
				s = dns_records__name(call, text, t->op == STATE_RECORD_EXACT);
			if (!dns_records__add_term(call, f, (struct state_record_term){ t->field, t->op, s, 0 }))
				return false;
		}
	}
	return true;
}

/* True or false of a member that says any or all. */
static bool dns_records__any(struct api_call *call, const char *member, bool *ret)
{
	const char *text = api_query(call, member);

	if (!text || strcmp(text, "all") == 0)
		return true;
	*ret = strcmp(text, "any") == 0;
	if (!*ret)
		api_fail(call, 400, 9999, NULL, "%s is \"any\" or \"all\".", member);
	return *ret;
}

static bool dns_records__order(struct api_call *call, struct state_record_filter *f)
{
	static const char *const orders[] = { "type", "name", "content", "ttl", "proxied" };
	const char *order = api_query(call, "order"), *direction = api_query(call, "direction");

	f->descending = direction && strcmp(direction, "desc") == 0;
	if (direction && !f->descending && strcmp(direction, "asc") != 0) {
		api_fail(call, 400, 9999, NULL, "direction is \"asc\" or \"desc\".");
		return false;
	}
	for (size_t i = 0; order && i < sizeof orders / sizeof orders[0]; i++) {
		if (strcmp(order, orders[i]) == 0) {
			f->order = (enum state_record_order)i;
			return true;
		}
	}
	if (order)
		api_fail(call, 400, 9999, NULL, "order is type, name, content, ttl or proxied.");
	return !order;
}

static bool dns_records__filter(struct api_call *call, struct state_record_filter *f)
{
	const char *type = api_query(call, "type"), *proxied = api_query(call, "proxied");
	struct state_record_term term = { STATE_RECORD_TYPE, STATE_RECORD_EXACT, { NULL, 0 }, -1 };
	uint16_t number;

	if (type) {
		if (dns_type_parse(slice_str(type), &number) == OK && state_record_data_knows(number))
			term.number = number;
		if (!dns_records__add_term(call, f, term))
			return false;
	}
	if (proxied) {
		term.field = STATE_RECORD_PROXIED;
		term.number = strcmp(proxied, "true") == 0;
		if (!term.number && strcmp(proxied, "false") != 0) {
			api_fail(call, 400, 9999, NULL, "proxied is \"true\" or \"false\".");
			return false;
		}
		if (!dns_records__add_term(call, f, term))
			return false;
	}
	return dns_records__texts(call, f) && dns_records__any(call, "match", &f->any) &&
	       dns_records__any(call, api_query(call, "tag-match") ? "tag-match" : "tag_match", &f->tag_any) &&
	       dns_records__order(call, f);
}

static void dns_records__get_all(struct api_call *call)
{
	struct dns_records__list l = { &call->zone, NULL };
	struct state_record_filter f = { .n = 0 };
	struct api_page page;
	int64_t total;
	enum err e;

	if (!api_page(call, DNS_RECORDS__PER_PAGE, DNS_RECORDS__PER_PAGE_MAX, &page) || !dns_records__filter(call, &f))
		return;
	f.offset = page.offset;
	f.limit = page.per_page;
	l.list = json_array();
	e = state_record_list(call->state, call->zone.id, &f, dns_records__see, &l, &total);
	if (e != OK) {
		json_decref(l.list);
		api_fail_store(call, e);
		return;
	}
	api_list(call, l.list, &page, total);
}

/* ---- one ---- */

static void dns_records__get(struct api_call *call)
{
	struct state_refusal why = { 0 };
	struct state_record r;

	state_record_init(&r);
	if (!api_dns_records_failed(call, state_record_get(call->state, call->zone.id, api_param(call, "record"), &r),
				    &why))
		api_ok(call, state_record_json(&call->zone, &r));
	state_record_fini(&r);
}

/* ---- changes, which single calls and batches share ---- */

/* What a verb does; each gives the record as clients see it. */
typedef enum err (*dns_records__verb)(struct api_call *call, json_t *body, json_t **ret, struct state_refusal *why);

static enum err dns_records__done(struct api_call *call, const char *action, const struct state_record *r,
				  const json_t *before, json_t **ret)
{
	json_t *after = state_record_json(&call->zone, r);

	if (r->warning[0])
		api_say(call, DNS_RECORDS__WARNING, "%s: %s", r->name, r->warning);
	*ret = after;
	return api_audit(call, action, dns_records__noun, r->id, before, after) ? OK : ERR_CLOSED;
}

static enum err dns_records__create(struct api_call *call, json_t *body, json_t **ret, struct state_refusal *why)
{
	const struct state_record_rules rules = api_dns_records_rules(call);
	struct state_record r;
	enum err e;

	state_record_init(&r);
	e = state_record_input_read(&call->zone, &rules, body, &r, why);
	if (e == OK)
		e = state_record_add(call->state, &call->zone, &r, why);
	if (e == OK)
		e = dns_records__done(call, "create", &r, NULL, ret);
	state_record_fini(&r);
	return e;
}

/* The id of a change: of the path, or of the body in a batch. */
static struct slice dns_records__id(struct api_call *call, const json_t *body)
{
	struct slice id = api_param(call, "record");

	return id.n ? id : slice_str(json_string_value(json_object_get(body, "id")));
}

static enum err dns_records__change(struct api_call *call, json_t *body, bool patch, json_t **ret,
				    struct state_refusal *why)
{
	const struct state_record_rules rules = api_dns_records_rules(call);
	struct state_record old, r;
	json_t *merged = NULL, *before = NULL;
	enum err e;

	state_record_init(&old);
	state_record_init(&r);
	e = state_record_get(call->state, call->zone.id, dns_records__id(call, body), &old);
	if (e == OK) {
		before = state_record_json(&call->zone, &old);
		merged = patch ? state_record_input_merge(&old, body) : json_incref(body);
		e = state_record_input_read(&call->zone, &rules, merged, &r, why);
	}
	if (e == OK)
		e = state_record_save(call->state, &call->zone, &r, &old, why);
	if (e == OK)
		e = dns_records__done(call, "update", &r, before, ret);
	json_decref(merged);
	json_decref(before);
	state_record_fini(&old);
	state_record_fini(&r);
	return e;
}

static enum err dns_records__patch(struct api_call *call, json_t *body, json_t **ret, struct state_refusal *why)
{
	return dns_records__change(call, body, true, ret, why);
}

static enum err dns_records__put(struct api_call *call, json_t *body, json_t **ret, struct state_refusal *why)
{
	return dns_records__change(call, body, false, ret, why);
}

static enum err dns_records__remove(struct api_call *call, json_t *body, json_t **ret, struct state_refusal *why)
{
	struct state_record old;
	json_t *before = NULL;
	enum err e;

	state_record_init(&old);
	e = state_record_get(call->state, call->zone.id, dns_records__id(call, body), &old);
	if (e == OK) {
		before = state_record_json(&call->zone, &old);
		e = state_record_remove(call->state, &call->zone, old.id);
	}
	if (e == OK) {
		*ret = json_pack("{s:s}", "id", old.id);
		e = api_audit(call, "delete", dns_records__noun, old.id, before, NULL) ? OK : ERR_CLOSED;
	}
	json_decref(before);
	state_record_fini(&old);
	return e;
}

/* Runs a verb on the body of the call. ERR_CLOSED: it has answered already. */
static void dns_records__single(struct api_call *call, json_t *body, dns_records__verb verb)
{
	struct state_refusal why = { 0 };
	json_t *result = NULL;
	enum err e = verb(call, body, &result, &why);

	if (e == OK)
		e = state_record_quota(call->state, call->zone.id, &why);
	if (e == OK)
		api_ok(call, json_incref(result));
	else if (e != ERR_CLOSED)
		(void)api_dns_records_failed(call, e, &why);
	json_decref(result);
}

static void dns_records__post_one(struct api_call *call)
{
	json_t *body = api_object(call);

	if (body)
		dns_records__single(call, body, dns_records__create);
}

static void dns_records__patch_one(struct api_call *call)
{
	json_t *body = api_object(call);

	if (body)
		dns_records__single(call, body, dns_records__patch);
}

static void dns_records__put_one(struct api_call *call)
{
	json_t *body = api_object(call);

	if (body)
		dns_records__single(call, body, dns_records__put);
}

static void dns_records__delete_one(struct api_call *call)
{
	dns_records__single(call, NULL, dns_records__remove);
}

/* ---- many at once ---- */

/* One list of a batch. False after an answer. */
static bool dns_records__batch_list(struct api_call *call, const char *member, dns_records__verb verb, json_t *result)
{
	json_t *list = NULL, *body, *done = json_array();
	size_t i;

	json_object_set_new(result, member, done);
	if (!api_array(call, (struct api_member){ call->body, "", member, false }, STATE_RECORDS_MAX, &list))
		return false;
	json_array_foreach(list, i, body)
	{
		struct state_refusal why = { 0 };
		json_t *one = NULL;
		char at[64];
		enum err e;

		snprintf(at, sizeof at, "/%s/%zu", member, i);
		if (!json_is_object(body)) {
			api_fail(call, 400, 9999, at, "Each entry is an object.");
			return false;
		}
		e = verb(call, body, &one, &why);
		if (e == OK) {
			json_array_append_new(done, one);
			continue;
		}
		json_decref(one);
		state_refusal_within(&why, at);
		if (e == ERR_NOT_FOUND)
			api_fail(call, 404, DNS_RECORDS__NOT_FOUND, at, "Record does not exist.");
		else if (e != ERR_CLOSED)
			(void)api_dns_records_failed(call, e, &why);
		return false;
	}
	return true;
}

/* Deletes, patches, puts, posts, in this order; all or nothing, also on the edges: one plan item carries them. */
static void dns_records__batch(struct api_call *call)
{
	static const struct {
		const char *member;
		dns_records__verb verb;
	} steps[] = {
		{ "deletes", dns_records__remove },
		{ "patches", dns_records__patch },
		{ "puts", dns_records__put },
		{ "posts", dns_records__create },
	};
	json_t *body = api_object(call), *result;
	struct state_refusal why = { 0 };

	if (!body)
		return;
	result = json_object();
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		if (!dns_records__batch_list(call, steps[i].member, steps[i].verb, result)) {
			json_decref(result);
			return;
		}
	}
	if (api_dns_records_failed(call, state_record_quota(call->state, call->zone.id, &why), &why))
		json_decref(result);
	else
		api_ok(call, result);
}

/* ---- what stands beside them ---- */

static void dns_records__usage(struct api_call *call)
{
	int64_t n = state_record_count(call->state, call->zone.id);

	if (n < 0)
		api_fail_store(call, ERR_SYSTEM);
	else
		api_ok(call, json_pack("{s:I, s:I}", "record_quota", (json_int_t)STATE_RECORDS_MAX, "record_usage",
				       (json_int_t)n));
}

/* Guessing names at the old provider finds some and misses others; a transfer or an export has all. */
static void dns_records__scan(struct api_call *call)
{
	api_fail(call, 400, 1004, NULL,
		 "This edge does not guess records at another provider. Export the zone there and send the file to "
		 "dns_records/import.");
}

const struct api_route *api_dns_records_routes(void)
{
	static const struct api_route routes[] = {
		{ METHOD_GET, "zones/:zone/dns_records", dns_records__get_all, STATE_RIGHT_DNS_READ, 0 },
		{ METHOD_POST, "zones/:zone/dns_records", dns_records__post_one, STATE_RIGHT_DNS_WRITE, API_WRITE },
		{ METHOD_POST, "zones/:zone/dns_records/batch", dns_records__batch, STATE_RIGHT_DNS_WRITE, API_WRITE },
		{ METHOD_GET, "zones/:zone/dns_settings", api_dns_settings_get, STATE_RIGHT_DNS_READ, 0 },
		{ METHOD_PATCH, "zones/:zone/dns_settings", api_dns_settings_patch, STATE_RIGHT_DNS_WRITE, API_WRITE },
		{ METHOD_GET, "zones/:zone/dns_records/usage", dns_records__usage, STATE_RIGHT_DNS_READ, 0 },
		{ METHOD_GET, "zones/:zone/dns_records/export", api_dns_files_export, STATE_RIGHT_DNS_READ, 0 },
		{ METHOD_POST, "zones/:zone/dns_records/import", api_dns_files_import, STATE_RIGHT_DNS_WRITE,
		  API_WRITE | API_RAW },
		{ METHOD_POST, "zones/:zone/dns_records/scan", dns_records__scan, STATE_RIGHT_DNS_WRITE, 0 },
		{ METHOD_POST, "zones/:zone/dns_records/scan/trigger", dns_records__scan, STATE_RIGHT_DNS_WRITE, 0 },
		{ METHOD_GET, "zones/:zone/dns_records/scan/review", dns_records__scan, STATE_RIGHT_DNS_READ, 0 },
		{ METHOD_POST, "zones/:zone/dns_records/scan/review", dns_records__scan, STATE_RIGHT_DNS_WRITE, 0 },
		{ METHOD_GET, "zones/:zone/dns_records/:record", dns_records__get, STATE_RIGHT_DNS_READ, 0 },
		{ METHOD_PATCH, "zones/:zone/dns_records/:record", dns_records__patch_one, STATE_RIGHT_DNS_WRITE,
		  API_WRITE },
		{ METHOD_PUT, "zones/:zone/dns_records/:record", dns_records__put_one, STATE_RIGHT_DNS_WRITE,
		  API_WRITE },
		{ METHOD_DELETE, "zones/:zone/dns_records/:record", dns_records__delete_one, STATE_RIGHT_DNS_WRITE,
		  API_WRITE },
		{ 0 },
	};

	return routes;
}
