/* SPDX-License-Identifier: Apache-2.0 */
/*
 * graphql: POST graphql, the part of Cloudflare's analytics that its clients ask for: requests of zones by minute, hour
 * and day, and what their firewalls found. A zone needs the right to read it. What Cloudflare has and is not counted
 * here is null, and named in extensions.not_kept; what nobody has is an error.
 */
#include "api/api_int.h"
#include "api/firewall_events.h"
#include "api/graphql_query.h"
#include "api/routes.h"
#include "base/mem.h"
#include "state/traffic.h"
#include "wire/rfc3339.h"

#include <stdio.h>

/* An answer is made in one turn of control: what it may look at is bounded, however often it is asked for. */
enum { GRAPHQL__LOOK_MAX = 300000, GRAPHQL__LOOK_EVENT = 3, GRAPHQL__LOOK_GROUP = 100, GRAPHQL__SLACK_S = 60 };
enum { GRAPHQL__ZONES_MAX = 100, GRAPHQL__ROWS = 100, GRAPHQL__ROWS_MAX = 3000, GRAPHQL__DAY_S = 86400 };

struct graphql {
	struct api_call *call;
	struct state_zone zone; /* at hand */
	json_t *errors, *not_kept;
	struct slice at; /* the field at hand, for errors */
	int64_t left;    /* rows that may still be looked at; an event counts as some */
};

/* ---- what goes wrong */

static void graphql__fail(struct graphql *g, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void graphql__fail(struct graphql *g, const char *fmt, ...)
{
	char text[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	json_t *e = json_pack("{s:s, s:n}", "message", text, "path");
	if (g->at.n)
		json_object_set_new(e, "path", json_pack("[s%]", g->at.p, g->at.n));
	json_array_append_new(g->errors, e);
}

static void graphql__set(json_t *object, const struct graphql_field *f, json_t *value)
{
	json_object_setn_new(object, f->alias.p, f->alias.n, value);
}

static bool graphql__one_of(const char *const *names, struct slice name)
{
	for (; *names; names++)
		if (slice_eq(slice_str(*names), name))
			return true;
	return false;
}

/* Null for what others count; an error for what nobody has. */
static void graphql__unknown(struct graphql *g, json_t *object, const struct graphql_field *f,
			     const char *const *elsewhere, const char *here)
{
	if (!graphql__one_of(elsewhere, f->name)) {
		g->at = f->name;
		graphql__fail(g, "unknown field \"%.*s\"; here are %s", SLICE_ARG(slice_first(f->name, 80)), here);
		return;
	}
	graphql__set(object, f, json_null());
	json_t *name = json_stringn(f->name.p, f->name.n), *each;
	size_t i;
	json_array_foreach(g->not_kept, i, each)
	{
		if (json_equal(each, name)) {
			json_decref(name);
			return;
		}
	}
	json_array_append_new(g->not_kept, name);
}

/* A field with members has to say which; others have none. False after an error. */
static bool graphql__shape(struct graphql *g, const struct graphql_field *f, bool members)
{
	g->at = f->name;
	if (members == (f->fields != NULL))
		return true;
	graphql__fail(g, "\"%.*s\" %s", SLICE_ARG(slice_first(f->name, 80)),
		      members ? "needs a selection: { … }" : "has no fields of its own");
	return false;
}

/* Counts what was looked at. False after an error: it is too much. */
static bool graphql__looked(struct graphql *g, int64_t n)
{
	g->left -= n;
	if (g->left >= 0)
		return true;
	if (json_array_size(g->errors) == 0)
		graphql__fail(g,
			      "this looks at too much for one query; ask for less time, fewer zones or fewer groups");
	return false;
}

/* ---- arguments: time, limit, order */

struct graphql__asked {
	int64_t from_s, until_s, limit; /* until is not in it */
	bool descending;
};

static bool graphql__seconds(struct graphql *g, const char *name, const json_t *v, bool date, int64_t *ret)
{
	char text[48];
	int64_t ms;

	snprintf(text, sizeof text, "%.30s%s", json_string_value(v) ? json_string_value(v) : "",
		 date ? "T00:00:00Z" : "");
	if (rfc3339_parse(slice_str(text), &ms) != OK) {
		graphql__fail(g, "filter: %.40s is a %s", name,
			      date ? "date like \"2026-12-31\"" : "time like \"2026-12-31T00:00:00Z\"");
		return false;
	}
	*ret = ms / 1000;
	return true;
}

/* The member of a filter as what it bounds. */
struct graphql__member {
	int64_t unit_s;              /* of the dimension */
	bool date, begin, end, past; /* bounds the begin, the end; past: what is given is not in it */
};

static bool graphql__member(const char *name, struct graphql__member *ret)
{
	static const struct {
		const char *name;
		int64_t unit_s;
	} bases[] = {
		{ "date", GRAPHQL__DAY_S }, { "datetime", 1 }, { "datetimeHour", 3600 }, { "datetimeMinute", 60 }
	};
	static const struct {
		const char *name;
		bool begin, end, past;
	} ways[] = { { "", true, true, false },
		     { "_geq", true, false, false },
		     { "_gt", true, false, true },
		     { "_leq", false, true, false },
		     { "_lt", false, true, true } };
	struct slice whole = slice_str(name), base = slice_first(whole, slice_find(whole, '_'));
	struct slice rest = slice_from(whole, base.n);
	size_t i = 0, k = 0;

	while (i < 4 && !slice_eq(base, slice_str(bases[i].name)))
		i++;
	while (k < 5 && !slice_eq(rest, slice_str(ways[k].name)))
		k++;
	if (i == 4 || k == 5)
		return false;
	*ret = (struct graphql__member){ bases[i].unit_s, i == 0, ways[k].begin, ways[k].end, ways[k].past };
	return true;
}

/* One bound of the time; false after an error. */
static bool graphql__bound(struct graphql *g, const char *name, const json_t *v, struct graphql__asked *a)
{
	struct graphql__member m;
	int64_t t;

	if (!graphql__member(name, &m)) {
		graphql__fail(g, "filter: \"%.40s\" is not understood; date or datetime, with _geq, _gt, _leq or _lt",
			      name);
		return false;
	}
	if (!graphql__seconds(g, name, v, m.date, &t))
		return false;
	int64_t from = m.past ? t + m.unit_s : t, until = m.past ? t : t + m.unit_s;
	if (m.begin && from > a->from_s)
		a->from_s = from;
	if (m.end && until < a->until_s)
		a->until_s = until;
	return true;
}

static bool graphql__order(struct graphql *g, const json_t *v, struct graphql__asked *a)
{
	static const char *const by[] = { "date", "datetime", "datetimeHour", "datetimeMinute", NULL };
	const json_t *one = json_is_array(v) ? json_array_get(v, 0) : v;
	struct slice text = slice_str(json_string_value(one) ? json_string_value(one) : "");
	size_t cut = slice_rfind(text, '_');
	struct slice how = cut == SIZE_MAX ? text : slice_from(text, cut);

	a->descending = slice_eq(how, SLICE("_DESC"));
	if (cut != SIZE_MAX && graphql__one_of(by, slice_first(text, cut)) && json_array_size(v) <= 1 &&
	    (a->descending || slice_eq(how, SLICE("_ASC"))))
		return true;
	graphql__fail(g, "orderBy: one of date, datetime, datetimeHour or datetimeMinute, with _ASC or _DESC");
	return false;
}

/* What a group or a list of events is asked for; false after an error. usual_s: how far back without a beginning. */
static bool graphql__asked(struct graphql *g, const struct graphql_field *f, int64_t usual_s, struct graphql__asked *a)
{
	const char *name, *inner;
	json_t *v, *bound;

	*a = (struct graphql__asked){ .from_s = INT64_MIN,
				      .until_s = g->call->state->now_ms / 1000 + 1,
				      .limit = GRAPHQL__ROWS };
	g->at = f->name;
	json_object_foreach(f->args, name, v)
	{
		if (strcmp(name, "limit") == 0) {
			a->limit = json_is_integer(v) ? json_integer_value(v) : 0;
		} else if (strcmp(name, "orderBy") == 0) {
			if (!graphql__order(g, v, a))
				return false;
		} else if (strcmp(name, "filter") == 0 && json_is_object(v)) {
			json_object_foreach(v, inner, bound)
			{
				if (!graphql__bound(g, inner, bound, a))
					return false;
			}
		} else {
			graphql__fail(g, "argument \"%.40s\" is not understood; filter: {…}, limit and orderBy are",
				      name);
			return false;
		}
	}
	if (a->from_s == INT64_MIN)
		a->from_s = a->until_s - usual_s;
	if (a->limit >= 1 && a->limit <= GRAPHQL__ROWS_MAX)
		return true;
	graphql__fail(g, "limit: a number from 1 to %d", GRAPHQL__ROWS_MAX);
	return false;
}

/* The limit's rows, in the order that is asked for. Takes the list's reference. */
static json_t *graphql__cut(json_t *rows, const struct graphql__asked *a)
{
	size_t n = json_array_size(rows), most = (size_t)a->limit < n ? (size_t)a->limit : n;
	json_t *cut = json_array();

	for (size_t i = 0; i < most; i++)
		json_array_append(cut, json_array_get(rows, a->descending ? n - 1 - i : i));
	json_decref(rows);
	return cut;
}

/* ---- requests */

static const char *const graphql__uncounted[] = { "pageViews",
						  "encryptedBytes",
						  "encryptedRequests",
						  "browserMap",
						  "contentTypeMap",
						  "countryMap",
						  "clientSSLMap",
						  "clientHTTPVersionMap",
						  "ipClassMap",
						  "threatPathingMap",
						  "responseStatusMap",
						  "uniq",
						  "visits",
						  NULL };

struct graphql__rows {
	struct graphql *g;
	const struct graphql_field *f;
	bool adaptive;
	json_t *list;
	struct state_traffic sum; /* of all, without a dimension */
};

static json_t *graphql__date(int64_t at_s)
{
	json_t *time = state_time(at_s * 1000), *date = json_stringn(json_string_value(time), 10);

	json_decref(time);
	return date;
}

static void graphql__dimensions(struct graphql *g, const struct graphql_field *f, json_t *row,
				const struct state_traffic *n)
{
	static const char *const none[] = { NULL };
	json_t *to = json_object();

	for (const struct graphql_field *m = f->fields; m; m = m->next) {
		if (slice_eq(m->name, SLICE("date")))
			graphql__set(to, m, graphql__date(n->at_s));
		else if (slice_eq(m->name, SLICE("datetime")) || slice_eq(m->name, SLICE("datetimeHour")) ||
			 slice_eq(m->name, SLICE("datetimeMinute")))
			graphql__set(to, m, state_time(n->at_s * 1000));
		else
			graphql__unknown(g, to, m, none, "date, datetime, datetimeHour and datetimeMinute");
	}
	graphql__set(row, f, to);
}

static void graphql__sum(struct graphql *g, const struct graphql_field *f, json_t *row, const struct state_traffic *n)
{
	const struct {
		const char *name;
		int64_t value;
	} known[] = {
		{ "requests", n->requests },        { "bytes", n->bytes },     { "cachedRequests", n->cached },
		{ "cachedBytes", n->cached_bytes }, { "threats", n->threats }, { "edgeResponseBytes", n->bytes }
	};
	json_t *to = json_object();

	for (const struct graphql_field *m = f->fields; m; m = m->next) {
		size_t i = 0;
		while (i < sizeof known / sizeof known[0] && !slice_eq(slice_str(known[i].name), m->name))
			i++;
		if (i < sizeof known / sizeof known[0])
			graphql__set(to, m, json_integer(known[i].value));
		else
			graphql__unknown(g, to, m, graphql__uncounted,
					 "requests, bytes, cachedRequests, cachedBytes, threats and edgeResponseBytes");
	}
	graphql__set(row, f, to);
}

static void graphql__row(void *arg, const struct state_traffic *n)
{
	const struct graphql__rows *r = arg;

	if (!graphql__looked(r->g, 1) || json_array_size(r->g->errors))
		return; /* one is enough, not one for each row */
	json_t *row = json_object();

	for (const struct graphql_field *m = r->f->fields; m; m = m->next) {
		if (slice_eq(m->name, SLICE("sum")) && graphql__shape(r->g, m, true))
			graphql__sum(r->g, m, row, n);
		else if (slice_eq(m->name, SLICE("dimensions")) && graphql__shape(r->g, m, true))
			graphql__dimensions(r->g, m, row, n);
		else if (slice_eq(m->name, SLICE("count")))
			graphql__set(row, m, json_integer(n->requests));
		else if (json_array_size(r->g->errors) == 0)
			graphql__unknown(r->g, row, m, graphql__uncounted, "sum, dimensions and count");
	}
	json_array_append_new(r->list, row);
}

static void graphql__add(void *arg, const struct state_traffic *n)
{
	struct graphql__rows *r = arg;

	if (graphql__looked(r->g, 1))
		state_traffic_sum(&r->sum, n);
}

/* Rows of which span, from the name or the dimension that is asked for; 0: all in one. */
static enum state_traffic_span graphql__span(const struct graphql_field *f)
{
	if (slice_eq(f->name, SLICE("httpRequests1mGroups")))
		return STATE_TRAFFIC_MINUTE;
	if (slice_eq(f->name, SLICE("httpRequests1hGroups")))
		return STATE_TRAFFIC_HOUR;
	if (slice_eq(f->name, SLICE("httpRequests1dGroups")))
		return STATE_TRAFFIC_DAY;
	enum state_traffic_span span = 0;
	for (const struct graphql_field *m = f->fields; m; m = m->next)
		for (const struct graphql_field *d = slice_eq(m->name, SLICE("dimensions")) ? m->fields : NULL; d;
		     d = d->next) {
			enum state_traffic_span own = slice_eq(d->name, SLICE("date"))           ? STATE_TRAFFIC_DAY
						      : slice_eq(d->name, SLICE("datetimeHour")) ? STATE_TRAFFIC_HOUR
												 : STATE_TRAFFIC_MINUTE;
			if (!span || own < span)
				span = own;
		}
	return span;
}

static json_t *graphql__requests(struct graphql *g, const struct graphql_field *f)
{
	enum state_traffic_span span = graphql__span(f);
	struct graphql__rows r = { .g = g, .f = f, .list = json_array() };
	struct graphql__asked a;
	enum err e = OK;

	if (graphql__shape(g, f, true) && graphql__looked(g, GRAPHQL__LOOK_GROUP) &&
	    graphql__asked(g, f, (span ? (int64_t)span : STATE_TRAFFIC_HOUR) * GRAPHQL__ROWS, &a)) {
		/* What is asked for is judged whether there are rows or not. */
		graphql__row(&r, &r.sum);
		json_array_clear(r.list);
		struct state_traffic_time time = { span ? span : STATE_TRAFFIC_HOUR, a.from_s, a.until_s };
		if (a.from_s < a.until_s)
			e = state_traffic_each(g->call->state, g->zone.name, &time, span ? graphql__row : graphql__add,
					       &r);
		if (e == OK && !span && r.sum.requests)
			graphql__row(&r, &r.sum);
		if (e != OK)
			graphql__fail(g, "the database cannot be read now");
		return graphql__cut(r.list, &a);
	}
	return r.list;
}

/* ---- what firewalls found */

static void graphql__event(struct graphql *g, const struct graphql_field *f, const json_t *event, json_t *list)
{
	static const char *const names[][2] = { { "action", "action" },
						{ "clientIP", "client" },
						{ "clientRequestPath", "path" },
						{ "clientRequestHTTPHost", "host" },
						{ "clientRequestHTTPMethodName", "method" },
						{ "userAgent", "user_agent" },
						{ "rayName", "ray" } };
	static const char *const elsewhere[] = { "clientAsn",
						 "clientCountryName",
						 "clientRequestQuery",
						 "clientRefererHost",
						 "edgeResponseStatus",
						 "edgeColoName",
						 "originResponseStatus",
						 "clientASNDescription",
						 NULL };
	json_t *row = json_object();

	for (const struct graphql_field *m = f->fields; m; m = m->next) {
		size_t i = 0;
		while (i < sizeof names / sizeof names[0] && !slice_eq(slice_str(names[i][0]), m->name))
			i++;
		if (i < sizeof names / sizeof names[0])
			graphql__set(row, m, json_incref(json_object_get(event, names[i][1])));
		else if (slice_eq(m->name, SLICE("datetime")))
			graphql__set(row, m, state_time(json_integer_value(json_object_get(event, "time_ms"))));
		else if (slice_eq(m->name, SLICE("source")))
			graphql__set(row, m, json_string("waf"));
		else if (slice_eq(m->name, SLICE("ruleId"))) {
			const json_t *first = json_array_get(json_object_get(event, "matches"), 0);
			graphql__set(
				row, m,
				json_sprintf("%lld", (long long)json_integer_value(json_object_get(first, "rule"))));
		} else
			graphql__unknown(
				g, row, m, elsewhere,
				"action, clientIP, clientRequestPath, clientRequestHTTPHost, "
				"clientRequestHTTPMethodName, userAgent, rayName, datetime, source and ruleId");
	}
	json_array_append_new(list, row);
}

/* Whether the event is of the zone at hand and the time; *over: none that comes is. */
static bool graphql__fits(struct graphql *g, const json_t *event, const struct graphql__asked *a, bool *over)
{
	int64_t at_s = json_integer_value(json_object_get(event, "time_ms")) / 1000;
	const char *zone = json_string_value(json_object_get(event, "zone"));

	/* The newest come first. Edges' clocks differ a little; beyond that what comes is older. */
	*over = at_s < a->from_s - GRAPHQL__SLACK_S || !graphql__looked(g, GRAPHQL__LOOK_EVENT);
	return !*over && at_s >= a->from_s && at_s < a->until_s && zone && strcmp(zone, g->zone.name) == 0;
}

static json_t *graphql__events(struct graphql *g, const struct graphql_field *f)
{
	const struct firewall_events *all = g->call->api->firewall_events;
	json_t *list = json_array(), *event;
	struct graphql__asked a;

	if (!graphql__shape(g, f, true) || !graphql__looked(g, GRAPHQL__LOOK_GROUP) ||
	    !graphql__asked(g, f, GRAPHQL__DAY_S, &a))
		return list;
	/* What is asked for is judged whether there are events or not. */
	graphql__event(g, f, NULL, list);
	json_array_clear(list);
	/* Without an order the newest are wanted. */
	bool newest = a.descending || !json_object_get(f->args, "orderBy"), over = false;
	for (size_t i = 0; all && !over && (event = firewall_events_at(all, i)); i++) {
		if (graphql__fits(g, event, &a, &over) && json_array_size(g->errors) == 0)
			graphql__event(g, f, event, list);
		json_decref(event);
		over |= newest && (int64_t)json_array_size(list) == a.limit;
	}
	if (newest)
		return list;
	a.descending = true; /* of what is newest first */
	return graphql__cut(list, &a);
}

/* ---- the way down */

static json_t *graphql__zone(struct graphql *g, const struct graphql_field *fields)
{
	static const char *const groups[] = { "httpRequests1mGroups", "httpRequests1hGroups", "httpRequests1dGroups",
					      "httpRequestsAdaptiveGroups", NULL };
	static const char *const none[] = { NULL };
	json_t *to = json_object();

	for (const struct graphql_field *f = fields; f && json_array_size(g->errors) == 0; f = f->next) {
		if (slice_eq(f->name, SLICE("zoneTag")))
			graphql__set(to, f, json_string(g->zone.id));
		else if (graphql__one_of(groups, f->name))
			graphql__set(to, f, graphql__requests(g, f));
		else if (slice_eq(f->name, SLICE("firewallEventsAdaptive")))
			graphql__set(to, f, graphql__events(g, f));
		else
			graphql__unknown(g, to, f, none,
					 "zoneTag, httpRequests1mGroups, httpRequests1hGroups, httpRequests1dGroups, "
					 "httpRequestsAdaptiveGroups and firewallEventsAdaptive");
	}
	return to;
}

static void graphql__one_zone(struct graphql *g, const struct graphql_field *f, const json_t *tag, json_t *list)
{
	const char *id = json_string_value(tag);
	enum err e = id ? state_zone_get(g->call->state, slice_str(id), &g->zone) : ERR_NOT_FOUND;

	g->at = f->name;
	if (e == OK && api_may(g->call, STATE_RIGHT_ZONE_READ, g->zone.id))
		json_array_append_new(list, graphql__zone(g, f->fields));
	else if (e == OK || e == ERR_NOT_FOUND)
		graphql__fail(g, "zone \"%.40s\" is not there, or this token may not read it", id ? id : "");
	else
		graphql__fail(g, "the database cannot be read now");
}

static json_t *graphql__zones(struct graphql *g, const struct graphql_field *f)
{
	const json_t *filter = json_object_get(f->args, "filter"), *in = json_object_get(filter, "zoneTag_in"),
		     *one = json_object_get(filter, "zoneTag");
	json_t *list = json_array();

	if (!graphql__shape(g, f, true))
		return list;
	if (json_object_size(filter) != 1 || (!in && !one) || (in && !json_is_array(in)) ||
	    json_array_size(in) > GRAPHQL__ZONES_MAX) {
		graphql__fail(g, "zones(filter: {zoneTag: …}) or zones(filter: {zoneTag_in: […]}), at most %d ids",
			      GRAPHQL__ZONES_MAX);
		return list;
	}
	if (one)
		graphql__one_zone(g, f, one, list);
	for (size_t i = 0; i < json_array_size(in) && json_array_size(g->errors) == 0; i++)
		graphql__one_zone(g, f, json_array_get(in, i), list);
	return list;
}

static json_t *graphql__viewer(struct graphql *g, const struct graphql_field *viewer)
{
	static const char *const none[] = { NULL };
	json_t *to = json_object();

	for (const struct graphql_field *f = viewer->fields; f && json_array_size(g->errors) == 0; f = f->next) {
		if (slice_eq(f->name, SLICE("zones")))
			graphql__set(to, f, graphql__zones(g, f));
		else
			graphql__unknown(g, to, f, none, "zones");
	}
	return to;
}

static json_t *graphql__data(struct graphql *g, const struct graphql_field *fields)
{
	static const char *const none[] = { NULL };
	json_t *data = json_object();

	for (const struct graphql_field *f = fields; f && json_array_size(g->errors) == 0; f = f->next) {
		if (slice_eq(f->name, SLICE("viewer")) && graphql__shape(g, f, true))
			graphql__set(data, f, graphql__viewer(g, f));
		else if (json_array_size(g->errors) == 0)
			graphql__unknown(g, data, f, none, "viewer");
	}
	return data;
}

/* Errors and data are told in the body, with status 200, as clients expect. Takes the data's reference. */
static void graphql__answer(struct graphql *g, json_t *data)
{
	bool failed = json_array_size(g->errors) > 0;
	json_t *answer = json_pack("{s:O, s:O}", "data", failed || !data ? json_null() : data, "errors",
				   failed ? g->errors : json_null());

	if (json_array_size(g->not_kept))
		json_object_set_new(answer, "extensions", json_pack("{s:O}", "not_kept", g->not_kept));
	char *text = json_dumps(answer, JSON_COMPACT);
	struct slice kept = text ? arena_copy(&g->call->arena, slice_str(text)) : slice_of(NULL, 0);
	if (kept.p)
		api_text(g->call, 200, SLICE("application/json"), kept);
	else
		api_fail(g->call, 400, API_TOO_LARGE, NULL, "the answer is too large; ask for fewer zones or rows");
	mem_free(text); /* the library's, from malloc */
	json_decref(answer);
	json_decref(data);
}

/* POST graphql */
static void graphql_post(struct api_call *call)
{
	json_t *body = api_object(call);
	struct graphql g = { .call = call, .left = GRAPHQL__LOOK_MAX };
	struct graphql_field *fields = NULL;
	struct diag d;
	const char *text = NULL;

	if (!body || !api_string(call, (struct api_member){ body, "", "query", true }, 65536, &text))
		return;
	g.errors = json_array();
	g.not_kept = json_array();
	diag_init(&d);
	json_t *data = NULL, *variables = json_object_get(body, "variables");
	if (variables && !json_is_object(variables) && !json_is_null(variables))
		graphql__fail(&g, "variables must be an object");
	else if (graphql_query_parse(slice_str(text), variables, &call->arena, &fields, &d) != OK)
		graphql__fail(&g, "%s: %s", d.where, d.text);
	else
		data = graphql__data(&g, fields);
	graphql_query_free(fields);
	graphql__answer(&g, data);
	json_decref(g.errors);
	json_decref(g.not_kept);
}

const struct api_route *api_graphql_routes(void)
{
	static const struct api_route routes[] = {
		{ METHOD_POST, "graphql", graphql_post, STATE_RIGHT_NONE, 0 },
		{ 0 },
	};

	return routes;
}
