/* SPDX-License-Identifier: Apache-2.0 */
/*
 * h1_client: see h1_client.h. Reads into the worker's shared buffer; only a partial head or trailer is kept between
 * turns. Origins are parsed as strictly as clients: an answer that two parsers could read differently is an error, not
 * a guess.
 */
#include "proto/h1_client.h"

#include "base/check.h"
#include "base/mem.h"
#include "base/text.h"
#include "proto/transport.h"
#include "tls/tls_client.h"

enum h1_client_state {
	H1_CLIENT_IDLE, /* parked, or new and not begun */
	H1_CLIENT_HEAD, /* request sent or being sent, waiting for the head */
	H1_CLIENT_BODY, /* answer's body */
	H1_CLIENT_TRAILER,
	H1_CLIENT_RAW,   /* after 101 */
	H1_CLIENT_ENDED, /* on_end was called */
	H1_CLIENT_CLOSED
};

enum { H1_CLIENT__KEEP = 4096 }; /* a parked connection keeps buffers up to this size */

struct h1_client {
	struct client base; /* first: one is the other */
	uint32_t magic;     /* OBJ_H1_CLIENT */
	uint8_t state;      /* enum h1_client_state */
	struct proto *p;
	struct loop_io io;
	struct loop_timer timer;
	struct loop_task task;
	struct tls_session *tls; /* NULL: plain */
	struct tls_trouble trouble;
	void (*on_idle_end)(struct h1_client *c);
	struct client_timeouts timeouts;
	enum method method;
	struct buf out, in;
	struct slice cur;
	struct h1_chunk chunk;
	enum h1_framing framing;
	uint64_t body_left;
	uint64_t since_ms; /* last progress of the answer, or when the wait for it began */
	uint64_t sent_ms;  /* last progress of sending while more is queued */
	uint64_t idle_due_ms;
	bool connecting, readable, writable, fin_hint, fin;
	bool body_chunked, request_done, read_on, want_room;
	bool used_before, got_byte, keep_alive, starved, running, end_pending;
};

static void h1_client__run(struct h1_client *c);
static const struct client_ops h1_client__ops;

static struct h1_client *h1_client__of(struct client *base)
{
	struct h1_client *c = (struct h1_client *)(void *)base;

	OBJ(c, OBJ_H1_CLIENT);
	return c;
}

static void h1_client__fail(struct h1_client *c, enum err e)
{
	if (c->state == H1_CLIENT_CLOSED || c->state == H1_CLIENT_ENDED)
		return;
	bool idle = c->state == H1_CLIENT_IDLE;
	c->state = H1_CLIENT_ENDED;
	c->keep_alive = false;
	c->base.again = c->used_before && !c->got_byte ? CLIENT_SAFE : CLIENT_NEVER;
	if (idle && c->on_idle_end)
		c->on_idle_end(c);
	else if (c->base.events)
		c->base.events->on_error(&c->base, e);
}

/* ---- waiting */

static uint64_t h1_client__due(const struct h1_client *c)
{
	const struct limits *l = c->p->limits;
	uint64_t due = UINT64_MAX;

	if (c->connecting)
		return c->since_ms + c->timeouts.connect_ms;
	switch ((enum h1_client_state)c->state) {
	case H1_CLIENT_IDLE:
		return c->idle_due_ms;
	case H1_CLIENT_HEAD:
		if (c->request_done && buf_len(&c->out) == 0)
			due = c->since_ms + (c->got_byte ? c->timeouts.read_ms : c->timeouts.first_byte_ms);
		break;
	case H1_CLIENT_BODY:
	case H1_CLIENT_TRAILER:
		if (c->read_on)
			due = c->since_ms + c->timeouts.read_ms;
		break;
	case H1_CLIENT_RAW:
	case H1_CLIENT_ENDED:
	case H1_CLIENT_CLOSED:
		break;
	}
	if (buf_len(&c->out) && c->sent_ms + l->origin_write_ms < due)
		due = c->sent_ms + l->origin_write_ms;
	return due;
}

static void h1_client__arm(struct h1_client *c)
{
	uint64_t due = h1_client__due(c);

	if (c->state == H1_CLIENT_CLOSED)
		return;
	loop_timer_set(c->p->loop, &c->timer, due != UINT64_MAX ? due : loop_now_ms(c->p->loop) + 3600000);
}

static void h1_client__timer(struct loop_timer *t)
{
	struct h1_client *c = LOOP_OWNER(t, struct h1_client, timer);

	OBJ(c, OBJ_H1_CLIENT);
	if (h1_client__due(c) > loop_now_ms(c->p->loop))
		h1_client__arm(c);
	else if (c->connecting)
		h1_client__fail(c, ERR_ORIGIN_CONNECT_TIMEOUT);
	else if (buf_len(&c->out))
		h1_client__fail(c, ERR_ORIGIN_WRITE_TIMEOUT);
	else
		h1_client__fail(c, ERR_ORIGIN_TIMEOUT);
}

/* ---- sending */

static void h1_client__flush(struct h1_client *c)
{
	size_t n;

	if (transport_sending(c->tls) && c->writable && tls_session_flush(c->tls) == ERR_AGAIN)
		c->writable = false;
	while (!c->connecting && c->writable && buf_len(&c->out)) {
		struct slice s = buf_slice(&c->out);
		enum err e = transport_send(c->io.fd, c->tls, s, &n);

		if (e == ERR_AGAIN) {
			c->writable = false;
			return;
		}
		if (e != OK) {
			/* The origin may have answered early and closed: what it said is still to be read. */
			buf_clear(&c->out);
			c->keep_alive = false;
			c->request_done = true;
			c->readable = true;
			return;
		}
		counter_add(c->p->counters, origin_bytes_out, n);
		c->sent_ms = c->since_ms = loop_now_ms(c->p->loop);
		buf_consume(&c->out, n);
		if (n < s.n || transport_sending(c->tls))
			c->writable = false;
	}
}

static void h1_client__put(struct h1_client *c, struct slice s)
{
	if (buf_len(&c->out) == 0)
		c->sent_ms = loop_now_ms(c->p->loop);
	if (!buf_add(&c->out, s)) {
		c->base.why = ERR_QUEUE_FULL;
		c->keep_alive = false;
	}
}

static void h1_client__give_body(struct client *base, struct slice data, bool end)
{
	struct h1_client *c = h1_client__of(base);
	char mem[24];
	struct text t = text_of(mem, sizeof mem);

	OBJ(c, OBJ_H1_CLIENT);
	if (c->state == H1_CLIENT_CLOSED || c->state == H1_CLIENT_ENDED)
		return;
	if (c->body_chunked && c->state != H1_CLIENT_RAW) {
		if (data.n) {
			text_hex(&t, data.n, 8);
			text_add(&t, SLICE("\r\n"));
			h1_client__put(c, text_slice(&t));
			h1_client__put(c, data);
			h1_client__put(c, SLICE("\r\n"));
		}
		if (end)
			h1_client__put(c, SLICE("0\r\n\r\n"));
	} else if (data.n) {
		h1_client__put(c, data);
	}
	if (end) {
		c->request_done = true;
		c->since_ms = loop_now_ms(c->p->loop);
	}
	h1_client__flush(c);
	h1_client__arm(c);
}

static void h1_client__end_tunnel(struct client *base)
{
	struct h1_client *c = h1_client__of(base);

	OBJ(c, OBJ_H1_CLIENT);
	c->request_done = true;
	if (c->state == H1_CLIENT_RAW && buf_len(&c->out) == 0)
		sock_shutdown_send(c->io.fd);
	else
		c->end_pending = true;
}

static bool h1_client__room(struct client *base)
{
	struct h1_client *c = h1_client__of(base);

	if (buf_len(&c->out) < c->p->limits->conn_out_bytes_max)
		return true;
	c->want_room = true;
	return false;
}

/* ---- receiving */

static bool h1_client__receive(struct h1_client *c)
{
	struct proto *p = c->p;
	size_t n, room = PROTO_IN_BYTES;
	char *at = p->in;
	bool drained;

	if (!c->readable || c->fin || c->connecting)
		return false;
	if (buf_len(&c->in)) {
		room = 16384;
		at = buf_room(&c->in, room);
		if (!at) {
			c->base.why = ERR_HEAD_LARGE;
			c->fin = true;
			return false;
		}
	}
	enum err e = transport_recv(c->io.fd, c->tls, (struct iovec){ at, room }, &n, &drained);
	if (e == ERR_AGAIN) {
		c->readable = false;
		return false;
	}
	if (e != OK) {
		if (e == ERR_TLS && !c->base.trouble) {
			tls_client_trouble(c->tls, e, &c->trouble);
			c->base.trouble = &c->trouble;
		}
		c->readable = false;
		c->fin = true;
		return false;
	}
	counter_add(p->counters, origin_bytes_in, n);
	if (drained && !c->fin_hint)
		c->readable = false;
	c->got_byte = true;
	c->starved = false;
	c->since_ms = loop_now_ms(p->loop);
	if (at == p->in) {
		c->cur = slice_of(at, n);
	} else {
		buf_commit(&c->in, n);
		c->cur = buf_slice(&c->in);
	}
	return true;
}

static void h1_client__consume(struct h1_client *c, size_t n)
{
	if (buf_len(&c->in)) {
		buf_consume(&c->in, n);
		c->cur = buf_slice(&c->in);
	} else {
		c->cur = slice_from(c->cur, n);
	}
}

static bool h1_client__end(struct h1_client *c, const struct field *trailers, size_t n)
{
	c->state = H1_CLIENT_ENDED;
	if (c->cur.n || !c->request_done || buf_len(&c->out) || c->fin)
		c->keep_alive = false;
	c->base.events->on_end(&c->base, trailers, n);
	return false;
}

static bool h1_client__bad(struct h1_client *c, enum err e, enum err why)
{
	c->base.why = why;
	h1_client__fail(c, e);
	return false;
}

static bool h1_client__head(struct h1_client *c)
{
	const struct limits *l = c->p->limits;
	struct h1_bounds bounds = { l->origin_head_bytes_max, 0, l->head_fields_max };
	struct h1_response r;
	size_t used;
	enum err e = h1_response_parse(c->cur, &bounds, c->method, c->p->fields, &r, &used);

	if (e == ERR_AGAIN) {
		c->starved = true;
		return true;
	}
	if (e != OK)
		return h1_client__bad(c, h1_response_error(e), e);
	if (r.status < 200 && r.status != 101) {
		c->base.events->on_interim(&c->base, &r);
		if (c->state != H1_CLIENT_CLOSED)
			h1_client__consume(c, used);
		return c->state == H1_CLIENT_HEAD;
	}
	c->framing = r.framing;
	c->body_left = r.content_length;
	c->keep_alive = c->keep_alive && r.keep_alive;
	c->state = r.status == 101 ? H1_CLIENT_RAW : H1_CLIENT_BODY;
	if (r.framing == H1_CHUNKED)
		h1_chunk_init(&c->chunk, l->chunk_ext_bytes_max);
	c->base.events->on_head(&c->base, &r);
	if (c->state == H1_CLIENT_CLOSED)
		return false;
	h1_client__consume(c, used);
	bool none = r.framing == H1_NO_BODY || (r.framing == H1_LENGTH && r.content_length == 0);
	if (none && c->state == H1_CLIENT_BODY)
		return h1_client__end(c, NULL, 0);
	return true;
}

static bool h1_client__trailer(struct h1_client *c)
{
	const struct limits *l = c->p->limits;
	struct h1_bounds bounds = { l->trailer_bytes_max, 0, l->head_fields_max };
	size_t n, used;
	enum err e = h1_trailer_parse(c->cur, &bounds, c->p->fields, &n, &used);

	if (e == ERR_AGAIN) {
		c->starved = true;
		return true;
	}
	if (e != OK)
		return h1_client__bad(c, ERR_ORIGIN_SYNTAX, ERR_TRAILER);
	h1_client__consume(c, used);
	return h1_client__end(c, c->p->fields, n);
}

static bool h1_client__chunked(struct h1_client *c)
{
	struct slice in = c->cur, data;
	enum err e = h1_chunk_next(&c->chunk, &in, &data);
	size_t used = c->cur.n - in.n;

	if (e == ERR_AGAIN) {
		h1_client__consume(c, used);
		c->starved = true;
		return true;
	}
	if (e != OK)
		return h1_client__bad(c, ERR_ORIGIN_SYNTAX, ERR_CHUNK);
	if (data.n)
		c->base.events->on_body(&c->base, data);
	if (c->state == H1_CLIENT_CLOSED)
		return false;
	h1_client__consume(c, used);
	if (c->chunk.state == H1_CHUNK_TRAILER && c->state == H1_CLIENT_BODY)
		c->state = H1_CLIENT_TRAILER;
	return true;
}

static bool h1_client__body(struct h1_client *c)
{
	size_t n = c->cur.n;

	if (c->state == H1_CLIENT_BODY && c->framing == H1_CHUNKED)
		return h1_client__chunked(c);
	if (c->state == H1_CLIENT_BODY && c->framing == H1_LENGTH) {
		if (n > c->body_left)
			n = (size_t)c->body_left;
		c->body_left -= n;
	}
	c->base.events->on_body(&c->base, slice_first(c->cur, n));
	if (c->state == H1_CLIENT_CLOSED)
		return false;
	h1_client__consume(c, n);
	if (c->state == H1_CLIENT_BODY && c->framing == H1_LENGTH && c->body_left == 0)
		return h1_client__end(c, NULL, 0);
	return true;
}

/* The origin closed. */
static bool h1_client__closed(struct h1_client *c)
{
	if (c->base.why == ERR_HEAD_LARGE)
		return h1_client__bad(c, ERR_ORIGIN_HEAD_LARGE, ERR_HEAD_LARGE);
	c->keep_alive = false;
	if (c->state == H1_CLIENT_RAW || (c->state == H1_CLIENT_BODY && c->framing == H1_UNTIL_CLOSE))
		return h1_client__end(c, NULL, 0);
	/* An alert instead of an answer: in TLS 1.3 a client's certificate is refused after the handshake. */
	if (c->state == H1_CLIENT_HEAD && c->base.trouble && !c->got_byte)
		h1_client__fail(c, ERR_ORIGIN_TLS);
	else
		h1_client__fail(c, c->state == H1_CLIENT_HEAD ? ERR_ORIGIN_CLOSED : ERR_ORIGIN_CUT);
	return false;
}

/* More bytes than are at hand; what is at hand is kept first. False when none came, or the end was dealt with. */
static bool h1_client__more(struct h1_client *c)
{
	if (c->cur.n && buf_len(&c->in) == 0 && !buf_add(&c->in, c->cur))
		return h1_client__bad(c, ERR_ORIGIN_HEAD_LARGE, ERR_HEAD_LARGE);
	if (h1_client__receive(c))
		return true;
	if (buf_len(&c->in))
		c->cur = slice_of(NULL, 0);
	return c->fin && h1_client__closed(c);
}

static bool h1_client__step(struct h1_client *c)
{
	if (c->state == H1_CLIENT_ENDED || c->state == H1_CLIENT_CLOSED || c->connecting)
		return false;
	if (!c->read_on && c->state != H1_CLIENT_IDLE && c->state != H1_CLIENT_HEAD)
		return false;
	if ((c->cur.n == 0 || c->starved) && !h1_client__more(c))
		return false;
	switch ((enum h1_client_state)c->state) {
	case H1_CLIENT_IDLE:
		h1_client__fail(c, ERR_ORIGIN_SYNTAX); /* bytes that nobody asked for */
		return false;
	case H1_CLIENT_HEAD:
		return h1_client__head(c);
	case H1_CLIENT_TRAILER:
		return h1_client__trailer(c);
	case H1_CLIENT_BODY:
	case H1_CLIENT_RAW:
		return h1_client__body(c);
	case H1_CLIENT_ENDED:
	case H1_CLIENT_CLOSED:
		break;
	}
	return false;
}

static void h1_client__run(struct h1_client *c)
{
	if (c->running || c->state == H1_CLIENT_CLOSED)
		return;
	c->running = true;
	c->cur = buf_slice(&c->in);
	while (h1_client__step(c))
		;
	if (c->state != H1_CLIENT_CLOSED && c->cur.n && buf_len(&c->in) == 0 && !buf_add(&c->in, c->cur))
		h1_client__bad(c, ERR_ORIGIN_HEAD_LARGE, ERR_HEAD_LARGE);
	c->cur = slice_of(NULL, 0);
	if (c->state != H1_CLIENT_CLOSED)
		h1_client__arm(c);
	c->running = false;
}

static void h1_client__task(struct loop_task *t)
{
	struct h1_client *c = LOOP_OWNER(t, struct h1_client, task);

	OBJ(c, OBJ_H1_CLIENT);
	if (c->state == H1_CLIENT_CLOSED) {
		c->magic = OBJ_FREED;
		mem_free(c);
	} else {
		h1_client__run(c);
	}
}

static void h1_client__connected(struct h1_client *c)
{
	enum err e = sock_connected(c->io.fd);

	if (e == ERR_AGAIN)
		return;
	c->connecting = false;
	c->since_ms = loop_now_ms(c->p->loop);
	if (e != OK)
		h1_client__fail(c, e);
}

static void h1_client__io(struct loop_io *io, uint32_t events)
{
	struct h1_client *c = LOOP_OWNER(io, struct h1_client, io);

	OBJ(c, OBJ_H1_CLIENT);
	if (c->connecting)
		h1_client__connected(c);
	if (c->state == H1_CLIENT_CLOSED)
		return;
	if (events & LOOP_WRITE)
		c->writable = true;
	if (events & LOOP_PEER_CLOSED)
		c->fin_hint = true;
	if (events & (LOOP_READ | LOOP_PEER_CLOSED))
		c->readable = true;
	if (c->tls && (events & LOOP_WRITE))
		c->readable = true;
	if (buf_len(&c->out) || transport_sending(c->tls)) {
		h1_client__flush(c);
		if (c->end_pending && buf_len(&c->out) == 0)
			sock_shutdown_send(c->io.fd);
	}
	if (c->want_room && buf_len(&c->out) < c->p->limits->conn_out_bytes_max / 2 && c->base.events) {
		c->want_room = false;
		c->base.events->on_room(&c->base);
	}
	h1_client__run(c);
}

/* ---- life */

/* errors: ERR_SYSTEM; then fd is closed and tls freed. */
static enum err h1_client__new(struct proto *p, int fd, struct tls_session *tls, struct h1_client **ret)
{
	struct h1_client *c = mem_alloc(sizeof *c);

	*c = (struct h1_client){ .base.ops = &h1_client__ops, .magic = OBJ_H1_CLIENT, .p = p, .tls = tls };
	c->io = (struct loop_io){ .fd = fd, .fn = h1_client__io };
	c->task.fn = h1_client__task;
	c->since_ms = loop_now_ms(p->loop);
	c->timeouts.connect_ms = p->limits->origin_connect_ms;
	c->idle_due_ms = UINT64_MAX;
	loop_timer_init(&c->timer, h1_client__timer);
	buf_init(&c->out, p->limits->conn_out_bytes_max + p->limits->origin_head_bytes_max + 2 * PROTO_IN_BYTES);
	buf_init(&c->in, p->limits->origin_head_bytes_max + 2 * PROTO_IN_BYTES);
	enum err e = loop_io_add(p->loop, &c->io);
	if (e != OK) {
		tls_session_free(tls);
		sock_close(fd);
		mem_free(c);
		return e;
	}
	counter_add(p->counters, origin_conns_open, 1);
	*ret = c;
	return OK;
}

enum err h1_client_open(struct proto *p, const struct ip_port *at, struct h1_client **ret_client)
{
	int fd;

	TRY(sock_connect(at, &fd));
	TRY(h1_client__new(p, fd, NULL, ret_client));
	(*ret_client)->connecting = true;
	counter_add(p->counters, origin_conns_opened, 1);
	return OK;
}

enum err h1_client_adopt(struct proto *p, int fd, struct tls_session *tls, struct h1_client **ret_client)
{
	TRY(h1_client__new(p, fd, tls, ret_client));
	(*ret_client)->writable = true; /* both until the socket says otherwise */
	(*ret_client)->readable = true;
	return OK;
}

static void h1_client__begin(struct client *base, const struct client_request *q)
{
	struct h1_client *c = h1_client__of(base);

	OBJ(c, OBJ_H1_CLIENT);
	CHECK(c->state == H1_CLIENT_IDLE || c->state == H1_CLIENT_ENDED);
	if (c->state == H1_CLIENT_ENDED)
		c->used_before = true;
	c->base.events = q->events;
	c->base.owner = q->owner;
	c->on_idle_end = NULL;
	c->method = q->method;
	c->timeouts = q->timeouts;
	c->body_chunked = q->body_chunked;
	c->state = H1_CLIENT_HEAD;
	c->keep_alive = true;
	c->base.why = OK;
	c->request_done = c->want_room = c->got_byte = c->starved = c->end_pending = false;
	c->read_on = true;
	c->since_ms = loop_now_ms(c->p->loop);
	if (c->used_before)
		counter_add(c->p->counters, origin_conns_reused, 1);
	c->base.trouble = NULL;
	h1_client__put(c, q->head);
	h1_client__flush(c);
	h1_client__arm(c);
}

static void h1_client__read(struct client *base, bool on)
{
	struct h1_client *c = h1_client__of(base);

	OBJ(c, OBJ_H1_CLIENT);
	if (on && !c->read_on) {
		c->since_ms = loop_now_ms(c->p->loop);
		if (!c->running)
			loop_defer(c->p->loop, &c->task);
	}
	c->read_on = on;
}

static const struct client_ops h1_client__ops = {
	.begin = h1_client__begin,
	.body = h1_client__give_body,
	.end_tunnel = h1_client__end_tunnel,
	.room = h1_client__room,
	.read = h1_client__read,
};

struct client *h1_client_as_client(struct h1_client *c)
{
	return &c->base;
}

struct h1_client *h1_client_of(struct client *c)
{
	return h1_client__of(c);
}

bool h1_client_reusable(const struct h1_client *c)
{
	return c->state == H1_CLIENT_ENDED && c->keep_alive && !c->fin_hint && buf_len(&c->in) == 0;
}

void *h1_client_owner(const struct h1_client *c)
{
	return c->base.owner;
}

void h1_client_park(struct h1_client *c, void (*on_idle_end)(struct h1_client *c), void *owner, uint64_t idle_ms)
{
	OBJ(c, OBJ_H1_CLIENT);
	CHECK(h1_client_reusable(c));
	c->state = H1_CLIENT_IDLE;
	c->on_idle_end = on_idle_end;
	c->base.owner = owner;
	c->base.events = NULL;
	c->used_before = true;
	c->starved = false;
	if (c->in.cap > H1_CLIENT__KEEP)
		buf_fini(&c->in);
	if (c->out.cap > H1_CLIENT__KEEP)
		buf_fini(&c->out);
	c->idle_due_ms = loop_now_ms(c->p->loop) + idle_ms;
	h1_client__arm(c);
}

void h1_client_free(struct h1_client *c)
{
	if (!c)
		return;
	OBJ(c, OBJ_H1_CLIENT);
	if (c->state == H1_CLIENT_CLOSED)
		return;
	c->state = H1_CLIENT_CLOSED;
	loop_io_forget(c->p->loop, &c->io);
	loop_timer_cancel(c->p->loop, &c->timer);
	if (c->tls)
		tls_session_end(c->tls);
	tls_session_free(c->tls);
	c->tls = NULL;
	sock_close(c->io.fd);
	c->io.fd = -1;
	buf_fini(&c->in);
	buf_fini(&c->out);
	counter_add(c->p->counters, origin_conns_open, -1);
	loop_defer(c->p->loop, &c->task);
}
