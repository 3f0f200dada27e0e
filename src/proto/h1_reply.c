/* SPDX-License-Identifier: Apache-2.0 */
/*
 * h1_reply: the output side of an HTTP/1.1 client connection. An answer is assembled in the worker's shared buffer
 * (proto->out, owned by one connection at a time) and leaves with one send; what the socket does not take is kept in
 * c->out. Large stored bodies go out by writev straight from where they lie. RFC 9112 sections 6, 7, 9.
 */
#include "http/status.h"
#include "proto/h1_conn.h"
#include "proto/h1_server.h"

#include "base/text.h"

enum { H1_REPLY__COPY_MAX = 16384, H1_REPLY__PIECE_MAX = 65536, H1_REPLY__HEAD_ROOM = PROTO_OUT_BYTES - 65536 };

static struct h1_conn *h1_reply__conn(struct exchange *x)
{
	struct h1_conn *c = LOOP_OWNER(x, struct h1_conn, x);
	OBJ(c, OBJ_H1_CONN);
	return c;
}

static void h1_reply__broken(struct h1_conn *c)
{
	c->broken = true;
	h1_server_wake(c);
}

static void h1_reply__sent(struct h1_conn *c, size_t n)
{
	counter_add(c->p->counters, bytes_out, n);
	c->sent_ms = loop_now_ms(c->p->loop);
}

static void h1_reply__queue(struct h1_conn *c, struct slice s)
{
	if (buf_len(&c->out) == 0)
		c->sent_ms = loop_now_ms(c->p->loop);
	if (!buf_add(&c->out, s))
		h1_reply__broken(c);
}

/* A record that waits in TLS goes first; while it does not leave, nothing else can. */
static void h1_reply__flush_record(struct h1_conn *c)
{
	enum err e = tls_session_flush(c->tls);

	if (e == ERR_AGAIN)
		c->writable = false;
	else if (e != OK)
		h1_reply__broken(c);
}

/* Sends the queue; then, when it is empty, s. What remains of s is queued. */
static void h1_reply__send(struct h1_conn *c, struct slice s)
{
	size_t n;

	if (transport_sending(c->tls) && c->writable)
		h1_reply__flush_record(c);
	while (c->writable && !c->broken && (buf_len(&c->out) || s.n)) {
		bool queued = buf_len(&c->out) > 0;
		struct slice from = queued ? buf_slice(&c->out) : s;
		enum err e = transport_send(c->io.fd, c->tls, from, &n);

		if (e == ERR_AGAIN) {
			c->writable = false;
			break;
		}
		if (e != OK) {
			h1_reply__broken(c);
			return;
		}
		h1_reply__sent(c, n);
		if (n < from.n || transport_sending(c->tls))
			c->writable = false;
		if (queued)
			buf_consume(&c->out, n);
		else
			s = slice_from(s, n);
	}
	if (s.n && !c->broken)
		h1_reply__queue(c, s);
}

void h1_server_flush(struct proto *p)
{
	struct h1_conn *c = p->out_owner;

	if (!c)
		return;
	struct slice s = slice_of(p->out, p->out_n);
	p->out_owner = NULL;
	p->out_n = 0;
	if (c->state == H1_CONN_CLOSED)
		return;
	h1_reply__send(c, s);
	if (c->want_room || buf_len(&c->out) || transport_sending(c->tls))
		h1_server_wake(c); /* deadlines and on_room are looked after there */
}

void h1_reply_flush(struct h1_conn *c)
{
	if (c->p->out_owner == c)
		h1_server_flush(c->p);
	else
		h1_reply__send(c, slice_of(NULL, 0));
}

bool h1_reply_drained(const struct h1_conn *c)
{
	return c->broken || (buf_len(&c->out) == 0 && c->p->out_owner != c && !transport_sending(c->tls));
}

/* Makes the shared buffer ours with room for n bytes; n <= PROTO_OUT_BYTES. */
static void h1_reply__own(struct h1_conn *c, size_t n)
{
	struct proto *p = c->p;

	if (p->out_owner != c || PROTO_OUT_BYTES - p->out_n < n)
		proto_flush(p);
	p->out_owner = c;
}

static void h1_reply__put(struct h1_conn *c, struct slice s)
{
	h1_reply__own(c, s.n);
	memcpy(c->p->out + c->p->out_n, s.p, s.n);
	c->p->out_n += s.n;
}

static size_t h1_reply__queued(const struct h1_conn *c)
{
	return buf_len(&c->out) + (c->p->out_owner == c ? c->p->out_n : 0);
}

static bool h1_reply__room(struct exchange *x)
{
	struct h1_conn *c = h1_reply__conn(x);

	if (c->broken || h1_reply__queued(c) < c->p->limits->conn_out_bytes_max)
		return true;
	c->want_room = true;
	return false;
}

static void h1_reply__fields(struct text *t, const struct field *f, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		text_add(t, f[i].name);
		text_add(t, SLICE(": "));
		text_add(t, f[i].value);
		text_add(t, SLICE("\r\n"));
	}
}

static void h1_reply__status_line(struct text *t, uint16_t status)
{
	struct slice line = status_line_h1(status);

	if (line.n) {
		text_add(t, line);
		return;
	}
	text_add(t, SLICE("HTTP/1.1 "));
	text_u64(t, status);
	text_add(t, SLICE(" \r\n"));
}

static void h1_reply__framing(struct h1_conn *c, struct text *t, const struct http_response *r)
{
	bool bodyless =
		r->body != HTTP_BODY_TUNNEL && (c->x.req.method_id == METHOD_HEAD || status_has_no_body(r->status));

	c->reply = r->body;
	c->reply_bodyless = bodyless;
	c->reply_left = r->length;
	c->reply_chunked = false;
	switch (r->body) {
	case HTTP_BODY_LENGTH:
		text_add(t, SLICE("Content-Length: "));
		text_u64(t, r->length);
		text_add(t, SLICE("\r\n"));
		break;
	case HTTP_BODY_STREAM:
		if (bodyless)
			break;
		c->reply_chunked = c->x.req.version >= 11;
		if (c->reply_chunked)
			text_add(t, SLICE("Transfer-Encoding: chunked\r\n"));
		else
			c->reply_close = true;
		break;
	case HTTP_BODY_NONE:
		c->reply_bodyless = true;
		if (!bodyless)
			text_add(t, SLICE("Content-Length: 0\r\n"));
		break;
	case HTTP_BODY_TUNNEL:
		text_add(t, SLICE("Connection: Upgrade\r\n\r\n"));
		return;
	}
	if (c->reply_close)
		text_add(t, SLICE("Connection: close\r\n"));
	else if (c->x.req.version == 10)
		text_add(t, SLICE("Connection: keep-alive\r\n"));
	text_add(t, SLICE("\r\n"));
}

static void h1_reply__head(struct exchange *x, const struct http_response *r)
{
	struct h1_conn *c = h1_reply__conn(x);
	struct proto *p = c->p;

	CHECK(!c->head_sent);
	if (r->close || p->draining || (!c->body_done && !c->read_on && r->body != HTTP_BODY_TUNNEL))
		c->reply_close = true;
	h1_reply__own(c, H1_REPLY__HEAD_ROOM);
	struct text t = text_of(p->out + p->out_n, PROTO_OUT_BYTES - p->out_n);
	h1_reply__status_line(&t, r->status);
	text_add(&t, r->stored_h1);
	h1_reply__fields(&t, r->fields, r->fields_n);
	h1_reply__framing(c, &t, r);
	c->head_sent = true;
	if (t.bad) { /* larger than origin_head_bytes_max allows: our own mistake, end it visibly */
		h1_reply__broken(c);
		return;
	}
	p->out_n += t.n;
	x->bytes_out += t.n;
	if (r->body == HTTP_BODY_TUNNEL) {
		c->body = H1_CONN_RAW;
		c->body_done = false;
		c->reply_close = true;
	}
}

static void h1_reply__interim(struct exchange *x, uint16_t status, const struct field *fields, size_t n)
{
	struct h1_conn *c = h1_reply__conn(x);

	if (x->req.version < 11 || c->head_sent || c->broken)
		return;
	h1_reply__own(c, H1_REPLY__HEAD_ROOM);
	struct text t = text_of(c->p->out + c->p->out_n, PROTO_OUT_BYTES - c->p->out_n);
	h1_reply__status_line(&t, status);
	h1_reply__fields(&t, fields, n);
	text_add(&t, SLICE("\r\n"));
	if (!t.bad)
		c->p->out_n += t.n;
	h1_reply_flush(c);
}

static size_t h1_reply__chunk(struct h1_conn *c, struct slice data)
{
	char mem[24];
	struct text t = text_of(mem, sizeof mem);
	unsigned digits = 1;

	data = slice_first(data, H1_REPLY__PIECE_MAX);
	while (data.n >> (4 * digits))
		digits++;
	text_hex(&t, data.n, digits);
	text_add(&t, SLICE("\r\n"));
	h1_reply__own(c, data.n + t.n + 2);
	h1_reply__put(c, text_slice(&t));
	h1_reply__put(c, data);
	h1_reply__put(c, SLICE("\r\n"));
	return data.n;
}

/* Assembled head and a large piece of body in one system call; returns what was taken of data. */
static size_t h1_reply__direct(struct h1_conn *c, struct slice data)
{
	struct proto *p = c->p;
	struct iovec v[2] = { { p->out, p->out_n }, { (void *)(uintptr_t)data.p, data.n } };
	size_t n = 0, assembled = p->out_n;
	enum err e = transport_sendv(c->io.fd, c->tls, assembled ? v : v + 1, assembled ? 2 : 1, &n);

	p->out_owner = NULL;
	p->out_n = 0;
	if (e != OK && e != ERR_AGAIN) {
		h1_reply__broken(c);
		return data.n;
	}
	if (n)
		h1_reply__sent(c, n);
	if (n < assembled) {
		c->writable = false;
		h1_reply__queue(c, slice_of(p->out + n, assembled - n));
		return 0;
	}
	n -= assembled;
	if (n < data.n || transport_sending(c->tls))
		c->writable = false;
	return n;
}

static size_t h1_reply__take(struct h1_conn *c, struct slice data)
{
	if (c->reply_chunked)
		return h1_reply__room(&c->x) ? h1_reply__chunk(c, data) : 0;
	if (buf_len(&c->out) || !c->writable)
		return 0;
	h1_reply__own(c, 0);
	if (data.n <= H1_REPLY__COPY_MAX && data.n <= PROTO_OUT_BYTES - c->p->out_n) {
		h1_reply__put(c, data);
		return data.n;
	}
	return h1_reply__direct(c, data);
}

/* What of data the announced length still allows; more is our own mistake. */
static struct slice h1_reply__bounded(struct h1_conn *c, struct slice data)
{
	if (c->reply == HTTP_BODY_LENGTH) {
		CHECK(data.n <= c->reply_left);
		c->reply_left -= data.n;
	}
	return data;
}

/* on_room is owed from now on; until the client takes bytes, the send deadline runs. */
static void h1_reply__wait(struct h1_conn *c)
{
	if (c->want_room)
		return;
	c->want_room = true;
	c->sent_ms = loop_now_ms(c->p->loop);
	if (!c->running)
		h1_server_wake(c);
}

static size_t h1_reply__write(struct exchange *x, struct slice data)
{
	struct h1_conn *c = h1_reply__conn(x);
	size_t taken;

	CHECK(c->head_sent);
	if (c->broken || c->reply_bodyless || data.n == 0)
		return data.n;
	taken = h1_reply__take(c, data);
	h1_reply__bounded(c, slice_first(data, taken));
	x->bytes_out += taken;
	if (taken < data.n)
		h1_reply__wait(c);
	return taken;
}

static void h1_reply__write_all(struct exchange *x, struct slice data)
{
	struct h1_conn *c = h1_reply__conn(x);

	CHECK(c->head_sent);
	if (c->broken || c->reply_bodyless || data.n == 0)
		return;
	h1_reply__bounded(c, data);
	x->bytes_out += data.n;
	while (data.n && !c->broken) {
		size_t n;
		if (c->reply_chunked) {
			n = h1_reply__chunk(c, data);
		} else {
			n = data.n < H1_REPLY__PIECE_MAX ? data.n : H1_REPLY__PIECE_MAX;
			h1_reply__put(c, slice_first(data, n));
		}
		data = slice_from(data, n);
	}
}

static void h1_reply__finish(struct exchange *x, const struct field *trailers, size_t n)
{
	struct h1_conn *c = h1_reply__conn(x);

	CHECK(c->head_sent);
	CHECK(c->broken || c->reply_bodyless || c->reply != HTTP_BODY_LENGTH || c->reply_left == 0);
	if (c->reply_chunked && !c->broken) {
		h1_reply__own(c, H1_REPLY__HEAD_ROOM);
		struct text t = text_of(c->p->out + c->p->out_n, PROTO_OUT_BYTES - c->p->out_n);
		text_add(&t, SLICE("0\r\n"));
		h1_reply__fields(&t, trailers, n);
		text_add(&t, SLICE("\r\n"));
		if (t.bad)
			h1_reply__broken(c);
		else
			c->p->out_n += t.n;
	}
	h1_server_replied(c);
}

static void h1_reply__abort(struct exchange *x)
{
	struct h1_conn *c = h1_reply__conn(x);
	/* A body that ends with the connection would look complete after a FIN. */
	bool reset = c->head_sent && c->reply == HTTP_BODY_STREAM && !c->reply_chunked;

	h1_reply_flush(c);
	h1_server_close(c, reset);
}

static enum err h1_reply__keep(struct exchange *x)
{
	struct h1_conn *c = h1_reply__conn(x);
	struct http_request *q = &x->req;

	if (c->kept)
		return OK;
	char *mem = arena_alloc(&c->arena, c->head.n);
	struct field *fields = arena_alloc(&c->arena, q->fields_n * sizeof *fields);
	if (!mem || !fields)
		return ERR_ARENA_FULL;
	if (c->head.n)
		memcpy(mem, c->head.p, c->head.n);
	if (q->fields_n)
		memcpy(fields, q->fields, q->fields_n * sizeof *fields);
	uintptr_t base = (uintptr_t)c->head.p;
#define H1_REPLY__MOVE(s)                                                                                              \
	if ((uintptr_t)(s).p - base < c->head.n)                                                                       \
	(s).p = mem + ((uintptr_t)(s).p - base)
	H1_REPLY__MOVE(q->method);
	H1_REPLY__MOVE(q->host);
	H1_REPLY__MOVE(q->path);
	for (size_t i = 0; i < q->fields_n; i++) {
		H1_REPLY__MOVE(fields[i].name);
		H1_REPLY__MOVE(fields[i].value);
	}
#undef H1_REPLY__MOVE
	q->fields = fields;
	c->kept = true;
	return OK;
}

static void h1_reply__read(struct exchange *x, bool on)
{
	struct h1_conn *c = h1_reply__conn(x);

	if (on && !c->read_on) {
		c->since_ms = loop_now_ms(c->p->loop);
		h1_server_wake(c);
	}
	c->read_on = on;
}

void h1_reply_canned(struct h1_conn *c, uint16_t status)
{
	struct http_response r = { .status = status, .body = HTTP_BODY_NONE, .close = true };

	if (c->head_sent || c->broken)
		return;
	h1_reply__head(&c->x, &r);
	h1_reply_flush(c);
}

const struct exchange_ops *h1_reply_ops(void)
{
	static const struct exchange_ops ops = {
		.keep = h1_reply__keep,
		.interim = h1_reply__interim,
		.head = h1_reply__head,
		.write = h1_reply__write,
		.write_all = h1_reply__write_all,
		.room = h1_reply__room,
		.finish = h1_reply__finish,
		.abort = h1_reply__abort,
		.read = h1_reply__read,
	};
	return &ops;
}
