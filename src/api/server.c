/* SPDX-License-Identifier: Apache-2.0 */
/* server: see server.h. Lifetime word of struct server__request: from begin to finish, abort or on_gone. */
#include "api/server.h"

#include "api/dashboard.h"
#include "base/check.h"
#include "base/mem.h"
#include "proto/h1_server.h"
#include "sys/sock.h"
#include "wire/date.h"

enum {
	SERVER__ACCEPTS_A_TURN = 16,
	SERVER__REST_MS = 100,
	SERVER__STRANGER_BYTES = 65536,
	SERVER__FIELDS = 9,
	SERVER__ID_MAX = 128
};

struct server__listener {
	struct loop_io io;
	struct api_server *server;
	struct ip_port local;
};

struct api_server {
	struct api *api;
	struct loop *loop;
	const struct limits *limits;
	struct counters counters;
	struct proto proto;
	struct server__listener *listeners;
	size_t listeners_n;
	struct loop_timer rest; /* accepting again after there were no descriptors */
	bool resting;
	uint64_t bodies; /* bytes being received or waiting */
	/* Whose requests below a path are. */
	struct slice taken;
	void (*take)(void *arg, struct exchange *x);
	void *take_arg;
};

struct server__request {
	struct api_server *server;
	struct exchange *x;
	struct api_call *call; /* asked, not answered yet */
	struct buf body;
	uint64_t counted; /* of server->bodies */
	bool too_large;
	struct buf rest; /* of the answer, that the client has not taken yet */
};

/* ---- answers ---- */

static void server__drop(struct server__request *rq)
{
	rq->server->bodies -= rq->counted;
	buf_fini(&rq->body);
	buf_fini(&rq->rest);
	mem_free(rq);
}

static void server__finish(struct server__request *rq)
{
	struct exchange *x = rq->x;

	x->owner = NULL;
	server__drop(rq);
	x->ops->finish(x, NULL, 0);
}

static void server__on_room(struct exchange *x)
{
	struct server__request *rq = x->owner;

	if (!rq || buf_len(&rq->rest) == 0)
		return;
	buf_consume(&rq->rest, x->ops->write(x, buf_slice(&rq->rest)));
	if (buf_len(&rq->rest) == 0)
		server__finish(rq);
}

static struct slice server__field(const struct exchange *x, struct slice name)
{
	const struct field *f = field_find_name(x->req.fields, x->req.fields_n, name);

	return f ? slice_trim(f->value) : slice_of(NULL, 0);
}

/* Whether the client's name for its request can be told back. */
static bool server__id_ok(struct slice id)
{
	for (size_t i = 0; i < id.n; i++)
		if (id.p[i] <= ' ' || id.p[i] > '~')
			return false;
	return id.n > 0 && id.n <= SERVER__ID_MAX;
}

/* Sends the head; the body follows unless this returns false. */
static bool server__head(struct server__request *rq, const struct api_answer *a)
{
	struct exchange *x = rq->x;
	char date[DATE_BYTES];
	struct field fields[SERVER__FIELDS];
	struct slice id = server__field(x, SLICE("X-Request-Id"));
	size_t n = 0;

	date_print(loop_wall_s(rq->server->loop), date);
	fields[n++] = (struct field){ SLICE("Date"), slice_of(date, sizeof date), FIELD_DATE };
	if (a->type.n)
		fields[n++] = (struct field){ SLICE("Content-Type"), a->type, FIELD_CONTENT_TYPE };
	fields[n++] = (struct field){ SLICE("Cache-Control"), SLICE("no-store"), FIELD_CACHE_CONTROL };
	fields[n++] = (struct field){ SLICE("X-Content-Type-Options"), SLICE("nosniff"), FIELD_OTHER };
	if (a->live.n)
		fields[n++] = (struct field){ SLICE("Seawall-Live"), a->live, FIELD_OTHER };
	if (a->location.n)
		fields[n++] = (struct field){ SLICE("Location"), a->location, FIELD_LOCATION };
	if (a->cookie.n)
		fields[n++] = (struct field){ SLICE("Set-Cookie"), a->cookie, FIELD_OTHER };
	if (server__id_ok(id))
		fields[n++] = (struct field){ SLICE("X-Request-Id"), id, FIELD_OTHER };
	struct http_response r = { .status = a->status,
				   .body = a->status == 204 ? HTTP_BODY_NONE : HTTP_BODY_LENGTH,
				   .length = a->body.n,
				   .fields = fields,
				   .fields_n = n,
				   .close = rq->too_large };
	x->ops->head(x, &r);
	return a->body.n && x->req.method_id != METHOD_HEAD;
}

/* Sends the body, what does not fit now later, and ends the answer. */
static void server__body(struct server__request *rq, struct slice body)
{
	size_t taken = rq->x->ops->write(rq->x, body);

	if (taken == body.n) {
		server__finish(rq);
		return;
	}
	buf_init(&rq->rest, body.n);
	buf_add(&rq->rest, slice_from(body, taken));
}

static void server__done(void *arg, const struct api_answer *a)
{
	struct server__request *rq = arg;

	rq->call = NULL;
	if (!server__head(rq, a)) {
		server__finish(rq);
		return;
	}
	server__body(rq, a->body);
}

/* A file of the dashboard; no turn, no token. */
static void server__dashboard(struct server__request *rq, struct dashboard_answer *a)
{
	struct exchange *x = rq->x;
	bool body = a->status != 304;
	struct http_response r = { .status = a->status,
				   .body = body ? HTTP_BODY_LENGTH : HTTP_BODY_NONE,
				   .length = a->body.n,
				   .fields = a->fields,
				   .fields_n = a->fields_n,
				   .close = x->req.has_body };

	x->ops->head(x, &r);
	if (body && a->body.n && x->req.method_id != METHOD_HEAD)
		server__body(rq, a->body);
	else
		server__finish(rq);
}

/* ---- requests ---- */

/* The value of a cookie (RFC 6265 5.4); p NULL: there is none. */
static struct slice server__cookie(const struct exchange *x, struct slice name)
{
	struct slice rest = server__field(x, SLICE("Cookie"));

	while (rest.p) {
		struct slice one = slice_trim(slice_split(&rest, ';'));
		if (slice_starts(one, name) && one.n > name.n && one.p[name.n] == '=')
			return slice_from(one, name.n + 1);
	}
	return slice_of(NULL, 0);
}

/* Whether a browser says that a page of another site, or of another name of this one, sent it. */
static bool server__foreign(const struct exchange *x)
{
	struct slice site = server__field(x, SLICE("Sec-Fetch-Site"));

	return site.p && !slice_eq(site, SLICE("same-origin")) && !slice_eq(site, SLICE("none"));
}

static void server__read(const struct exchange *x, struct api_request *rq)
{
	struct slice authorization = server__field(x, SLICE("Authorization"));

	*rq = (struct api_request){ .method = x->req.method_id,
				    .target = x->req.path,
				    .email = server__field(x, SLICE("X-Auth-Email")),
				    .key = server__field(x, SLICE("X-Auth-Key")),
				    .session = server__cookie(x, SLICE(API_SESSION_COOKIE)),
				    .csrf = server__field(x, SLICE("Seawall-CSRF")),
				    .foreign = server__foreign(x),
				    .agent = server__field(x, SLICE("User-Agent")),
				    .content_type = server__field(x, SLICE("Content-Type")),
				    .host = x->req.host,
				    .secure = x->req.tls,
				    .dry_run = slice_eq_nocase(server__field(x, SLICE("X-Dry-Run")), SLICE("true")),
				    .client = x->req.client.ip };
	if (slice_starts_nocase(authorization, SLICE("Bearer ")))
		rq->bearer = slice_trim(slice_from(authorization, 7));
	else
		rq->bad_authorization = authorization.p != NULL;
	if (slice_starts_nocase(authorization, SLICE("Basic ")))
		rq->basic = slice_trim(slice_from(authorization, 6));
}

static void server__ask(struct server__request *rq)
{
	struct api_request ask;

	server__read(rq->x, &ask);
	ask.body = buf_slice(&rq->body);
	ask.body_too_large = rq->too_large;
	api_ask(rq->server->api, &ask, server__done, rq, &rq->call);
}

static void server__overload(struct exchange *x)
{
	static const char body[] = "{\"result\":null,\"success\":false,\"errors\":[{\"code\":6011,\"message\":"
				   "\"too many request bodies at a time (limit api_bodies_bytes_max); try again\"}],"
				   "\"messages\":[]}";
	struct field fields[] = { { SLICE("Content-Type"), SLICE("application/json"), FIELD_CONTENT_TYPE },
				  { SLICE("Retry-After"), SLICE("1"), FIELD_OTHER } };
	struct http_response r = { .status = 503,
				   .body = HTTP_BODY_LENGTH,
				   .length = sizeof body - 1,
				   .fields = fields,
				   .fields_n = 2,
				   .close = true };

	x->ops->head(x, &r);
	if (x->req.method_id != METHOD_HEAD)
		x->ops->write_all(x, slice_str(body));
	x->ops->finish(x, NULL, 0);
}

/* How many bytes of body this request may have. */
static uint64_t server__allowed(const struct server__request *rq)
{
	struct api_request ask;

	server__read(rq->x, &ask);
	return api_knows(rq->server->api, &ask) ? rq->server->limits->api_body_bytes_max : SERVER__STRANGER_BYTES;
}

static void server__begin(struct exchange *x)
{
	struct api_server *s = x->server;

	/* Whoever took the request before it on this connection had a handler of its own. */
	x->handler = s->proto.handler;
	if (s->take && slice_starts(x->req.path, s->taken)) {
		s->take(s->take_arg, x);
		return;
	}
	if (x->req.has_body && s->bodies >= s->limits->api_bodies_bytes_max) {
		server__overload(x);
		return;
	}
	struct server__request *rq = mem_alloc(sizeof *rq);
	rq->server = s;
	rq->x = x;
	if (x->ops->keep(x) != OK) {
		mem_free(rq);
		x->ops->abort(x);
		return;
	}
	x->owner = rq;
	struct dashboard_answer page;
	if (dashboard_answer(&x->req, &page)) {
		server__dashboard(rq, &page);
		return;
	}
	uint64_t allowed = x->req.has_body ? server__allowed(rq) : 0;
	buf_init(&rq->body, allowed);
	rq->too_large = x->req.has_length && x->req.length > allowed;
	if (!x->req.has_body || rq->too_large) {
		server__ask(rq);
		return;
	}
	if (x->req.expect_continue)
		x->ops->interim(x, 100, NULL, 0);
	x->ops->read(x, true);
}

static void server__on_body(struct exchange *x, struct slice data, bool end)
{
	struct server__request *rq = x->owner;

	if (!rq || rq->too_large || rq->call)
		return;
	rq->too_large = data.n && !buf_add(&rq->body, data);
	if (!rq->too_large) {
		rq->counted += data.n;
		rq->server->bodies += data.n;
	}
	if (!end && !rq->too_large)
		return;
	x->ops->read(x, false);
	server__ask(rq);
}

static void server__on_gone(struct exchange *x, enum err why)
{
	struct server__request *rq = x->owner;

	if (!rq)
		return;
	if (rq->call)
		api_let_go(rq->call);
	x->owner = NULL;
	server__drop(rq);
}

/* What is no HTTP: a short answer, and the end of the connection. */
static void server__refuse(struct exchange *x, enum err why)
{
	int status = err_status(why);
	struct slice body = slice_str(err_text(why));
	struct field fields[] = { { SLICE("Content-Type"), SLICE("text/plain; charset=utf-8"), FIELD_CONTENT_TYPE } };
	struct http_response r = { .status = (uint16_t)(status ? status : 400),
				   .body = HTTP_BODY_LENGTH,
				   .length = body.n,
				   .fields = fields,
				   .fields_n = 1,
				   .close = true };

	x->ops->head(x, &r);
	if (x->req.method_id != METHOD_HEAD)
		x->ops->write_all(x, body);
	x->ops->finish(x, NULL, 0);
}

/* ---- sockets ---- */

static void server__rest_over(struct loop_timer *t)
{
	struct api_server *s = LOOP_OWNER(t, struct api_server, rest);

	size_t n = 0;

	while (n < s->listeners_n && loop_io_add_level(s->loop, &s->listeners[n].io) == OK)
		n++;
	s->resting = n < s->listeners_n;
	if (!s->resting)
		return;
	while (n)
		loop_io_del(s->loop, &s->listeners[--n].io);
	loop_timer_set(s->loop, t, loop_now_ms(s->loop) + SERVER__REST_MS);
}

static void server__rest(struct api_server *s)
{
	s->resting = true;
	for (size_t i = 0; i < s->listeners_n; i++)
		loop_io_del(s->loop, &s->listeners[i].io);
	loop_timer_set(s->loop, &s->rest, loop_now_ms(s->loop) + SERVER__REST_MS);
}

static void server__accept(struct loop_io *io, uint32_t events)
{
	struct server__listener *l = LOOP_OWNER(io, struct server__listener, io);
	struct api_server *s = l->server;
	struct ip_port peer;
	int fd;

	for (int i = 0; i < SERVER__ACCEPTS_A_TURN && !s->resting; i++) {
		enum err e = sock_accept(io->fd, &fd, &peer);
		if (e == OK) {
			h1_server_accept(&s->proto, fd, &peer, &l->local);
		} else if (e != ERR_CLOSED) {
			/* None waiting; or no descriptors, and the listener stays readable: not at once again. */
			if (e != ERR_AGAIN)
				server__rest(s);
			return;
		}
	}
}

enum err api_server_new(struct api *api, struct loop *loop, const struct limits *limits,
			const struct api_server_listen *listens, size_t n, struct api_server **ret_server)
{
	static const struct exchange_handler handler = {
		.begin = server__begin,
		.refuse = server__refuse,
		.on_body = server__on_body,
		.on_room = server__on_room,
		.on_gone = server__on_gone,
	};
	struct api_server *s = mem_alloc(sizeof *s);
	enum err e = OK;

	s->api = api;
	s->loop = loop;
	s->limits = limits;
	loop_timer_init(&s->rest, server__rest_over);
	proto_init(&s->proto, loop, limits, &s->counters, &handler, s);
	s->listeners = mem_alloc_array(n + 1, sizeof *s->listeners);
	for (size_t i = 0; i < n; i++) {
		struct server__listener *l = &s->listeners[s->listeners_n];
		*l = (struct server__listener){ .io = { listens[i].fd, server__accept },
						.server = s,
						.local = listens[i].addr };
		if (e == OK && (e = loop_io_add_level(loop, &l->io)) == OK)
			s->listeners_n++;
		else
			sock_close(listens[i].fd);
	}
	if (e != OK) {
		api_server_free(s);
		return e;
	}
	*ret_server = s;
	return OK;
}

void api_server_take(struct api_server *s, const char *prefix, void (*begin)(void *arg, struct exchange *x), void *arg)
{
	s->taken = slice_str(prefix);
	s->take = begin;
	s->take_arg = arg;
}

void api_server_free(struct api_server *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->listeners_n; i++) {
		if (!s->resting)
			loop_io_del(s->loop, &s->listeners[i].io);
		sock_close(s->listeners[i].io.fd);
	}
	loop_timer_cancel(s->loop, &s->rest);
	h1_server_close_all(&s->proto);
	loop_turn(s->loop, 0); /* the closed ones are freed at its end */
	proto_fini(&s->proto);
	mem_free(s->listeners);
	mem_free(s);
}
