/* SPDX-License-Identifier: Apache-2.0 */
/* h2_call: one request and its answer on an HTTP/2 connection to an origin, see h2_call.h. */
#include "proto/h2_call.h"

#include "base/check.h"
#include "base/mem.h"
#include "wire/h1_head.h"

enum { H2_CALL__PIECE = 16384, H2_CALL__ROOMS = 64, H2_CALL__FIELDS = 64 };

/* The parameters of nghttp2's data callback. */
#define H2_CALL__DATA                                                                                                  \
	nghttp2_session *session, int32_t id, uint8_t *to, size_t room, uint32_t *flags, nghttp2_data_source *source,  \
		void *arg

static const struct client_ops h2_call__ops;

static struct h2_call *h2_call__of(struct client *base)
{
	struct h2_call *s = (struct h2_call *)(void *)base;

	OBJ(s, OBJ_H2_CALL);
	return s;
}

static struct h2_call *h2_call__find(nghttp2_session *session, int32_t id)
{
	return nghttp2_session_get_stream_user_data(session, id);
}

/* ---- life ---- */

void h2_call_unlink(struct h2_call *s)
{
	if (!s->prev)
		return;
	*s->prev = s->next;
	if (s->next)
		s->next->prev = s->prev;
	s->prev = NULL;
	if (s->id > 0)
		nghttp2_session_set_stream_user_data(s->c->session, s->id, NULL);
	s->id = -1;
	loop_timer_cancel(s->c->p->loop, &s->timer);
}

bool h2_call_answered(const struct h2_call *s)
{
	return s->got_head;
}

/* What may be done about it: an origin that says that it did nothing, or that said nothing on a connection that had
 * worked before. */
static enum client_again h2_call__again(const struct h2_call *s)
{
	return s->got_byte || s->c->began_n <= 1 ? CLIENT_NEVER : CLIENT_SAFE;
}

void h2_call_fail(struct h2_call *s, enum err e)
{
	struct h2_client *c = s->c;

	if (s->over)
		return;
	s->over = true;
	if (s->base.again == CLIENT_NEVER)
		s->base.again = (uint8_t)h2_call__again(s);
	if (c->trouble.check != TLS_CHECK_NONE && !c->heard) {
		s->base.trouble = &c->trouble;
		e = ERR_ORIGIN_TLS;
	}
	loop_timer_cancel(c->p->loop, &s->timer);
	if (s->base.events)
		s->base.events->on_error(&s->base, e);
}

/* ---- waiting ---- */

static uint64_t h2_call__due(const struct h2_call *s)
{
	const struct limits *l = s->c->p->limits;

	if (s->over || s->id == 0)
		return UINT64_MAX;
	if (s->id < 0 && !s->got_byte && !s->ended)
		return 0; /* begun on a connection that had just gone */
	if (buf_len(&s->out))
		return s->sent_ms + l->origin_write_ms;
	if (!s->got_head)
		return s->request_done ? s->since_ms + (s->got_byte ? s->timeouts.read_ms : s->timeouts.first_byte_ms)
				       : UINT64_MAX;
	return s->read_on ? s->since_ms + s->timeouts.read_ms : UINT64_MAX;
}

static void h2_call__arm(struct h2_call *s)
{
	uint64_t due = h2_call__due(s);

	if (!s->freed && due != UINT64_MAX)
		loop_timer_set(s->c->p->loop, &s->timer, due);
}

static void h2_call__timer(struct loop_timer *t)
{
	struct h2_call *s = LOOP_OWNER(t, struct h2_call, timer);
	struct h2_client *c = s->c;

	OBJ(s, OBJ_H2_CALL);
	if (h2_call__due(s) > loop_now_ms(c->p->loop)) {
		h2_call__arm(s);
		return;
	}
	if (c->heard_ms <= s->began_ms) /* the whole connection is silent: nobody else is to wait for it */
		c->stop = true;
	h2_client_wake(c);
	if (s->id < 0) {
		s->base.again = CLIENT_ANY;
		h2_call_fail(s, ERR_ORIGIN_CLOSED);
		return;
	}
	h2_call_fail(s, buf_len(&s->out) ? ERR_ORIGIN_WRITE_TIMEOUT : ERR_ORIGIN_TIMEOUT);
}

/* ---- the request ---- */

static ssize_t h2_call__give(H2_CALL__DATA)
{
	struct h2_call *s = h2_call__find(session, id);

	if (!s)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	size_t n = buf_len(&s->out) < room ? buf_len(&s->out) : room;
	if (n == 0 && !s->request_done) {
		s->deferred = true;
		return NGHTTP2_ERR_DEFERRED;
	}
	if (n)
		memcpy(to, buf_slice(&s->out).p, n);
	buf_consume(&s->out, n);
	s->sent_ms = s->since_ms = loop_now_ms(s->c->p->loop);
	if (s->request_done && buf_len(&s->out) == 0)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return (ssize_t)n;
}

static nghttp2_nv h2_call__nv(struct slice name, struct slice value)
{
	return (nghttp2_nv){ (uint8_t *)(uintptr_t)name.p, (uint8_t *)(uintptr_t)value.p, name.n, value.n,
			     NGHTTP2_NV_FLAG_NONE };
}

/* Of this hop, or said another way in HTTP/2 (RFC 9113 section 8.2.2). */
static bool h2_call__is_hop(enum field_id id)
{
	return id == FIELD_HOST || id == FIELD_CONNECTION || id == FIELD_TRANSFER_ENCODING || id == FIELD_UPGRADE ||
	       id == FIELD_TE;
}

/* A line without its CR LF. */
static struct slice h2_call__line(struct slice *rest)
{
	struct slice line = slice_split(rest, '\n');

	return slice_first(line, line.n ? line.n - 1 : 0);
}

static void h2_call__make_room(struct h2_client *c, size_t n)
{
	if (n <= c->fields_max)
		return;
	c->fields_max = c->fields_max ? c->fields_max * 2 : H2_CALL__FIELDS;
	c->fields = mem_resize(c->fields, c->fields_max * sizeof *c->fields);
}

/* The head in the form of HTTP/1 as fields of HTTP/2: borrowed from it. Returns how many. */
static size_t h2_call__fields(struct h2_client *c, const struct client_request *q)
{
	struct slice rest = q->head, first = h2_call__line(&rest);
	struct slice method = slice_split(&first, ' '), path = slice_split(&first, ' '), line;
	size_t n = 4;

	h2_call__make_room(c, n + 1);
	c->fields[0] = h2_call__nv(SLICE(":method"), method);
	c->fields[1] = h2_call__nv(SLICE(":scheme"), SLICE("https"));
	c->fields[2] = h2_call__nv(SLICE(":authority"), SLICE(""));
	c->fields[3] = h2_call__nv(SLICE(":path"), path);
	while ((line = h2_call__line(&rest)).n) {
		h2_call__make_room(c, n + 2);
		struct slice value = line, name = slice_split(&value, ':');
		enum field_id id = field_lookup(name);
		value = slice_trim(value);
		if (id == FIELD_HOST)
			c->fields[2] = h2_call__nv(SLICE(":authority"), value);
		if (!h2_call__is_hop(id))
			c->fields[n++] = h2_call__nv(name, value);
	}
	if (q->trailers)
		c->fields[n++] = h2_call__nv(SLICE("te"), SLICE("trailers"));
	return n;
}

static void h2_call__begin(struct client *base, const struct client_request *q)
{
	struct h2_call *s = h2_call__of(base);
	struct h2_client *c = s->c;
	nghttp2_data_provider body = { .read_callback = h2_call__give };

	CHECK(s->id <= 0 && !s->over);
	base->events = q->events;
	base->owner = q->owner;
	s->timeouts = q->timeouts;
	s->method = q->method;
	s->read_on = true;
	s->request_done = !q->has_body;
	s->began_ms = s->since_ms = s->sent_ms = loop_now_ms(c->p->loop);
	if (c->began_n++)
		counter_add(c->p->counters, origin_conns_reused, 1);
	h2_client_wake(c);
	if (s->id < 0) { /* the connection has gone meanwhile: its owner hears that later, as of every end */
		h2_call__arm(s);
		return;
	}
	s->id = nghttp2_submit_request(c->session, NULL, c->fields, h2_call__fields(c, q), q->has_body ? &body : NULL,
				       s);
	if (s->id < 0) {
		s->id = 0;
		c->broken = true;
	}
	h2_call__arm(s);
}

static void h2_call__body(struct client *base, struct slice data, bool end)
{
	struct h2_call *s = h2_call__of(base);

	if (s->over || s->ended || s->id <= 0 || s->request_done)
		return;
	if (buf_len(&s->out) == 0)
		s->sent_ms = loop_now_ms(s->c->p->loop);
	if (data.n && !buf_add(&s->out, data)) {
		base->why = ERR_QUEUE_FULL;
		nghttp2_submit_rst_stream(s->c->session, NGHTTP2_FLAG_NONE, s->id, NGHTTP2_INTERNAL_ERROR);
	}
	if (end) {
		s->request_done = true;
		s->since_ms = loop_now_ms(s->c->p->loop);
	}
	if (s->deferred) {
		s->deferred = false;
		nghttp2_session_resume_data(s->c->session, s->id);
	}
	h2_client_wake(s->c);
	h2_call__arm(s);
}

static void h2_call__end_tunnel(struct client *base)
{
	h2_call__body(base, slice_of(NULL, 0), true);
}

static bool h2_call__room(struct client *base)
{
	struct h2_call *s = h2_call__of(base);

	if (buf_len(&s->out) < s->c->p->limits->conn_out_bytes_max)
		return true;
	s->want_room = true;
	return false;
}

void h2_call_rooms(struct h2_client *c)
{
	size_t half = c->p->limits->conn_out_bytes_max / 2;

	/* An owner may give back its own exchange or others: from the front again, a bounded number of times. */
	for (int i = 0; i < H2_CALL__ROOMS; i++) {
		struct h2_call *s = c->calls;
		while (s && !(s->want_room && buf_len(&s->out) < half && !s->over))
			s = s->next;
		if (!s)
			return;
		s->want_room = false;
		s->base.events->on_room(&s->base);
	}
	h2_client_wake(c);
}

/* ---- the answer ---- */

/* Fields as they came into the worker's array; they are slices of s->head. Returns how many. */
static size_t h2_call__unpack(const struct h2_call *s)
{
	struct field *fields = s->c->p->fields;
	struct slice rest = buf_slice(&s->head);
	size_t n = 0;

	while (rest.n) {
		uint32_t len[2];
		memcpy(len, rest.p, sizeof len);
		struct slice name = slice_of(rest.p + sizeof len, len[0]);
		struct slice value = slice_of(name.p + len[0], len[1]);
		rest = slice_from(rest, sizeof len + len[0] + len[1]);
		fields[n++] = (struct field){ name, value, (uint16_t)field_lookup(name) };
	}
	return n;
}

static void h2_call__finish(struct h2_call *s)
{
	struct field *fields = s->c->p->fields;
	size_t n = s->trailers ? h2_call__unpack(s) : 0, kept = 0;

	if (s->over || !s->ended || buf_len(&s->in))
		return;
	s->over = true;
	loop_timer_cancel(s->c->p->loop, &s->timer);
	for (size_t i = 0; i < n; i++)
		if (h1_trailer_may_have((enum field_id)fields[i].id))
			fields[kept++] = fields[i];
	s->base.events->on_end(&s->base, fields, kept);
}

static struct slice h2_call__bytes(nghttp2_rcbuf *b)
{
	nghttp2_vec v = nghttp2_rcbuf_get_buf(b);

	return slice_of((const char *)v.base, v.len);
}

static int h2_call__on_field(nghttp2_session *session, const nghttp2_frame *frame, nghttp2_rcbuf *name,
			     nghttp2_rcbuf *value, uint8_t flags, void *arg)
{
	struct h2_call *s = h2_call__find(session, frame->hd.stream_id);
	const struct h2_client *c = arg;
	struct slice n = h2_call__bytes(name), v = slice_trim(h2_call__bytes(value));
	uint32_t len[2] = { (uint32_t)n.n, (uint32_t)v.n };
	uint64_t status;

	if (!s || s->over || s->large)
		return 0;
	if (slice_eq(n, SLICE(":status"))) {
		s->status = slice_u64(v, &status) && status >= 100 && status < 1000 ? (uint16_t)status : 0;
		return 0;
	}
	if (++s->fields_n > c->p->limits->head_fields_max ||
	    !buf_add(&s->head, slice_of((const char *)len, sizeof len)) || !buf_add(&s->head, n) ||
	    !buf_add(&s->head, v))
		s->large = true;
	return 0;
}

static int h2_call__on_begin(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct h2_call *s = h2_call__find(session, frame->hd.stream_id);

	if (!s)
		return 0;
	buf_clear(&s->head);
	s->fields_n = 0;
	s->got_byte = true;
	s->since_ms = loop_now_ms(s->c->p->loop);
	return 0;
}

static void h2_call__framing(const struct h2_call *s, bool ends, struct h1_response *r)
{
	const struct field *f = field_find(r->fields, r->fields_n, FIELD_CONTENT_LENGTH);

	r->has_length = f && slice_u64(f->value, &r->content_length);
	if (s->method == METHOD_HEAD || r->status == 204 || r->status == 304)
		r->framing = H1_NO_BODY;
	else if (r->has_length)
		r->framing = H1_LENGTH;
	else
		r->framing = ends ? H1_LENGTH : H1_CHUNKED;
}

static void h2_call__on_head(struct h2_call *s, bool ends)
{
	struct h1_response r = { .minor = 1, .status = s->status, .keep_alive = true };

	if (s->large || s->status < 100 || s->status == 101) {
		s->base.why = s->large ? ERR_HEAD_LARGE : ERR_SYNTAX;
		h2_call_fail(s, s->large ? ERR_ORIGIN_HEAD_LARGE : ERR_ORIGIN_SYNTAX);
		return;
	}
	if (s->got_head) {
		s->trailers = true;
		return;
	}
	r.fields = s->c->p->fields;
	r.fields_n = h2_call__unpack(s);
	if (s->status < 200) {
		s->base.events->on_interim(&s->base, &r);
		return;
	}
	h2_call__framing(s, ends, &r);
	s->got_head = true;
	h2_call__arm(s);
	s->base.events->on_head(&s->base, &r);
}

static int h2_call__on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct h2_client *c = arg;
	bool ends = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;
	int32_t id = frame->hd.stream_id;
	struct h2_call *s;

	if (frame->hd.type == NGHTTP2_GOAWAY)
		c->stop = true;
	if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA)
		return 0;
	s = h2_call__find(session, id);
	if (s && !s->over && frame->hd.type == NGHTTP2_HEADERS)
		h2_call__on_head(s, ends);
	s = h2_call__find(session, id); /* its owner may have given it back */
	if (!s || !ends)
		return 0;
	s->ended = true;
	h2_call__finish(s);
	return 0;
}

/* Bytes that the owner has taken may be sent anew. */
static void h2_call__credit(struct h2_client *c, int32_t id, size_t n)
{
	if (id > 0)
		nghttp2_session_consume_stream(c->session, id, n);
}

static int h2_call__on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *p, size_t n, void *arg)
{
	struct h2_call *s = h2_call__find(session, id);
	struct h2_client *c = arg;

	nghttp2_session_consume_connection(session, n);
	if (!s || s->over || !s->got_head) {
		h2_call__credit(c, id, n);
		return 0;
	}
	s->since_ms = loop_now_ms(c->p->loop);
	if (!s->read_on || buf_len(&s->in)) {
		/* Never more than the window, which nghttp2 holds the origin to. */
		return buf_add(&s->in, slice_of((const char *)p, n)) ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
	}
	s->base.events->on_body(&s->base, slice_of((const char *)p, n));
	h2_call__credit(c, id, n);
	return 0;
}

static enum err h2_call__error_of(const struct h2_call *s, uint32_t code)
{
	if (code == NGHTTP2_PROTOCOL_ERROR || code == NGHTTP2_COMPRESSION_ERROR)
		return ERR_ORIGIN_SYNTAX;
	return s->got_head ? ERR_ORIGIN_CUT : ERR_ORIGIN_CLOSED;
}

static int h2_call__on_close(nghttp2_session *session, int32_t id, uint32_t code, void *arg)
{
	struct h2_call *s = h2_call__find(session, id);

	if (!s)
		return 0;
	s->id = -1; /* nghttp2 forgets it */
	if (s->ended)
		return 0;
	if (code == NGHTTP2_REFUSED_STREAM && !s->got_byte)
		s->base.again = CLIENT_ANY;
	if (code == NGHTTP2_HTTP_1_1_REQUIRED && !s->got_byte) {
		s->base.again = CLIENT_ANY;
		s->base.wants_h1 = true;
	}
	if (code == NGHTTP2_PROTOCOL_ERROR)
		s->base.why = ERR_SYNTAX;
	h2_call_fail(s, h2_call__error_of(s, code));
	return 0;
}

void h2_call_callbacks(nghttp2_session_callbacks *cb)
{
	nghttp2_session_callbacks_set_on_begin_headers_callback(cb, h2_call__on_begin);
	nghttp2_session_callbacks_set_on_header_callback2(cb, h2_call__on_field);
	nghttp2_session_callbacks_set_on_frame_recv_callback(cb, h2_call__on_frame);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cb, h2_call__on_data);
	nghttp2_session_callbacks_set_on_stream_close_callback(cb, h2_call__on_close);
}

/* ---- reading again ---- */

static void h2_call__resume(struct loop_task *t)
{
	struct h2_call *s = LOOP_OWNER(t, struct h2_call, task);
	struct h2_client *c = s->c;
	char piece[H2_CALL__PIECE];

	if (s->freed) {
		s->magic = OBJ_FREED;
		mem_free(s);
		return;
	}
	while (!s->over && s->read_on && buf_len(&s->in)) {
		size_t n = buf_len(&s->in) < sizeof piece ? buf_len(&s->in) : sizeof piece;
		memcpy(piece, buf_slice(&s->in).p, n);
		buf_consume(&s->in, n);
		h2_call__credit(c, s->id, n);
		s->base.events->on_body(&s->base, slice_of(piece, n));
		if (s->freed)
			break;
	}
	if (s->freed)
		return; /* in the next round */
	h2_call__finish(s);
	h2_client_wake(c);
}

static void h2_call__read(struct client *base, bool on)
{
	struct h2_call *s = h2_call__of(base);

	if (on && !s->read_on) {
		s->since_ms = loop_now_ms(s->c->p->loop);
		if (buf_len(&s->in) || s->ended)
			loop_defer(s->c->p->loop, &s->task);
	}
	s->read_on = on;
	h2_call__arm(s);
}

static const struct client_ops h2_call__ops = {
	.begin = h2_call__begin,
	.body = h2_call__body,
	.end_tunnel = h2_call__end_tunnel,
	.room = h2_call__room,
	.read = h2_call__read,
};

struct client *h2_call_new(struct h2_client *c)
{
	struct h2_call *s = mem_alloc(sizeof *s);
	const struct limits *l = c->p->limits;

	s->base = (struct client){ .ops = &h2_call__ops, .h2 = true };
	s->magic = OBJ_H2_CALL;
	s->c = c;
	s->next = c->calls;
	if (s->next)
		s->next->prev = &s->next;
	s->prev = &c->calls;
	c->calls = s;
	c->calls_n++;
	s->task.fn = h2_call__resume;
	loop_timer_init(&s->timer, h2_call__timer);
	buf_init(&s->out, l->conn_out_bytes_max + 2 * PROTO_IN_BYTES);
	buf_init(&s->head, l->origin_head_bytes_max);
	buf_init(&s->in, H2_CALL_WINDOW + PROTO_IN_BYTES);
	return &s->base;
}

void h2_call_release(struct client *base)
{
	struct h2_call *s = h2_call__of(base);
	struct h2_client *c = s->c;

	if (s->id > 0)
		nghttp2_submit_rst_stream(c->session, NGHTTP2_FLAG_NONE, s->id,
					  s->ended ? NGHTTP2_NO_ERROR : NGHTTP2_CANCEL);
	h2_call_unlink(s);
	buf_fini(&s->out);
	buf_fini(&s->head);
	buf_fini(&s->in);
	s->over = s->freed = true;
	c->calls_n--;
	loop_defer(c->p->loop, &s->task); /* frees */
	h2_client_idle(c);
}
