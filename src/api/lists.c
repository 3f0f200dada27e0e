/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lists: named lists of the account and their items, for `in $name` in expressions. Changes of items are operations
 * with an id, as clients expect; here an operation is done, and live, when it is answered.
 */
#include "state/list.h"

#include "api/api_int.h"
#include "api/routes.h"
#include "model/rule_read.h"

#include <stdio.h>

enum {
	LISTS__NOT_FOUND = 10001,
	LISTS__INVALID = 10002,
	LISTS__EXISTS = 10009,
	LISTS__NAME_MAX = 50,
	LISTS__PER_PAGE = 100,
	LISTS__PER_PAGE_MAX = 500,
	LISTS__POINTER = 96,
	LISTS__AUDIT_MAX = 100
};

static const char lists__noun[] = "list";

static const char *lists__param(struct api_call *call, const char *name)
{
	struct slice s = api_param(call, name);
	char *text = arena_zalloc(&call->arena, s.n + 1);

	if (text)
		slice_cstr(s, text, s.n + 1);
	return text ? text : "";
}

static void lists__failed(struct api_call *call, enum err e)
{
	if (e == ERR_NOT_FOUND)
		api_fail(call, 404, LISTS__NOT_FOUND, NULL, "could not find list");
	else if (e == ERR_EXISTS)
		api_fail(call, 400, LISTS__EXISTS, "/name", "a list with this name already exists");
	else
		api_fail_store(call, e);
}

/* The list of the path; NULL after api_fail. The caller's reference. */
static json_t *lists__of_path(struct api_call *call)
{
	json_t *v = NULL;
	enum err e = state_list_get(call->state, lists__param(call, "account"), lists__param(call, "list"), &v);

	if (e != OK)
		lists__failed(call, e);
	return e == OK ? v : NULL;
}

/* ---- lists */

static void lists_all(struct api_call *call)
{
	json_t *v;
	enum err e = state_list_all(call->state, lists__param(call, "account"), &v);

	if (e == OK)
		api_ok(call, v);
	else
		api_fail_store(call, e);
}

static void lists_get(struct api_call *call)
{
	json_t *v = lists__of_path(call);

	if (v)
		api_ok(call, v);
}

static bool lists__is_name(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!(s.p[i] >= 'a' && s.p[i] <= 'z') && !slice_is_digit(s.p[i]) && s.p[i] != '_')
			return false;
	return s.n > 0 && s.n <= LISTS__NAME_MAX;
}

static void lists_create(struct api_call *call)
{
	const json_t *body = api_object(call);
	const char *name = NULL, *kind = NULL, *description = "";
	json_t *made = NULL, *list;

	if (!body || !api_string(call, (struct api_member){ body, "", "kind", true }, 40, &kind) ||
	    !api_string(call, (struct api_member){ body, "", "name", true }, 200, &name) ||
	    !api_string(call, (struct api_member){ body, "", "description", false }, 500, &description))
		return;
	if (!lists__is_name(slice_str(name))) {
		api_fail(call, 400, LISTS__INVALID, "/name", "A name has 1 to %d of a to z, 0 to 9 and _",
			 LISTS__NAME_MAX);
		return;
	}
	if (!slice_eq(slice_str(kind), SLICE("ip")) && !slice_eq(slice_str(kind), SLICE("hostname"))) {
		api_fail(call, 400, LISTS__INVALID, "/kind",
			 "Lists of kind ip and hostname are available; nothing here looks into others");
		return;
	}
	list = json_pack("{s:s, s:s, s:s}", "name", name, "kind", kind, "description", description);
	enum err e = state_list_make(call->state, lists__param(call, "account"), list, &made);
	json_decref(list);
	if (e != OK)
		lists__failed(call, e);
	else if (api_audit(call, "create", lists__noun, json_string_value(json_object_get(made, "id")), NULL, made))
		api_ok(call, json_incref(made));
	json_decref(made);
}

static void lists_put(struct api_call *call)
{
	json_t *before = lists__of_path(call), *after = NULL;
	const json_t *body = before ? api_object(call) : NULL;
	const char *description = "", *id = json_string_value(json_object_get(before, "id"));

	if (body && api_string(call, (struct api_member){ body, "", "description", true }, 500, &description)) {
		enum err e = state_list_describe(call->state, id, description);
		if (e == OK)
			e = state_list_get(call->state, lists__param(call, "account"), id, &after);
		if (e != OK)
			lists__failed(call, e);
		else if (api_audit(call, "update", lists__noun, id, before, after))
			api_ok(call, json_incref(after));
	}
	json_decref(after);
	json_decref(before);
}

static void lists_delete(struct api_call *call)
{
	json_t *before = lists__of_path(call);
	const char *id = json_string_value(json_object_get(before, "id"));
	json_int_t users = json_integer_value(json_object_get(before, "num_referencing_filters"));

	if (!before)
		return;
	if (users) {
		api_fail(call, 400, LISTS__INVALID, NULL, "list is used by rules of %lld rulesets; change those first",
			 (long long)users);
	} else {
		enum err e = state_list_delete(call->state, id);
		if (e != OK)
			lists__failed(call, e);
		else if (api_audit(call, "delete", lists__noun, id, before, NULL))
			api_ok(call, json_pack("{s:s}", "id", id));
	}
	json_decref(before);
}

/* ---- items */

/* The items of the list of the path; NULL after api_fail. */
static json_t *lists__items(struct api_call *call, const json_t *list)
{
	json_t *items = NULL;
	enum err e = state_list_items(call->state, json_string_value(json_object_get(list, "id")), &items);

	if (e != OK)
		lists__failed(call, e);
	return e == OK ? items : NULL;
}

/* cursor: where the next page begins, as a number in text. */
static void lists_items(struct api_call *call)
{
	json_t *list = lists__of_path(call), *items = list ? lists__items(call, list) : NULL, *page;
	const char *cursor = api_query(call, "cursor"), *size = api_query(call, "per_page");
	uint64_t from = 0, n = LISTS__PER_PAGE;
	char next[24];

	if (items && ((cursor && !slice_u64(slice_str(cursor), &from)) ||
		      (size && (!slice_u64(slice_str(size), &n) || n == 0)))) {
		api_fail(call, 400, LISTS__INVALID, NULL,
			 "cursor is one that a page gave, per_page a number from 1 to %d", LISTS__PER_PAGE_MAX);
	} else if (items) {
		n = n < LISTS__PER_PAGE_MAX ? n : LISTS__PER_PAGE_MAX;
		page = json_array();
		for (uint64_t i = from; i < json_array_size(items) && json_array_size(page) < n; i++)
			json_array_append(page, json_array_get(items, i));
		if (from + json_array_size(page) < json_array_size(items)) {
			snprintf(next, sizeof next, "%llu", (unsigned long long)(from + json_array_size(page)));
			api_info(call, "cursors", json_pack("{s:s}", "after", next));
		}
		api_ok(call, page);
	}
	json_decref(items);
	json_decref(list);
}

static void lists_item(struct api_call *call)
{
	json_t *list = lists__of_path(call), *items = list ? lists__items(call, list) : NULL;
	const char *id = lists__param(call, "item");
	json_t *found = NULL;

	for (size_t i = 0; i < json_array_size(items) && !found; i++)
		if (slice_eq(slice_str(json_string_value(json_object_get(json_array_get(items, i), "id"))),
			     slice_str(id)))
			found = json_array_get(items, i);
	if (found)
		api_ok(call, json_incref(found));
	else if (items)
		api_fail(call, 404, LISTS__NOT_FOUND, NULL, "could not find item");
	json_decref(items);
	json_decref(list);
}

/* What an item stands for; two with the same are one. */
static const json_t *lists__value(const json_t *item)
{
	const json_t *host = json_object_get(item, "hostname");

	return host ? json_object_get(host, "url_hostname") : json_object_get(item, "ip");
}

/* A member of item i is not what it must be. */
static void lists__bad_item(struct api_call *call, bool ip, size_t i, const char *text)
{
	char pointer[LISTS__POINTER];

	snprintf(pointer, sizeof pointer, ip ? "/%zu/ip" : "/%zu/hostname/url_hostname", i);
	api_fail(call, 400, LISTS__INVALID, pointer, "%s", text);
}

/* The number in "lists.list.items[N]". */
static size_t lists__index(const char *where)
{
	struct slice s = slice_str(where);
	size_t open = slice_rfind(s, '[');
	uint64_t n = 0;

	s = slice_from(s, open == SIZE_MAX ? s.n : open + 1);
	return slice_u64(slice_first(s, slice_find(s, ']')), &n) ? (size_t)n : 0;
}

/* Whether the items of the body could go into a list of the kind, all at once. False after api_fail. */
static bool lists__check(struct api_call *call, const char *kind)
{
	bool ip = slice_eq(slice_str(kind), SLICE("ip")), good = true;
	json_t *values = json_array(), *none = json_array(), *lists;
	struct diag d;

	for (size_t i = 0; good && i < json_array_size(call->body); i++) {
		const json_t *item = json_array_get(call->body, i);
		json_t *value = ip ? json_object_get(item, "ip")
				   : json_object_get(json_object_get(item, "hostname"), "url_hostname");
		good = json_is_string(value);
		if (good)
			json_array_append(values, value);
		else
			lists__bad_item(call, ip, i,
					ip ? "An item of this list is {\"ip\": an address or network}"
					   : "An item of this list is {\"hostname\": {\"url_hostname\": a name}}");
	}
	lists = json_pack("{s:{s:s, s:O}}", "list", "kind", kind, "items", values);
	diag_init(&d);
	if (good &&
	    rule_read_check(none, SLICE("http_request_firewall_custom"), lists, &call->node->limits, &d) != OK) {
		lists__bad_item(call, ip, lists__index(d.where), d.text);
		good = false;
	}
	json_decref(lists);
	json_decref(none);
	json_decref(values);
	return good;
}

static json_t *lists__new_item(struct api_call *call, const json_t *item)
{
	const char *member = json_object_get(item, "ip") ? "ip" : "hostname";
	char id[STATE_ID_BYTES];
	json_t *v = json_object();

	state_new_id(id);
	json_object_set_new(v, "id", json_string(id));
	json_object_set(v, member, json_object_get(item, member));
	if (json_is_string(json_object_get(item, "comment")))
		json_object_set(v, "comment", json_object_get(item, "comment"));
	json_object_set_new(v, "created_on", state_time(call->state->now_ms));
	json_object_set_new(v, "modified_on", state_time(call->state->now_ms));
	return v;
}

/* Puts the items of the body into items, each in the place of one with the same value. */
static void lists__put(struct api_call *call, json_t *items)
{
	json_t *places = json_object();

	for (size_t i = 0; i < json_array_size(items); i++)
		json_object_set_new(places, json_string_value(lists__value(json_array_get(items, i))),
				    json_integer((json_int_t)i));
	for (size_t i = 0; i < json_array_size(call->body); i++) {
		const json_t *item = json_array_get(call->body, i);
		const char *value = json_string_value(lists__value(item));
		const json_t *place = json_object_get(places, value);
		json_t *v = lists__new_item(call, item);
		if (place) {
			json_array_set_new(items, (size_t)json_integer_value(place), v);
			continue;
		}
		json_object_set_new(places, value, json_integer((json_int_t)json_array_size(items)));
		json_array_append_new(items, v);
	}
	json_decref(places);
}

/* Large lists would fill the log: of those it keeps how many items there are now. */
static bool lists__audit(struct api_call *call, const char *id, const json_t *items)
{
	json_t *after = json_array_size(items) <= LISTS__AUDIT_MAX
				? json_pack("{s:O}", "items", items)
				: json_pack("{s:I}", "num_items", (json_int_t)json_array_size(items));
	bool good = api_audit(call, "update", "list_items", id, NULL, after);

	json_decref(after);
	return good;
}

static void lists__keep(struct api_call *call, const json_t *list, const json_t *items)
{
	const char *id = json_string_value(json_object_get(list, "id"));
	char operation[STATE_ID_BYTES];
	enum err e = state_list_keep(call->state, id, items, operation);

	if (e != OK)
		api_fail_store(call, e);
	else if (lists__audit(call, id, items))
		api_ok(call, json_pack("{s:s}", "operation_id", operation));
}

/* Items of the body over those that are there (POST) or instead of them (PUT). */
static void lists__write(struct api_call *call, bool replace)
{
	json_t *list = lists__of_path(call), *items = list ? lists__items(call, list) : NULL;
	const char *kind = json_string_value(json_object_get(list, "kind"));
	bool good = items != NULL;

	if (good &&
	    (!json_is_array(call->body) || json_array_size(call->body) + (replace ? 0 : json_array_size(items)) >
						   call->node->limits.zone_list_items_max)) {
		api_fail(call, 400, LISTS__INVALID, "", "The body must be an array of items; a list holds at most %llu",
			 (unsigned long long)call->node->limits.zone_list_items_max);
		good = false;
	}
	if (good && replace)
		json_array_clear(items);
	if (good && lists__check(call, kind)) {
		lists__put(call, items);
		lists__keep(call, list, items);
	}
	json_decref(items);
	json_decref(list);
}

static void lists_items_post(struct api_call *call)
{
	lists__write(call, false);
}

static void lists_items_put(struct api_call *call)
{
	lists__write(call, true);
}

/* {"items": [{"id": …}]} */
static void lists_items_delete(struct api_call *call)
{
	json_t *list = lists__of_path(call), *items = list ? lists__items(call, list) : NULL, *out = NULL;
	const json_t *body = items ? api_object(call) : NULL;

	if (body && api_array(call, (struct api_member){ body, "", "items", true },
			      call->node->limits.zone_list_items_max, &out)) {
		json_t *gone = json_object(), *left = json_array();
		for (size_t i = 0; i < json_array_size(out); i++) {
			const char *id = json_string_value(json_object_get(json_array_get(out, i), "id"));
			json_object_set_new(gone, id ? id : "", json_true());
		}
		for (size_t i = 0; i < json_array_size(items); i++) {
			json_t *item = json_array_get(items, i);
			if (!json_object_get(gone, json_string_value(json_object_get(item, "id"))))
				json_array_append(left, item);
		}
		lists__keep(call, list, left);
		json_decref(left);
		json_decref(gone);
	}
	json_decref(items);
	json_decref(list);
}

static void lists_operation(struct api_call *call)
{
	const char *id = lists__param(call, "operation");
	int64_t ms = 0;
	enum err e = state_list_operation(call->state, id, &ms);

	if (e == OK)
		api_ok(call,
		       json_pack("{s:s, s:s, s:o}", "id", id, "status", "completed", "completed", state_time(ms)));
	else
		lists__failed(call, e);
}

const struct api_route *api_lists_routes(void)
{
	static const struct api_route routes[] = {
		{ METHOD_GET, "accounts/:account/rules/lists", lists_all, STATE_RIGHT_ACCOUNT_READ, 0 },
		{ METHOD_POST, "accounts/:account/rules/lists", lists_create, STATE_RIGHT_ACCOUNT_WRITE, API_WRITE },
		{ METHOD_GET, "accounts/:account/rules/lists/bulk_operations/:operation", lists_operation,
		  STATE_RIGHT_ACCOUNT_READ, 0 },
		{ METHOD_GET, "accounts/:account/rules/lists/:list", lists_get, STATE_RIGHT_ACCOUNT_READ, 0 },
		{ METHOD_PUT, "accounts/:account/rules/lists/:list", lists_put, STATE_RIGHT_ACCOUNT_WRITE, API_WRITE },
		{ METHOD_DELETE, "accounts/:account/rules/lists/:list", lists_delete, STATE_RIGHT_ACCOUNT_WRITE,
		  API_WRITE },
		{ METHOD_GET, "accounts/:account/rules/lists/:list/items", lists_items, STATE_RIGHT_ACCOUNT_READ, 0 },
		{ METHOD_POST, "accounts/:account/rules/lists/:list/items", lists_items_post, STATE_RIGHT_ACCOUNT_WRITE,
		  API_WRITE },
		{ METHOD_PUT, "accounts/:account/rules/lists/:list/items", lists_items_put, STATE_RIGHT_ACCOUNT_WRITE,
		  API_WRITE },
		{ METHOD_DELETE, "accounts/:account/rules/lists/:list/items", lists_items_delete,
		  STATE_RIGHT_ACCOUNT_WRITE, API_WRITE },
		{ METHOD_GET, "accounts/:account/rules/lists/:list/items/:item", lists_item, STATE_RIGHT_ACCOUNT_READ,
		  0 },
		{ 0 },
	};

	return routes;
}
