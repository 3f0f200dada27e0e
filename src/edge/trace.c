/* SPDX-License-Identifier: Apache-2.0 */
/* trace: see trace.h. The rays of a ring stand by themselves, so that looking for one reads little memory. */
#include "edge/trace.h"

#include "base/mem.h"
#include "edge/request.h"
#include "edge/rules.h"

enum {
	TRACE__TEXT = 256,
	TRACE__PATH_MAX = 150,
	TRACE__HIT_PART = 4,
	TRACE__MIN = 8,
	TRACE__RULES_MAX = 8,
	TRACE__TICKS = 8,
	TRACE__REASON = 240,
	TRACE__LINE = 64,
	TRACE__RULE_ID = 40,
	TRACE__RULE_PHASE = 40,
	TRACE__RULE_ACTION = 24
};

/* One request, what is always written in front. text: method, host, path, site, in this order. */
struct trace__entry {
	uint32_t spent[STEP_COUNT]; /* ticks >> TRACE__TICKS, at least 1 for a step that ran, at most UINT32_MAX */
	uint16_t status, origin_status, zone_n;
	uint8_t method_n, host_n, path_n, site_n;
	uint8_t cache, last, source, rules_n, tries;
	bool candidate, followed, leads, cut;
	unsigned code;
	enum err error;
	int64_t wall_ms, age_s, ttl_s;
	uint64_t body_in, body_out;
	const char *detail; /* process lifetime */
	struct ip_port client, origin;
	char text[TRACE__TEXT];
	struct trace__rule {
		char id[TRACE__RULE_ID], phase[TRACE__RULE_PHASE], action[TRACE__RULE_ACTION];
	} rules[TRACE__RULES_MAX];
	char reason[TRACE__REASON]; /* what the origin did wrong, with its dates and names; only with an error */
};

struct trace__ring {
	uint64_t *rays;
	struct trace__entry *entries;
	size_t cap, n; /* n: ever added */
};

struct trace {
	struct trace__ring hits, others;
};

static void trace__ring_init(struct trace__ring *ring, size_t cap)
{
	ring->cap = cap < TRACE__MIN ? TRACE__MIN : cap;
	ring->rays = mem_alloc_array(ring->cap, sizeof *ring->rays);
	ring->entries = mem_alloc_array(ring->cap, sizeof *ring->entries);
}

struct trace *trace_new(size_t count)
{
	struct trace *t;

	if (count == 0)
		return NULL;
	t = mem_alloc(sizeof *t);
	trace__ring_init(&t->hits, count / TRACE__HIT_PART);
	trace__ring_init(&t->others, count - count / TRACE__HIT_PART);
	return t;
}

void trace_free(struct trace *t)
{
	if (!t)
		return;
	mem_free(t->hits.rays);
	mem_free(t->hits.entries);
	mem_free(t->others.rays);
	mem_free(t->others.entries);
	mem_free(t);
}

/* ---- adding */

static uint8_t trace__put(struct trace__entry *e, size_t *at, struct slice s, size_t max)
{
	size_t n = s.n < max ? s.n : max;

	if (n > sizeof e->text - *at)
		n = sizeof e->text - *at;
	if (n)
		memcpy(e->text + *at, s.p, n);
	*at += n;
	e->cut |= n < s.n;
	return (uint8_t)n;
}

static void trace__names(struct trace__entry *e, const struct request *r)
{
	enum { METHOD_MAX = 16, HOST_MAX = 80 };
	size_t at = 0;

	e->cut = false;
	e->method_n = trace__put(e, &at, r->q->method, METHOD_MAX);
	e->host_n = trace__put(e, &at, r->q->host, HOST_MAX);
	e->path_n = trace__put(e, &at, rules_asked(r), TRACE__PATH_MAX);
	bool cut = e->cut; /* of what the visitor sent */
	e->site_n = r->site ? trace__put(e, &at, r->site->host, HOST_MAX) : 0;
	e->zone_n = r->site ? (uint16_t)r->site->zone->name.n : 0;
	e->cut = cut;
}

static void trace__cache(struct trace__entry *e, const struct request *r)
{
	e->ttl_s = e->age_s = -1;
	if (!r->object || r->source != SOURCE_OBJECT)
		return;
	const struct cache_meta *m = cache_view(r->object)->meta;
	e->ttl_s = m->ttl_s;
	e->age_s = cache_age(m, loop_wall_s(r->w->loop));
}

static void trace__rules(struct trace__entry *e, const struct request *r)
{
	e->rules_n = 0;
	if (!r->rules)
		return;
	for (size_t i = 0; i < r->rules->notes_n && i < TRACE__RULES_MAX; i++, e->rules_n++) {
		const struct rules_note *note = &r->rules->notes[i];
		slice_cstr(note->id, e->rules[i].id, TRACE__RULE_ID);
		slice_cstr(note->phase, e->rules[i].phase, TRACE__RULE_PHASE);
		slice_cstr(note->action, e->rules[i].action, TRACE__RULE_ACTION);
	}
}

static void trace__times(struct trace__entry *e, const struct request *r)
{
	for (size_t i = 0; i < STEP_COUNT; i++) {
		uint64_t units = r->spent[i] >> TRACE__TICKS;
		e->spent[i] = units > UINT32_MAX ? UINT32_MAX : units ? (uint32_t)units : r->spent[i] != 0;
	}
}

/* The place of the next request is fetched while there is time, so that its copy does not wait for memory. */
static void trace__prefetch(const struct trace__ring *ring)
{
	const char *next = (const char *)&ring->entries[ring->n % ring->cap];

	for (size_t at = 0; at < offsetof(struct trace__entry, rules) - TRACE__TEXT / 2; at += TRACE__LINE)
		__builtin_prefetch(next + at, 1);
	__builtin_prefetch(&ring->rays[ring->n % ring->cap], 1);
}

void trace_add(struct trace *t, const struct request *r)
{
	if (!t)
		return;
	struct trace__ring *ring = r->status == CACHE_STATUS_HIT && r->error == OK ? &t->hits : &t->others;
	size_t at = ring->n++ % ring->cap;
	struct trace__entry *e = &ring->entries[at];

	ring->rays[at] = r->ray;
	trace__times(e, r);
	e->wall_ms = loop_wall_ms(r->w->loop);
	e->body_in = r->body_in;
	e->body_out = r->body_out;
	e->detail = r->detail;
	e->reason[0] = '\0';
	if (r->reason.n)
		slice_cstr(r->reason, e->reason, sizeof e->reason);
	e->client = r->q->client;
	e->origin = r->origin;
	e->error = r->error;
	e->code = r->code;
	e->tries = (uint8_t)r->tries;
	e->status = r->answered;
	e->origin_status = r->origin_status;
	e->cache = (uint8_t)r->status;
	e->last = r->step;
	e->source = r->source;
	e->candidate = r->candidate;
	e->followed = r->followed;
	e->leads = r->leads;
	trace__cache(e, r);
	trace__names(e, r);
	trace__rules(e, r);
	trace__prefetch(ring);
}

/* ---- explaining */

struct trace__texts {
	struct slice method, host, path, site, zone;
};

static struct trace__texts trace__texts(const struct trace__entry *e)
{
	struct trace__texts x;
	const char *p = e->text;

	x.method = slice_of(p, e->method_n);
	x.host = slice_of(p += e->method_n, e->host_n);
	x.path = slice_of(p += e->host_n, e->path_n);
	x.site = slice_of(p += e->path_n, e->site_n);
	/* A site's host ends in the name of its zone. */
	size_t zone_n = e->zone_n < e->site_n ? e->zone_n : e->site_n;
	x.zone = slice_of(p + e->site_n - zone_n, zone_n);
	return x;
}

static void trace__member(struct text *t, const char *name, struct slice value)
{
	text_printf(t, ",\"%s\":", name);
	text_json(t, value);
}

static void trace__route(const struct trace__entry *e, struct text *t)
{
	struct trace__texts x = trace__texts(e);

	if (x.site.n)
		text_printf(t, "host %.*s of zone %.*s", SLICE_ARG(x.site), SLICE_ARG(x.zone));
	else if (e->error == OK)
		text_printf(t, "a path of this node itself");
	else
		text_printf(t, "no site has this name");
}

static void trace__secure(const struct trace__entry *e, struct text *t)
{
	if (e->status == 301)
		text_printf(t, "plain HTTP is sent to HTTPS");
	else
		text_printf(t, "validation of a certificate: to the origin over plain HTTP, uncached");
}

static void trace__lookup(const struct trace__entry *e, struct text *t)
{
	if (e->followed)
		text_printf(t, "waited for another request's fetch; ");
	switch ((enum cache_status)e->cache) {
	case CACHE_STATUS_HIT:
		text_printf(t, "a fresh copy, %lld s old of %lld s", (long long)e->age_s, (long long)e->ttl_s);
		break;
	case CACHE_STATUS_UPDATING:
		text_printf(t, "a stale copy, %lld s old of %lld s, while it is refreshed", (long long)e->age_s,
			    (long long)e->ttl_s);
		break;
	case CACHE_STATUS_DYNAMIC:
		text_printf(t, "not for the cache: %s", e->detail ? e->detail : "not eligible");
		break;
	case CACHE_STATUS_EXPIRED:
	case CACHE_STATUS_REVALIDATED:
	case CACHE_STATUS_STALE:
		text_printf(t, "a copy that the origin has to confirm");
		break;
	case CACHE_STATUS_MISS:
	case CACHE_STATUS_BYPASS:
		text_printf(t, "nothing stored%s", e->leads ? ", this request fetches it" : "");
		break;
	case CACHE_STATUS_NONE:
		text_printf(t, e->candidate ? "may be cached" : "not for the cache");
		break;
	}
}

static void trace__fetch(const struct trace__entry *e, struct text *t)
{
	if (e->origin_status)
		text_printf(t, "the origin answered %u", e->origin_status);
	else
		text_printf(t, "no answer: %s", e->reason[0] ? e->reason : e->detail ? e->detail : err_text(e->error));
}

static void trace__store(const struct trace__entry *e, struct text *t)
{
	const char *why = e->detail ? e->detail : "it is not for the cache";

	if (e->cache == CACHE_STATUS_STALE)
		text_printf(t, "a stale copy answers instead");
	else if (e->source == SOURCE_OBJECT)
		text_printf(t, "kept for %lld s (%s)", (long long)e->ttl_s, why);
	else
		text_printf(t, "not kept: %s", why);
}

static void trace__recv(const struct trace__entry *e, struct text *t)
{
	char addr[IP_TEXT_BYTES];

	text_printf(t, "from %.*s, %llu bytes of body", (int)ip_print(&e->client.ip, addr), addr,
		    (unsigned long long)e->body_in);
}

/* Which of the rules, all of which stand in the answer, acted between two phases. */
static void trace__acted(const struct trace__entry *e, enum rule_phase from, enum rule_phase to, struct text *t)
{
	size_t n = 0;

	for (size_t i = 0; i < e->rules_n; i++) {
		enum rule_phase phase;
		if (rule_phase_find(slice_str(e->rules[i].phase), &phase) && (phase < from || phase > to))
			continue;
		text_printf(t, "%s%s by rule %s", n++ ? ", " : "", e->rules[i].action, e->rules[i].id);
	}
	if (n == 0)
		text_printf(t, "no rule acted");
}

static void trace__rewrite(const struct trace__entry *e, struct text *t)
{
	trace__acted(e, RULE_PHASE_DYNAMIC_REDIRECT, RULE_PHASE_ORIGIN, t);
}

static void trace__guard(const struct trace__entry *e, struct text *t)
{
	trace__acted(e, RULE_PHASE_CUSTOM, RULE_PHASE_CUSTOM, t);
}

static void trace__tune(const struct trace__entry *e, struct text *t)
{
	trace__acted(e, RULE_PHASE_REDIRECT, RULE_PHASE_CACHE, t);
}

static void trace__pick(const struct trace__entry *e, struct text *t)
{
	char addr[IP_PORT_TEXT_BYTES];

	if (e->origin.port)
		text_printf(t, "origin %.*s, try %u", (int)ip_port_print(&e->origin, addr), addr, e->tries + 1);
	else
		text_printf(t, "nobody to ask: %s", err_text(e->error));
}

static void trace__filter(const struct trace__entry *e, struct text *t)
{
	text_printf(t, "status %u, %s", e->status,
		    e->source == SOURCE_ORIGIN ? "straight from the origin" : "from the copy");
}

static void trace__send(const struct trace__entry *e, struct text *t)
{
	text_printf(t, "%llu bytes", (unsigned long long)e->body_out);
}

static void trace__error(const struct trace__entry *e, struct text *t)
{
	text_printf(t, "page %u: %s", e->code ? e->code : e->status, err_text(e->error));
}

static void trace__tunnel(const struct trace__entry *e, struct text *t)
{
	text_printf(t, "%llu bytes in, %llu out", (unsigned long long)e->body_in, (unsigned long long)e->body_out);
}

/* What a step decided, in words; steps without a row have nothing to say. */
static void (*const trace__decisions[STEP_COUNT])(const struct trace__entry *e, struct text *t) = {
	[STEP_RECV] = trace__recv,     [STEP_ROUTE] = trace__route,   [STEP_REWRITE] = trace__rewrite,
	[STEP_GUARD] = trace__guard,   [STEP_TUNE] = trace__tune,     [STEP_LOOKUP] = trace__lookup,
	[STEP_PICK] = trace__pick,     [STEP_FETCH] = trace__fetch,   [STEP_STORE] = trace__store,
	[STEP_FILTER] = trace__filter, [STEP_SEND] = trace__send,     [STEP_ERROR] = trace__error,
	[STEP_TUNNEL] = trace__tunnel, [STEP_SECURE] = trace__secure,
};

static void trace__us(struct text *t, uint64_t ns)
{
	text_printf(t, "%llu.%llu", (unsigned long long)(ns / 1000), (unsigned long long)(ns % 1000 / 100));
}

static void trace__steps(const struct trace__entry *e, struct tick_scale scale, struct text *t)
{
	uint64_t total = 0;

	text_add(t, SLICE(",\"steps\":["));
	for (size_t i = 0, n = 0; i < STEP_COUNT; i++) {
		char mem[512];
		struct text decision = text_of(mem, sizeof mem);
		if (!e->spent[i])
			continue;
		uint64_t ticks = (uint64_t)e->spent[i] << TRACE__TICKS;
		total += ticks;
		if (trace__decisions[i])
			trace__decisions[i](e, &decision);
		text_printf(t, "%s{\"step\":\"%s\",\"us\":", n++ ? "," : "", request_step_text((enum request_step)i));
		trace__us(t, tick_ns(scale, ticks));
		trace__member(t, "decision", text_slice(&decision));
		text_byte(t, '}');
	}
	text_add(t, SLICE("],\"us\":"));
	trace__us(t, tick_ns(scale, total));
}

static void trace__print_rules(const struct trace__entry *e, struct text *t)
{
	text_add(t, SLICE(",\"rules\":["));
	for (size_t i = 0; i < e->rules_n; i++) {
		text_add(t, i ? SLICE(",{\"id\":") : SLICE("{\"id\":"));
		text_json(t, slice_str(e->rules[i].id));
		trace__member(t, "phase", slice_str(e->rules[i].phase));
		trace__member(t, "action", slice_str(e->rules[i].action));
		text_byte(t, '}');
	}
	text_byte(t, ']');
}

static void trace__write(const struct trace__entry *e, uint64_t ray, struct tick_scale scale, struct text *t)
{
	struct trace__texts x = trace__texts(e);
	char addr[IP_PORT_TEXT_BYTES];

	text_add(t, SLICE("{\"ray\":\""));
	text_hex(t, ray, 16);
	text_add(t, SLICE("\",\"time\":"));
	text_ms(t, (uint64_t)e->wall_ms);
	trace__member(t, "client", slice_of(addr, ip_print(&e->client.ip, addr)));
	trace__member(t, "method", x.method);
	trace__member(t, "host", x.host);
	trace__member(t, "path", x.path);
	if (e->cut)
		text_add(t, SLICE(",\"cut\":true"));
	trace__member(t, "zone", x.zone);
	text_printf(t, ",\"status\":%u", e->status);
	trace__member(t, "cache", cache_status_text((enum cache_status)e->cache));
	if (e->error != OK) {
		trace__member(t, "error", slice_str(err_name(e->error)));
		trace__member(t, "error_text", slice_str(err_text(e->error)));
	}
	if (e->code)
		text_printf(t, ",\"error_code\":%u", e->code);
	if (e->reason[0] || e->detail)
		trace__member(t, "detail", slice_str(e->reason[0] ? e->reason : e->detail));
	if (e->origin.port) {
		trace__member(t, "origin", slice_of(addr, ip_port_print(&e->origin, addr)));
		text_printf(t, ",\"origin_status\":%u", e->origin_status);
	}
	trace__print_rules(e, t);
	trace__steps(e, scale, t);
	text_byte(t, '}');
}

static bool trace__look(const struct trace__ring *ring, uint64_t ray, struct tick_scale scale, struct text *out)
{
	size_t n = ring->n < ring->cap ? ring->n : ring->cap;

	for (size_t i = 0; i < n; i++) {
		if (ring->rays[i] != ray)
			continue;
		trace__write(&ring->entries[i], ray, scale, out);
		return !out->bad;
	}
	return false;
}

bool trace_explain(const struct trace *t, uint64_t ray, struct tick_scale scale, struct text *out)
{
	return t && (trace__look(&t->others, ray, scale, out) || trace__look(&t->hits, ray, scale, out));
}
