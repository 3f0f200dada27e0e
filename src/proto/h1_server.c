/* SPDX-License-Identifier: Apache-2.0 */
/*
 * h1_server: the input side of HTTP/1.1 client connections and their life. Bytes are received into the worker's shared
 * buffer; a request that is answered at once (a cache hit) is parsed and answered from there without a copy. Only
 * what is left over (a partial head, pipelined requests that must wait, early body bytes) moves to c->in.
 *
 * States: idle -> head -> active -> (idle | linger) -> closed. Every wait has a deadline (h1_server__arm).
 */
#include "proto/h1_server.h"

#include "base/mem.h"
#include "proto/h1_conn.h"

enum { H1_SERVER__RECV = 16384, H1_SERVER__DRAIN_IDLE_MS = 2000, H1_SERVER__ROOM_ROUNDS = 8 };

static void h1_server__io(struct loop_io *io, uint32_t events);
static void h1_server__timer(struct loop_timer *t);
static void h1_server__task(struct loop_task *t);
static void h1_server__run(struct h1_conn *c);
static void h1_server__arm(struct h1_conn *c);

/* ---- life */

static struct h1_conn *h1_server__conn_new(struct proto *p)
{
	struct h1_conn *c = p->conns_free;

	if (c) {
		p->conns_free = c->next;
		p->conns_free_n--;
		memset(c, 0, sizeof *c);
	} else {
		c = mem_alloc(sizeof *c);
	}
	c->magic = OBJ_H1_CONN;
	c->p = p;
	c->next = p->conns;
	if (c->next)
		c->next->prev = &c->next;
	c->prev = &p->conns;
	p->conns = c;
	p->conns_n++;
	return c;
}

void h1_server_accept(struct proto *p, int fd, const struct ip_port *peer, const struct ip_port *local)
{
	counter_add(p->counters, conns_accepted, 1);
	if (!proto_make_room(p, false)) {
		counter_add(p->counters, conns_refused, 1);
		sock_close(fd);
		return;
	}
	counter_add(p->counters, conns_open, 1);
	h1_server_accept_tls(p, fd, NULL, peer, local);
}

static void h1_server__make_room(struct rest *r)
{
	struct h1_conn *c = LOOP_OWNER(r, struct h1_conn, rest);

	OBJ(c, OBJ_H1_CONN);
	if (c->p->out_owner == c) /* its last answer is still here */
		proto_flush(c->p);
	h1_server_close(c, false);
}

void h1_server_accept_tls(struct proto *p, int fd, struct tls_session *tls, const struct ip_port *peer,
			  const struct ip_port *local)
{
	struct h1_conn *c = h1_server__conn_new(p);

	c->tls = tls;
	if (tls) {
		struct tls_session_info info;
		tls_session_info(tls, &info);
		c->tls_version = info.version;
		c->tls_cipher = info.cipher;
		c->visitor = info.visitor;
	}
	c->peer = *peer;
	c->local = *local;
	c->io = (struct loop_io){ .fd = fd, .fn = h1_server__io };
	c->task.fn = h1_server__task;
	c->rest.end = h1_server__make_room;
	rest_begin(&p->resting, &c->rest);
	loop_timer_init(&c->timer, h1_server__timer);
	buf_init(&c->in, p->limits->conn_in_bytes_max + p->limits->head_bytes_max);
	buf_init(&c->out, p->limits->conn_out_bytes_max + 2 * PROTO_OUT_BYTES);
	arena_init(&c->arena, &p->arenas, p->limits->request_arena_bytes);
	c->x.ops = h1_reply_ops();
	c->x.handler = p->handler;
	c->x.server = p->server;
	c->x.arena = &c->arena;
	c->writable = true;
	c->since_ms = loop_now_ms(p->loop);
	/* The request is there already (sock_defer_accept): a connection of one request is never registered at all. */
	c->readable = true;
	h1_server__run(c);
	if (c->state == H1_CONN_CLOSED)
		return;
	if (loop_io_add(p->loop, &c->io) != OK) {
		c->broken = true;
		h1_server_wake(c);
		return;
	}
	c->registered = true;
}

void h1_server_close(struct h1_conn *c, bool reset)
{
	struct proto *p = c->p;

	OBJ(c, OBJ_H1_CONN);
	if (c->state == H1_CONN_CLOSED)
		return;
	if (p->out_owner == c) {
		p->out_owner = NULL;
		p->out_n = 0;
	}
	c->state = H1_CONN_CLOSED;
	rest_over(&p->resting, &c->rest);
	if (c->registered)
		loop_io_forget(p->loop, &c->io);
	loop_timer_cancel(p->loop, &c->timer);
	tls_session_free(c->tls);
	c->tls = NULL;
	if (reset)
		sock_reset(c->io.fd);
	else
		sock_close(c->io.fd);
	c->io.fd = -1;
	*c->prev = c->next;
	if (c->next)
		c->next->prev = c->prev;
	p->conns_n--;
	counter_add(p->counters, conns_open, -1);
	buf_fini(&c->in);
	buf_fini(&c->out);
	loop_defer(p->loop, &c->task);
}

static void h1_server__recycle(struct h1_conn *c)
{
	struct proto *p = c->p;

	arena_reset(&c->arena);
	c->magic = OBJ_FREED;
	if (p->conns_free_n >= PROTO_CONNS_KEPT) {
		mem_free(c);
		return;
	}
	c->next = p->conns_free;
	p->conns_free = c;
	p->conns_free_n++;
}

void h1_server_wake(struct h1_conn *c)
{
	if (c->running)
		c->again = true;
	else
		loop_defer(c->p->loop, &c->task);
}

static void h1_server__task(struct loop_task *t)
{
	struct h1_conn *c = LOOP_OWNER(t, struct h1_conn, task);

	OBJ(c, OBJ_H1_CONN);
	c->served = 0;
	if (c->state == H1_CONN_CLOSED)
		h1_server__recycle(c);
	else
		h1_server__run(c);
}

/* The exchange is over because of the client; the handler hears it once. */
static void h1_server__gone(struct h1_conn *c, enum err why)
{
	if (c->state == H1_CONN_ACTIVE && c->x.owner) {
		c->x.handler->on_gone(&c->x, why);
		c->x.owner = NULL;
	}
}

static void h1_server__linger(struct h1_conn *c)
{
	c->state = H1_CONN_LINGER;
	rest_over(&c->p->resting, &c->rest);
	c->since_ms = loop_now_ms(c->p->loop);
}

/* ---- input */

static void h1_server__keep_rest(struct h1_conn *c)
{
	if (c->cur_shared && c->cur.n && c->state != H1_CONN_CLOSED && !buf_add(&c->in, c->cur))
		c->broken = true;
	c->cur = slice_of(NULL, 0);
	c->cur_shared = false;
}

static void h1_server__consume(struct h1_conn *c, size_t n)
{
	if (c->cur_shared) {
		c->cur = slice_from(c->cur, n);
	} else {
		buf_consume(&c->in, n);
		c->cur = buf_slice(&c->in);
	}
}

/* Receives once, behind what is at hand. False when nothing came (not readable any more, or the end). */
static bool h1_server__receive(struct h1_conn *c)
{
	struct proto *p = c->p;
	size_t n, room = PROTO_IN_BYTES;
	bool drained;
	char *at = p->in;

	if (!c->readable || c->fin)
		return false;
	if (c->cur.n) {
		if (c->cur_shared) {
			h1_server__keep_rest(c);
			c->cur = buf_slice(&c->in);
		}
		room = H1_SERVER__RECV;
		at = buf_room(&c->in, room);
		if (!at) {
			c->broken = true;
			return false;
		}
	}
	enum err e = transport_recv(c->io.fd, c->tls, (struct iovec){ at, room }, &n, &drained);
	if (e == ERR_AGAIN) {
		c->readable = false;
		return false;
	}
	if (e != OK) {
		c->readable = false;
		c->fin = true;
		c->broken = c->broken || e != ERR_CLOSED;
		return false;
	}
	counter_add(p->counters, bytes_in, n);
	if (drained && !c->fin_hint)
		c->readable = false;
	c->starved = false;
	if (at == p->in) {
		c->cur = slice_of(at, n);
		c->cur_shared = true;
	} else {
		buf_commit(&c->in, n);
		c->cur = buf_slice(&c->in);
	}
	return true;
}

static void h1_server__start(struct h1_conn *c)
{
	c->state = H1_CONN_ACTIVE;
	rest_over(&c->p->resting, &c->rest);
	c->head_sent = c->want_room = c->read_on = c->kept = false;
	c->reply_chunked = c->reply_bodyless = c->reply_close = false;
	c->reply_left = 0;
	c->x.owner = NULL;
	c->x.bytes_out = 0;
	c->x.req.client = c->peer;
	c->x.req.local = c->local;
	c->x.req.tls = c->tls != NULL;
	c->x.req.tls_version = c->tls_version;
	c->x.req.tls_cipher = c->tls_cipher;
	c->x.req.visitor = c->visitor;
	c->x.req.early = c->tls && tls_session_early(c->tls);
}

static bool h1_server__refuse(struct h1_conn *c, enum err why)
{
	memset(&c->x.req, 0, sizeof c->x.req);
	c->x.req.version = 11;
	c->head = slice_of(NULL, 0); /* of an earlier request */
	h1_server__start(c);
	c->body_done = false;
	c->reply_close = true;
	c->p->handler->refuse(&c->x, why);
	return false;
}

static bool h1_server__begin(struct h1_conn *c, const struct h1_request *h, size_t used)
{
	struct http_request *q = &c->x.req;

	*q = (struct http_request){ .method = h->method,
				    .method_id = h->method_id,
				    .host = h->host,
				    .path = h->path,
				    .fields = h->fields,
				    .fields_n = h->fields_n,
				    .version = h->minor ? 11 : 10,
				    .has_body = h->framing != H1_NO_BODY,
				    .has_length = h->framing == H1_LENGTH,
				    .length = h->content_length,
				    .upgrade = h->upgrade,
				    .expect_continue = h->expect_continue };
	h1_server__start(c);
	c->head = slice_first(c->cur, used);
	c->reply_close = !h->keep_alive;
	c->body = h->framing == H1_LENGTH    ? H1_CONN_LENGTH
		  : h->framing == H1_CHUNKED ? H1_CONN_CHUNKED
					     : H1_CONN_NO_BODY;
	c->body_left = h->content_length;
	c->body_done = c->body == H1_CONN_NO_BODY || (c->body == H1_CONN_LENGTH && c->body_left == 0);
	if (c->body_done)
		q->has_body = false;
	if (c->body == H1_CONN_CHUNKED)
		h1_chunk_init(&c->chunk, c->p->limits->chunk_ext_bytes_max);
	c->served++;
	h1_server__consume(c, used);
	c->p->handler->begin(&c->x);
	CHECK(c->kept || c->state != H1_CONN_ACTIVE);
	return true;
}

static bool h1_server__head(struct h1_conn *c)
{
	const struct limits *l = c->p->limits;
	struct h1_bounds bounds = { l->head_bytes_max, l->target_bytes_max, l->head_fields_max };
	struct h1_request h;
	size_t used;

	if (c->state == H1_CONN_IDLE) {
		c->state = H1_CONN_HEAD;
		c->since_ms = loop_now_ms(c->p->loop);
		c->scanned = 0;
	} else if (c->cur.n < l->head_bytes_max && !h1_head_may_be_complete(c->cur, &c->scanned)) {
		c->starved = true; /* a client that sends byte by byte costs one look at each byte */
		return c->readable;
	}
	enum err e = h1_request_parse(c->cur, &bounds, c->p->fields, &h, &used);
	if (e == ERR_AGAIN) {
		c->starved = true;
		return c->readable;
	}
	if (e != OK)
		return h1_server__refuse(c, e);
	return h1_server__begin(c, &h, used);
}

static bool h1_server__body_error(struct h1_conn *c, enum err why)
{
	h1_server__gone(c, why);
	if (c->state != H1_CONN_ACTIVE)
		return false;
	if (c->head_sent) {
		h1_server_close(c, false);
		return false;
	}
	h1_reply_canned(c, (uint16_t)(err_status(why) ? err_status(why) : 400));
	h1_server__linger(c);
	return false;
}

static bool h1_server__deliver(struct h1_conn *c, struct slice data, bool end)
{
	c->since_ms = loop_now_ms(c->p->loop);
	if (end)
		c->body_done = true;
	if (data.n || end)
		c->x.handler->on_body(&c->x, data, end);
	return c->state != H1_CONN_CLOSED;
}

static bool h1_server__body_trailer(struct h1_conn *c)
{
	const struct limits *l = c->p->limits;
	struct h1_bounds bounds = { l->trailer_bytes_max, 0, l->head_fields_max };
	size_t n, used;
	enum err e = h1_trailer_parse(c->cur, &bounds, c->p->fields, &n, &used);

	if (e == ERR_AGAIN) {
		c->starved = true;
		return c->readable;
	}
	if (e != OK)
		return h1_server__body_error(c, ERR_TRAILER);
	c->chunk.state = H1_CHUNK_DONE;
	h1_server__consume(c, used);
	return h1_server__deliver(c, slice_of(NULL, 0), true);
}

static bool h1_server__body_chunked(struct h1_conn *c)
{
	struct slice in = c->cur, data;

	if (c->chunk.state == H1_CHUNK_TRAILER)
		return h1_server__body_trailer(c);
	enum err e = h1_chunk_next(&c->chunk, &in, &data);
	size_t used = c->cur.n - in.n;
	if (e == ERR_AGAIN) {
		h1_server__consume(c, used);
		c->starved = true;
		return c->readable;
	}
	if (e != OK)
		return h1_server__body_error(c, ERR_CHUNK);
	bool more = h1_server__deliver(c, data, false);
	if (c->state != H1_CONN_CLOSED)
		h1_server__consume(c, used);
	return more;
}

static bool h1_server__body(struct h1_conn *c)
{
	struct slice data = c->cur;
	size_t n = data.n;

	switch ((enum h1_conn_body)c->body) {
	case H1_CONN_CHUNKED:
		return h1_server__body_chunked(c);
	case H1_CONN_LENGTH:
		if (n > c->body_left)
			n = (size_t)c->body_left;
		c->body_left -= n;
		break;
	case H1_CONN_RAW:
	case H1_CONN_NO_BODY:
		break;
	}
	bool end = c->body == H1_CONN_LENGTH && c->body_left == 0;
	bool more = h1_server__deliver(c, slice_first(data, n), end);
	if (c->state != H1_CONN_CLOSED)
		h1_server__consume(c, n);
	return more;
}

/* Before an orderly end: without it a client of TLS would think that something was cut. */
static void h1_server__goodbye(struct h1_conn *c)
{
	if (c->tls && !c->broken)
		tls_session_end(c->tls);
}

/* The client ended its direction. */
static bool h1_server__ended(struct h1_conn *c)
{
	switch ((enum h1_conn_state)c->state) {
	case H1_CONN_IDLE:
	case H1_CONN_HEAD:
	case H1_CONN_LINGER:
		h1_reply_flush(c); /* the last answer may be assembled but not sent */
		if (h1_reply_drained(c) || c->broken) {
			h1_server__goodbye(c);
			h1_server_close(c, false);
		}
		return false;
	case H1_CONN_ACTIVE:
		if (c->body_done)
			return false; /* a half-closed client still gets its answer */
		if (c->body == H1_CONN_RAW)
			return h1_server__deliver(c, slice_of(NULL, 0), true) && false;
		if (!c->read_on)
			return false;
		return h1_server__body_error(c, ERR_CLOSED);
	case H1_CONN_CLOSED:
		break;
	}
	return false;
}

static bool h1_server__need(struct h1_conn *c)
{
	if (c->cur.n && !c->starved)
		return true;
	if (h1_server__receive(c))
		return true;
	if (c->fin && !c->broken)
		h1_server__ended(c);
	return false;
}

/* One step; true when there may be another at once. */
static bool h1_server__step(struct h1_conn *c)
{
	if (c->broken) {
		h1_server__gone(c, ERR_CLOSED);
		h1_server_close(c, false);
		return false;
	}
	switch ((enum h1_conn_state)c->state) {
	case H1_CONN_IDLE:
	case H1_CONN_HEAD:
		if (c->served >= c->p->limits->pipeline_max) {
			c->served = 0;
			loop_defer(c->p->loop, &c->task);
			return false;
		}
		if (buf_len(&c->out) >= c->p->limits->conn_out_bytes_max)
			return false;
		return h1_server__need(c) && h1_server__head(c);
	case H1_CONN_ACTIVE:
		if (c->body_done || !c->read_on)
			return false;
		return h1_server__need(c) && h1_server__body(c);
	case H1_CONN_LINGER:
		if (!h1_server__need(c))
			return false;
		h1_server__consume(c, c->cur.n);
		return true;
	case H1_CONN_CLOSED:
		break;
	}
	return false;
}

/* ---- waiting */

/* Something waits for the client to take bytes: in c->out, or with the handler that on_room is promised to. */
static bool h1_server__sending(const struct h1_conn *c)
{
	return buf_len(&c->out) || transport_sending(c->tls) ||
	       (c->state == H1_CONN_ACTIVE && c->want_room && !c->writable);
}

static uint64_t h1_server__due(const struct h1_conn *c)
{
	const struct limits *l = c->p->limits;
	uint64_t due = UINT64_MAX;

	switch ((enum h1_conn_state)c->state) {
	case H1_CONN_IDLE:
		due = c->since_ms + (c->p->draining ? H1_SERVER__DRAIN_IDLE_MS : l->idle_ms);
		break;
	case H1_CONN_HEAD:
		due = c->since_ms + l->head_ms;
		break;
	case H1_CONN_ACTIVE:
		if (c->body == H1_CONN_RAW)
			due = (c->since_ms > c->sent_ms ? c->since_ms : c->sent_ms) + l->tunnel_idle_ms;
		else if (!c->body_done && c->read_on)
			due = c->since_ms + l->body_idle_ms;
		break;
	case H1_CONN_LINGER:
		due = c->since_ms + l->linger_ms;
		break;
	case H1_CONN_CLOSED:
		break;
	}
	if (h1_server__sending(c) && (c->state == H1_CONN_LINGER || c->sent_ms + l->send_idle_ms < due))
		due = c->sent_ms + l->send_idle_ms;
	return due;
}

static void h1_server__arm(struct h1_conn *c)
{
	uint64_t due = h1_server__due(c);

	if (due != UINT64_MAX)
		loop_timer_set(c->p->loop, &c->timer, due);
	else
		loop_timer_set(c->p->loop, &c->timer, loop_now_ms(c->p->loop) + 3600000);
}

static void h1_server__timer(struct loop_timer *t)
{
	struct h1_conn *c = LOOP_OWNER(t, struct h1_conn, timer);
	struct counters *n = c->p->counters;

	OBJ(c, OBJ_H1_CONN);
	if (h1_server__due(c) > loop_now_ms(c->p->loop)) {
		h1_server__arm(c);
		return;
	}
	if (h1_server__sending(c)) {
		counter_add(n, timeouts_send, 1);
	} else if (c->state == H1_CONN_HEAD) {
		counter_add(n, timeouts_head, 1);
		h1_server__refuse(c, ERR_TIMEOUT);
		h1_server__run(c);
		return;
	} else if (c->state == H1_CONN_ACTIVE && c->body != H1_CONN_RAW) {
		counter_add(n, timeouts_body, 1);
		h1_server__body_error(c, ERR_TIMEOUT);
		h1_server__run(c);
		return;
	}
	if (c->state == H1_CONN_IDLE)
		h1_server__goodbye(c);
	h1_server__gone(c, ERR_TIMEOUT);
	h1_server_close(c, false);
}

static bool h1_server__has_room(const struct h1_conn *c)
{
	return c->want_room && !c->broken && c->state == H1_CONN_ACTIVE && buf_len(&c->out) == 0 && c->writable;
}

/* After each run or send: the next wait, back-pressure, and the end of lingering. */
static void h1_server__settle(struct h1_conn *c)
{
	if (c->state == H1_CONN_CLOSED)
		return;
	for (int i = 0; i < H1_SERVER__ROOM_ROUNDS && h1_server__has_room(c); i++) {
		c->want_room = false;
		c->x.handler->on_room(&c->x);
		h1_reply_flush(c);
	}
	if (h1_server__has_room(c))
		loop_defer(c->p->loop, &c->task);
	if (c->state == H1_CONN_LINGER && h1_reply_drained(c) && !c->sent_fin) {
		h1_server__goodbye(c);
		if (c->fin) {
			h1_server_close(c, false);
			return;
		}
		c->sent_fin = true;
		c->since_ms = loop_now_ms(c->p->loop);
		sock_shutdown_send(c->io.fd);
	}
	if (c->state != H1_CONN_CLOSED)
		h1_server__arm(c);
}

static void h1_server__run(struct h1_conn *c)
{
	if (c->running || c->state == H1_CONN_CLOSED)
		return;
	c->running = true;
	c->cur = buf_slice(&c->in);
	c->cur_shared = false;
	while (h1_server__step(c))
		;
	h1_server__keep_rest(c);
	c->again = false; /* what on_room ends or turns on below has its next step in the next turn */
	if (c->state != H1_CONN_CLOSED) {
		h1_reply_flush(c);
		h1_server__settle(c);
	}
	c->running = false;
	if (c->state != H1_CONN_CLOSED && (c->broken || c->again))
		loop_defer(c->p->loop, &c->task);
}

/* The client ended its direction before its answer began, where that is taken for leaving. */
static bool h1_server__left(const struct h1_conn *c)
{
	return c->p->fin_leaves && c->state == H1_CONN_ACTIVE && c->body_done && !c->head_sent;
}

static void h1_server__io(struct loop_io *io, uint32_t events)
{
	struct h1_conn *c = LOOP_OWNER(io, struct h1_conn, io);

	OBJ(c, OBJ_H1_CONN);
	c->served = 0;
	if (events & EPOLLERR)
		c->broken = true;
	if (events & LOOP_WRITE)
		c->writable = true;
	if (events & LOOP_PEER_CLOSED)
		c->fin_hint = true;
	if (events & (LOOP_READ | LOOP_PEER_CLOSED))
		c->readable = true;
	if (c->fin_hint && h1_server__left(c))
		c->broken = true;
	if ((buf_len(&c->out) || c->tls) && (events & LOOP_WRITE))
		h1_reply_flush(c);
	if (c->tls && (events & LOOP_WRITE))
		c->readable = true; /* reading may have waited for something to be sent (RFC 8446 4.6.3) */
	h1_server__run(c);
}

void h1_server_replied(struct h1_conn *c)
{
	c->x.owner = NULL;
	arena_reset(&c->arena);
	if (c->state == H1_CONN_CLOSED)
		return;
	c->since_ms = loop_now_ms(c->p->loop);
	if (c->reply_close || !c->body_done) {
		h1_server__linger(c);
		/* Nothing more can come that a close would answer with a reset: no need to linger. */
		if (c->body_done && c->cur.n == 0 && buf_len(&c->in) == 0 && c->reply != HTTP_BODY_TUNNEL) {
			h1_reply_flush(c);
			if (h1_reply_drained(c) && !c->broken) {
				h1_server__goodbye(c);
				h1_server_close(c, false);
				return;
			}
		}
	} else {
		c->state = H1_CONN_IDLE;
		rest_begin(&c->p->resting, &c->rest);
		c->starved = false;
		if (buf_len(&c->in) == 0 && c->in.cap)
			buf_fini(&c->in);
		if (buf_len(&c->out) == 0 && c->out.cap)
			buf_fini(&c->out);
	}
	h1_server_wake(c);
}

/* ---- the whole worker */

void h1_server_close_all(struct proto *p)
{
	while (p->conns) {
		h1_server__gone(p->conns, ERR_CLOSED);
		h1_server_close(p->conns, false);
	}
}

/*
 * Whoever leaves may let others go on, who may close too: what was closed keeps its way to the rest of the list until
 * the end of the turn.
 */
size_t h1_server_close_those(struct proto *p, proto_ends_fn fn, void *arg)
{
	size_t n = 0;

	for (struct h1_conn *c = p->conns; c; c = c->next) {
		if (c->state == H1_CONN_CLOSED || !fn(arg, &c->peer.ip))
			continue;
		h1_server__gone(c, ERR_CLOSED);
		h1_server_close(c, true);
		n++;
	}
	return n;
}

void h1_server_close_idle(struct proto *p)
{
	for (struct h1_conn *c = p->conns; c; c = c->next) {
		if (c->state == H1_CONN_IDLE)
			c->since_ms = loop_now_ms(p->loop);
		h1_server__arm(c);
	}
}

void h1_server_free_kept(struct proto *p)
{
	while (p->conns_free) {
		struct h1_conn *c = p->conns_free;
		p->conns_free = c->next;
		mem_free(c);
	}
	p->conns_free_n = 0;
}
