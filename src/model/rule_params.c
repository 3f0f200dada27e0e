/* SPDX-License-Identifier: Apache-2.0 */
/* rule_params: the action_parameters of rules, a function for each action, see rule_read.h. */
#include "base/check.h"
#include "model/rule_managed.h"
#include "model/rule_read.h"
#include "model/zone_cache.h"
#include "model/zone_settings.h"
#include "wire/uri.h"

enum { RULE_PARAMS__CONTENT_MAX = 65536, RULE_PARAMS__HEADERS_MAX = 128, RULE_PARAMS__URL_MAX = 8192 };

/* ---- values */

static const struct json_read_member rule_params__value_members[] = {
	{ "value", JSON_READ_STRING, false },
	{ "expression", JSON_READ_STRING, false },
	{ NULL, JSON_READ_STRING, false },
};

/* {"value": …} or {"expression": …}. */
static enum err rule_params__value(struct rule_read *b, const json_t *v, struct rule_value *ret)
{
	const json_t *value = json_object_get(v, "value"), *expression = json_object_get(v, "expression");

	if ((value != NULL) == (expression != NULL))
		return json_read_fail(b->r, "needs value or expression, one of the two");
	if (value) {
		ret->text = rule_read_keep(b, json_read_string(value));
		return OK;
	}
	size_t mark = json_read_in(b->r, "expression");
	TRY(rule_read_expr(b, json_read_string(expression), EXPR_WANT_TEXT, &ret->expr));
	json_read_out(b->r, mark);
	return OK;
}

/* Text that goes into a header line. */
static enum err rule_params__line(struct rule_read *b, const struct rule_value *v)
{
	if (v->expr || (field_is_value(v->text) && v->text.n <= RULE_PARAMS__URL_MAX))
		return OK;
	json_read_in(b->r, "value");
	return json_read_fail(b->r, "holds control bytes or is longer than %d bytes", RULE_PARAMS__URL_MAX);
}

static enum err rule_params__none(struct rule_read *b, const json_t *params)
{
	return json_object_size(params) ? json_read_fail(b->r, "this action has no parameters") : OK;
}

/* ---- redirect */

static enum err rule_params__redirect_to(struct rule_read *b, const json_t *from, struct rule_redirect *w)
{
	size_t mark = json_read_in(b->r, "target_url");
	const json_t *target = json_object_get(from, "target_url");

	TRY(json_read_object(b->r, target, rule_params__value_members));
	TRY(rule_params__value(b, target, &w->to));
	TRY(rule_params__line(b, &w->to));
	if (!w->to.expr && !slice_starts_nocase(w->to.text, SLICE("http://")) &&
	    !slice_starts_nocase(w->to.text, SLICE("https://")) && !slice_starts(w->to.text, SLICE("/")))
		return json_read_fail(b->r, "must begin with http://, https:// or /");
	json_read_out(b->r, mark);
	return OK;
}

static enum err rule_params__redirect(struct rule_read *b, const json_t *params, struct rule *rule)
{
	static const struct json_read_member outer[] = { { "from_value", JSON_READ_OBJECT, true },
							 { NULL, JSON_READ_OBJECT, false } };
	static const struct json_read_member members[] = { { "status_code", JSON_READ_INT, false },
							   { "target_url", JSON_READ_OBJECT, true },
							   { "preserve_query_string", JSON_READ_BOOL, false },
							   { NULL, JSON_READ_OBJECT, false } };
	static const int64_t range[2] = { 301, 308 };
	const json_t *from = json_object_get(params, "from_value");
	struct rule_redirect *w = rule_read_alloc(b, 1, sizeof *w);
	int64_t status = 302;

	rule->redirect = w;
	if (json_object_get(params, "from_list"))
		return json_read_fail(b->r, "lists of redirects are not available in this version; use from_value");
	TRY(json_read_object(b->r, params, outer));
	size_t mark = json_read_in(b->r, "from_value");
	TRY(json_read_object(b->r, from, members));
	TRY(json_read_int(b->r, from, "status_code", range, &status));
	if (status > 303 && status < 307) {
		json_read_in(b->r, "status_code");
		return json_read_fail(b->r, "must be 301, 302, 303, 307 or 308");
	}
	TRY(rule_params__redirect_to(b, from, w));
	json_read_out(b->r, mark);
	w->status = (uint16_t)status;
	w->keep_query = json_read_bool(from, "preserve_query_string", false);
	return OK;
}

/* ---- rewrite */

static enum err rule_params__uri(struct rule_read *b, const json_t *uri, struct rule_rewrite *w)
{
	static const struct json_read_member members[] = { { "path", JSON_READ_OBJECT, false },
							   { "query", JSON_READ_OBJECT, false },
							   { NULL, JSON_READ_OBJECT, false } };
	const json_t *path = json_object_get(uri, "path"), *query = json_object_get(uri, "query");
	size_t mark;

	TRY(json_read_object(b->r, uri, members));
	if (!path && !query)
		return json_read_fail(b->r, "needs path, query or both");
	if (path) {
		mark = json_read_in(b->r, "path");
		TRY(json_read_object(b->r, path, rule_params__value_members));
		w->has_path = true;
		TRY(rule_params__value(b, path, &w->path));
		if (!w->path.expr && !slice_starts(w->path.text, SLICE("/")))
			return json_read_fail(b->r, "must begin with /");
		json_read_out(b->r, mark);
	}
	if (query) {
		mark = json_read_in(b->r, "query");
		TRY(json_read_object(b->r, query, rule_params__value_members));
		w->has_query = true;
		TRY(rule_params__value(b, query, &w->query));
		json_read_out(b->r, mark);
	}
	return OK;
}

/*
 * Fields that say where the visitor comes from, how the message is framed, or which are the edge's own: no rule may
 * write them (as on the seed edge).
 */
static bool rule_params__is_reserved(struct slice name, enum field_id id, bool response)
{
	if (field_flags(id) & (F_HOP | F_SPOOF) || slice_starts_nocase(name, SLICE("cf-")) ||
	    slice_starts_nocase(name, SLICE("x-cf-")))
		return true;
	switch ((int)id) {
	case FIELD_CONTENT_LENGTH:
	case FIELD_TRAILER:
	case FIELD_CDN_LOOP:
		return true;
	case FIELD_HOST:
	case FIELD_X_FORWARDED_FOR:
		return !response;
	case FIELD_SERVER:
	case FIELD_DATE:
	case FIELD_AGE:
	case FIELD_CACHE_STATUS:
		return response;
	default:
		return false;
	}
}

static enum err rule_params__header(struct rule_read *b, const char *name, const json_t *v, struct rule_header *h)
{
	static const struct json_read_member members[] = { { "operation", JSON_READ_STRING, true },
							   { "value", JSON_READ_STRING, false },
							   { "expression", JSON_READ_STRING, false },
							   { NULL, JSON_READ_STRING, false } };
	static const char *const operations[] = {
		[RULE_HEADER_SET] = "set", [RULE_HEADER_ADD] = "add", [RULE_HEADER_REMOVE] = "remove", NULL
	};
	bool response = b->phase == RULE_PHASE_RESPONSE_HEADERS;
	int op = RULE_HEADER_SET;

	TRY(json_read_object(b->r, v, members));
	h->name = rule_read_keep(b, slice_str(name));
	h->id = (uint16_t)field_lookup(h->name);
	if (!field_is_token(h->name))
		return json_read_fail(b->r, "is not a name of a header field");
	if (rule_params__is_reserved(h->name, (enum field_id)h->id, response))
		return json_read_fail(b->r, "is a field that rules do not change%s",
				      h->id == FIELD_HOST ? "; use an origin rule with host_header" : "");
	TRY(json_read_choice(b->r, v, "operation", operations, &op));
	h->op = (uint8_t)op;
	if (op == RULE_HEADER_REMOVE) {
		if (json_object_size(v) != 1)
			return json_read_fail(b->r, "remove has neither value nor expression");
		return OK;
	}
	if (op == RULE_HEADER_ADD && !response)
		return json_read_fail(b->r, "fields of requests are set or removed, not added");
	TRY(rule_params__value(b, v, &h->value));
	return rule_params__line(b, &h->value);
}

static enum err rule_params__headers(struct rule_read *b, const json_t *headers, struct rule_rewrite *w)
{
	size_t n = json_object_size(headers);
	const char *name;
	json_t *v, *walk = json_object_get(headers, "") ? NULL : (json_t *)(uintptr_t)headers;

	if (!n || n > RULE_PARAMS__HEADERS_MAX || !walk)
		return json_read_fail(b->r, "holds %zu fields; 1 to %d with names are needed", n,
				      RULE_PARAMS__HEADERS_MAX);
	w->headers = rule_read_alloc(b, n, sizeof *w->headers);
	json_object_foreach(walk, name, v)
	{
		size_t mark = json_read_in(b->r, name);
		TRY(rule_params__header(b, name, v, &w->headers[w->headers_n++]));
		json_read_out(b->r, mark);
	}
	return OK;
}

static enum err rule_params__rewrite(struct rule_read *b, const json_t *params, struct rule *rule)
{
	static const struct json_read_member uri[] = { { "uri", JSON_READ_OBJECT, true },
						       { NULL, JSON_READ_OBJECT, false } };
	static const struct json_read_member headers[] = { { "headers", JSON_READ_OBJECT, true },
							   { NULL, JSON_READ_OBJECT, false } };
	bool is_uri = b->phase == RULE_PHASE_TRANSFORM;
	struct rule_rewrite *w = rule_read_alloc(b, 1, sizeof *w);

	rule->rewrite = w;
	TRY(json_read_object(b->r, params, is_uri ? uri : headers));
	size_t mark = json_read_in(b->r, is_uri ? "uri" : "headers");
	TRY(is_uri ? rule_params__uri(b, json_object_get(params, "uri"), w)
		   : rule_params__headers(b, json_object_get(params, "headers"), w));
	json_read_out(b->r, mark);
	return OK;
}

/* ---- route */

static enum err rule_params__origin_host(struct rule_read *b, const json_t *v, struct rule_route *w)
{
	struct slice s = json_read_string(v), shown = slice_first(s, 80);
	struct uri_host host;
	char canonical[256];

	if (uri_host_parse(s, &host) != OK || host.name.n != s.n || host.is_ip)
		return json_read_fail(b->r, "\"%.*s\" is not a host name", SLICE_ARG(shown));
	if (!b->zone)
		return OK;
	w->origin = zone_site(b->zone, uri_host_canonical(host.name, canonical));
	if (!w->origin)
		return json_read_fail(b->r,
				      "\"%.*s\" is not a proxied name of this zone; in this version another origin is "
				      "chosen by such a name",
				      SLICE_ARG(shown));
	return OK;
}

static enum err rule_params__route_origin(struct rule_read *b, const json_t *origin, struct rule_route *w)
{
	static const struct json_read_member members[] = { { "host", JSON_READ_STRING, false },
							   { "port", JSON_READ_INT, false },
							   { NULL, JSON_READ_OBJECT, false } };
	static const int64_t ports[2] = { 1, 65535 };
	int64_t port = 0;

	TRY(json_read_object(b->r, origin, members));
	if (json_object_size(origin) == 0)
		return json_read_fail(b->r, "needs host, port or both");
	TRY(json_read_int(b->r, origin, "port", ports, &port));
	w->port = (uint16_t)port;
	if (!json_object_get(origin, "host"))
		return OK;
	size_t mark = json_read_in(b->r, "host");
	TRY(rule_params__origin_host(b, json_object_get(origin, "host"), w));
	json_read_out(b->r, mark);
	return OK;
}

/* The name in the handshake with the origin, and of its certificate. */
static enum err rule_params__sni(struct rule_read *b, const json_t *sni, struct rule_route *w)
{
	static const struct json_read_member members[] = { { "value", JSON_READ_STRING, true },
							   { NULL, JSON_READ_OBJECT, false } };
	struct uri_host host;
	char canonical[256];

	if (!sni)
		return OK;
	size_t mark = json_read_in(b->r, "sni");
	TRY(json_read_object(b->r, sni, members));
	struct slice s = json_read_string(json_object_get(sni, "value"));
	json_read_in(b->r, "value");
	if (uri_host_parse(s, &host) != OK || host.name.n != s.n || host.is_ip)
		return json_read_fail(b->r, "\"%.*s\" is not a host name", SLICE_ARG(slice_first(s, 80)));
	w->sni = rule_read_keep(b, uri_host_canonical(host.name, canonical));
	json_read_out(b->r, mark);
	return OK;
}

static enum err rule_params__route(struct rule_read *b, const json_t *params, struct rule *rule)
{
	static const struct json_read_member members[] = { { "host_header", JSON_READ_STRING, false },
							   { "origin", JSON_READ_OBJECT, false },
							   { "sni", JSON_READ_OBJECT, false },
							   { NULL, JSON_READ_OBJECT, false } };
	const json_t *host = json_object_get(params, "host_header"), *sni = json_object_get(params, "sni"),
		     *origin = json_object_get(params, "origin");
	struct rule_route *w = rule_read_alloc(b, 1, sizeof *w);
	struct uri_host parsed;

	rule->route = w;
	TRY(json_read_object(b->r, params, members));
	if (!host && !origin && !sni)
		return json_read_fail(b->r, "needs host_header, origin or sni");
	TRY(rule_params__sni(b, sni, w));
	if (host) {
		size_t mark = json_read_in(b->r, "host_header");
		struct slice s = json_read_string(host);
		if (uri_host_parse(s, &parsed) != OK)
			return json_read_fail(b->r, "\"%.*s\" is not a host with an optional port",
					      SLICE_ARG(slice_first(s, 80)));
		w->host_header = rule_read_keep(b, s);
		json_read_out(b->r, mark);
	}
	if (origin) {
		size_t mark = json_read_in(b->r, "origin");
		TRY(rule_params__route_origin(b, origin, w));
		json_read_out(b->r, mark);
	}
	return OK;
}

/* ---- block, serve_error */

static enum err rule_params__answer(struct rule_read *b, const json_t *v, const int64_t range[static 2],
				    struct rule_answer *w)
{
	static const struct json_read_member members[] = { { "status_code", JSON_READ_INT, false },
							   { "content", JSON_READ_STRING, true },
							   { "content_type", JSON_READ_STRING, true },
							   { NULL, JSON_READ_OBJECT, false } };
	static const char *const types[] = { "text/html", "text/plain", "text/xml", "application/json", NULL };
	int64_t status = 0;
	int type = 0;

	TRY(json_read_object(b->r, v, members));
	TRY(json_read_int(b->r, v, "status_code", range, &status));
	TRY(json_read_choice(b->r, v, "content_type", types, &type));
	struct slice content = json_read_string(json_object_get(v, "content"));
	if (content.n > RULE_PARAMS__CONTENT_MAX) {
		json_read_in(b->r, "content");
		return json_read_fail(b->r, "is %zu bytes long, at most %d", content.n, RULE_PARAMS__CONTENT_MAX);
	}
	w->status = (uint16_t)status;
	w->content = rule_read_keep(b, content);
	w->content_type = slice_str(types[type]);
	return OK;
}

static enum err rule_params__block(struct rule_read *b, const json_t *params, struct rule *rule)
{
	static const struct json_read_member members[] = { { "response", JSON_READ_OBJECT, false },
							   { NULL, JSON_READ_OBJECT, false } };
	static const int64_t range[2] = { 400, 499 };
	const json_t *response = json_object_get(params, "response");

	if (params)
		TRY(json_read_object(b->r, params, members));
	if (!response)
		return OK;
	struct rule_answer *w = rule_read_alloc(b, 1, sizeof *w);
	rule->answer = w;
	size_t mark = json_read_in(b->r, "response");
	TRY(rule_params__answer(b, response, range, w));
	if (!w->status)
		w->status = b->phase == RULE_PHASE_RATE ? 429 : 403;
	json_read_out(b->r, mark);
	return OK;
}

static enum err rule_params__serve_error(struct rule_read *b, const json_t *params, struct rule *rule)
{
	static const int64_t range[2] = { 400, 599 };
	struct rule_answer *w = rule_read_alloc(b, 1, sizeof *w);

	rule->answer = w;
	return rule_params__answer(b, params, range, w);
}

/* ---- skip, set_config */

struct rule_params__word {
	const char *word;
	unsigned skips;
};

/* Each text of the array must be one of the words; their bits into *ret. */
static enum err rule_params__words(struct rule_read *b, const json_t *params, const char *member,
				   const struct rule_params__word *words, unsigned *ret)
{
	const json_t *list = json_object_get(params, member);
	size_t mark = json_read_in(b->r, member);

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));
		size_t element = json_read_in_index(b->r, i), k = 0;
		while (words[k].word && !(text && strcmp(words[k].word, text) == 0))
			k++;
		if (!words[k].word)
			return json_read_fail(b->r, "\"%.60s\" is not run in this version, so it cannot be skipped",
					      text ? text : "");
		*ret |= words[k].skips;
		json_read_out(b->r, element);
	}
	json_read_out(b->r, mark);
	return OK;
}

static enum err rule_params__skip(struct rule_read *b, const json_t *params, struct rule *rule)
{
	static const struct json_read_member members[] = {
		{ "ruleset", JSON_READ_STRING, false }, { "phase", JSON_READ_STRING, false },
		{ "products", JSON_READ_ARRAY, false }, { "phases", JSON_READ_ARRAY, false },
		{ "rulesets", JSON_READ_ARRAY, false }, { "rules", JSON_READ_OBJECT, false },
		{ NULL, JSON_READ_OBJECT, false }
	};
	static const char *const current[] = { "current", NULL };
	static const struct rule_params__word products[] = { { "zoneLockdown", RULE_SKIP_LOCKDOWN },
							     { "uaBlock", RULE_SKIP_AGENTS },
							     { "rateLimit", RULE_SKIP_RATE },
							     { "securityLevel", RULE_SKIP_LEVEL },
							     { "bic", RULE_SKIP_BROWSER },
							     { "waf", RULE_SKIP_MANAGED },
							     { NULL, 0 } };
	static const struct rule_params__word phases[] = { { "http_ratelimit", RULE_SKIP_RATE },
							   { "http_request_firewall_managed", RULE_SKIP_MANAGED },
							   { NULL, 0 } };
	int which = 0;

	TRY(json_read_object(b->r, params, members));
	TRY(json_read_choice(b->r, params, "ruleset", current, &which));
	TRY(json_read_choice(b->r, params, "phase", current, &which));
	if (json_object_get(params, "ruleset"))
		rule->skips |= RULE_SKIP_RULESET;
	if (json_object_get(params, "phase"))
		rule->skips |= RULE_SKIP_PHASE;
	TRY(rule_params__words(b, params, "products", products, &rule->skips));
	TRY(rule_params__words(b, params, "phases", phases, &rule->skips));
	bool managed = json_object_get(params, "rulesets") || json_object_get(params, "rules");
	if (managed && b->phase != RULE_PHASE_MANAGED)
		return json_read_fail(b->r, "rulesets and rules are skipped by rules of the phase "
					    "http_request_firewall_managed");
	if (managed)
		TRY(rule_managed_skip(b, params, rule));
	return rule->skips || managed ? OK
				      : json_read_fail(b->r, "skips nothing; say ruleset, phase, phases or products");
}

static enum err rule_params__config(struct rule_read *b, const json_t *params, struct rule *rule)
{
	static const struct json_read_member members[] = {
		{ "bic", JSON_READ_BOOL, false },
		{ "ssl", JSON_READ_STRING, false },
		{ "automatic_https_rewrites", JSON_READ_BOOL, false },
		{ "opportunistic_encryption", JSON_READ_BOOL, false },
		{ NULL, JSON_READ_BOOL, false },
	};
	struct rule_config *w = rule_read_alloc(b, 1, sizeof *w);
	int mode = 0;

	rule->config = w;
	TRY(json_read_object(b->r, params, members));
	TRY(zone_settings_ssl(b->r, params, &mode));
	w->ssl = (uint8_t)mode;
	w->bic = json_read_bool(params, "bic", false);
	w->rewrites = json_read_bool(params, "automatic_https_rewrites", false);
	w->opportunistic = json_read_bool(params, "opportunistic_encryption", false);
	w->members = (json_object_get(params, "bic") ? RULE_CONFIG_BIC : 0) |
		     (json_object_get(params, "ssl") ? RULE_CONFIG_SSL : 0) |
		     (json_object_get(params, "automatic_https_rewrites") ? RULE_CONFIG_REWRITES : 0) |
		     (json_object_get(params, "opportunistic_encryption") ? RULE_CONFIG_OPPORTUNISTIC : 0);
	b->book->sets_ssl = b->book->sets_ssl || (w->members & RULE_CONFIG_SSL);
	return w->members ? OK : json_read_fail(b->r, "sets nothing");
}

/* ---- cache settings */

static enum err rule_params__cache(struct rule_read *b, const json_t *params, struct rule *rule)
{
	static const struct rule_params__word members[] = { { "cache", RULE_CACHE_ELIGIBILITY },
							    { "edge_ttl", RULE_CACHE_EDGE_TTL },
							    { "browser_ttl", RULE_CACHE_BROWSER_TTL },
							    { "serve_stale", RULE_CACHE_STALE },
							    { "additional_cacheable_ports", RULE_CACHE_PORTS },
							    { "cache_key", RULE_CACHE_KEY },
							    { NULL, 0 } };
	struct rule_cache *w = rule_read_alloc(b, 1, sizeof *w);

	rule->cache = w;
	w->policy.stale_while_updating = true;
	TRY(zone_cache_read_rule(b->r, params, &w->policy));
	for (size_t i = 0; members[i].word; i++)
		if (json_object_get(params, members[i].word))
			w->members |= members[i].skips;
	return json_object_size(params) ? OK : json_read_fail(b->r, "sets nothing");
}

enum err rule_read_params(struct rule_read *b, const json_t *params, struct rule *rule)
{
	bool optional = rule->action <= RULE_MANAGED_CHALLENGE || rule->action == RULE_LOG;

	if (!params && !optional)
		return json_read_fail(b->r, "is missing");
	switch ((enum rule_action)rule->action) {
	case RULE_BLOCK:
		return rule_params__block(b, params, rule);
	case RULE_SKIP:
		return rule_params__skip(b, params, rule);
	case RULE_REDIRECT:
		return rule_params__redirect(b, params, rule);
	case RULE_REWRITE:
		return rule_params__rewrite(b, params, rule);
	case RULE_ROUTE:
		return rule_params__route(b, params, rule);
	case RULE_SET_CONFIG:
		return rule_params__config(b, params, rule);
	case RULE_CACHE:
		return rule_params__cache(b, params, rule);
	case RULE_SERVE_ERROR:
		return rule_params__serve_error(b, params, rule);
	case RULE_EXECUTE:
		return rule_managed_execute(b, params, rule);
	case RULE_CHALLENGE:
	case RULE_JS_CHALLENGE:
	case RULE_MANAGED_CHALLENGE:
	case RULE_LOG:
	case RULE_ACTION_COUNT:
		break;
	}
	return rule_params__none(b, params);
}
