/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sample_site: the table of routes, the counters, and the exchange handler that leads a request to its route.
 */
#include "sample/sample_site.h"

#include "base/mem.h"
#include "proto/h1_server.h"
#include "sample/sample_png.h"
#include "sample/sample_reply.h"
#include "sample/sample_route.h"
#include "wire/uri.h"

enum { SAMPLE_GET = 1, SAMPLE_POST = 2, SAMPLE_PUT = 4 };

struct sample_site_route {
	struct slice path;
	bool (*is)(const struct sample_site *s, struct slice path); /* for routes of more than one path */
	unsigned methods;
	sample_route_fn fn;
};

static const struct sample_site_route sample_site__routes[] = {
	{ SLICE_INIT("/"), NULL, SAMPLE_GET, sample_route_home },
	{ SLICE_INIT("/static/"), sample_route_is_static, SAMPLE_GET, sample_route_static },
	{ SLICE_INIT("/api/time"), NULL, SAMPLE_GET, sample_route_time },
	{ SLICE_INIT("/api/headers"), NULL, SAMPLE_GET | SAMPLE_POST | SAMPLE_PUT, sample_route_headers },
	{ SLICE_INIT("/form"), NULL, SAMPLE_GET | SAMPLE_POST, sample_route_form },
	{ SLICE_INIT("/upload"), NULL, SAMPLE_POST | SAMPLE_PUT, sample_route_upload },
	{ SLICE_INIT("/download"), NULL, SAMPLE_GET, sample_route_download },
	{ SLICE_INIT("/stream"), NULL, SAMPLE_GET, sample_route_stream },
	{ SLICE_INIT("/slow"), NULL, SAMPLE_GET, sample_route_slow },
	{ SLICE_INIT("/drip"), NULL, SAMPLE_GET, sample_route_drip },
	{ SLICE_INIT("/events"), NULL, SAMPLE_GET, sample_route_events },
	{ SLICE_INIT("/ws"), NULL, SAMPLE_GET, sample_route_ws },
	{ SLICE_INIT("/status/"), sample_route_is_status, SAMPLE_GET, sample_route_status },
	{ SLICE_INIT("/cookie"), NULL, SAMPLE_GET, sample_route_cookie },
	{ SLICE_INIT("/private"), NULL, SAMPLE_GET, sample_route_private },
	{ SLICE_INIT("/vary"), NULL, SAMPLE_GET, sample_route_vary },
	{ SLICE_INIT("/counter"), NULL, SAMPLE_GET, sample_route_counter },
	{ SLICE_INIT("/redirect"), NULL, SAMPLE_GET, sample_route_redirect },
	{ SLICE_INIT("/trailers"), NULL, SAMPLE_GET, sample_route_trailers },
	{ SLICE_INIT("/early"), NULL, SAMPLE_GET, sample_route_early },
};

static const struct sample_site_route sample_site__missing = { SLICE_INIT("(not found)"), NULL, SAMPLE_GET,
							       sample_route_not_found };

/* Only paths that exist are counted by themselves, so there are never more counters than routes, files and statuses. */
static struct sample_count *sample_site__count(struct sample_site *s, struct slice path)
{
	struct sample_count *c = map_get(&s->counts, path);

	if (!c) {
		c = mem_alloc(sizeof *c);
		c->path = slice_of(mem_dup(path), path.n);
		map_put(&s->counts, c->path, c);
		*s->last = c;
		s->last = &c->next;
	}
	c->answers++;
	return c;
}

static const struct sample_site_route *sample_site__find(const struct sample_site *s, struct slice path)
{
	for (size_t i = 0; i < sizeof sample_site__routes / sizeof *sample_site__routes; i++) {
		const struct sample_site_route *r = &sample_site__routes[i];
		if (r->is ? slice_starts(path, r->path) && r->is(s, path) : slice_eq(path, r->path))
			return r;
	}
	return &sample_site__missing;
}

static unsigned sample_site__method(enum method m)
{
	if (m == METHOD_GET || m == METHOD_HEAD)
		return SAMPLE_GET;
	if (m == METHOD_POST)
		return SAMPLE_POST;
	return m == METHOD_PUT ? SAMPLE_PUT : 0;
}

static struct slice sample_site__allow(unsigned methods)
{
	switch (methods) {
	case SAMPLE_GET:
		return SLICE("GET, HEAD, OPTIONS");
	case SAMPLE_GET | SAMPLE_POST:
		return SLICE("GET, HEAD, POST, OPTIONS");
	case SAMPLE_POST | SAMPLE_PUT:
		return SLICE("POST, PUT, OPTIONS");
	default:
		return SLICE("GET, HEAD, POST, PUT, OPTIONS");
	}
}

static void sample_site__options(struct sample_request *rq, unsigned methods)
{
	sample_reply_field(rq, SLICE("Allow"), sample_site__allow(methods));
	sample_reply_empty(rq, 204);
}

/* An answer without struct sample_request: to what is not a request, or does not fit. */
static void sample_site__refuse(struct exchange *x, enum err why)
{
	struct sample_site *s = x->server;
	char date[DATE_BYTES], body[256];
	int status = err_status(why);
	struct text t = text_of(body, sizeof body);

	date_print(loop_wall_s(s->proto.loop), date);
	text_printf(&t, "The request was refused: %s.\n", err_text(why));
	struct field fields[] = {
		{ SLICE("Date"), slice_of(date, sizeof date), FIELD_DATE },
		{ SLICE("X-Sample-App"), s->name, FIELD_OTHER },
		{ SLICE("Content-Type"), SAMPLE_TEXT, FIELD_CONTENT_TYPE },
	};
	struct http_response r = { .status = (uint16_t)(status ? status : 400),
				   .body = HTTP_BODY_LENGTH,
				   .length = t.n,
				   .fields = fields,
				   .fields_n = sizeof fields / sizeof *fields,
				   .close = true };
	x->ops->head(x, &r);
	x->ops->write_all(x, text_slice(&t));
	x->ops->finish(x, NULL, 0);
}

static void sample_site__begin(struct exchange *x)
{
	struct sample_site *s = x->server;
	struct sample_request *rq = arena_zalloc(x->arena, sizeof *rq);

	if (!rq || x->ops->keep(x) != OK) {
		sample_site__refuse(x, ERR_ARENA_FULL);
		return;
	}
	x->owner = rq;
	rq->site = s;
	rq->x = x;
	rq->path = uri_path(x->req.path);
	rq->query = uri_query(x->req.path);
	loop_timer_init(&rq->timer, NULL);

	const struct sample_site_route *r = sample_site__find(s, rq->path);
	rq->count = sample_site__count(s, r->is ? rq->path : r->path);
	if (x->req.method_id == METHOD_OPTIONS) {
		sample_site__options(rq, slice_eq(rq->path, SLICE("*")) ? SAMPLE_GET | SAMPLE_POST | SAMPLE_PUT
									: r->methods);
	} else if (sample_site__method(x->req.method_id) & r->methods) {
		r->fn(rq);
	} else if (r == &sample_site__missing) {
		sample_route_not_found(rq);
	} else {
		sample_reply_field(rq, SLICE("Allow"), sample_site__allow(r->methods));
		sample_reply_note(rq, 405, SLICE("This path does not know that method.\n"));
	}
}

static void sample_site__on_body(struct exchange *x, struct slice data, bool end)
{
	struct sample_request *rq = x->owner;

	if (rq->flow && rq->flow->on_body)
		rq->flow->on_body(rq, data, end);
}

static void sample_site__on_room(struct exchange *x)
{
	struct sample_request *rq = x->owner;

	if (rq->flow && rq->flow->on_room)
		rq->flow->on_room(rq);
}

static void sample_site__on_gone(struct exchange *x, enum err why)
{
	sample_reply_drop(x->owner);
}

static void sample_site__pattern(struct sample_site *s)
{
	s->pattern = mem_alloc(SAMPLE_PATTERN_BYTES);
	struct text t = text_of(s->pattern, SAMPLE_PATTERN_BYTES);
	while (t.n < SAMPLE_PATTERN_BYTES) {
		text_hex(&t, t.n, 15);
		text_byte(&t, '\n');
	}
}

void sample_site_init(struct sample_site *s, struct slice name, struct loop *loop, const struct limits *limits,
		      struct counters *counters)
{
	static const struct exchange_handler handler = {
		.begin = sample_site__begin,
		.refuse = sample_site__refuse,
		.on_body = sample_site__on_body,
		.on_room = sample_site__on_room,
		.on_gone = sample_site__on_gone,
	};

	*s = (struct sample_site){ .name = name, .started_s = loop_wall_s(loop) };
	s->last = &s->first;
	map_init(&s->counts);
	sample_site__pattern(s);
	s->photo = sample_png_draw();
	sample_route_static_init(s);
	proto_init(&s->proto, loop, limits, counters, &handler, s);
}

void sample_site_fini(struct sample_site *s)
{
	h1_server_close_all(&s->proto);
	loop_turn(s->proto.loop, 0); /* the closed ones are freed at its end */
	proto_fini(&s->proto);
	while (s->first) {
		struct sample_count *c = s->first;
		s->first = c->next;
		mem_free((void *)(uintptr_t)c->path.p);
		mem_free(c);
	}
	map_fini(&s->counts);
	mem_free(s->pattern);
	mem_free((void *)(uintptr_t)s->photo.p);
}
