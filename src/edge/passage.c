/* SPDX-License-Identifier: Apache-2.0 */
/* passage: see passage.h. */
#include "edge/passage.h"

#include "base/text.h"
#include "edge/rules.h"
#include "wire/uri.h"

enum { PASSAGE__BACK_MAX = 2048, PASSAGE__WAITERS = 20 };

enum clearance_level passage_level(const struct request *r, unsigned action)
{
	bool attacked = r->site->zone->settings.shield.under_attack;

	return action == RULE_CHALLENGE                  ? CLEARANCE_PERSON
	       : action == RULE_JS_CHALLENGE || attacked ? CLEARANCE_WORK
							 : CLEARANCE_COOKIE;
}

static struct clearance_visitor passage__visitor(const struct request *r)
{
	const struct field *agent = field_find(r->q->fields, r->q->fields_n, FIELD_USER_AGENT);

	return (struct clearance_visitor){ .key = r->w->clearance_key,
					   .zone = r->site->zone->name,
					   .agent = agent ? agent->value : SLICE(""),
					   .ip = r->q->client.ip };
}

/* The first cookie of that name; p == NULL: none. */
static struct slice passage__cookie(const struct request *r, struct slice name)
{
	for (size_t i = 0; i < r->q->fields_n; i++) {
		struct slice rest = r->q->fields[i].value;
		while (r->q->fields[i].id == FIELD_COOKIE && rest.p) {
			struct slice value = slice_trim(slice_split(&rest, ';'));
			if (slice_eq(slice_split(&value, '='), name))
				return value;
		}
	}
	return slice_of(NULL, 0);
}

bool passage_is_clear(struct request *r, enum clearance_level need)
{
	struct request_passage *p = &r->passage;

	if (!p->known) {
		struct slice cookie = passage__cookie(r, SLICE("cf_clearance"));
		struct clearance_visitor v = passage__visitor(r);
		p->known = true;
		p->level = cookie.p ? (uint8_t)clearance_check(&v, cookie, r->site->zone->settings.shield.passage_ttl_s,
							       r->begin_s, &p->age_s)
				    : CLEARANCE_NONE;
	}
	return p->level >= need;
}

int64_t passage_age_s(const struct request *r)
{
	return r->passage.age_s;
}

/* ---- answers */

enum { PASSAGE__FIELDS = 12 };

/* An answer of our own that nobody keeps. */
static enum flow passage__send(struct request *r, uint16_t status, struct slice body, const struct field *more,
			       size_t more_n)
{
	struct field fields[PASSAGE__FIELDS] = {
		{ .name = SLICE("Date"), .value = worker_date(r->w) },
		{ .name = SLICE("Server"), .value = SLICE("seawall") },
		{ .name = SLICE("CF-Ray"), .value = slice_of(r->ray_text, r->ray_n) },
		{ .name = SLICE("Cache-Control"), .value = SLICE("private, no-store, max-age=0") },
		{ .name = SLICE("Referrer-Policy"), .value = SLICE("same-origin") },
		{ .name = SLICE("X-Frame-Options"), .value = SLICE("SAMEORIGIN") },
	};
	struct http_response h = { .status = status, .body = HTTP_BODY_LENGTH, .fields = fields, .fields_n = 6 };

	CHECK(h.fields_n + more_n <= PASSAGE__FIELDS);
	for (size_t i = 0; i < more_n; i++)
		fields[h.fields_n++] = more[i];
	if (arena_full(r->arena))
		return request_fail(r, ERR_ARENA_FULL, 0);
	r->page = body;
	r->source = SOURCE_PAGE;
	r->status = CACHE_STATUS_NONE;
	h.length = body.n;
	r->answered = status;
	r->x->ops->head(r->x, &h);
	return request_go(r, STEP_SEND);
}

/* Bytes of a query value, percent-encoded; in r->arena. */
static struct slice passage__encode(struct request *r, struct slice s)
{
	struct text t = text_of(arena_alloc(r->arena, 3 * s.n + 1), 3 * s.n + 1);

	for (size_t i = 0; t.p && i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (slice_is_digit((char)c) || (slice_lower((char)c) >= 'a' && slice_lower((char)c) <= 'z') ||
		    c == '/' || c == '-' || c == '.' || c == '_' || c == '~') {
			text_byte(&t, (char)c);
			continue;
		}
		text_byte(&t, '%');
		text_byte(&t, "0123456789ABCDEF"[c >> 4]);
		text_byte(&t, "0123456789ABCDEF"[c & 15]);
	}
	return t.p ? text_slice(&t) : slice_of(NULL, 0);
}

/* Whether a browser goes to this site with it, and nowhere else. */
static bool passage__is_back(struct slice s)
{
	if (!s.n || s.n > PASSAGE__BACK_MAX || s.p[0] != '/' || (s.n > 1 && (s.p[1] == '/' || s.p[1] == '\\')))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || (unsigned char)s.p[i] >= 0x7f || s.p[i] == '\\')
			return false;
	return true;
}

static struct slice passage__set_cookie(struct request *r, const char *name, const char *value, unsigned age_s)
{
	return arena_printf(r->arena, "%s=%s; Path=/; Max-Age=%u; HttpOnly; SameSite=Lax%s", name, value, age_s,
			    r->q->tls ? "; Secure" : "");
}

/* ---- asking */

/* A GET that may be sent somewhere and back: what comes after it is the same request. */
static bool passage__may_redirect(const struct request *r)
{
	return r->q->method_id == METHOD_GET && !r->q->upgrade && passage__is_back(rules_asked(r));
}

static enum flow passage__redirect(struct request *r, const struct clearance_visitor *v)
{
	char puzzle[CLEARANCE_TEXT_BYTES];

	if (clearance_puzzle(v, CLEARANCE_COOKIE, 0, rng_next(&r->w->rng), r->begin_s, puzzle) != OK)
		return request_fail(r, ERR_SYSTEM, 0);
	struct slice to = arena_printf(r->arena, "%.*scookie?u=%.*s", SLICE_ARG(PASSAGE_PREFIX),
				       SLICE_ARG(passage__encode(r, rules_asked(r))));
	const struct field more[] = {
		{ .name = SLICE("Location"), .value = to },
		{ .name = SLICE("Set-Cookie"), .value = passage__set_cookie(r, "cf_chl", puzzle, CLEARANCE_PUZZLE_S) },
		{ .name = SLICE("CF-Mitigated"), .value = SLICE("challenge") },
	};
	return passage__send(r, 302, slice_of(NULL, 0), more, 3);
}

/* The page, with its own nonce for what runs in it. */
static enum flow passage__page(struct request *r, struct passage_page *p)
{
	p->nonce = arena_printf(r->arena, "%016llx", (unsigned long long)rng_next(&r->w->rng));
	struct slice body = passage_page(r, p);
	const struct field more[] = {
		{ .name = SLICE("Content-Type"), .value = SLICE("text/html; charset=utf-8") },
		{ .name = SLICE("CF-Mitigated"), .value = SLICE("challenge") },
		{ .name = SLICE("Content-Security-Policy"),
		  .value = arena_printf(r->arena,
					"default-src 'none'; script-src 'nonce-%.*s'; style-src 'nonce-%.*s'; "
					"worker-src blob:; form-action 'self'; base-uri 'none'",
					SLICE_ARG(p->nonce), SLICE_ARG(p->nonce)) },
		{ .name = SLICE("Retry-After"), .value = arena_printf(r->arena, "%u", r->passage.wait_s) },
	};
	bool waits = r->passage.wait_s;

	if (!body.p)
		return request_fail(r, ERR_ARENA_FULL, 0);
	return passage__send(r, waits ? 429 : 403, body, more, waits ? 4 : 3);
}

enum flow passage_challenge(struct request *r, enum clearance_level need)
{
	struct clearance_visitor v = passage__visitor(r);
	char puzzle[CLEARANCE_TEXT_BYTES];

	counter_add(&r->w->counters, challenges_shown, 1);
	r->threat = true;
	r->error = ERR_CHALLENGE;
	if (need == CLEARANCE_COOKIE && passage__may_redirect(r))
		return passage__redirect(r, &v);
	if (need == CLEARANCE_COOKIE)
		need = CLEARANCE_WORK;
	if (clearance_puzzle(&v, need, PASSAGE_BITS, rng_next(&r->w->rng), r->begin_s, puzzle) != OK)
		return request_fail(r, ERR_SYSTEM, 0);
	struct slice asked = rules_asked(r);
	struct passage_page p = { .level = need,
				  .puzzle = slice_str(puzzle),
				  .back = passage__is_back(asked) ? asked : SLICE("/") };
	return passage__page(r, &p);
}

/* ---- being answered */

/* A parameter of the query, decoded, in r->arena; p == NULL: not there, malformed or too long. */
static struct slice passage__param(struct request *r, struct slice name)
{
	struct slice rest = uri_query(r->q->path);

	while (rest.p) {
		struct slice value = slice_split(&rest, '&');
		if (!slice_eq(slice_split(&value, '='), name))
			continue;
		if (value.n > 3 * PASSAGE__BACK_MAX)
			return slice_of(NULL, 0);
		char *out = arena_alloc(r->arena, value.n + 1);
		size_t n;
		return out && uri_decode(value, true, out, &n) ? slice_of(out, n) : slice_of(NULL, 0);
	}
	return slice_of(NULL, 0);
}

static enum flow passage__passed(struct request *r, enum clearance_level level, struct slice back)
{
	struct clearance_visitor v = passage__visitor(r);
	char text[CLEARANCE_TEXT_BYTES];

	if (clearance_issue(&v, level, r->begin_s, text) != OK)
		return request_fail(r, ERR_SYSTEM, 0);
	counter_add(&r->w->counters, challenges_passed, 1);
	const struct field more[] = {
		{ .name = SLICE("Location"), .value = back },
		{ .name = SLICE("Set-Cookie"),
		  .value = passage__set_cookie(r, "cf_clearance", text, r->site->zone->settings.shield.passage_ttl_s) },
		{ .name = SLICE("Set-Cookie"), .value = passage__set_cookie(r, "cf_chl", "", 0) },
	};
	return passage__send(r, 303, slice_of(NULL, 0), more, passage__cookie(r, SLICE("cf_chl")).p ? 3 : 2);
}

/* What did not pass gets the next thing to try: the same puzzle when it was only too early, else a new one. */
static enum flow passage__failed(struct request *r, enum err why, struct slice puzzle, struct slice back)
{
	struct clearance_visitor v = passage__visitor(r);
	char text[CLEARANCE_TEXT_BYTES];
	struct passage_page p = { .level = CLEARANCE_WORK, .back = back, .early = why == ERR_AGAIN };

	counter_add(&r->w->counters, challenges_failed, 1);
	r->error = ERR_CHALLENGE;
	p.puzzle = puzzle;
	if (why != ERR_AGAIN) {
		if (clearance_puzzle(&v, CLEARANCE_WORK, PASSAGE_BITS, rng_next(&r->w->rng), r->begin_s, text) != OK)
			return request_fail(r, ERR_SYSTEM, 0);
		p.puzzle = arena_copy(r->arena, slice_str(text));
	}
	p.cookies = why == ERR_NOT_FOUND;
	return passage__page(r, &p);
}

/*
 * Waiting instead of working is for people without scripts, not for programs that have time: some in an hour for one
 * network. Below nothing, there is none.
 */
static int64_t passage__wait_s(struct request *r)
{
	static const struct rate_limit few = { .period_s = 3600, .timeout_s = 0, .most = PASSAGE__WAITERS };
	struct ip net = ip_network(&r->q->client.ip, r->q->client.ip.family == 6 ? 48 : 24);
	char memory[64];
	struct text t = text_of(memory, sizeof memory);
	uint32_t wait_s;

	text_add(&t, SLICE("passage waits"));
	text_byte(&t, (char)net.family);
	text_add(&t, slice_of(net.b, sizeof net.b));
	return rate_add(r->w->rate, rate_key(r->w->rate, text_slice(&t)), &few, 1, loop_now_ms(r->w->loop), &wait_s)
		       ? -1
		       : PASSAGE_WAIT_S;
}

/* The site that was asked for. */
static const struct site *passage__site(struct request *r)
{
	struct uri_host h;
	char canonical[256];

	if (uri_host_parse(r->q->host, &h) != OK || h.is_ip || h.name.n >= sizeof canonical)
		return NULL;
	return routes_find(r->w->routes, uri_host_canonical(h.name, canonical));
}

enum flow passage_answer(struct request *r)
{
	struct slice rest = r->q->path, what = slice_from(slice_split(&rest, '?'), PASSAGE_PREFIX.n);
	bool cookie = slice_eq(what, SLICE("cookie"));
	enum clearance_level level;

	r->site = passage__site(r);
	if (!r->site || r->q->method_id != METHOD_GET || (!cookie && !slice_eq(what, SLICE("verify"))))
		return request_fail(r, ERR_NOT_FOUND, 0);
	r->policy = &r->site->cache;
	struct clearance_visitor v = passage__visitor(r);
	struct slice back = passage__param(r, SLICE("u")), answer = passage__param(r, SLICE("a"));
	struct slice puzzle = cookie ? passage__cookie(r, SLICE("cf_chl")) : passage__param(r, SLICE("p"));
	if (!passage__is_back(back))
		back = SLICE("/");
	enum err e = puzzle.p ? clearance_solve(&v, puzzle, answer.p ? answer : SLICE(""),
						cookie     ? 0
						: answer.n ? -1
							   : passage__wait_s(r),
						r->begin_s, &level)
			      : ERR_NOT_FOUND;
	/* A redirect is not worth more, whatever puzzle came as its cookie. */
	if (e == OK && cookie && level > CLEARANCE_COOKIE)
		level = CLEARANCE_COOKIE;
	return e == OK ? passage__passed(r, level, back) : passage__failed(r, e, puzzle, back);
}
