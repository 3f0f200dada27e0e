/* SPDX-License-Identifier: Apache-2.0 */
/*
 * h2_client: the life of the connection, see h2_client.h and h2_call.h. Callbacks of nghttp2 tell owners at once, since
 * what an owner may do in answer (send, read, give back, begin another exchange) only queues frames; what must not
 * happen inside nghttp2 (sending, receiving, freeing) waits for the end of the run.
 */
#include "proto/h2_call.h"

#include "base/check.h"
#include "base/mem.h"
#include "proto/transport.h"
#include "tls/tls_client.h"

enum {
	H2_CLIENT__CONN_WINDOW = 16 << 20, /* credited at once: streams are held by their own windows */
	H2_CLIENT__GATHER = 16384,         /* a TLS record */
	H2_CLIENT__HEAD_MAX = 524288       /* of a request, compressed */
};

/* ---- ends ---- */

static void h2_client__say_over(struct h2_client *c)
{
	if (c->said_over)
		return;
	c->said_over = c->stop = true;
	c->setup.over(c, c->setup.owner);
}

static void h2_client__close(struct h2_client *c)
{
	if (c->closed)
		return;
	CHECK(c->calls_n == 0);
	c->closed = true;
	loop_timer_cancel(c->p->loop, &c->timer);
	loop_io_forget(c->p->loop, &c->io);
	if (!c->broken)
		tls_session_end(c->tls);
	tls_session_free(c->tls);
	sock_close(c->io.fd);
	counter_add(c->p->counters, origin_conns_open, -1);
	loop_defer(c->p->loop, &c->task); /* frees */
}

/* Nothing is under way and nothing will be. */
static void h2_client__end(struct h2_client *c)
{
	if (c->calls_n || c->running || c->closed || !(c->stop || c->broken))
		return;
	h2_client__say_over(c);
	h2_client__close(c);
}

static void h2_client__break(struct h2_client *c)
{
	c->broken = true;
	h2_client__say_over(c);
	while (c->calls) {
		struct h2_call *s = c->calls;
		if (s->base.events)
			h2_call_fail(s, h2_call_answered(s) ? ERR_ORIGIN_CUT : ERR_ORIGIN_CLOSED);
		if (c->calls == s) /* its owner keeps it until later: out of the way */
			h2_call_unlink(s);
	}
}

/* ---- bytes ---- */

/* Frames of nghttp2 until they fill a record, or there are no more. */
static struct slice h2_client__gather(struct h2_client *c)
{
	const uint8_t *frame;
	ssize_t got = 1;

	while (got > 0 && buf_len(&c->out) < H2_CLIENT__GATHER) {
		got = nghttp2_session_mem_send(c->session, &frame);
		if (got < 0 || (got && !buf_add(&c->out, slice_of((const char *)frame, (size_t)got))))
			c->broken = true;
	}
	return buf_slice(&c->out);
}

/* Sends what there is, a record at a time. */
static void h2_client__flush(struct h2_client *c)
{
	size_t n = 0;

	if (transport_sending(c->tls) && c->writable && tls_session_flush(c->tls) == ERR_AGAIN)
		c->writable = false;
	while (c->writable && !c->broken) {
		struct slice s = h2_client__gather(c);
		enum err e = s.n ? transport_send(c->io.fd, c->tls, s, &n) : ERR_AGAIN;
		if (s.n == 0)
			return;
		c->writable = e == OK && n == s.n && !transport_sending(c->tls);
		if (e == OK) {
			counter_add(c->p->counters, origin_bytes_out, n);
			c->sent_ms = loop_now_ms(c->p->loop);
			buf_consume(&c->out, n);
		} else if (e != ERR_AGAIN) {
			buf_clear(&c->out);
			c->readable = c->stop = true; /* what it said before is still to be read */
		}
	}
}

/* True when there may be more. */
static bool h2_client__receive(struct h2_client *c)
{
	struct proto *p = c->p;
	bool drained;
	size_t n;

	if (!c->readable || c->broken || c->closed || buf_len(&c->out) > p->limits->conn_out_bytes_max)
		return false;
	enum err e = transport_recv(c->io.fd, c->tls, (struct iovec){ p->in, PROTO_IN_BYTES }, &n, &drained);
	if (e == ERR_AGAIN) {
		c->readable = false;
		return false;
	}
	if (e != OK) {
		if (e == ERR_TLS && !c->heard)
			tls_client_trouble(c->tls, e, &c->trouble);
		c->readable = false;
		c->broken = true;
		return false;
	}
	counter_add(p->counters, origin_bytes_in, n);
	c->heard = true;
	c->heard_ms = loop_now_ms(p->loop);
	if (drained && !c->fin_hint)
		c->readable = false;
	if (nghttp2_session_mem_recv(c->session, (const uint8_t *)p->in, n) < 0)
		c->broken = true;
	return !c->broken;
}

/* ---- waiting ---- */

static void h2_client__arm(struct h2_client *c)
{
	const struct limits *l = c->p->limits;
	uint64_t due = c->idle_ms + l->origin_idle_ms;

	if (c->closed)
		return;
	if (c->calls_n)
		due = loop_now_ms(c->p->loop) + l->origin_write_ms;
	if (buf_len(&c->out) || transport_sending(c->tls))
		due = c->sent_ms + l->origin_write_ms;
	loop_timer_set(c->p->loop, &c->timer, due);
}

static void h2_client__run(struct h2_client *c)
{
	if (c->running || c->closed)
		return;
	c->running = true;
	do
		h2_client__flush(c);
	while (h2_client__receive(c));
	h2_client__flush(c);
	h2_call_rooms(c);
	if (c->stop || !nghttp2_session_check_request_allowed(c->session))
		h2_client__say_over(c);
	if (c->broken || (!nghttp2_session_want_read(c->session) && !nghttp2_session_want_write(c->session)))
		h2_client__break(c);
	c->running = false;
	h2_client__end(c);
	h2_client__arm(c);
	if (!c->closed && c->writable && nghttp2_session_want_write(c->session))
		loop_defer(c->p->loop, &c->task); /* owners have queued more */
}

static void h2_client__timer(struct loop_timer *t)
{
	struct h2_client *c = LOOP_OWNER(t, struct h2_client, timer);
	const struct limits *l = c->p->limits;
	uint64_t now = loop_now_ms(c->p->loop);

	OBJ(c, OBJ_H2_CLIENT);
	if (c->calls_n == 0 && now >= c->idle_ms + l->origin_idle_ms) {
		c->stop = true;
		nghttp2_session_terminate_session(c->session, NGHTTP2_NO_ERROR);
		h2_client__flush(c);
	} else if ((buf_len(&c->out) || transport_sending(c->tls)) && now >= c->sent_ms + l->origin_write_ms) {
		c->broken = true;
	}
	h2_client__run(c);
}

static void h2_client__io(struct loop_io *io, uint32_t events)
{
	struct h2_client *c = LOOP_OWNER(io, struct h2_client, io);

	OBJ(c, OBJ_H2_CLIENT);
	if (events & LOOP_WRITE)
		c->writable = true;
	if (events & LOOP_PEER_CLOSED)
		c->fin_hint = true;
	if (events & (LOOP_READ | LOOP_PEER_CLOSED | LOOP_WRITE)) /* TLS may want either to go on */
		c->readable = true;
	h2_client__run(c);
}

static void h2_client__task(struct loop_task *t)
{
	struct h2_client *c = LOOP_OWNER(t, struct h2_client, task);

	OBJ(c, OBJ_H2_CLIENT);
	if (!c->closed) {
		h2_client__run(c);
		return;
	}
	nghttp2_session_del(c->session);
	buf_fini(&c->out);
	mem_free(c->fields);
	c->magic = OBJ_FREED;
	mem_free(c);
}

void h2_client_wake(struct h2_client *c)
{
	if (!c->running && !c->closed)
		loop_defer(c->p->loop, &c->task);
}

/* ---- life ---- */

static bool h2_client__session(struct h2_client *c)
{
	nghttp2_session_callbacks *cb;
	nghttp2_option *option;
	const nghttp2_settings_entry settings[] = {
		{ NGHTTP2_SETTINGS_ENABLE_PUSH, 0 },
		{ NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 0 }, /* of those that the origin would begin */
		{ NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, H2_CALL_WINDOW },
		{ NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, (uint32_t)c->p->limits->origin_head_bytes_max },
	};

	CHECK(nghttp2_session_callbacks_new(&cb) == 0 && nghttp2_option_new(&option) == 0);
	h2_call_callbacks(cb);
	nghttp2_option_set_no_auto_window_update(option, 1);
	nghttp2_option_set_no_closed_streams(option, 1);
	nghttp2_option_set_max_send_header_block_length(option, H2_CLIENT__HEAD_MAX);
	bool ok = nghttp2_session_client_new2(&c->session, cb, c, option) == 0 &&
		  nghttp2_submit_settings(c->session, NGHTTP2_FLAG_NONE, settings,
					  sizeof settings / sizeof settings[0]) == 0 &&
		  nghttp2_session_set_local_window_size(c->session, NGHTTP2_FLAG_NONE, 0, H2_CLIENT__CONN_WINDOW) == 0;
	nghttp2_session_callbacks_del(cb);
	nghttp2_option_del(option);
	return ok;
}

enum err h2_client_new(struct proto *p, int fd, struct tls_session *tls, const struct h2_client_setup *setup,
		       struct h2_client **ret)
{
	struct h2_client *c = mem_alloc(sizeof *c);

	*c = (struct h2_client){ .magic = OBJ_H2_CLIENT, .p = p, .setup = *setup, .tls = tls };
	c->io = (struct loop_io){ .fd = fd, .fn = h2_client__io };
	c->task.fn = h2_client__task;
	c->sent_ms = c->idle_ms = c->heard_ms = loop_now_ms(p->loop);
	c->writable = c->readable = true; /* until the socket says otherwise */
	buf_init(&c->out, p->limits->conn_out_bytes_max + H2_CLIENT__HEAD_MAX + PROTO_IN_BYTES);
	enum err e = h2_client__session(c) ? loop_io_add(p->loop, &c->io) : ERR_MEMORY;
	if (e != OK) {
		nghttp2_session_del(c->session);
		tls_session_free(tls);
		sock_close(fd);
		mem_free(c);
		return e;
	}
	loop_timer_init(&c->timer, h2_client__timer);
	counter_add(p->counters, origin_conns_open, 1);
	h2_client_wake(c);
	h2_client__arm(c);
	*ret = c;
	return OK;
}

bool h2_client_room(const struct h2_client *c)
{
	uint32_t theirs = nghttp2_session_get_remote_settings(c->session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);

	return !c->stop && !c->broken && !c->closed && c->calls_n < c->setup.streams_max && c->calls_n < theirs &&
	       nghttp2_session_check_request_allowed(c->session);
}

struct client *h2_client_stream(struct h2_client *c)
{
	OBJ(c, OBJ_H2_CLIENT);
	return h2_call_new(c);
}

void h2_client_release(struct client *stream)
{
	h2_call_release(stream);
}

void h2_client_idle(struct h2_client *c)
{
	c->idle_ms = loop_now_ms(c->p->loop);
	h2_client_wake(c); /* perhaps to end */
}

void h2_client_free(struct h2_client *c)
{
	OBJ(c, OBJ_H2_CLIENT);
	h2_client__say_over(c);
	h2_client__close(c);
}
