/* SPDX-License-Identifier: Apache-2.0 */
/*
 * router_answer: what the visitor of an app gets: the instance's answer with a few fields more, perhaps compressed; the
 * router's redirects; and its error pages, or those that the app's owner gave.
 */
#include "base/text.h"
#include "edge/router.h"
#include "http/status.h"

enum { ROUTER__FIELDS = 16, ROUTER__TEXT = 1024 };

/* Fields of one answer while they are put together; values may lie in `text`. */
struct router__fields {
	struct field *list;
	size_t n;
	struct text text;
	char mem[ROUTER__TEXT];
};

static void router__put(struct router__fields *f, struct slice name, struct slice value)
{
	f->list[f->n++] = (struct field){ .name = name, .value = value };
}

/* ---- fields ---- */

static void router__sticky(const struct request *r, struct router__fields *f)
{
	const struct router_call *c = r->call;
	const struct app *app = c->app;
	size_t from = f->text.n;

	for (size_t i = 0; app->live->sticky && c->instance && i < app->live->balance->n; i++) {
		if (app->live->balance->at[i] != c->instance)
			continue;
		sticky_cookie(&f->text, slice_of(app->live->sticky[i], STICKY_VALUE_BYTES), r->host, r->begin_s);
		if (!f->text.bad)
			router__put(f, SLICE("Set-Cookie"), slice_of(f->text.p + from, f->text.n - from));
	}
}

/* What every answer has; o: the instance's, NULL: it is ours. */
static void router__common(struct request *r, const struct h1_response *o, struct router__fields *f)
{
	const struct app *app = r->call->app;

	if (!o || !field_find(o->fields, o->fields_n, FIELD_DATE))
		router__put(f, SLICE("Date"), worker_date(r->w));
	router__put(f, SLICE("X-Request-ID"), slice_of(r->call->id, r->call->id_n));
	if (app && app->force_https && r->q->tls &&
	    !(o && field_find(o->fields, o->fields_n, FIELD_STRICT_TRANSPORT_SECURITY)))
		router__put(f, SLICE("Strict-Transport-Security"), SLICE("max-age=31536000"));
}

static enum flow router__send_head(struct request *r, const struct http_response *h)
{
	r->answered = h->status;
	r->x->ops->head(r->x, h);
	return request_go(r, STEP_SEND);
}

/* ---- from an instance ---- */

static bool router__keeps(const struct h1_response *o, const struct field *f, bool lists, bool squeezed)
{
	if (field_flags((enum field_id)f->id) & F_HOP)
		return false;
	switch (f->id) {
	case FIELD_CONTENT_LENGTH:
	case FIELD_X_REQUEST_ID:
		return false;
	case FIELD_ACCEPT_RANGES:
		return !squeezed;
	default:
		return !lists || !answer_nominated(o, f);
	}
}

/* A strong validator stands for the bytes of the instance (RFC 9110 8.8.1). */
static void router__weaken(struct request *r, struct field *f)
{
	if (f->id != FIELD_ETAG || slice_starts(f->value, SLICE("W/")))
		return;
	struct slice weak = arena_printf(r->arena, "W/%.*s", SLICE_ARG(f->value));
	if (weak.n)
		f->value = weak;
}

static bool router__takes_gzip(const struct request *r)
{
	const struct field *f = field_find(r->q->fields, r->q->fields_n, FIELD_ACCEPT_ENCODING);

	return f && field_accepts_coding(f->value, SLICE("gzip"));
}

/* Whether the answer is compressed; *ret_varies: it would be, for another visitor. */
static bool router__squeezes(struct request *r, bool *ret_varies)
{
	struct router_call *c = r->call;

	*ret_varies = squeeze_fits(r->resp, r->q->method_id);
	if (!*ret_varies || !router__takes_gzip(r))
		return false;
	c->squeeze = squeeze_take(&r->router->squeezes);
	/* An instance that does not know the length may be sending piece by piece to somebody who watches. */
	c->squeeze_now = r->resp->framing != H1_LENGTH;
	return c->squeeze != NULL;
}

/* Fields of the instance's answer, then ours. */
static void router__fields(struct request *r, struct router__fields *f)
{
	const struct h1_response *o = r->resp;
	bool lists = field_find(o->fields, o->fields_n, FIELD_CONNECTION) != NULL, varies;
	bool squeezed = router__squeezes(r, &varies);
	const struct field *up = field_find(o->fields, o->fields_n, FIELD_UPGRADE);

	for (size_t i = 0; i < o->fields_n; i++) {
		if (!router__keeps(o, &o->fields[i], lists, squeezed))
			continue;
		f->list[f->n] = o->fields[i];
		if (squeezed)
			router__weaken(r, &f->list[f->n]);
		f->n++;
	}
	if (o->status == 101 && up)
		f->list[f->n++] = *up;
	if (squeezed)
		router__put(f, SLICE("Content-Encoding"), SLICE("gzip"));
	if (varies && !field_any_has(o->fields, o->fields_n, FIELD_VARY, SLICE("accept-encoding")))
		router__put(f, SLICE("Vary"), SLICE("Accept-Encoding"));
	router__common(r, o, f);
	router__sticky(r, f);
}

/* The owner's page stands for an answer 502 or 504 of the instance too. */
static bool router__is_replaced(const struct request *r)
{
	const struct app *app = r->call->app;

	return (r->resp->status == 502 && app->pages[APP_PAGE_ERROR].n) ||
	       (r->resp->status == 504 && app->pages[APP_PAGE_TIMEOUT].n);
}

enum flow router_filter(struct request *r)
{
	const struct h1_response *o = r->resp;
	struct router__fields f = { .list = arena_alloc(r->arena, (o->fields_n + ROUTER__FIELDS) * sizeof *f.list) };
	struct http_response h = { .status = o->status, .fields = f.list };

	if (router__is_replaced(r)) {
		enum err e = o->status == 502 ? ERR_ORIGIN_GATEWAY : ERR_ORIGIN_GATEWAY_TIMEOUT;
		fetch_drop(r);
		return request_fail(r, e, 0);
	}
	if (!f.list) {
		fetch_drop(r);
		return request_fail(r, ERR_ARENA_FULL, 0);
	}
	f.text = text_of(f.mem, sizeof f.mem);
	router__fields(r, &f);
	h.fields_n = f.n;
	answer_body_form(r, &h);
	if (r->call->squeeze)
		h.body = HTTP_BODY_STREAM;
	router__send_head(r, &h);
	if (o->status != 101)
		return request_go(r, STEP_SEND);
	counter_add(&r->w->counters, tunnels, 1);
	r->x->ops->read(r->x, true);
	return request_go(r, STEP_TUNNEL);
}

static void router__squeezed(void *arg, struct slice data)
{
	struct request *r = arg;

	r->x->ops->write_all(r->x, data);
}

void router_body(struct request *r, struct slice data, bool end)
{
	struct router_call *c = r->call;

	if (!r->x)
		return;
	if (c->squeeze)
		squeeze_write(c->squeeze, data,
			      end              ? SQUEEZE_END
			      : c->squeeze_now ? SQUEEZE_NOW
					       : SQUEEZE_LATER,
			      router__squeezed, r);
	else if (data.n)
		r->x->ops->write_all(r->x, data);
}

/* ---- redirects ---- */

enum flow router_redirect(struct request *r)
{
	const struct app *app = r->call->app;
	struct slice host = app->canonical.n ? app->canonical : r->host;
	struct slice path = slice_eq(r->q->path, SLICE("*")) ? SLICE("/") : r->q->path;
	struct slice to = arena_printf(r->arena, "%s://%.*s%.*s", r->q->tls || app->force_https ? "https" : "http",
				       SLICE_ARG(host), SLICE_ARG(path));
	struct field list[ROUTER__FIELDS];
	struct router__fields f = { .list = list };
	struct http_response h = { .status = 301, .body = HTTP_BODY_LENGTH, .fields = list };

	if (arena_full(r->arena))
		return request_fail(r, ERR_ARENA_FULL, 0);
	r->page = SLICE("<html><head><title>301 Moved Permanently</title></head><body><h1>301 Moved "
			"Permanently</h1></body></html>\n");
	r->source = SOURCE_PAGE;
	router__put(&f, SLICE("Content-Type"), SLICE("text/html"));
	router__put(&f, SLICE("Location"), to);
	router__common(r, NULL, &f);
	h.length = r->page.n;
	h.fields_n = f.n;
	return router__send_head(r, &h);
}

/* ---- errors ---- */

/* One error of the machine as the router's visitors see it. */
struct router__error {
	enum err error;
	uint16_t status;
	enum app_page page; /* the owner's page for it; APP_PAGES: none */
	const char *text;   /* X-Scalingo-Error */
};

static const struct router__error router__errors[] = {
	{ ERR_NOT_FOUND, 404, APP_PAGES, "unknown domain" },
	{ ERR_BODY_LARGE, 413, APP_PAGES, "request body too large" },
	{ ERR_ORIGIN_CONNECT, 502, APP_PAGE_ERROR, "connection refused" },
	{ ERR_ORIGIN_UNREACHABLE, 502, APP_PAGE_ERROR, "connection refused" },
	{ ERR_ORIGIN_CLOSED, 502, APP_PAGE_ERROR, "invalid response" },
	{ ERR_ORIGIN_CUT, 502, APP_PAGE_ERROR, "invalid response" },
	{ ERR_ORIGIN_SYNTAX, 502, APP_PAGE_ERROR, "invalid response" },
	{ ERR_ORIGIN_HEAD_LARGE, 502, APP_PAGE_ERROR, "invalid response" },
	{ ERR_ORIGIN_GATEWAY, 502, APP_PAGE_ERROR, "bad gateway" },
	{ ERR_APP_QUARANTINE, 502, APP_PAGE_ERROR, "all containers in quarantine" },
	{ ERR_QUEUE_FULL, 503, APP_PAGES, "request queue full" },
	{ ERR_APP_STOPPED, 503, APP_PAGE_STOPPED, "app stopped" },
	{ ERR_APP_NO_WEB, 503, APP_PAGE_NO_FRONT, "no web container" },
	{ ERR_ORIGIN_CONNECT_TIMEOUT, 504, APP_PAGE_TIMEOUT, "timeout" },
	{ ERR_ORIGIN_TIMEOUT, 504, APP_PAGE_TIMEOUT, "timeout" },
	{ ERR_ORIGIN_WRITE_TIMEOUT, 504, APP_PAGE_TIMEOUT, "timeout" },
	{ ERR_ORIGIN_GATEWAY_TIMEOUT, 504, APP_PAGE_TIMEOUT, "timeout" },
};

static struct router__error router__error_of(enum err e)
{
	for (size_t i = 0; i < sizeof router__errors / sizeof router__errors[0]; i++)
		if (router__errors[i].error == e)
			return router__errors[i];
	int status = err_status(e);
	return (struct router__error){ e, (uint16_t)(status ? status : 500), APP_PAGES, err_text(e) };
}

enum flow router_error(struct request *r)
{
	const struct app *app = r->call->app;
	const struct router__error e = router__error_of(r->error);
	struct field list[ROUTER__FIELDS];
	struct router__fields f = { .list = list };
	struct http_response h = { .status = e.status, .body = HTTP_BODY_LENGTH, .fields = list };
	struct slice type = SLICE("text/html");

	if (!r->x || r->answered)
		return request_go(r, STEP_DONE);
	r->status = CACHE_STATUS_NONE;
	r->source = SOURCE_PAGE;
	r->page = app && e.page < APP_PAGES ? app->pages[e.page] : slice_of(NULL, 0);
	if (r->page.n == 0)
		r->page = page_error(r, e.status, 0, &type);
	router__put(&f, SLICE("Content-Type"), type);
	router__put(&f, SLICE("Cache-Control"), SLICE("no-store"));
	router__put(&f, SLICE("X-Scalingo-Error"), slice_str(e.text));
	if (e.status == 405)
		router__put(&f, SLICE("Allow"), SLICE("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"));
	router__common(r, NULL, &f);
	h.length = r->page.n;
	h.fields_n = f.n;
	/* A page of the owner's lies in the app, which must stay while it is sent. */
	if (request_keep(r) != OK)
		return request_go(r, STEP_DONE);
	return router__send_head(r, &h);
}
