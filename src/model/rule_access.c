/* SPDX-License-Identifier: Apache-2.0 */
/* rule_access: address rules, lockdowns, agent rules and named lists of a zone, see rule_read.h. */
#include "base/check.h"
#include "base/text.h"
#include "model/rule_read.h"

enum { RULE_ACCESS__URL_MAX = 1024, RULE_ACCESS__URLS_MAX = 10 };

/* The array of a member; n is bounded by the limit. */
static enum err rule_access__array(struct rule_read *b, const json_t *item, const char *member, const json_t **ret,
				   size_t *ret_n)
{
	*ret = json_object_get(item, member);
	*ret_n = json_array_size(*ret);
	if (*ret_n > b->limits->zone_list_items_max)
		return json_read_fail(b->r, "holds %zu elements, at most %llu (limit zone_list_items_max)", *ret_n,
				      (unsigned long long)b->limits->zone_list_items_max);
	return OK;
}

/* An address, network or range at the reader's path into the set. */
static enum err rule_access__address(struct rule_read *b, struct slice text, struct expr_set *set)
{
	struct slice shown = slice_first(text, 80);

	return expr_set_add_ip_text(set, text) == OK
		       ? OK
		       : json_read_fail(b->r, "\"%.*s\" is not an address or a network", SLICE_ARG(shown));
}

/* ---- named lists */

static enum err rule_access__list_item(struct rule_read *b, const json_t *v, struct expr_set *set)
{
	enum expr_type type = expr_set_type(set);

	if (type == EXPR_INT) {
		if (!json_is_integer(v))
			return json_read_fail(b->r, "must be a number");
		expr_set_add_ints(set, json_integer_value(v), json_integer_value(v));
		return OK;
	}
	if (!json_is_string(v))
		return json_read_fail(b->r, "must be a string");
	if (type == EXPR_IP)
		return rule_access__address(b, json_read_string(v), set);
	expr_set_add_text(set, json_read_string(v));
	return OK;
}

static enum err rule_access__list(struct rule_read *b, const char *name, const json_t *v)
{
	static const struct json_read_member members[] = { { "kind", JSON_READ_STRING, true },
							   { "items", JSON_READ_ARRAY, true },
							   { NULL, JSON_READ_OBJECT, false } };
	static const char *const kinds[] = { "ip", "hostname", "asn", NULL };
	static const enum expr_type types[] = { EXPR_IP, EXPR_BYTES, EXPR_INT };
	const json_t *items;
	int kind = 0;
	size_t n;

	TRY(json_read_object(b->r, v, members));
	TRY(json_read_choice(b->r, v, "kind", kinds, &kind));
	struct expr_set *set = expr_set_new(types[kind]);
	map_put(&b->book->lists, rule_read_keep(b, slice_str(name)), set);
	size_t mark = json_read_in(b->r, "items");
	TRY(rule_access__array(b, v, "items", &items, &n));
	for (size_t i = 0; i < n; i++) {
		size_t element = json_read_in_index(b->r, i);
		TRY(rule_access__list_item(b, json_array_get(items, i), set));
		json_read_out(b->r, element);
	}
	expr_set_seal(set);
	json_read_out(b->r, mark);
	return OK;
}

enum err rule_read_lists(struct rule_read *b, const json_t *item)
{
	json_t *v, *lists = json_object_get(item, "lists");
	size_t outer = json_read_in(b->r, "lists");
	const char *name;

	if (lists) {
		map_init(&b->book->lists);
		b->book->has_lists = true;
	}
	json_object_foreach(lists, name, v)
	{
		size_t mark = json_read_in(b->r, name);
		TRY(rule_access__list(b, name, v));
		json_read_out(b->r, mark);
	}
	json_read_out(b->r, outer);
	return OK;
}

/* ---- address rules */

static const struct json_read_member rule_access__configuration[] = {
	{ "target", JSON_READ_STRING, true },
	{ "value", JSON_READ_STRING, true },
	{ NULL, JSON_READ_STRING, false },
};

/* {"target": "ip" …, "value": …} with an address. */
static enum err rule_access__target(struct rule_read *b, const json_t *configuration, struct expr_set *set)
{
	static const char *const targets[] = { "ip", "ip6", "ip_range", NULL };
	struct slice target = json_read_string(json_object_get(configuration, "target"));
	int which = 0;

	TRY(json_read_object(b->r, configuration, rule_access__configuration));
	if (slice_eq(target, SLICE("country")) || slice_eq(target, SLICE("asn"))) {
		json_read_in(b->r, "target");
		return json_read_fail(b->r, "\"%.*s\" cannot be told: there is no address database on this node",
				      SLICE_ARG(target));
	}
	TRY(json_read_choice(b->r, configuration, "target", targets, &which));
	size_t mark = json_read_in(b->r, "value");
	TRY(rule_access__address(b, json_read_string(json_object_get(configuration, "value")), set));
	json_read_out(b->r, mark);
	return OK;
}

/* "whitelist" is RULE_SKIP. */
static enum err rule_access__mode(struct rule_read *b, const json_t *v, uint8_t *ret_action)
{
	struct slice mode = json_read_string(json_object_get(v, "mode"));

	*ret_action = RULE_SKIP;
	if (slice_eq(mode, SLICE("whitelist")))
		return OK;
	for (unsigned a = 0; a < RULE_REFUSALS; a++) {
		if (!slice_eq(mode, rule_action_name((enum rule_action)a)))
			continue;
		*ret_action = (uint8_t)a;
		return OK;
	}
	json_read_in(b->r, "mode");
	return json_read_fail(b->r,
			      "\"%.*s\" is no mode; there are block, challenge, js_challenge, managed_challenge and "
			      "whitelist",
			      SLICE_ARG(slice_first(mode, 40)));
}

static enum err rule_access__rule(struct rule_read *b, const json_t *v, struct rule_access *ret)
{
	static const struct json_read_member members[] = { { "id", JSON_READ_STRING, false },
							   { "mode", JSON_READ_STRING, true },
							   { "configuration", JSON_READ_OBJECT, true },
							   { "notes", JSON_READ_STRING, false },
							   { NULL, JSON_READ_OBJECT, false } };
	const json_t *configuration = json_object_get(v, "configuration");

	ret->set = expr_set_new(EXPR_IP);
	TRY(json_read_object(b->r, v, members));
	ret->id = rule_read_keep(b, json_read_string(json_object_get(v, "id")));
	TRY(rule_access__mode(b, v, &ret->action));
	size_t mark = json_read_in(b->r, "configuration");
	TRY(rule_access__target(b, configuration, ret->set));
	/* And into the set that decides. */
	struct expr_set **all = ret->action == RULE_SKIP ? &b->book->allow : &b->book->refuse[ret->action];
	if (!*all)
		*all = expr_set_new(EXPR_IP);
	TRY(rule_access__target(b, configuration, *all));
	expr_set_seal(ret->set);
	json_read_out(b->r, mark);
	return OK;
}

static enum err rule_access__rules(struct rule_read *b, const json_t *item)
{
	size_t mark = json_read_in(b->r, "access_rules"), n;
	const json_t *rules;

	TRY(rule_access__array(b, item, "access_rules", &rules, &n));
	b->book->access = rule_read_alloc(b, n, sizeof *b->book->access);
	for (size_t i = 0; i < n; i++) {
		size_t element = json_read_in_index(b->r, i);
		TRY(rule_access__rule(b, json_array_get(rules, i), &b->book->access[b->book->access_n++]));
		json_read_out(b->r, element);
	}
	if (b->book->allow)
		expr_set_seal(b->book->allow);
	for (size_t i = 0; i < RULE_REFUSALS; i++)
		if (b->book->refuse[i])
			expr_set_seal(b->book->refuse[i]);
	json_read_out(b->r, mark);
	return OK;
}

/* ---- lockdowns */

/* "example.com/admin*" as a condition on host and path. */
static enum err rule_access__url(struct rule_read *b, const json_t *v, struct expr **ret)
{
	struct slice url = json_read_string(v);
	char mem[RULE_ACCESS__URL_MAX * 2 + 128];
	struct text t = text_of(mem, sizeof mem);

	if (!json_is_string(v) || url.n == 0 || url.n > RULE_ACCESS__URL_MAX)
		return json_read_fail(b->r, "must be a text of 1 to %d bytes", RULE_ACCESS__URL_MAX);
	if (slice_starts_nocase(url, SLICE("http://")) || slice_starts_nocase(url, SLICE("https://")))
		return json_read_fail(b->r, "is written without http:// or https://");
	text_add(&t, SLICE("concat(http.host, http.request.uri.path) wildcard \""));
	for (size_t i = 0; i < url.n; i++) {
		if (url.p[i] == '"' || url.p[i] == '\\')
			return json_read_fail(b->r, "holds a quote or a backslash");
		/* Two stars say what one does. */
		if (!(url.p[i] == '*' && i + 1 < url.n && url.p[i + 1] == '*'))
			text_byte(&t, url.p[i]);
	}
	/* A host alone is its front page and all below. */
	text_add(&t, slice_find(url, '/') == SIZE_MAX ? SLICE("/*\"") : SLICE("\""));
	return rule_read_expr(b, text_slice(&t), EXPR_WANT_BOOL, ret);
}

static enum err rule_access__lockdown_urls(struct rule_read *b, const json_t *v, struct rule_lockdown *ret)
{
	const json_t *urls = json_object_get(v, "urls");
	size_t mark = json_read_in(b->r, "urls"), n = json_array_size(urls);

	if (n == 0 || n > RULE_ACCESS__URLS_MAX)
		return json_read_fail(b->r, "holds %zu URLs; 1 to %d are needed", n, RULE_ACCESS__URLS_MAX);
	ret->urls = rule_read_alloc(b, n, sizeof(struct expr *));
	for (size_t i = 0; i < n; i++) {
		size_t element = json_read_in_index(b->r, i);
		TRY(rule_access__url(b, json_array_get(urls, i), &ret->urls[ret->urls_n]));
		ret->urls_n++;
		json_read_out(b->r, element);
	}
	json_read_out(b->r, mark);
	return OK;
}

static enum err rule_access__lockdown(struct rule_read *b, const json_t *v, struct rule_lockdown *ret)
{
	static const struct json_read_member members[] = { { "id", JSON_READ_STRING, false },
							   { "urls", JSON_READ_ARRAY, true },
							   { "configurations", JSON_READ_ARRAY, true },
							   { "description", JSON_READ_STRING, false },
							   { "paused", JSON_READ_BOOL, false },
							   { "priority", JSON_READ_INT, false },
							   { NULL, JSON_READ_OBJECT, false } };
	const json_t *list;
	size_t n;

	ret->allowed = expr_set_new(EXPR_IP);
	TRY(json_read_object(b->r, v, members));
	ret->id = rule_read_keep(b, json_read_string(json_object_get(v, "id")));
	TRY(rule_access__lockdown_urls(b, v, ret));
	size_t mark = json_read_in(b->r, "configurations");
	TRY(rule_access__array(b, v, "configurations", &list, &n));
	for (size_t i = 0; i < n; i++) {
		size_t element = json_read_in_index(b->r, i);
		TRY(rule_access__target(b, json_array_get(list, i), ret->allowed));
		json_read_out(b->r, element);
	}
	expr_set_seal(ret->allowed);
	json_read_out(b->r, mark);
	return OK;
}

static void rule_access__release(struct rule_lockdown *l)
{
	for (size_t k = 0; k < l->urls_n; k++)
		expr_free(l->urls[k]);
	expr_set_free(l->allowed);
	memset(l, 0, sizeof *l);
}

static enum err rule_access__lockdowns(struct rule_read *b, const json_t *item)
{
	size_t mark = json_read_in(b->r, "lockdowns"), n;
	const json_t *list;

	b->phase = RULE_PHASE_CUSTOM; /* what its expressions may ask for */
	TRY(rule_access__array(b, item, "lockdowns", &list, &n));
	b->book->lockdowns = rule_read_alloc(b, n, sizeof *b->book->lockdowns);
	for (size_t i = 0; i < n; i++) {
		const json_t *v = json_array_get(list, i);
		size_t element = json_read_in_index(b->r, i);
		TRY(rule_access__lockdown(b, v, &b->book->lockdowns[b->book->lockdowns_n++]));
		if (json_read_bool(v, "paused", false))
			rule_access__release(&b->book->lockdowns[--b->book->lockdowns_n]);
		json_read_out(b->r, element);
	}
	json_read_out(b->r, mark);
	return OK;
}

/* ---- agents */

static enum err rule_access__agent(struct rule_read *b, const json_t *v)
{
	static const struct json_read_member members[] = {
		{ "id", JSON_READ_STRING, false },           { "mode", JSON_READ_STRING, true },
		{ "configuration", JSON_READ_OBJECT, true }, { "description", JSON_READ_STRING, false },
		{ "paused", JSON_READ_BOOL, false },         { NULL, JSON_READ_OBJECT, false }
	};
	const json_t *configuration = json_object_get(v, "configuration");
	uint8_t action;

	TRY(json_read_object(b->r, v, members));
	TRY(rule_access__mode(b, v, &action));
	if (action == RULE_SKIP) {
		json_read_in(b->r, "mode");
		return json_read_fail(b->r, "\"whitelist\" is not a mode of agent rules; block and challenges are");
	}
	size_t mark = json_read_in(b->r, "configuration");
	TRY(json_read_object(b->r, configuration, rule_access__configuration));
	if (!slice_eq(json_read_string(json_object_get(configuration, "target")), SLICE("ua"))) {
		json_read_in(b->r, "target");
		return json_read_fail(b->r, "must be \"ua\"");
	}
	if (!json_read_bool(v, "paused", false)) {
		struct expr_set **set = &b->book->agents[action];
		if (!*set)
			*set = expr_set_new(EXPR_BYTES);
		expr_set_add_text(*set, json_read_string(json_object_get(configuration, "value")));
	}
	json_read_out(b->r, mark);
	return OK;
}

static enum err rule_access__agents(struct rule_read *b, const json_t *item)
{
	size_t mark = json_read_in(b->r, "ua_rules"), n;
	const json_t *list;

	TRY(rule_access__array(b, item, "ua_rules", &list, &n));
	for (size_t i = 0; i < n; i++) {
		size_t element = json_read_in_index(b->r, i);
		TRY(rule_access__agent(b, json_array_get(list, i)));
		json_read_out(b->r, element);
	}
	for (size_t i = 0; i < RULE_REFUSALS; i++)
		if (b->book->agents[i])
			expr_set_seal(b->book->agents[i]);
	json_read_out(b->r, mark);
	return OK;
}

enum err rule_read_access(struct rule_read *b, const json_t *item)
{
	TRY(rule_access__rules(b, item));
	TRY(rule_access__lockdowns(b, item));
	return rule_access__agents(b, item);
}
