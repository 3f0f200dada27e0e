/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sample_ws: /ws, a WebSocket that sends every message back (RFC 6455). One message of at most 64 KiB is held; while
 * the client does not take its echoes, nothing more is read from it.
 */
#include "sample/sample_reply.h"
#include "sample/sample_route.h"
#include "wire/ws_accept.h"
#include "wire/ws_frame.h"

static void sample_ws__frame(struct sample_request *rq, enum ws_frame_op op, struct slice data)
{
	char head[WS_FRAME_HEAD_MAX];

	rq->x->ops->write_all(rq->x, slice_of(head, ws_frame_head(op, data.n, head)));
	rq->x->ops->write_all(rq->x, data);
}

static void sample_ws__close(struct sample_request *rq, uint16_t code)
{
	char data[2] = { (char)(code >> 8), (char)code };

	sample_ws__frame(rq, WS_FRAME_CLOSE, slice_of(data, sizeof data));
	sample_reply_end(rq, NULL, 0);
}

/* Answers one message; false when the request is over. */
static bool sample_ws__answer(struct sample_request *rq, const struct ws_frame *r)
{
	switch ((enum ws_frame_op)r->op) {
	case WS_FRAME_TEXT:
	case WS_FRAME_BINARY:
		sample_ws__frame(rq, (enum ws_frame_op)r->op, r->data);
		return true;
	case WS_FRAME_PING:
		sample_ws__frame(rq, WS_FRAME_PONG, r->data);
		return true;
	case WS_FRAME_CLOSE:
		sample_ws__close(rq, ws_frame_close_code(r->data));
		return false;
	case WS_FRAME_PONG:
	case WS_FRAME_CONTINUE:
		break;
	}
	return true;
}

/* What comes in goes out in at most as many bytes, so a look at the room after each piece bounds the queue. */
static void sample_ws__body(struct sample_request *rq, struct slice data, bool end)
{
	struct ws_frame *r = rq->state;

	while (data.n) {
		enum ws_frame_verdict v = ws_frame_read(r, &data);
		if (v == WS_FRAME_BAD) {
			sample_ws__close(rq, r->code);
			return;
		}
		if (v == WS_FRAME_MESSAGE && !sample_ws__answer(rq, r))
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
	struct ws_frame *r;

	if (q->method_id != METHOD_GET || !q->upgrade || !version || !slice_eq(version->value, SLICE("13")) ||
	    !field_any_has(q->fields, q->fields_n, FIELD_UPGRADE, SLICE("websocket"))) {
		sample_ws__refuse(rq);
		return;
	}
	if (!key || !ws_accept_is_key(key->value) || q->has_body) {
		sample_reply_note(
			rq, 400, SLICE("A WebSocket begins without a body, with one Sec-WebSocket-Key of 16 bytes.\n"));
		return;
	}
	r = arena_alloc(rq->x->arena, sizeof *r);
	if (!r || ws_accept_make(key->value, accept) != OK) {
		sample_reply_note(rq, 500, SLICE("The WebSocket could not be set up.\n"));
		return;
	}
	ws_frame_init(r, sample_reply_room(rq, WS_FRAME_MESSAGE_MAX).p);
	rq->state = r;
	rq->flow = &flow;
	sample_reply_field(rq, SLICE("Upgrade"), SLICE("websocket"));
	sample_reply_field(rq, SLICE("Sec-WebSocket-Accept"), slice_of(accept, WS_ACCEPT_BYTES));
	if (sample_reply_head(rq, 101, slice_of(NULL, 0), HTTP_BODY_TUNNEL, 0))
		rq->x->ops->read(rq->x, true);
}
