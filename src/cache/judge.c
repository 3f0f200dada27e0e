/* SPDX-License-Identifier: Apache-2.0 */
/*
 * judge: whether a response may be kept, and for how long (RFC 9111 sections 3 and 4.2); prototype in decide.h.
 * First the field that speaks for the edge is found (judge__speaker), then reasons against keeping, then the lifetime.
 */
#include "cache/decide.h"
#include "cache/http_date.h"

static const int64_t judge__seconds_max = INT64_C(1) << 31;

enum { JUDGE__DEFAULT_2XX_S = 7200, JUDGE__DEFAULT_3XX_S = 1200, JUDGE__DEFAULT_4XX_S = 180 };
/* RFC 9111 4.2.2: a tenth of the time since the last change, and no more than a day. */
enum { JUDGE__HEURISTIC_PART = 10, JUDGE__HEURISTIC_S_MAX = 86400 };

/* What is known while one response is judged. */
struct judge__case {
	const struct cache_policy *p;
	const struct cache_request *q;
	const struct cache_response *r;
	struct cache_control cc;  /* of the field that speaks for the edge */
	struct cache_control own; /* of Cache-Control */
	const char *speaker;      /* its name */
	bool expires;             /* Expires counts: the speaker is not a targeted field */
	bool rule;                /* a rule sets the lifetime */
	int64_t rule_s;           /* 0: revalidate; -1: do not store */
	const char *rule_why;
};

/* Age: the first member of the first line (RFC 9111 5.1); 0 when that is not a number. */
static int64_t judge__age_value(const struct cache_response *r)
{
	const struct field *f = field_find(r->fields, r->fields_n, FIELD_AGE);
	struct slice rest, first;
	uint64_t v = 0;

	if (!f)
		return 0;
	rest = f->value;
	first = slice_trim(slice_split(&rest, ','));
	for (size_t i = 0; i < first.n; i++) {
		if (!slice_is_digit(first.p[i]))
			return 0;
		v = v * 10 + (uint64_t)(first.p[i] - '0');
		if (v > (uint64_t)judge__seconds_max)
			v = (uint64_t)judge__seconds_max;
	}
	return (int64_t)v;
}

static int64_t judge__between(int64_t low, int64_t v, int64_t high)
{
	return v < low ? low : v > high ? high : v;
}

/* RFC 9111 4.2.3, corrected_initial_age. */
static void judge__times(const struct cache_response *r, struct cache_meta *ret)
{
	int64_t apparent, corrected, delay;

	ret->response_s = r->response_s;
	if (!http_date__of(r->fields, r->fields_n, FIELD_DATE, r->response_s, &ret->date_s))
		ret->date_s = r->response_s;
	apparent = judge__between(0, r->response_s - ret->date_s, judge__seconds_max);
	delay = judge__between(0, r->response_s - r->request_s, judge__seconds_max);
	corrected = judge__between(0, judge__age_value(r) + delay, judge__seconds_max);
	ret->age_at_response_s = apparent > corrected ? apparent : corrected;
}

/* Which field the edge obeys: the first that is there, of four (RFC 9213 section 2.2 for the targeted ones). */
static void judge__speaker(struct judge__case *c)
{
	const struct field *fields = c->r->fields;
	size_t n = c->r->fields_n;

	c->expires = false;
	c->speaker = "cloudflare-cdn-cache-control";
	if (cache_control_parse_targeted(fields, n, FIELD_CLOUDFLARE_CDN_CACHE_CONTROL, &c->cc))
		return;
	c->speaker = "cdn-cache-control";
	if (cache_control_parse_targeted(fields, n, FIELD_CDN_CACHE_CONTROL, &c->cc))
		return;
	c->expires = true;
	c->speaker = "surrogate-control";
	cache_control_parse(fields, n, FIELD_SURROGATE_CONTROL, &c->cc);
	if (c->cc.present)
		return;
	c->speaker = "cache-control";
	cache_control_parse(fields, n, FIELD_CACHE_CONTROL, &c->cc);
}

/* The rule's lifetime for this status: an exact status before a range, of two alike the later; else the override. */
static void judge__rule(struct judge__case *c)
{
	const struct cache_policy *p = c->p;
	bool exact = false;

	if (p->edge_ttl_mode == EDGE_TTL_OVERRIDE_ORIGIN) {
		c->rule = true;
		c->rule_s = p->edge_ttl_s > 0 ? p->edge_ttl_s : 0;
		c->rule_why = "rule: edge ttl";
	}
	for (size_t i = 0; i < p->status_ttls_n; i++) {
		const struct status_ttl *t = &p->status_ttls[i];
		if (c->r->status < t->from || c->r->status > t->to || (exact && t->from != t->to))
			continue;
		exact = t->from == t->to;
		c->rule = true;
		c->rule_s = t->ttl_s;
		c->rule_why = "rule: status ttl";
	}
}

/* Statuses whose caching requirements are known here (RFC 9111 5.2.2.3); 206 needs ranges kept apart, so it is not. */
static bool judge__understands(uint16_t status)
{
	return (status >= 200 && status <= 205) || (status >= 300 && status <= 303) || status == 307 || status == 308 ||
	       (status >= 400 && status <= 417) || status == 421 || status == 422 || status == 426 ||
	       (status >= 500 && status <= 505);
}

/* private="Set-Cookie" or no-cache="Set-Cookie": the rest may be kept without it (cache_field_is_stored). */
static bool judge__sets_cookie_aside(const struct cache_control *cc)
{
	struct slice name = SLICE("set-cookie");

	return (cc->private_fields.p && field_list_has(cc->private_fields, name)) ||
	       (cc->no_cache_fields.p && field_list_has(cc->no_cache_fields, name));
}

/* RFC 9111 3.5 */
static bool judge__shares_authorized(const struct cache_control *cc)
{
	return cc->public_ || cc->must_revalidate || cc->s_maxage != CC_ABSENT;
}

/* What the origin says against keeping it, or NULL. RFC 9111 5.2.2; Set-Cookie as the seed edge does. */
static const char *judge__objection(const struct judge__case *c)
{
	const struct cache_control *cc = &c->cc;

	if (cc->must_understand && !judge__understands(c->r->status))
		return "must-understand";
	if (cc->no_store && !cc->must_understand)
		return "no-store";
	if (cc->private_)
		return "private";
	if (field_find(c->r->fields, c->r->fields_n, FIELD_SET_COOKIE) && !judge__sets_cookie_aside(cc) &&
	    !judge__sets_cookie_aside(&c->own))
		return "set-cookie";
	return NULL;
}

/* Why this response must not be kept, or NULL. RFC 9111 section 3; a rule's word goes over the origin's. */
static const char *judge__refusal(const struct judge__case *c)
{
	const struct cache_request *q = c->q;
	uint16_t status = c->r->status;

	if (q->method != METHOD_GET && q->method != METHOD_HEAD)
		return "method";
	if (status < 200 || status == 206 || status == 304)
		return "status";
	if (field_any_has(c->r->fields, c->r->fields_n, FIELD_VARY, SLICE("*")))
		return "vary *";
	if (field_find(q->fields, q->fields_n, FIELD_AUTHORIZATION) && !judge__shares_authorized(&c->cc))
		return "authorization";
	if (c->rule)
		return c->rule_s < 0 ? c->rule_why : NULL;
	return judge__objection(c);
}

/* Default lifetime by status, -1 for none (the seed edge's table). */
static int64_t judge__default_s(uint16_t status)
{
	switch (status) {
	case 200:
	case 301:
		return JUDGE__DEFAULT_2XX_S;
	case 302:
	case 303:
		return JUDGE__DEFAULT_3XX_S;
	case 404:
	case 410:
		return JUDGE__DEFAULT_4XX_S;
	default:
		return -1;
	}
}

/* RFC 9110 15.1, "heuristically cacheable". */
static bool judge__is_heuristic(uint16_t status)
{
	switch (status) {
	case 200:
	case 203:
	case 204:
	case 300:
	case 301:
	case 308:
	case 404:
	case 405:
	case 410:
	case 414:
	case 501:
		return true;
	default:
		return false;
	}
}

/* RFC 9111 4.2.2, -1 when there is nothing to go by. */
static int64_t judge__heuristic_s(const struct judge__case *c, int64_t date_s)
{
	const struct cache_response *r = c->r;
	int64_t modified, s;

	if (!judge__is_heuristic(r->status) && !c->cc.public_)
		return -1;
	if (!http_date__of(r->fields, r->fields_n, FIELD_LAST_MODIFIED, r->response_s, &modified))
		return -1;
	s = (date_s - modified) / JUDGE__HEURISTIC_PART;
	return s > 0 ? judge__between(0, s, JUDGE__HEURISTIC_S_MAX) : -1;
}

/* RFC 9111 5.3: malformed, or several: in the past. Measured against Date, so that a wrong clock at the origin does no
 * harm (4.2.1). */
static int64_t judge__expires_s(const struct cache_response *r, int64_t date_s)
{
	int64_t expires;

	if (!http_date__of(r->fields, r->fields_n, FIELD_EXPIRES, r->response_s, &expires))
		return 0;
	return judge__between(0, expires - date_s, judge__seconds_max);
}

/* The freshness lifetime and where it comes from; -1 for none. */
static int64_t judge__lifetime(const struct judge__case *c, int64_t date_s, const char **ret_why)
{
	const struct cache_control *cc = &c->cc;

	*ret_why = c->rule_why;
	if (c->rule)
		return judge__between(0, c->rule_s, judge__seconds_max);
	*ret_why = c->speaker;
	if (cc->s_maxage != CC_ABSENT)
		return cc->s_maxage;
	if (cc->max_age != CC_ABSENT)
		return cc->max_age;
	*ret_why = "expires";
	if (c->expires && field_find(c->r->fields, c->r->fields_n, FIELD_EXPIRES))
		return judge__expires_s(c->r, date_s);
	*ret_why = "no-cache";
	if (cc->no_cache)
		return 0;
	if (c->p->edge_ttl_mode == EDGE_TTL_BYPASS_BY_DEFAULT) {
		*ret_why = "last-modified";
		return judge__heuristic_s(c, date_s);
	}
	*ret_why = "default";
	return judge__default_s(c->r->status);
}

static bool judge__has(const struct cache_response *r, enum field_id id)
{
	const struct field *f = field_find(r->fields, r->fields_n, id);

	return f != NULL && f->value.n > 0;
}

static int64_t judge__window(int64_t s)
{
	return s == CC_ABSENT ? 0 : s;
}

void cache_judge_response(const struct cache_policy *p, const struct cache_request *q, const struct cache_response *r,
			  struct cache_meta *ret)
{
	struct judge__case c = { .p = p, .q = q, .r = r };
	const char *refusal;
	int64_t ttl_s;

	*ret = (struct cache_meta){ 0 };
	judge__times(r, ret);
	judge__speaker(&c);
	judge__rule(&c);
	cache_control_parse(r->fields, r->fields_n, FIELD_CACHE_CONTROL, &c.own);
	ret->no_transform = c.own.no_transform || c.cc.no_transform;
	ret->no_cache = c.rule ? c.rule_s == 0 : c.cc.no_cache;
	ret->must_revalidate = c.cc.must_revalidate || c.cc.proxy_revalidate || (!c.rule && c.cc.s_maxage != CC_ABSENT);
	ret->has_validator = judge__has(r, FIELD_ETAG) || judge__has(r, FIELD_LAST_MODIFIED);
	ret->vary_star = field_any_has(r->fields, r->fields_n, FIELD_VARY, SLICE("*"));
	ret->swr_s = judge__window(c.cc.stale_while_revalidate);
	ret->sie_s = judge__window(c.cc.stale_if_error);
	ttl_s = judge__lifetime(&c, ret->date_s, &ret->why);
	ret->ttl_s = ttl_s > 0 ? ttl_s : 0;
	refusal = judge__refusal(&c);
	if (refusal)
		ret->why = refusal;
	else if (ttl_s < 0)
		ret->why = "no freshness";
	else
		ret->store = true;
}
