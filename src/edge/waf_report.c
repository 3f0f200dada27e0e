/* SPDX-License-Identifier: Apache-2.0 */
/*
 * waf_report: what came of an inspection: counters, a line of the audit log, an event for control, a member of the
 * access log's line. Values that visitors keep secret are masked wherever they would be written.
 */
#include "edge/waf_int.h"
#include "edge/waf_mask.h"

enum { WAF_REPORT__EVENT_RULES = 32, WAF_REPORT__VALUE = 300, WAF_REPORT__PATH = 1000, WAF_REPORT__TEXT = 400 };

static bool waf_report__counts(const struct eval_event *e)
{
	return e->log;
}

static int64_t waf_report__number(struct eval *e, const char *const *names)
{
	for (size_t i = 0; names[i]; i++) {
		struct slice text = eval_tx(e, slice_str(names[i]));
		if (text.p)
			return rule_number(text);
	}
	return 0;
}

/* The anomaly scores as the Core Rule Set 4 and 3 keep them, and which rules matched. */
static void waf_report__sum(struct waf_state *s)
{
	static const char *const inbound[] = { "blocking_inbound_anomaly_score", "anomaly_score", NULL };
	static const char *const outbound[] = { "blocking_outbound_anomaly_score", "outbound_anomaly_score", NULL };

	s->score = waf_report__number(s->eval, inbound);
	s->answer_score = waf_report__number(s->eval, outbound);
	for (const struct eval_event *e = eval_events(s->eval); e; e = e->next) {
		if (!waf_report__counts(e))
			continue;
		if (s->ids_n < WAF_IDS_MAX)
			s->ids[s->ids_n++] = e->rule->id;
		else
			s->ids_dropped++;
	}
}

/* A rule that would have refused the request had the zone enforced. */
static bool waf_report__detected(const struct waf_state *s)
{
	const struct rule_set *set = s->rules->waf->set;

	if (s->gave_up)
		return true;
	for (const struct eval_event *e = eval_events(s->eval); e; e = e->next) {
		enum rule_disruption how = e->rule->disrupt;
		if (how == DISRUPT_BLOCK)
			how = set->defaults[e->rule->phase].set ? set->defaults[e->rule->phase].actions.disrupt
								: DISRUPT_DENY;
		if (how == DISRUPT_DENY || how == DISRUPT_DROP || how == DISRUPT_REDIRECT)
			return true;
	}
	return false;
}

static struct slice waf_report__outcome(const struct waf_state *s)
{
	static const struct slice names[] = { [WAF_PASSED] = SLICE_INIT("pass"),
					      [WAF_DETECTED] = SLICE_INIT("detect"),
					      [WAF_BLOCKED] = SLICE_INIT("block"),
					      [WAF_CHALLENGED] = SLICE_INIT("managed_challenge") };

	return names[s->outcome];
}

static void waf_report__member(struct text *t, struct slice name, struct slice value)
{
	text_add(t, name);
	text_json(t, value);
}

static void waf_report__ids(const struct waf_state *s, struct text *t)
{
	text_byte(t, '[');
	for (size_t i = 0; i < s->ids_n; i++) {
		if (i)
			text_byte(t, ',');
		text_u64(t, s->ids[i]);
	}
	text_byte(t, ']');
}

static void waf_report__body(const struct waf_state *s, struct text *t)
{
	if (!s->waits)
		return;
	text_add(t, SLICE(",\"body\":{\"inspected\":"));
	text_u64(t, s->body_inspected);
	text_add(t, SLICE(",\"of\":"));
	text_u64(t, s->body_total);
	text_byte(t, '}');
}

/* ---- the audit log */

/* Without the quotes and line ends that would end the text early. */
static void waf_report__quoted(struct text *t, struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c == '"' || c == '\\')
			text_byte(t, '\\');
		text_byte(t, c < 0x20 || c == 0x7f ? ' ' : (char)c);
	}
}

/* [id "…"] [msg "…"] [data "…"], as tools for ModSecurity's logs read it. */
static void waf_report__audit_text(struct request *r, const struct eval_event *e, struct text *t)
{
	size_t cap = 256 + 2 * (slice_first(e->msg, WAF_REPORT__TEXT).n + slice_first(e->logdata, WAF_REPORT__TEXT).n);
	struct text line = text_of(arena_alloc(&r->waf->arena, cap), cap);

	if (!line.p)
		return;
	text_add(&line, SLICE("[id \""));
	text_u64(&line, e->rule->id);
	text_add(&line, SLICE("\"] [msg \""));
	waf_report__quoted(&line, slice_first(e->msg, WAF_REPORT__TEXT));
	text_add(&line, SLICE("\"] [data \""));
	waf_report__quoted(&line, waf_mask_text(e->name, slice_first(e->logdata, WAF_REPORT__TEXT)));
	text_add(&line, SLICE("\"]"));
	text_json(t, text_slice(&line));
}

static struct slice waf_report__audit_id(const struct request *r)
{
	const struct http_request *q = &r->waf->q;
	struct slice name = slice_str(r->w->audit_header);
	const struct field *f = name.n ? field_find_name(q->fields, q->fields_n, name) : NULL;

	return f ? f->value : SLICE("");
}

static void waf_report__audit(struct request *r)
{
	struct waf_state *s = r->waf;
	struct worker *w = r->w;
	struct text t = text_of(w->head_buf, WORKER_HEAD_BYTES);
	bool first = true;

	text_add(&t, SLICE("{\"ray\":\""));
	text_add(&t, slice_of(r->ray_text, r->ray_n));
	text_add(&t, SLICE("\",\"time\":"));
	text_ms(&t, (uint64_t)loop_wall_ms(w->loop));
	waf_report__member(&t, SLICE(",\"id\":"), waf_report__audit_id(r));
	waf_report__member(&t, SLICE(",\"host\":"), r->host);
	text_add(&t, SLICE(",\"rules\":"));
	waf_report__ids(s, &t);
	text_add(&t, SLICE(",\"log\":["));
	for (const struct eval_event *e = s->eval ? eval_events(s->eval) : NULL; e; e = e->next) {
		if (!waf_report__counts(e))
			continue;
		if (!first)
			text_byte(&t, ',');
		first = false;
		waf_report__audit_text(r, e, &t);
	}
	waf_report__member(&t, SLICE("],\"action\":"), waf_report__outcome(s));
	text_add(&t, SLICE(",\"score\":"));
	text_i64(&t, s->score);
	text_add(&t, SLICE(",\"answer_score\":"));
	text_i64(&t, s->answer_score);
	waf_report__body(s, &t);
	if (s->gave_up)
		waf_report__member(&t, SLICE(",\"gave_up\":"), slice_str(s->gave_up));
	text_add(&t, SLICE("}\n"));
	if (t.bad || !logring_add(w->audit, text_slice(&t)))
		counter_add(&w->counters, log_dropped, 1);
}

/* ---- the event for control */

static void waf_report__match(const struct eval_event *e, struct text *t)
{
	text_add(t, SLICE("{\"rule\":"));
	text_u64(t, e->rule->id);
	waf_report__member(t, SLICE(",\"msg\":"), slice_first(e->msg, WAF_REPORT__TEXT));
	waf_report__member(t, SLICE(",\"variable\":"), slice_first(e->name, WAF_REPORT__VALUE));
	waf_report__member(t, SLICE(",\"value\":"), waf_mask_text(e->name, slice_first(e->value, WAF_REPORT__VALUE)));
	if (e->limit)
		text_add(t, SLICE(",\"limit\":true"));
	text_byte(t, '}');
}

static void waf_report__matches(const struct waf_state *s, struct text *t)
{
	size_t n = 0;

	text_add(t, SLICE(",\"matches\":["));
	for (const struct eval_event *e = s->eval ? eval_events(s->eval) : NULL; e; e = e->next) {
		if (!waf_report__counts(e) || n == WAF_REPORT__EVENT_RULES)
			continue;
		/* What does not fit is left out whole. */
		struct text before = *t;
		if (n++)
			text_byte(t, ',');
		waf_report__match(e, t);
		if (t->bad || t->n > FRAME_EVENT_BYTES - 512) {
			*t = before;
			break;
		}
	}
	text_byte(t, ']');
}

static void waf_report__event(struct request *r)
{
	const struct waf_state *s = r->waf;
	const struct http_request *q = &r->waf->q;
	struct text t = text_of(r->w->head_buf, FRAME_EVENT_BYTES);
	char ip[IP_TEXT_BYTES];

	text_add(&t, SLICE("{\"ray\":\""));
	text_add(&t, slice_of(r->ray_text, r->ray_n));
	text_add(&t, SLICE("\",\"time_ms\":"));
	text_i64(&t, loop_wall_ms(r->w->loop));
	waf_report__member(&t, SLICE(",\"zone\":"), r->site->zone->name);
	waf_report__member(&t, SLICE(",\"host\":"), slice_first(r->host, WAF_REPORT__VALUE));
	waf_report__member(&t, SLICE(",\"method\":"), slice_first(q->method, 32));
	waf_report__member(&t, SLICE(",\"path\":"),
			   slice_first(slice_first(q->path, slice_find(q->path, '?')), WAF_REPORT__PATH));
	waf_report__member(&t, SLICE(",\"client\":"), slice_of(ip, ip_print(&q->client.ip, ip)));
	const struct field *agent = field_find(q->fields, q->fields_n, FIELD_USER_AGENT);
	waf_report__member(&t, SLICE(",\"user_agent\":"),
			   agent ? slice_first(agent->value, WAF_REPORT__VALUE) : SLICE(""));
	waf_report__member(&t, SLICE(",\"action\":"), waf_report__outcome(s));
	text_add(&t, SLICE(",\"score\":"));
	text_i64(&t, s->score);
	waf_report__body(s, &t);
	if (s->gave_up)
		waf_report__member(&t, SLICE(",\"gave_up\":"), slice_str(s->gave_up));
	waf_report__matches(s, &t);
	text_byte(&t, '}');
	if (!t.bad)
		events_send(r->w, "waf", text_slice(&t));
}

void waf_report(struct request *r)
{
	struct waf_state *s = r->waf;

	if (s->reported)
		return;
	s->reported = true;
	if (s->eval)
		waf_report__sum(s);
	if (s->outcome == WAF_PASSED && s->eval && waf_report__detected(s)) {
		s->outcome = WAF_DETECTED;
		counter_add(&r->w->counters, waf_detected, 1);
	}
	counter_add(&r->w->counters, waf_inspected, 1);
	if (r->w->audit)
		waf_report__audit(r);
	if (s->outcome != WAF_PASSED || s->ids_n)
		waf_report__event(r);
}

void waf_log(const struct request *r, struct text *t)
{
	const struct waf_state *s = r->waf;

	if (!s || (!s->ids_n && s->outcome == WAF_PASSED && !s->gave_up))
		return;
	waf_report__member(t, SLICE(",\"waf\":{\"action\":"), waf_report__outcome(s));
	text_add(t, SLICE(",\"score\":"));
	text_i64(t, s->score);
	text_add(t, SLICE(",\"rules\":"));
	waf_report__ids(s, t);
	if (s->gave_up)
		waf_report__member(t, SLICE(",\"gave_up\":"), slice_str(s->gave_up));
	text_byte(t, '}');
}
