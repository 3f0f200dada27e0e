/* SPDX-License-Identifier: Apache-2.0 */
/* h2_server: the life of HTTP/2 connections and their input, see h2_server.h and h2_conn.h. */
#include "proto/h2_server.h"

#include "base/mem.h"
#include "proto/h2_conn.h"

enum { H2_SERVER__ROOM_ROUNDS = 8, H2_SERVER__RECEIVES_A_TURN = 8, H2_SERVER__TICK_MS = 5000 };

static void h2_server__io(struct loop_io *io, uint32_t events);
static void h2_server__timer(struct loop_timer *t);
static void h2_server__task(struct loop_task *t);
static void h2_server__run(struct h2_conn *c);

/* ---- streams ---- */

static struct h2_stream *h2_server__stream_new(struct h2_conn *c, int32_t id)
{
	struct proto *p = c->p;
	struct h2_stream *s = mem_alloc(sizeof *s);

	s->magic = OBJ_H2_STREAM;
	s->id = id;
	s->c = c;
	s->next = c->streams;
	s->prev = &c->streams;
	if (s->next)
		s->next->prev = &s->next;
	c->streams = s;
	c->streams_n++;
	rest_over(&p->resting, &c->rest);
	arena_init(&s->arena, &p->arenas, p->limits->request_arena_bytes);
	buf_init(&s->in, H2_STREAM_WINDOW + NGHTTP2_INITIAL_WINDOW_SIZE);
	buf_init(&s->out, p->limits->conn_out_bytes_max + 2 * PROTO_OUT_BYTES);
	s->x = (struct exchange){ .ops = h2_reply_ops(),
				  .handler = p->handler,
				  .server = p->server,
				  .arena = &s->arena,
				  .req = { .tls = c->tls != NULL,
					   .tls_version = c->info.version,
					   .tls_cipher = c->info.cipher,
					   .visitor = c->info.visitor,
					   .early = c->tls && tls_session_early(c->tls),
					   .client = c->peer,
					   .local = c->local } };
	return s;
}

static void h2_server__stream_free(struct h2_stream *s)
{
	struct h2_conn *c = s->c;

	*s->prev = s->next;
	if (s->next)
		s->next->prev = s->prev;
	c->streams_n--;
	if (c->streams_n == 0 && !c->closed)
		rest_begin(&c->p->resting, &c->rest);
	arena_reset(&s->arena);
	buf_fini(&s->in);
	buf_fini(&s->out);
	s->magic = OBJ_FREED;
	mem_free(s);
}

void h2_server_due(struct h2_stream *s)
{
	if (s->due)
		return;
	s->due = true;
	s->next_due = s->c->due;
	s->c->due = s;
	h2_server_wake(s->c);
}

void h2_server_replied(struct h2_stream *s)
{
	s->x.owner = NULL;
	s->begun = false;
	h2_server_due(s); /* perhaps to be freed */
}

/* ---- callbacks of nghttp2: they only note ---- */

static struct h2_stream *h2_server__find(nghttp2_session *session, int32_t id)
{
	return nghttp2_session_get_stream_user_data(session, id);
}

static int h2_server__on_begin(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct h2_conn *c = arg;

	if (frame->headers.cat != NGHTTP2_HCAT_REQUEST)
		return 0;
	struct h2_stream *s = h2_server__stream_new(c, frame->hd.stream_id);
	nghttp2_session_set_stream_user_data(session, s->id, s);
	return 0;
}

static struct slice h2_server__bytes(nghttp2_rcbuf *b)
{
	nghttp2_vec v = nghttp2_rcbuf_get_buf(b);

	return slice_of(v.base, v.len);
}

static int h2_server__on_field(nghttp2_session *session, const nghttp2_frame *frame, nghttp2_rcbuf *name,
			       nghttp2_rcbuf *value, uint8_t flags, void *arg)
{
	struct h2_stream *s = h2_server__find(session, frame->hd.stream_id);
	struct h2_conn *c = arg;
	struct slice n = h2_server__bytes(name), v = h2_server__bytes(value);

	if (!h2_guard_field(c, n.n + v.n)) {
		c->calm = true;
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE; /* the rest of the block is not shown to us */
	}
	if (s && !s->head_done)
		h2_message_field(s, n, v);
	return 0;
}

static void h2_server__on_head(struct h2_stream *s, bool ends)
{
	s->refuse = h2_message_end(s, !ends);
	s->head_done = true;
	s->body_ended = ends;
	s->body_delivered = ends;
	h2_server_due(s);
}

static int h2_server__on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	bool ends = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;
	struct h2_conn *c = arg;
	struct h2_stream *s = NULL;

	if (frame->hd.type == NGHTTP2_HEADERS && !h2_guard_block_done(c))
		c->calm = true;
	if (frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA)
		s = h2_server__find(session, frame->hd.stream_id);
	if (!s)
		return 0;
	if (!s->head_done) {
		h2_server__on_head(s, ends);
	} else if (ends) {
		s->body_ended = true;
		h2_server_due(s);
	}
	return 0;
}

static int h2_server__on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *p, size_t n,
			      void *arg)
{
	struct h2_conn *c = arg;
	struct h2_stream *s = h2_server__find(session, id);

	if (!s || s->finished || s->closed || !s->head_done) {
		nghttp2_session_consume(session, id, n); /* nobody wants it any more */
		return 0;
	}
	s->body_ms = loop_now_ms(c->p->loop);
	if (!buf_add(&s->in, slice_of(p, n)))
		return NGHTTP2_ERR_CALLBACK_FAILURE; /* more than the window: nghttp2 would have said so */
	h2_server_due(s);
	return 0;
}

static int h2_server__on_close(nghttp2_session *session, int32_t id, uint32_t code, void *arg)
{
	struct h2_stream *s = h2_server__find(session, id);

	if (!s)
		return 0;
	nghttp2_session_set_stream_user_data(session, id, NULL);
	if (code == NGHTTP2_NO_ERROR && s->finished)
		h2_guard_answered(&s->c->guard);
	s->closed = true;
	h2_server_due(s);
	return 0;
}

static void h2_server__terminate(struct h2_conn *c, uint32_t code)
{
	nghttp2_session_terminate_session(c->session, code);
	c->leaving = true;
	c->readable = false;
}

/* What nghttp2 refused by a reset of its own. */
static int h2_server__on_invalid(nghttp2_session *session, const nghttp2_frame *frame, int why, void *arg)
{
	struct h2_conn *c = arg;

	if (frame->hd.stream_id)
		h2_guard_ended(&c->guard, frame->hd.stream_id);
	return 0;
}

/* Resets for what the client did wrong, not for what became of its request here. */
static bool h2_server__is_fault(uint32_t code)
{
	return code != NGHTTP2_NO_ERROR && code != NGHTTP2_CANCEL && code != NGHTTP2_INTERNAL_ERROR;
}

static int h2_server__on_sent(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct h2_conn *c = arg;
	bool may_end = frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
	struct h2_stream *s = may_end ? h2_server__find(session, frame->hd.stream_id) : NULL;

	if (frame->hd.type == NGHTTP2_RST_STREAM) {
		h2_guard_ended(&c->guard, frame->hd.stream_id);
		if (h2_server__is_fault(frame->rst_stream.error_code) && !h2_guard_fault(c))
			c->calm = true;
		/* A window over 2^31-1, through SETTINGS too, ends the connection (RFC 9113 6.9.2). */
		if (frame->rst_stream.error_code == NGHTTP2_FLOW_CONTROL_ERROR)
			h2_server__terminate(c, NGHTTP2_FLOW_CONTROL_ERROR);
	}
	/* The answer is whole; the rest of the request is not wanted (RFC 9113 8.1). */
	if (s && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) && !s->body_ended) {
		h2_guard_ended(&c->guard, s->id);
		nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, s->id, NGHTTP2_NO_ERROR);
	}
	return 0;
}

static ssize_t h2_server__on_send(nghttp2_session *session, const uint8_t *p, size_t n, int flags, void *arg)
{
	struct h2_conn *c = arg;

	if (!h2_reply_put(c, p, n, NULL, 0))
		return c->broken ? NGHTTP2_ERR_CALLBACK_FAILURE : NGHTTP2_ERR_WOULDBLOCK;
	return (ssize_t)n;
}

static bool h2_server__session(struct h2_conn *c)
{
	const struct limits *l = c->p->limits;
	nghttp2_session_callbacks *cb;
	nghttp2_option *option;
	const nghttp2_settings_entry settings[] = {
		{ NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, (uint32_t)l->h2_streams_max },
		{ NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, H2_STREAM_WINDOW },
		{ NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, (uint32_t)l->head_bytes_max },
		{ NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1 },
		{ NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1 },
	};

	CHECK(nghttp2_session_callbacks_new(&cb) == 0 && nghttp2_option_new(&option) == 0);
	nghttp2_session_callbacks_set_on_begin_headers_callback(cb, h2_server__on_begin);
	nghttp2_session_callbacks_set_on_header_callback2(cb, h2_server__on_field);
	nghttp2_session_callbacks_set_on_frame_recv_callback(cb, h2_server__on_frame);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cb, h2_server__on_data);
	nghttp2_session_callbacks_set_on_stream_close_callback(cb, h2_server__on_close);
	nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(cb, h2_server__on_invalid);
	nghttp2_session_callbacks_set_on_frame_send_callback(cb, h2_server__on_sent);
	nghttp2_session_callbacks_set_send_callback(cb, h2_server__on_send);
	nghttp2_session_callbacks_set_send_data_callback(cb, h2_reply_send_data);
	nghttp2_option_set_no_auto_window_update(option, 1);
	nghttp2_option_set_no_closed_streams(option, 1);
	bool ok = nghttp2_session_server_new2(&c->session, cb, c, option) == 0 &&
		  nghttp2_submit_settings(c->session, NGHTTP2_FLAG_NONE, settings,
					  sizeof settings / sizeof settings[0]) == 0 &&
		  nghttp2_session_set_local_window_size(c->session, NGHTTP2_FLAG_NONE, 0, H2_CONN_WINDOW) == 0;
	nghttp2_session_callbacks_del(cb);
	nghttp2_option_del(option);
	return ok;
}

/* ---- connections ---- */

static void h2_server__close(struct h2_conn *c);

static void h2_server__make_room(struct rest *r)
{
	struct h2_conn *c = LOOP_OWNER(r, struct h2_conn, rest);

	OBJ(c, OBJ_H2_CONN);
	if (c->p->out_h2 == c) /* its last answer is still here */
		proto_flush(c->p);
	h2_server__close(c);
}

void h2_server_accept(struct proto *p, int fd, struct tls_session *tls, const struct ip_port *peer,
		      const struct ip_port *local)
{
	struct h2_conn *c = mem_alloc(sizeof *c);

	c->magic = OBJ_H2_CONN;
	c->p = p;
	c->tls = tls;
	if (tls)
		tls_session_info(tls, &c->info);
	c->peer = *peer;
	c->local = *local;
	c->io = (struct loop_io){ .fd = fd, .fn = h2_server__io };
	c->task.fn = h2_server__task;
	c->next = p->h2s;
	c->prev = &p->h2s;
	if (c->next)
		c->next->prev = &c->next;
	p->h2s = c;
	c->rest.end = h2_server__make_room;
	rest_begin(&p->resting, &c->rest);
	p->conns_n++;
	c->since_ms = c->sent_ms = loop_now_ms(p->loop);
	c->readable = c->writable = true;
	loop_timer_init(&c->timer, h2_server__timer);
	buf_init(&c->out, p->limits->conn_out_bytes_max + 2 * PROTO_OUT_BYTES);
	h2_guard_init(&c->guard, c->since_ms);
	counter_add(p->counters, h2_conns, 1);
	c->registered = h2_server__session(c) && loop_io_add(p->loop, &c->io) == OK;
	c->broken = !c->registered;
	h2_server__run(c);
}

/* No stream can be answered any more. */
static void h2_server__end_streams(struct h2_conn *c)
{
	for (struct h2_stream *s = c->streams; s; s = s->next)
		s->closed = true;
	for (struct h2_stream *s = c->streams; s; s = s->next) {
		if (!s->begun || !s->x.owner)
			continue;
		s->begun = false;
		s->x.handler->on_gone(&s->x, ERR_CLOSED);
		s->x.owner = NULL;
	}
	while (c->streams) {
		nghttp2_session_set_stream_user_data(c->session, c->streams->id, NULL);
		h2_server__stream_free(c->streams);
	}
	c->due = NULL;
}

static void h2_server__close(struct h2_conn *c)
{
	struct proto *p = c->p;

	OBJ(c, OBJ_H2_CONN);
	if (c->closed)
		return;
	c->closed = true;
	rest_over(&p->resting, &c->rest);
	if (p->out_h2 == c) {
		p->out_h2 = NULL;
		p->out_n = 0;
	}
	h2_server__end_streams(c);
	if (c->registered)
		loop_io_forget(p->loop, &c->io);
	loop_timer_cancel(p->loop, &c->timer);
	nghttp2_session_del(c->session);
	tls_session_free(c->tls);
	sock_close(c->io.fd);
	buf_fini(&c->out);
	*c->prev = c->next;
	if (c->next)
		c->next->prev = c->prev;
	p->conns_n--;
	counter_add(p->counters, conns_open, -1);
	loop_defer(p->loop, &c->task);
}

void h2_server_wake(struct h2_conn *c)
{
	if (c->running)
		c->again = true;
	else
		loop_defer(c->p->loop, &c->task);
}

static void h2_server__task(struct loop_task *t)
{
	struct h2_conn *c = LOOP_OWNER(t, struct h2_conn, task);

	OBJ(c, OBJ_H2_CONN);
	if (!c->closed) {
		h2_server__run(c);
		return;
	}
	c->magic = OBJ_FREED;
	mem_free(c);
}

/* ---- what is due for the handler ---- */

static void h2_server__begin(struct h2_stream *s)
{
	s->begun = true;
	if (s->refuse == OK) {
		s->x.handler->begin(&s->x);
		return;
	}
	s->x.handler->refuse(&s->x, s->refuse);
}

/* Body bytes that the handler wants; the client may send as many again. */
static void h2_server__deliver(struct h2_stream *s)
{
	struct slice data = buf_slice(&s->in);
	bool end = s->body_ended;

	if (!s->begun || !s->read_on || s->body_delivered || (data.n == 0 && !end))
		return;
	s->body_delivered = end;
	s->body_ms = loop_now_ms(s->c->p->loop);
	s->x.handler->on_body(&s->x, data, end);
	if (data.n && !s->closed)
		nghttp2_session_consume(s->c->session, s->id, data.n);
	else if (data.n)
		nghttp2_session_consume_connection(s->c->session, data.n);
	buf_consume(&s->in, data.n);
}

/* The client cannot be answered any more; what it sent and nobody took counts as taken. */
static void h2_server__gone(struct h2_stream *s)
{
	if (s->begun && s->x.owner) {
		s->begun = false;
		s->x.handler->on_gone(&s->x, ERR_CLOSED);
		s->x.owner = NULL;
	}
	if (buf_len(&s->in))
		nghttp2_session_consume_connection(s->c->session, buf_len(&s->in));
	h2_server__stream_free(s);
}

static void h2_server__serve_one(struct h2_stream *s)
{
	if (s->closed) {
		h2_server__gone(s);
		return;
	}
	if (s->head_done && !s->begun && !s->head_sent && !s->finished)
		h2_server__begin(s);
	if (!s->closed)
		h2_server__deliver(s);
}

static void h2_server__serve(struct h2_conn *c)
{
	while (c->due && !c->broken) {
		struct h2_stream *s = c->due;
		c->due = s->next_due;
		s->due = false;
		h2_server__serve_one(s);
	}
}

/* on_room for streams that nghttp2 asked in vain. True when one was told. */
static bool h2_server__rooms(struct h2_conn *c)
{
	bool told = false;

	for (struct h2_stream *s = c->streams, *next; s; s = next) {
		next = s->next;
		if (!s->want_room || !s->hungry || !s->begun || s->closed || buf_len(&s->out))
			continue;
		s->want_room = s->hungry = false;
		s->x.handler->on_room(&s->x);
		told = true;
	}
	return told;
}

/* ---- input ---- */

/* nghttp2 takes no more. */
static void h2_server__refused(struct h2_conn *c, int why)
{
	switch (why) {
	case NGHTTP2_ERR_BAD_CLIENT_MAGIC:
		h2_server__terminate(c, NGHTTP2_PROTOCOL_ERROR);
		break;
	case NGHTTP2_ERR_FLOODED:
	case NGHTTP2_ERR_TOO_MANY_SETTINGS:
	case NGHTTP2_ERR_TOO_MANY_CONTINUATIONS:
		counter_add(c->p->counters, h2_calmed, 1);
		h2_server__terminate(c, NGHTTP2_ENHANCE_YOUR_CALM);
		break;
	default:
		c->broken = true;
		break;
	}
}

static void h2_server__calm(struct h2_conn *c)
{
	c->calm = false;
	counter_add(c->p->counters, h2_calmed, 1);
	h2_server__terminate(c, NGHTTP2_ENHANCE_YOUR_CALM);
}

static void h2_server__feed(struct h2_conn *c, struct slice in)
{
	uint32_t code;

	while (in.n && !c->leaving && !c->broken) {
		size_t n = h2_guard_next(c, in, &code);
		if (code != NGHTTP2_NO_ERROR) {
			h2_server__terminate(c, code);
			return;
		}
		c->inside = true;
		ssize_t r = nghttp2_session_mem_recv(c->session, (const uint8_t *)in.p, n);
		c->inside = false;
		if (r < 0) {
			h2_server__refused(c, (int)r);
			return;
		}
		in = slice_from(in, n);
		if (c->calm)
			h2_server__calm(c);
		if (c->due)
			h2_server__serve(c);
	}
}

static bool h2_server__receive(struct h2_conn *c)
{
	struct proto *p = c->p;
	bool drained;
	size_t n;

	if (!c->readable || c->broken || c->leaving)
		return false;
	enum err e = transport_recv(c->io.fd, c->tls, (struct iovec){ p->in, PROTO_IN_BYTES }, &n, &drained);
	if (e != OK) {
		c->readable = false;
		if (e != ERR_AGAIN)
			c->broken = true; /* also when the client ended its direction: its requests are over */
		return false;
	}
	counter_add(p->counters, bytes_in, n);
	if (drained && !c->fin_hint)
		c->readable = false;
	c->since_ms = loop_now_ms(p->loop);
	h2_server__feed(c, slice_of(p->in, n));
	return true;
}

void h2_server_send(struct h2_conn *c)
{
	CHECK(!c->inside);
	if (c->broken || c->closed)
		return;
	c->inside = true;
	if (nghttp2_session_send(c->session) != 0)
		c->broken = true;
	c->inside = false;
}

/* ---- waiting ---- */

static bool h2_server__sending(const struct h2_conn *c)
{
	return buf_len(&c->out) || transport_sending(c->tls);
}

static void h2_server__arm(struct h2_conn *c)
{
	const struct limits *l = c->p->limits;
	uint64_t now = loop_now_ms(c->p->loop), due = now + H2_SERVER__TICK_MS;

	if (h2_server__sending(c))
		due = c->sent_ms + l->send_idle_ms;
	else if (c->guard.preface_left || c->guard.block_bytes)
		due = (c->guard.block_bytes ? c->block_ms : c->since_ms) + l->head_ms;
	else if (c->streams_n == 0)
		due = c->since_ms + (c->p->draining ? 0 : l->idle_ms);
	else if (l->body_idle_ms < H2_SERVER__TICK_MS || l->send_idle_ms < H2_SERVER__TICK_MS)
		due = now + (l->body_idle_ms < l->send_idle_ms ? l->body_idle_ms : l->send_idle_ms);
	loop_timer_set(c->p->loop, &c->timer, due > now ? due : now + 1);
}

/* A client that does not send the body it promised, or takes no byte of an answer. */
static bool h2_server__stalled(const struct h2_stream *s, uint64_t now)
{
	const struct limits *l = s->c->p->limits;

	if (s->tunnel && !(s->want_room || buf_len(&s->out)))
		return now >= (s->body_ms > s->sent_ms ? s->body_ms : s->sent_ms) + l->tunnel_idle_ms;
	if (!s->tunnel && s->begun && s->read_on && !s->body_ended && now >= s->body_ms + l->body_idle_ms)
		return true;
	return (s->want_room || buf_len(&s->out)) && !s->hungry && now >= s->sent_ms + l->send_idle_ms;
}

static void h2_server__stalls(struct h2_conn *c, uint64_t now)
{
	for (struct h2_stream *s = c->streams; s; s = s->next) {
		if (s->closed || !h2_server__stalled(s, now))
			continue;
		if (s->begun && s->read_on && !s->body_ended && !s->tunnel)
			counter_add(c->p->counters, timeouts_body, 1);
		else
			counter_add(c->p->counters, timeouts_send, 1);
		nghttp2_submit_rst_stream(c->session, NGHTTP2_FLAG_NONE, s->id, NGHTTP2_CANCEL);
	}
}

static void h2_server__timer(struct loop_timer *t)
{
	struct h2_conn *c = LOOP_OWNER(t, struct h2_conn, timer);
	const struct limits *l = c->p->limits;
	uint64_t now = loop_now_ms(c->p->loop);

	OBJ(c, OBJ_H2_CONN);
	if (c->lingering) {
		h2_server__close(c);
		return;
	}
	if (h2_server__sending(c) && now >= c->sent_ms + l->send_idle_ms) {
		counter_add(c->p->counters, timeouts_send, 1);
		c->broken = true;
	} else if ((c->guard.preface_left && now >= c->since_ms + l->head_ms) ||
		   (c->guard.block_bytes && now >= c->block_ms + l->head_ms)) {
		counter_add(c->p->counters, timeouts_head, 1);
		h2_server__terminate(c, NGHTTP2_NO_ERROR);
	} else if (c->streams_n == 0 && now >= c->since_ms + (c->p->draining ? 0 : l->idle_ms)) {
		h2_server__terminate(c, NGHTTP2_NO_ERROR);
	} else {
		h2_server__stalls(c, now);
	}
	h2_server__run(c);
}

/* ---- the turn of a connection ---- */

static bool h2_server__over(const struct h2_conn *c)
{
	if (c->broken)
		return true;
	if (c->p->out_h2 == c || h2_server__sending(c))
		return false;
	if (c->leaving)
		return true;
	return !nghttp2_session_want_read(c->session) && !nghttp2_session_want_write(c->session);
}

/* Everything is sent: ends our direction and waits a little for the client's. */
static void h2_server__linger(struct h2_conn *c)
{
	h2_server__end_streams(c);
	if (c->tls)
		tls_session_end(c->tls);
	sock_shutdown_send(c->io.fd);
	c->lingering = c->readable = true;
	c->since_ms = loop_now_ms(c->p->loop);
	loop_timer_set(c->p->loop, &c->timer, c->since_ms + c->p->limits->linger_ms);
}

/* What still comes is thrown away unread, as it is. */
static void h2_server__drain_input(struct h2_conn *c)
{
	size_t n;
	enum err e = OK;

	while (c->readable && e == OK)
		e = sock_recv(c->io.fd, c->p->in, PROTO_IN_BYTES, &n);
	c->readable = false;
	if (e != OK && e != ERR_AGAIN)
		h2_server__close(c);
}

/* A client that always has more to send leaves the others their turn. */
static void h2_server__receive_some(struct h2_conn *c)
{
	for (int i = 0; i < H2_SERVER__RECEIVES_A_TURN && h2_server__receive(c); i++)
		c->again = i == H2_SERVER__RECEIVES_A_TURN - 1;
}

/* What nghttp2 has to send, and what handlers give when they hear of room. */
static void h2_server__answer(struct h2_conn *c)
{
	h2_server_send(c);
	if (c->calm && !c->leaving) {
		h2_server__calm(c);
		h2_server_send(c);
	}
	for (int i = 0; i < H2_SERVER__ROOM_ROUNDS && !c->broken && h2_server__rooms(c); i++)
		h2_server_send(c);
}

static void h2_server__run(struct h2_conn *c)
{
	if (c->running || c->closed)
		return;
	if (c->lingering) {
		h2_server__drain_input(c);
		return;
	}
	c->running = true;
	c->again = false;
	h2_reply_flush(c);
	h2_server__receive_some(c);
	h2_server__serve(c);
	h2_server__answer(c);
	h2_server__serve(c);
	h2_reply_flush(c);
	c->running = false;
	if (h2_server__over(c)) {
		if (!c->broken)
			h2_server__linger(c);
		if (c->broken || c->fin_hint)
			h2_server__close(c);
		return;
	}
	h2_server__arm(c);
	if (c->again || c->due)
		loop_defer(c->p->loop, &c->task);
}

static void h2_server__io(struct loop_io *io, uint32_t events)
{
	struct h2_conn *c = LOOP_OWNER(io, struct h2_conn, io);

	OBJ(c, OBJ_H2_CONN);
	if (events & EPOLLERR)
		c->broken = true;
	if (events & LOOP_WRITE)
		c->writable = true;
	if (events & LOOP_PEER_CLOSED)
		c->fin_hint = true;
	if (events & (LOOP_READ | LOOP_PEER_CLOSED | (c->tls ? LOOP_WRITE : 0)))
		c->readable = c->lingering || !c->leaving;
	h2_server__run(c);
}

/* ---- the whole worker ---- */

void h2_server_close_all(struct proto *p)
{
	while (p->h2s)
		h2_server__close(p->h2s);
}

size_t h2_server_close_those(struct proto *p, proto_ends_fn fn, void *arg)
{
	size_t n = 0;

	/* As h1_server_close_those. */
	for (struct h2_conn *c = p->h2s; c; c = c->next) {
		if (c->closed || !fn(arg, &c->peer.ip))
			continue;
		h2_server__close(c);
		n++;
	}
	return n;
}

void h2_server_drain(struct proto *p)
{
	for (struct h2_conn *c = p->h2s; c; c = c->next) {
		if (c->lingering)
			continue;
		nghttp2_submit_goaway(c->session, NGHTTP2_FLAG_NONE,
				      nghttp2_session_get_last_proc_stream_id(c->session), NGHTTP2_NO_ERROR, NULL, 0);
		h2_server_wake(c);
	}
}
