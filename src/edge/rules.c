/* SPDX-License-Identifier: Apache-2.0 */
/* rules: evaluation, notes, and step rewrite: the phases that decide where a request goes. See rules.h. */
#include "edge/rules.h"

#include "base/text.h"

bool rules_holds(struct request *r, const struct expr *when)
{
	struct worker *w = r->w;
	struct expr_env env = {
		.get = rules_fields_get, .of = r, .arena = &w->rules_arena, .scratch = w->rules_scratch
	};
	bool yes = expr_test(when, &env);

	arena_reset(&w->rules_arena);
	if (env.gave_up)
		counter_add(&w->counters, rules_gave_up, 1);
	return yes;
}

struct slice rules_text(struct request *r, const struct rule_value *v)
{
	bool there;

	return rules_value(r, v, &there);
}

struct slice rules_value(struct request *r, const struct rule_value *v, bool *ret_there)
{
	struct worker *w = r->w;
	struct expr_env env = {
		.get = rules_fields_get, .of = r, .arena = &w->rules_arena, .scratch = w->rules_scratch
	};

	*ret_there = true;
	if (!v->expr)
		return v->text.p ? v->text : SLICE("");
	struct slice made = expr_text(v->expr, &env);
	if (env.gave_up)
		counter_add(&w->counters, rules_gave_up, 1);
	*ret_there = made.p != NULL;
	struct slice copy = arena_copy(r->arena, made.p ? made : SLICE(""));
	arena_reset(&w->rules_arena);
	return arena_full(r->arena) ? slice_of(NULL, 0) : copy;
}

void rules_note_other(struct request *r, struct slice id, struct slice phase, struct slice action)
{
	struct rules_state *s = r->rules;

	if (s->notes_n == RULES_NOTES_MAX) {
		s->notes_dropped++;
		return;
	}
	s->notes[s->notes_n++] = (struct rules_note){ id, phase, action };
}

void rules_note(struct request *r, const struct rule *rule)
{
	if (rule->logs)
		rules_note_other(r, rule->id, rule_phase_name((enum rule_phase)rule->phase),
				 rule_action_name((enum rule_action)rule->action));
}

enum err rules_own_request(struct request *r)
{
	if (r->q == &r->own_q)
		return OK;
	TRY(request_keep(r));
	r->own_q = *r->q;
	r->q = &r->own_q;
	return OK;
}

const struct site *rules_origin(const struct request *r)
{
	return r->rules && r->rules->origin ? r->rules->origin : r->site;
}

struct slice rules_asked(const struct request *r)
{
	return r->rules && r->rules->asked.p ? r->rules->asked : r->q->path;
}

void rules_refresh(const struct request *r, struct request *n)
{
	if (!r->rules)
		return;
	n->rules = arena_zalloc(n->arena, sizeof *n->rules);
	if (!n->rules)
		return;
	n->rules->book = r->rules->book;
	n->rules->host_header = r->rules->host_header;
	n->rules->sni = r->rules->sni;
	n->rules->origin = r->rules->origin;
	n->rules->origin_port = r->rules->origin_port;
	n->rules->config = r->rules->config;
}

void rules_log(const struct request *r, struct text *t)
{
	const struct rules_state *s = r->rules;

	if (!s)
		return;
	if (s->asked.p && !slice_eq(s->asked, r->q->path)) {
		text_add(t, SLICE(",\"rewritten\":"));
		text_json(t, r->q->path);
	}
	if (!s->notes_n)
		return;
	text_add(t, SLICE(",\"rules\":["));
	for (size_t i = 0; i < s->notes_n; i++) {
		text_add(t, i ? SLICE(",{\"id\":") : SLICE("{\"id\":"));
		text_json(t, s->notes[i].id);
		text_add(t, SLICE(",\"phase\":"));
		text_json(t, s->notes[i].phase);
		text_add(t, SLICE(",\"action\":"));
		text_json(t, s->notes[i].action);
		text_byte(t, '}');
	}
	text_byte(t, ']');
}

/* ---- rewriting the URL */

/* Bytes that cannot stand in a request target are percent-encoded; a '?' in a path too. In r->arena. */
static struct slice rules__target(struct request *r, struct slice s, bool is_path)
{
	struct text t = text_of(arena_alloc(r->arena, 3 * s.n + 1), 3 * s.n + 1);

	for (size_t i = 0; t.p && i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c > 0x20 && c < 0x7f && c != '"' && c != '<' && c != '>' && c != '#' && !(is_path && c == '?')) {
			text_byte(&t, (char)c);
			continue;
		}
		text_byte(&t, '%');
		text_byte(&t, "0123456789ABCDEF"[c >> 4]);
		text_byte(&t, "0123456789ABCDEF"[c & 15]);
	}
	return t.p ? text_slice(&t) : slice_of(NULL, 0);
}

/* Puts path and query together as the request's. errors: ERR_ARENA_FULL, ERR_TARGET_LONG. */
static enum err rules__set_uri(struct request *r, struct slice path, struct slice query)
{
	size_t n = path.n + 1 + query.n;

	if (n > r->w->limits->target_bytes_max)
		return ERR_TARGET_LONG;
	struct text t = text_of(arena_alloc(r->arena, n), n);
	if (!t.p)
		return ERR_ARENA_FULL;
	TRY(rules_own_request(r));
	text_add(&t, path);
	if (query.n) {
		text_byte(&t, '?');
		text_add(&t, query);
	}
	if (!r->rules->asked.p)
		r->rules->asked = r->own_q.path;
	r->own_q.path = text_slice(&t);
	r->rules->normal = slice_of(NULL, 0);
	return OK;
}

/* All rules see the URL as it was when the phase began; for each part the last one that matches decides. */
static enum err rules__transform(struct request *r)
{
	const struct rule_list *list = &r->rules->book->phases[RULE_PHASE_TRANSFORM];
	struct slice path = uri_path(r->q->path), query = uri_query(r->q->path);
	bool changed = false;

	for (size_t i = 0; i < list->n; i++) {
		const struct rule_rewrite *w = list->rules[i].rewrite;
		if (!rules_holds(r, list->rules[i].when))
			continue;
		struct slice new_path = w->has_path ? rules__target(r, rules_text(r, &w->path), true) : path;
		struct slice new_query = w->has_query ? rules__target(r, rules_text(r, &w->query), false) : query;
		if (arena_full(r->arena))
			return ERR_ARENA_FULL;
		if (!slice_starts(new_path, SLICE("/"))) {
			rules_note_other(r, list->rules[i].id, rule_phase_name(RULE_PHASE_TRANSFORM), SLICE("no path"));
			continue;
		}
		path = new_path;
		query = slice_starts(new_query, SLICE("?")) ? slice_from(new_query, 1) : new_query;
		changed = true;
		rules_note(r, &list->rules[i]);
	}
	return changed ? rules__set_uri(r, path, query) : OK;
}

/* ---- configuration and origin */

/* Member by member the last rule that matches decides. */
static void rules__config(struct request *r)
{
	const struct rule_list *list = &r->rules->book->phases[RULE_PHASE_CONFIG];
	struct rule_config *own = &r->rules->config;

	for (size_t i = 0; i < list->n; i++) {
		const struct rule_config *w = list->rules[i].config;
		if (!rules_holds(r, list->rules[i].when))
			continue;
		if (w->members & RULE_CONFIG_BIC)
			r->rules->bic = w->bic;
		if (w->members & RULE_CONFIG_SSL)
			own->ssl = w->ssl;
		if (w->members & RULE_CONFIG_REWRITES)
			own->rewrites = w->rewrites;
		if (w->members & RULE_CONFIG_OPPORTUNISTIC)
			own->opportunistic = w->opportunistic;
		own->members |= w->members;
		rules_note(r, &list->rules[i]);
	}
}

static void rules__route(struct request *r)
{
	const struct rule_list *list = &r->rules->book->phases[RULE_PHASE_ORIGIN];

	for (size_t i = 0; i < list->n; i++) {
		const struct rule_route *w = list->rules[i].route;
		if (!rules_holds(r, list->rules[i].when))
			continue;
		if (w->host_header.n)
			r->rules->host_header = w->host_header;
		if (w->sni.n)
			r->rules->sni = w->sni;
		if (w->origin)
			r->rules->origin = w->origin;
		if (w->port)
			r->rules->origin_port = w->port;
		rules_note(r, &list->rules[i]);
	}
}

enum flow step_rewrite(struct request *r)
{
	const struct rule_list *list;

	r->rules = arena_zalloc(r->arena, sizeof *r->rules);
	if (!r->rules)
		return request_fail(r, ERR_ARENA_FULL, 0);
	r->rules->book = r->site->zone->book;
	r->rules->bic = r->site->zone->settings.shield.browser_check;
	list = &r->rules->book->phases[RULE_PHASE_DYNAMIC_REDIRECT];
	for (size_t i = 0; i < list->n; i++) {
		if (!rules_holds(r, list->rules[i].when))
			continue;
		enum flow f = rules_answer_redirect(r, &list->rules[i]);
		if (f != FLOW_WAIT)
			return f;
	}
	enum err e = rules__transform(r);
	if (e != OK)
		return request_fail(r, e, 0);
	rules__config(r);
	rules__route(r);
	if (r->rules->book->sets_ssl && secure_redirects(r))
		return secure_redirect(r);
	return request_go(r, STEP_GUARD);
}
