/* SPDX-License-Identifier: Apache-2.0 */
/* waf: see waf.h: the state of an inspection, the head, and the verdict. */
#include "edge/waf_int.h"

#include "base/mem.h"
#include "edge/passage.h"

enum { WAF__BLOCKED_CODE = 1020, WAF__TEXT = 24 };

bool waf_wanted(const struct site *site)
{
	const struct zone_waf *z = site->zone->waf;

	return (z && (z->mode != ZONE_WAF_OFF || z->standard)) || request_has_managed(site);
}

/* ---- what is not collected */

/* Bodies that no rule reads: binary, and those that never end. The engine sees their head alone. */
static bool waf__is_binary(struct slice type)
{
	static const struct slice kinds[] = {
		SLICE_INIT("application/grpc"),
		SLICE_INIT("application/octet-stream"),
		SLICE_INIT("application/zip"),
		SLICE_INIT("application/gzip"),
		SLICE_INIT("application/x-tar"),
		SLICE_INIT("application/pdf"),
		SLICE_INIT("application/protobuf"),
		SLICE_INIT("application/x-protobuf"),
		SLICE_INIT("application/x-git-"),
		SLICE_INIT("application/vnd.docker."),
		SLICE_INIT("audio/"),
		SLICE_INIT("font/"),
		SLICE_INIT("image/"),
		SLICE_INIT("video/"),
	};

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (slice_starts_nocase(type, kinds[i]))
			return !slice_starts_nocase(type, SLICE("image/svg"));
	return false;
}

static bool waf__waits(const struct request *r)
{
	const struct http_request *q = r->q;
	const struct field *type = field_find(q->fields, q->fields_n, FIELD_CONTENT_TYPE);

	return q->has_body && !q->upgrade && !(q->has_length && q->length == 0) &&
	       !(type && waf__is_binary(type->value));
}

/* ---- the head */

static bool waf__fields(struct waf_state *s, const struct http_request *q, struct eval_request *ret)
{
	struct eval_field *f = arena_alloc(&s->arena, (q->fields_n + 1) * sizeof *f);
	bool host = false;
	size_t n = 0;

	if (!f)
		return false;
	for (size_t i = 0; i < q->fields_n; i++) {
		host |= q->fields[i].id == FIELD_HOST;
		f[n++] = (struct eval_field){ q->fields[i].name, q->fields[i].value };
	}
	/* HTTP/2 says it outside of the fields; rules look for it there. */
	if (!host && q->host.n)
		f[n++] = (struct eval_field){ SLICE("Host"), q->host };
	ret->fields = f;
	ret->fields_n = n;
	return true;
}

static struct slice waf__protocol(uint8_t version)
{
	return version == 10 ? SLICE("HTTP/1.0") : version == 20 ? SLICE("HTTP/2.0") : SLICE("HTTP/1.1");
}

static bool waf__open(struct request *r)
{
	struct waf_state *s = r->waf;
	const struct http_request *q = &s->q;
	char *client = arena_alloc(&s->arena, IP_TEXT_BYTES), *server = arena_alloc(&s->arena, IP_TEXT_BYTES);
	unsigned level = s->zone.level ? s->zone.level : s->rules->waf->level;
	const struct plan *plan;
	struct eval_scratch *scratch = firewall_seat(s->rules, r->w->number, level, &plan);
	struct eval_request in = { .method = q->method,
				   .target = q->path,
				   .protocol = waf__protocol(q->version),
				   .server_name = r->host,
				   .id = slice_of(r->ray_text, r->ray_n),
				   .client_port = q->client.port,
				   .server_port = q->local.port };

	if (!client || !server || !waf__fields(s, q, &in))
		return false;
	in.client_ip = slice_of(client, ip_print(&q->client.ip, client));
	in.server_ip = slice_of(server, ip_print(&q->local.ip, server));
	if (!waf_conf_overlay(r))
		return false;
	s->eval = eval_new(s->rules->waf->set, plan, scratch, &s->arena, &in);
	return s->eval && eval_overlay(s->eval, &s->overlay) == OK;
}

/* What the request holds must outlive the wait for its body. */
static enum err waf__hold(struct request *r)
{
	struct waf_state *s = r->waf;

	TRY(request_keep(r));
	firewall_ref(s->rules);
	s->rules_held = true;
	return OK;
}

/* Not in the arena of the exchange, which goes before the request is over. */
static struct waf_state *waf__new(struct worker *w)
{
	struct waf_state *s = w->waf_free;

	if (!s)
		return mem_alloc(sizeof *s);
	w->waf_free = s->next_free;
	memset(s, 0, sizeof *s);
	return s;
}

static enum flow waf__pass(struct request *r)
{
	return request_go(r, r->rules ? STEP_TUNE : STEP_LOOKUP);
}

enum flow waf_step_head(struct request *r)
{
	struct worker *w = r->w;
	struct waf_state *s;

	if (!waf_wanted(r->site) || request_skips_firewall(r))
		return waf__pass(r);
	s = r->waf = waf__new(w);
	if (!waf_conf_read(r)) {
		waf_release(r);
		return waf__pass(r);
	}
	s->rules = firewall_now(w->firewall);
	s->waits = !s->head_only && waf__waits(r);
	arena_init(&s->arena, &w->proto.arenas, w->limits->waf_request_bytes);
	buf_init(&s->body, SIZE_MAX / 4);
	buf_init(&s->answer, SIZE_MAX / 4);
	if ((s->waits || s->zone.answers) && waf__hold(r) != OK)
		return request_fail(r, ERR_ARENA_FULL, 0);
	s->q = r->x->req;
	enum err e = waf__open(r) ? eval_head(s->eval, &s->verdict) : ERR_ARENA_FULL;
	enum flow f = waf_decide(r, e);
	return f == FLOW_WAIT ? request_go(r, STEP_BODY) : f;
}

/* ---- the verdict */

/* The rules could not run to their end. While enforcing nobody passes because of that. */
static enum flow waf__unfinished(struct request *r, const char *why)
{
	struct waf_state *s = r->waf;

	s->gave_up = why;
	counter_add(&r->w->counters, waf_gave_up, 1);
	if (s->zone.mode != ZONE_WAF_ENFORCE)
		return FLOW_WAIT;
	s->outcome = WAF_BLOCKED;
	waf_close(r);
	r->detail = why;
	return request_fail(r, ERR_BLOCKED, WAF__BLOCKED_CODE);
}

/* Whether the rule that refuses is to challenge, which is only for requests: answers are kept back. */
static bool waf__challenges(const struct waf_state *s)
{
	const struct rule *rule = s->verdict.rule;

	return s->challenged && rule && s->challenged[rule->index >> 3] >> (rule->index & 7) & 1;
}

static enum flow waf__challenge(struct request *r)
{
	r->waf->outcome = WAF_CHALLENGED;
	waf_close(r);
	counter_add(&r->w->counters, waf_challenged, 1);
	r->detail = "challenged by the firewall";
	return passage_challenge(r, CLEARANCE_WORK);
}

static enum flow waf__refuse(struct request *r)
{
	struct waf_state *s = r->waf;
	const struct eval_verdict v = s->verdict;
	struct slice location = arena_copy(r->arena, v.location);

	s->outcome = WAF_BLOCKED;
	waf_close(r);
	counter_add(&r->w->counters, waf_blocked, 1);
	r->threat = true;
	r->detail = "blocked by the firewall";
	if (v.action == EVAL_DROP)
		return request_go(r, STEP_DONE); /* cut without an answer */
	if (v.action == EVAL_REDIRECT && location.n && field_is_value(location))
		return request_redirect(r, (uint16_t)v.status, location);
	r->refused_status = v.action == EVAL_DENY && v.status >= 400 && v.status <= 599 ? (uint16_t)v.status : 0;
	return request_fail(r, ERR_BLOCKED, WAF__BLOCKED_CODE);
}

enum flow waf_decide(struct request *r, enum err e)
{
	struct waf_state *s = r->waf;

	if (e != OK)
		return waf__unfinished(r, "the firewall ran out of memory for this request");
	if (s->eval && eval_exhausted(s->eval) && !s->gave_up)
		return waf__unfinished(r, "the firewall reached the bound on its work for this request");
	if (s->verdict.action == EVAL_GO_ON)
		return FLOW_WAIT;
	return waf__challenges(s) ? waf__challenge(r) : waf__refuse(r);
}

/* ---- the end */

void waf_close(struct request *r)
{
	struct waf_state *s = r->waf;

	if (s->eval && eval_end(s->eval) != OK && !s->gave_up)
		s->gave_up = "the firewall ran out of memory for this request";
	waf_report(r);
	s->eval = NULL;
	s->overlay = (struct eval_overlay){ 0 };
	arena_reset(&s->arena);
	if (s->rules_held)
		firewall_unref(s->rules);
	s->rules_held = false;
	s->rules = NULL;
}

void waf_finish(struct request *r)
{
	if (r->waf && r->waf->rules)
		waf_close(r);
}

void waf_release(struct request *r)
{
	struct waf_state *s = r->waf;

	if (!s)
		return;
	r->w->waf_buffered -= s->body_counted;
	buf_fini(&s->body);
	buf_fini(&s->answer);
	arena_reset(&s->arena);
	if (s->rules_held)
		firewall_unref(s->rules);
	r->waf = NULL;
	s->next_free = r->w->waf_free;
	r->w->waf_free = s;
}

void waf_free_kept(struct worker *w)
{
	while (w->waf_free) {
		struct waf_state *s = w->waf_free;
		w->waf_free = s->next_free;
		mem_free(s);
	}
}
