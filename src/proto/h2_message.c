/* SPDX-License-Identifier: Apache-2.0 */
/*
 * h2_message: the head of a request out of its decoded fields (RFC 9113 section 8). nghttp2 has refused what is
 * malformed by the rules of HTTP/2 (names, pseudo-header fields, connection-specific fields, lengths); here is what
 * HTTP/1 would read differently, and our bounds.
 */
#include "base/base64.h"
#include "base/crypto.h"
#include "base/text.h"
#include "proto/h2_conn.h"
#include "wire/uri.h"

enum { H2_MESSAGE__FIELDS_FIRST = 24, H2_MESSAGE__NONCE_BYTES = 16 };

static void h2_message__refuse(struct h2_stream *s, enum err why)
{
	if (s->refuse == OK)
		s->refuse = why;
}

/* Several cookie fields are one for everybody behind us (RFC 9113 8.2.3). */
static void h2_message__cookie(struct h2_stream *s, struct slice value)
{
	size_t old = s->cookie.n, n = old + (old ? 2 : 0) + value.n;
	char *p = arena_alloc(&s->arena, n + 1);

	if (!p)
		return;
	if (old) {
		memcpy(p, s->cookie.p, old);
		memcpy(p + old, "; ", 2);
	}
	memcpy(p + n - value.n, value.p, value.n);
	s->cookie = slice_of(p, n);
}

static struct field *h2_message__slot(struct h2_stream *s)
{
	struct http_request *q = &s->x.req;
	size_t cap = s->fields_cap ? s->fields_cap * 2 : H2_MESSAGE__FIELDS_FIRST;

	if (q->fields_n < s->fields_cap)
		return &q->fields[q->fields_n];
	struct field *more = arena_alloc(&s->arena, cap * sizeof *more);
	if (!more)
		return NULL;
	if (q->fields_n)
		memcpy(more, q->fields, q->fields_n * sizeof *more);
	q->fields = more;
	s->fields_cap = cap;
	return &q->fields[q->fields_n];
}

static void h2_message__pseudo(struct h2_stream *s, struct slice name, struct slice value)
{
	struct slice *to = slice_eq(name, SLICE(":method"))      ? &s->method
			   : slice_eq(name, SLICE(":path"))      ? &s->path
			   : slice_eq(name, SLICE(":authority")) ? &s->authority
			   : slice_eq(name, SLICE(":scheme"))    ? &s->scheme
			   : slice_eq(name, SLICE(":protocol"))  ? &s->protocol
								 : NULL;

	if (to)
		*to = arena_copy(&s->arena, value);
}

void h2_message_field(struct h2_stream *s, struct slice name, struct slice value)
{
	const struct limits *l = s->c->p->limits;
	struct http_request *q = &s->x.req;

	s->head_bytes += name.n + value.n + 4;
	if (s->head_bytes > l->head_bytes_max)
		h2_message__refuse(s, ERR_HEAD_LARGE);
	if (q->fields_n >= l->head_fields_max)
		h2_message__refuse(s, ERR_FIELDS_MANY);
	if (s->refuse != OK)
		return;
	if (name.n && name.p[0] == ':') {
		h2_message__pseudo(s, name, value);
		return;
	}
	enum field_id id = field_lookup(name);
	if (id == FIELD_COOKIE) {
		h2_message__cookie(s, slice_trim(value));
		return;
	}
	struct field *f = h2_message__slot(s);
	if (!f)
		return;
	*f = (struct field){ arena_copy(&s->arena, name), arena_copy(&s->arena, slice_trim(value)), (uint16_t)id };
	q->fields_n++;
}

/* :authority, or Host, or both when they agree. */
static enum err h2_message__host(struct h2_stream *s)
{
	struct http_request *q = &s->x.req;
	const struct field *host = field_find(q->fields, q->fields_n, FIELD_HOST);
	struct uri_host parsed;

	q->host = s->authority.n ? s->authority : host ? host->value : slice_of(NULL, 0);
	if (field_count(q->fields, q->fields_n, FIELD_HOST) > 1)
		return ERR_HOST;
	if (host && s->authority.n && !slice_eq_nocase(host->value, s->authority))
		return ERR_HOST;
	return uri_host_parse(q->host, &parsed);
}

static bool h2_message__target(struct slice path)
{
	for (size_t i = 0; i < path.n; i++)
		if ((uint8_t)path.p[i] <= ' ' || path.p[i] == 0x7f || path.p[i] == '#')
			return false;
	return path.n && (path.p[0] == '/' || slice_eq(path, SLICE("*")));
}

static enum err h2_message__length(struct http_request *q)
{
	const struct field *f = field_find(q->fields, q->fields_n, FIELD_CONTENT_LENGTH);

	q->has_length = f != NULL;
	if (!f)
		return OK;
	if (field_count(q->fields, q->fields_n, FIELD_CONTENT_LENGTH) > 1 || !slice_u64(f->value, &q->length))
		return ERR_LENGTH;
	return OK;
}

static enum err h2_message__judge(struct h2_stream *s)
{
	struct http_request *q = &s->x.req;

	if (!field_is_token(s->method))
		return ERR_METHOD;
	TRY(h2_message__host(s));
	TRY(h2_message__length(q));
	if (q->method_id == METHOD_CONNECT && !s->protocol.n)
		return OK; /* has no path; whether it is served is not for us to say */
	if (!slice_eq(s->scheme, SLICE("https")) && !slice_eq(s->scheme, SLICE("http")))
		return ERR_TARGET;
	if (s->path.n > s->c->p->limits->target_bytes_max)
		return ERR_TARGET_LONG;
	if (!h2_message__target(s->path) || (s->path.p[0] == '*' && q->method_id != METHOD_OPTIONS))
		return ERR_TARGET;
	return OK;
}

static void h2_message__add(struct h2_stream *s, struct slice name, struct slice value)
{
	struct field *f = h2_message__slot(s);

	if (!f)
		return;
	*f = (struct field){ name, value, (uint16_t)field_lookup(name) };
	s->x.req.fields_n++;
}

/*
 * Extended CONNECT (RFC 8441): those behind us see the GET of RFC 6455, with a key that we make up, because over HTTP/2
 * there is none. What comes back as 101 becomes 200 (h2_reply.c).
 */
static enum err h2_message__websocket(struct h2_stream *s)
{
	struct http_request *q = &s->x.req;
	uint8_t nonce[H2_MESSAGE__NONCE_BYTES];
	struct buf key;

	if (!slice_eq(s->protocol, SLICE("websocket")))
		return ERR_UPGRADE;
	TRY(crypto_random(nonce, sizeof nonce));
	buf_init(&key, 2 * sizeof nonce);
	enum err e = base64_write(slice_of(nonce, sizeof nonce), &key);
	if (e == OK) {
		h2_message__add(s, SLICE("upgrade"), SLICE("websocket"));
		h2_message__add(s, SLICE("sec-websocket-key"), arena_copy(&s->arena, buf_slice(&key)));
	}
	buf_fini(&key);
	s->connect = true;
	q->method = SLICE("GET");
	q->method_id = METHOD_GET;
	q->upgrade = true;
	q->has_body = q->expect_continue = false;
	return e;
}

enum err h2_message_end(struct h2_stream *s, bool has_body)
{
	struct http_request *q = &s->x.req;

	if (s->cookie.n)
		h2_message__add(s, SLICE("cookie"), s->cookie);
	q->version = 20;
	q->method = s->method;
	q->method_id = method_lookup(s->method);
	q->path = s->path;
	q->has_body = has_body;
	q->expect_continue = has_body && field_any_has(q->fields, q->fields_n, FIELD_EXPECT, SLICE("100-continue"));
	if (s->refuse != OK)
		return s->refuse;
	if (arena_full(&s->arena))
		return ERR_ARENA_FULL;
	TRY(h2_message__judge(s));
	/* With END_STREAM there is nobody to talk to. */
	return s->protocol.n && q->method_id == METHOD_CONNECT && has_body ? h2_message__websocket(s) : OK;
}
