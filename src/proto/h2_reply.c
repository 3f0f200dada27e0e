/* SPDX-License-Identifier: Apache-2.0 */
/*
 * h2_reply: the output side of HTTP/2 streams. nghttp2 decides whose turn it is and asks for DATA; the bytes go
 * straight from where they lie (a write under way, or what a stream has taken) into the worker's shared buffer
 * (proto->out), which leaves with one send at the end of the turn. RFC 9113 sections 5.2, 6.1, 8.1.
 */
#include "base/text.h"
#include "http/status.h"
#include "proto/h2_conn.h"
#include "proto/h2_server.h"

enum { H2_REPLY__FIELDS_MAX = 512, H2_REPLY__HEAD = 9, H2_REPLY__OK = 200, H2_REPLY__BAD_GATEWAY = 502 };

static struct h2_stream *h2_reply__stream(struct exchange *x)
{
	struct h2_stream *s = LOOP_OWNER(x, struct h2_stream, x);

	OBJ(s, OBJ_H2_STREAM);
	return s;
}

/* ---- bytes of the connection ---- */

static void h2_reply__broken(struct h2_conn *c)
{
	c->broken = true;
	h2_server_wake(c);
}

/* Sends from; what is left of it is the result. */
static struct slice h2_reply__send(struct h2_conn *c, struct slice from)
{
	size_t n;

	while (from.n && c->writable && !c->broken) {
		enum err e = transport_send(c->io.fd, c->tls, from, &n);
		if (e == ERR_AGAIN) {
			c->writable = false;
		} else if (e != OK) {
			h2_reply__broken(c);
		} else {
			counter_add(c->p->counters, bytes_out, n);
			c->sent_ms = loop_now_ms(c->p->loop);
			if (n < from.n || transport_sending(c->tls))
				c->writable = false;
			from = slice_from(from, n);
		}
	}
	return from;
}

static void h2_reply__flush_record(struct h2_conn *c)
{
	enum err e = tls_session_flush(c->tls);

	if (e == ERR_AGAIN)
		c->writable = false;
	else if (e != OK)
		h2_reply__broken(c);
}

void h2_server_flush(struct proto *p)
{
	struct h2_conn *c = p->out_h2;
	struct slice s = slice_of(p->out, p->out_n);

	if (!c)
		return;
	p->out_h2 = NULL;
	p->out_n = 0;
	if (c->closed)
		return;
	s = h2_reply__send(c, s);
	if (s.n && !c->broken && !buf_add(&c->out, s))
		h2_reply__broken(c);
	if (buf_len(&c->out) || transport_sending(c->tls))
		h2_server_wake(c);
}

void h2_reply_flush(struct h2_conn *c)
{
	if (transport_sending(c->tls) && c->writable)
		h2_reply__flush_record(c);
	if (buf_len(&c->out)) {
		struct slice left = h2_reply__send(c, buf_slice(&c->out));
		buf_consume(&c->out, buf_len(&c->out) - left.n);
		if (left.n == 0)
			buf_fini(&c->out);
	}
	if (c->p->out_h2 == c && buf_len(&c->out) == 0)
		h2_server_flush(c->p);
}

bool h2_reply_put(struct h2_conn *c, const void *p, size_t n, const void *p2, size_t n2)
{
	struct proto *w = c->p;

	if (c->broken || !c->writable || buf_len(&c->out))
		return false;
	if (w->out_h2 != c || PROTO_OUT_BYTES - w->out_n < n + n2)
		proto_flush(w);
	if (c->broken || !c->writable || buf_len(&c->out))
		return false;
	w->out_h2 = c;
	memcpy(w->out + w->out_n, p, n);
	if (n2)
		memcpy(w->out + w->out_n + n, p2, n2);
	w->out_n += n + n2;
	return true;
}

/* ---- DATA ---- */

static void h2_reply__trailers(struct h2_stream *s, uint32_t *flags);

/* The signature of nghttp2_data_source_read_callback. */
#define H2_REPLY__DATA                                                                                                 \
	nghttp2_session *session, int32_t id, uint8_t *room, size_t n, uint32_t *flags, nghttp2_data_source *source,   \
		void *arg

static ssize_t h2_reply__data(H2_REPLY__DATA)
{
	struct h2_stream *s = source->ptr;
	size_t kept = buf_len(&s->out), ready = kept + s->borrowed.n;

	if (ready == 0 && !s->finished) {
		s->deferred = s->hungry = true;
		return NGHTTP2_ERR_DEFERRED;
	}
	*flags |= NGHTTP2_DATA_FLAG_NO_COPY;
	if (kept && n > kept)
		n = kept; /* a frame is out of one piece */
	n = ready < n ? ready : n;
	s->promised = n;
	if ((s->finished && n == ready) || (s->has_length && n == s->left)) {
		*flags |= NGHTTP2_DATA_FLAG_EOF;
		if (s->trailers_n)
			h2_reply__trailers(s, flags);
	}
	return (ssize_t)n;
}

int h2_reply_send_data(nghttp2_session *session, nghttp2_frame *frame, const uint8_t *head, size_t n,
		       nghttp2_data_source *source, void *arg)
{
	struct h2_stream *s = source->ptr;
	bool kept = buf_len(&s->out) > 0;
	struct slice from = kept ? buf_slice(&s->out) : s->borrowed;

	CHECK(frame->data.padlen == 0 && n <= from.n);
	if (!h2_reply_put(s->c, head, H2_REPLY__HEAD, from.p, n))
		return s->c->broken ? NGHTTP2_ERR_CALLBACK_FAILURE : NGHTTP2_ERR_WOULDBLOCK;
	if (kept)
		buf_consume(&s->out, n);
	else
		s->borrowed = slice_from(s->borrowed, n);
	s->promised = 0;
	if (s->has_length)
		s->left -= n;
	s->sent_ms = loop_now_ms(s->c->p->loop);
	h2_guard_sent(&s->c->guard, n);
	return 0;
}

static void h2_reply__resume(struct h2_stream *s)
{
	if (!s->deferred || s->closed)
		return;
	s->deferred = false;
	if (nghttp2_session_resume_data(s->c->session, s->id) == NGHTTP2_ERR_NOMEM)
		h2_reply__broken(s->c);
}

/* ---- heads ---- */

/* The fields as nghttp2 wants them. */
struct h2_reply__list {
	nghttp2_nv nv[H2_REPLY__FIELDS_MAX];
	size_t n;
	bool full;
};

static void h2_reply__add(struct h2_reply__list *l, struct slice name, struct slice value)
{
	if (l->n == H2_REPLY__FIELDS_MAX) {
		l->full = true;
		return;
	}
	l->nv[l->n++] = (nghttp2_nv){ (uint8_t *)(uintptr_t)name.p, (uint8_t *)(uintptr_t)value.p, name.n, value.n,
				      NGHTTP2_NV_FLAG_NONE };
}

/* Framing and connections are HTTP/1's own business (RFC 9113 8.2.2). */
static void h2_reply__fields(struct h2_reply__list *l, const struct field *f, size_t n)
{
	static const struct slice accept =
		SLICE_INIT("sec-websocket-accept"); /* of a key that the client does not know */

	for (size_t i = 0; i < n; i++)
		if (!slice_eq_nocase(f[i].name, accept) && !(field_flags((enum field_id)f[i].id) & F_HOP))
			h2_reply__add(l, f[i].name, f[i].value);
}

/* Three digits into text. */
static struct slice h2_reply__status(uint16_t status, char text[static 3])
{
	text[0] = (char)('0' + status / 100 % 10);
	text[1] = (char)('0' + status / 10 % 10);
	text[2] = (char)('0' + status % 10);
	return slice_of(text, 3);
}

static void h2_reply__trailers(struct h2_stream *s, uint32_t *flags)
{
	struct h2_reply__list l = { .n = 0 };

	h2_reply__fields(&l, s->trailers, s->trailers_n);
	if (l.n && nghttp2_submit_trailer(s->c->session, s->id, l.nv, l.n) == 0)
		*flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
}

/*
 * What an extended CONNECT is told: 101 is 200 for it, and what is no switch of protocols must not look like one
 * (RFC 8441 section 5). Returns the status.
 */
static uint16_t h2_reply__connected(struct h2_stream *s, const struct http_response *r)
{
	s->tunnel = r->body == HTTP_BODY_TUNNEL;
	if (s->tunnel) {
		s->read_on = true;
		s->body_ms = s->sent_ms = loop_now_ms(s->c->p->loop);
		h2_server_due(s);
		return H2_REPLY__OK;
	}
	return r->status >= 200 && r->status < 300 ? H2_REPLY__BAD_GATEWAY : r->status;
}

static bool h2_reply__has_length_field(const struct http_response *r)
{
	return field_find(r->stored, r->stored_n, FIELD_CONTENT_LENGTH) ||
	       field_find(r->fields, r->fields_n, FIELD_CONTENT_LENGTH);
}

static void h2_reply__head(struct exchange *x, const struct http_response *r)
{
	struct h2_stream *s = h2_reply__stream(x);
	struct h2_reply__list l = { .n = 0 };
	nghttp2_data_provider data = { .source.ptr = s, .read_callback = h2_reply__data };
	char status[3], length[24];

	CHECK(!s->head_sent);
	s->head_sent = true;
	uint16_t answered = s->connect ? h2_reply__connected(s, r) : r->status;
	s->has_length = r->body == HTTP_BODY_LENGTH;
	s->left = r->length;
	s->bodyless = r->body == HTTP_BODY_NONE || x->req.method_id == METHOD_HEAD || status_has_no_body(r->status) ||
		      (s->has_length && r->length == 0);
	if (s->tunnel)
		s->bodyless = false;
	h2_reply__add(&l, SLICE(":status"), h2_reply__status(answered, status));
	h2_reply__fields(&l, r->stored, r->stored_n);
	h2_reply__fields(&l, r->fields, r->fields_n);
	if (s->has_length && !h2_reply__has_length_field(r)) {
		struct text t = text_of(length, sizeof length);
		text_u64(&t, r->length);
		h2_reply__add(&l, SLICE("content-length"), text_slice(&t));
	}
	if (s->closed || s->c->broken)
		return;
	if (l.full || nghttp2_submit_response(s->c->session, s->id, l.nv, l.n, s->bodyless ? NULL : &data) != 0)
		nghttp2_submit_rst_stream(s->c->session, NGHTTP2_FLAG_NONE, s->id, NGHTTP2_INTERNAL_ERROR);
	h2_server_wake(s->c);
}

static void h2_reply__interim(struct exchange *x, uint16_t status, const struct field *fields, size_t n)
{
	struct h2_stream *s = h2_reply__stream(x);
	struct h2_reply__list l = { .n = 0 };
	char text[3];

	if (s->head_sent || s->closed || status == 101)
		return;
	h2_reply__add(&l, SLICE(":status"), h2_reply__status(status, text));
	h2_reply__fields(&l, fields, n);
	if (!l.full && nghttp2_submit_headers(s->c->session, NGHTTP2_FLAG_NONE, s->id, NULL, l.nv, l.n, NULL) == 0)
		h2_server_wake(s->c);
}

/* ---- the answer ---- */

static bool h2_reply__room(struct exchange *x)
{
	struct h2_stream *s = h2_reply__stream(x);

	if (s->closed || s->c->broken || buf_len(&s->out) < s->c->p->limits->conn_out_bytes_max)
		return true;
	s->want_room = true;
	return false;
}

/* A frame that the socket did not take yet stays begun: its bytes are ours now. */
static void h2_reply__keep_promise(struct h2_stream *s)
{
	if (!s->promised || buf_len(&s->out) || s->closed)
		return;
	if (!buf_add(&s->out, slice_first(s->borrowed, s->promised)))
		h2_reply__broken(s->c);
	s->borrowed = slice_from(s->borrowed, s->promised);
}

static size_t h2_reply__write(struct exchange *x, struct slice data)
{
	struct h2_stream *s = h2_reply__stream(x);

	CHECK(s->head_sent);
	if (s->closed || s->c->broken || s->bodyless || data.n == 0)
		return data.n;
	CHECK(!s->has_length || data.n + buf_len(&s->out) <= s->left);
	if (buf_len(&s->out)) { /* what was taken before goes first */
		s->want_room = true;
		return 0;
	}
	s->borrowed = data;
	h2_reply__resume(s);
	h2_server_send(s->c);
	h2_reply__keep_promise(s);
	size_t taken = data.n - s->borrowed.n;
	s->borrowed = slice_of(NULL, 0);
	if (s->closed || s->c->broken)
		return data.n;
	x->bytes_out += taken;
	if (taken < data.n) {
		if (!s->want_room)
			s->sent_ms = loop_now_ms(s->c->p->loop);
		s->want_room = true;
	}
	return taken;
}

static void h2_reply__write_all(struct exchange *x, struct slice data)
{
	struct h2_stream *s = h2_reply__stream(x);

	CHECK(s->head_sent);
	if (s->closed || s->c->broken || s->bodyless || data.n == 0)
		return;
	if (buf_len(&s->out) == 0)
		s->sent_ms = loop_now_ms(s->c->p->loop);
	if (!buf_add(&s->out, data)) {
		h2_reply__broken(s->c);
		return;
	}
	x->bytes_out += data.n;
	h2_reply__resume(s);
	h2_server_wake(s->c);
}

static void h2_reply__keep_trailers(struct h2_stream *s, const struct field *trailers, size_t n)
{
	struct field *kept = arena_alloc(&s->arena, (n + 1) * sizeof *kept);

	for (size_t i = 0; kept && i < n; i++)
		kept[i] = (struct field){ arena_copy(&s->arena, trailers[i].name),
					  arena_copy(&s->arena, trailers[i].value), trailers[i].id };
	if (arena_full(&s->arena) || s->bodyless)
		return;
	s->trailers = kept;
	s->trailers_n = n;
}

static void h2_reply__finish(struct exchange *x, const struct field *trailers, size_t n)
{
	struct h2_stream *s = h2_reply__stream(x);

	CHECK(s->head_sent);
	CHECK(s->closed || s->c->broken || s->bodyless || !s->has_length || s->left == buf_len(&s->out));
	if (n)
		h2_reply__keep_trailers(s, trailers, n);
	s->finished = true;
	h2_reply__resume(s);
	h2_server_replied(s);
}

static void h2_reply__abort(struct exchange *x)
{
	struct h2_stream *s = h2_reply__stream(x);

	if (!s->closed && !s->c->broken)
		nghttp2_submit_rst_stream(s->c->session, NGHTTP2_FLAG_NONE, s->id, NGHTTP2_INTERNAL_ERROR);
	h2_server_replied(s);
}

/* The request lies in the stream's arena from the start. */
static enum err h2_reply__keep(struct exchange *x)
{
	return OK;
}

static void h2_reply__read(struct exchange *x, bool on)
{
	struct h2_stream *s = h2_reply__stream(x);

	if (on && !s->read_on) {
		s->body_ms = loop_now_ms(s->c->p->loop);
		h2_server_due(s);
	}
	s->read_on = on;
}

const struct exchange_ops *h2_reply_ops(void)
{
	static const struct exchange_ops ops = {
		.keep = h2_reply__keep,
		.interim = h2_reply__interim,
		.head = h2_reply__head,
		.write = h2_reply__write,
		.write_all = h2_reply__write_all,
		.room = h2_reply__room,
		.finish = h2_reply__finish,
		.abort = h2_reply__abort,
		.read = h2_reply__read,
	};
	return &ops;
}
