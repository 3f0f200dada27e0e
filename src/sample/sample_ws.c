/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sample_ws: /ws, a WebSocket that sends every message back (RFC 6455). One message of at most 64 KiB is held; while
 * the client does not take its echoes, nothing more is read from it.
 */
#include "base/crypto.h"
#include "sample/sample_frame.h"
#include "sample/sample_reply.h"
#include "sample/sample_route.h"

enum { WS_KEY_BYTES = 24, WS_ACCEPT_BYTES = 28 };

/* Base64 of n bytes (RFC 4648 section 4); out holds (n + 2) / 3 * 4 bytes. */
static void sample_ws__base64(const uint8_t *p, size_t n, char *out)
{
	static const char alphabet[65] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < n; i += 3, out += 4) {
		uint32_t v =
			(uint32_t)p[i] << 16 | (i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0) | (i + 2 < n ? p[i + 2] : 0);
		out[0] = alphabet[v >> 18];
		out[1] = alphabet[v >> 12 & 63];
		out[2] = i + 1 < n ? alphabet[v >> 6 & 63] : '=';
		out[3] = i + 2 < n ? alphabet[v & 63] : '=';
	}
}

static void sample_ws__frame(struct sample_request *rq, enum sample_frame_op op, struct slice data)
{
	char head[SAMPLE_FRAME_HEAD_MAX];

	rq->x->ops->write_all(rq->x, slice_of(head, sample_frame_head(op, data.n, head)));
	rq->x->ops->write_all(rq->x, data);
}

static void sample_ws__close(struct sample_request *rq, uint16_t code)
{
	char data[2] = { (char)(code >> 8), (char)code };

	sample_ws__frame(rq, SAMPLE_FRAME_CLOSE, slice_of(data, sizeof data));
	sample_reply_end(rq, NULL, 0);
}

/* Answers one message; false when the request is over. */
static bool sample_ws__answer(struct sample_request *rq, const struct sample_frame *r)
{
	switch ((enum sample_frame_op)r->op) {
	case SAMPLE_FRAME_TEXT:
	case SAMPLE_FRAME_BINARY:
		sample_ws__frame(rq, (enum sample_frame_op)r->op, r->data);
		return true;
	case SAMPLE_FRAME_PING:
		sample_ws__frame(rq, SAMPLE_FRAME_PONG, r->data);
		return true;
	case SAMPLE_FRAME_CLOSE:
		sample_ws__close(rq, sample_frame_close_code(r->data));
		return false;
	case SAMPLE_FRAME_PONG:
	case SAMPLE_FRAME_CONTINUE:
		break;
	}
	return true;
}

/* What comes in goes out in at most as many bytes, so a look at the room after each piece bounds the queue. */
static void sample_ws__body(struct sample_request *rq, struct slice data, bool end)
{
	struct sample_frame *r = rq->state;

	while (data.n) {
		enum sample_frame_verdict v = sample_frame_read(r, &data);
		if (v == SAMPLE_FRAME_BAD) {
			sample_ws__close(rq, r->code);
			return;
		}
		if (v == SAMPLE_FRAME_MESSAGE && !sample_ws__answer(rq, r))
			return;
	}
	if (end)
		sample_reply_end(rq, NULL, 0);
	else if (!rq->x->ops->room(rq->x))
		rq->x->ops->read(rq->x, false);
}

static void sample_ws__room(struct sample_request *rq)
{
	rq->x->ops->read(rq->x, true);
}

/* A key is 16 bytes in base64 (RFC 6455 4.1): 22 characters and two '='. */
static bool sample_ws__is_key(struct slice key)
{
	if (key.n != WS_KEY_BYTES || !slice_ends(key, SLICE("==")))
		return false;
	for (size_t i = 0; i < WS_KEY_BYTES - 2; i++) {
		char c = key.p[i];
		if (!slice_is_digit(c) && !(slice_lower(c) >= 'a' && slice_lower(c) <= 'z') && c != '+' && c != '/')
			return false;
	}
	return true;
}

static bool sample_ws__accept(struct slice key, char *ret_accept)
{
	char joined[WS_KEY_BYTES + 36];
	struct text t = text_of(joined, sizeof joined);
	uint8_t digest[CRYPTO_SHA1_BYTES];

	text_add(&t, key);
	text_add(&t, SLICE("258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
	if (t.bad || crypto_sha1(text_slice(&t), digest) != OK)
		return false;
	sample_ws__base64(digest, sizeof digest, ret_accept);
	return true;
}

static void sample_ws__refuse(struct sample_request *rq)
{
	sample_reply_field(rq, SLICE("Upgrade"), SLICE("websocket"));
	sample_reply_field(rq, SLICE("Sec-WebSocket-Version"), SLICE("13"));
	sample_reply_note(rq, 426, SLICE("This path speaks WebSocket, version 13.\n"));
}

void sample_route_ws(struct sample_request *rq)
{
	static const struct sample_flow flow = { .on_body = sample_ws__body, .on_room = sample_ws__room };
	const struct http_request *q = &rq->x->req;
	const struct field *key = field_find(q->fields, q->fields_n, FIELD_SEC_WEBSOCKET_KEY);
	const struct field *version = field_find_name(q->fields, q->fields_n, SLICE("Sec-WebSocket-Version"));
	char accept[WS_ACCEPT_BYTES];
	struct sample_frame *r;

	if (q->method_id != METHOD_GET || !q->upgrade || !version || !slice_eq(version->value, SLICE("13")) ||
	    !field_any_has(q->fields, q->fields_n, FIELD_UPGRADE, SLICE("websocket"))) {
		sample_ws__refuse(rq);
		return;
	}
	if (!key || !sample_ws__is_key(key->value) || q->has_body) {
		sample_reply_note(
			rq, 400, SLICE("A WebSocket begins without a body, with one Sec-WebSocket-Key of 16 bytes.\n"));
		return;
	}
	r = arena_alloc(rq->x->arena, sizeof *r);
	if (!r || !sample_ws__accept(key->value, accept)) {
		sample_reply_note(rq, 500, SLICE("The WebSocket could not be set up.\n"));
		return;
	}
	sample_frame_init(r, sample_reply_room(rq, SAMPLE_FRAME_MESSAGE_MAX).p);
	rq->state = r;
	rq->flow = &flow;
	sample_reply_field(rq, SLICE("Upgrade"), SLICE("websocket"));
	sample_reply_field(rq, SLICE("Sec-WebSocket-Accept"), slice_of(accept, sizeof accept));
	if (sample_reply_head(rq, 101, slice_of(NULL, 0), HTTP_BODY_TUNNEL, 0))
		rq->x->ops->read(rq->x, true);
}
