/* SPDX-License-Identifier: Apache-2.0 */
/* ws_frame: see ws_frame.h. */
#include "wire/ws_frame.h"

enum { FRAME_FIN = 0x80, FRAME_RESERVED = 0x70, FRAME_OP = 0x0f, FRAME_CONTROL = 0x08, FRAME_MASKED = 0x80 };

void ws_frame_init(struct ws_frame *r, char *message)
{
	*r = (struct ws_frame){ .message = message };
}

static enum ws_frame_verdict ws_frame__bad(struct ws_frame *r, uint16_t code)
{
	r->code = code;
	return WS_FRAME_BAD;
}

/* How long the head is, as far as its first two bytes tell. */
static size_t ws_frame__head_bytes(const struct ws_frame *r)
{
	if (r->head_n < 2)
		return 2;
	unsigned length = r->head[1] & 127;
	return 2 + (length == 126 ? 2u : length == 127 ? 8u : 0u) + (r->head[1] & FRAME_MASKED ? 4u : 0u);
}

/* The payload's length, or UINT64_MAX when it is not written in the shortest form. */
static uint64_t ws_frame__length(const struct ws_frame *r)
{
	unsigned first = r->head[1] & 127, extra = first == 126 ? 2 : first == 127 ? 8 : 0;
	uint64_t n = extra ? 0 : first;

	for (unsigned i = 0; i < extra; i++)
		n = n << 8 | r->head[2 + i];
	if ((extra == 2 && n < 126) || (extra == 8 && (n < 65536 || n >> 63)))
		return UINT64_MAX;
	return n;
}

/* The head is whole: may this frame come now? Returns a close code, or 0. */
static uint16_t ws_frame__judge(const struct ws_frame *r, uint64_t length)
{
	uint8_t op = r->head[0] & FRAME_OP;
	bool fin = r->head[0] & FRAME_FIN;

	if ((r->head[0] & FRAME_RESERVED) || !(r->head[1] & FRAME_MASKED) || length == UINT64_MAX)
		return WS_FRAME_PROTOCOL;
	if (op & FRAME_CONTROL)
		return op > WS_FRAME_PONG || !fin || length > WS_FRAME_CONTROL_MAX ? WS_FRAME_PROTOCOL : 0;
	if (op > WS_FRAME_BINARY || (op == WS_FRAME_CONTINUE) != (r->message_op != 0))
		return WS_FRAME_PROTOCOL;
	return length > WS_FRAME_MESSAGE_MAX - r->message_n ? WS_FRAME_TOO_BIG : 0;
}

static uint16_t ws_frame__begin(struct ws_frame *r)
{
	uint64_t length = ws_frame__length(r);
	uint16_t code = ws_frame__judge(r, length);
	uint8_t op = r->head[0] & FRAME_OP;

	if (code)
		return code;
	r->payload = length;
	r->at = 0;
	r->in_payload = true;
	if (op & FRAME_CONTROL)
		r->control_n = 0;
	else if (op != WS_FRAME_CONTINUE)
		r->message_op = op;
	return 0;
}

static void ws_frame__unmask(struct ws_frame *r, struct slice from, char *to)
{
	const uint8_t *mask = r->head + ws_frame__head_bytes(r) - 4;

	for (size_t i = 0; i < from.n; i++)
		to[i] = (char)((uint8_t)from.p[i] ^ mask[(r->at + i) & 3]);
	r->at += from.n;
	r->payload -= from.n;
}

/* A code that may stand in a close frame (RFC 6455 7.4). */
static bool ws_frame__may_close(uint16_t code)
{
	return (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006) ||
	       (code >= 3000 && code <= 4999);
}

uint16_t ws_frame_close_code(struct slice data)
{
	if (data.n < 2)
		return WS_FRAME_NORMAL;
	return (uint16_t)((uint8_t)data.p[0] << 8 | (uint8_t)data.p[1]);
}

static enum ws_frame_verdict ws_frame__whole(struct ws_frame *r, uint8_t op, struct slice data)
{
	if (op == WS_FRAME_TEXT && !ws_frame_is_utf8(data))
		return ws_frame__bad(r, WS_FRAME_NOT_TEXT);
	if (op == WS_FRAME_CLOSE) {
		if (data.n == 1 || !ws_frame__may_close(ws_frame_close_code(data)))
			return ws_frame__bad(r, WS_FRAME_PROTOCOL);
		if (!ws_frame_is_utf8(slice_from(data, 2)))
			return ws_frame__bad(r, WS_FRAME_NOT_TEXT);
	}
	r->op = op;
	r->data = data;
	return WS_FRAME_MESSAGE;
}

/* The frame's payload is complete. */
static enum ws_frame_verdict ws_frame__end(struct ws_frame *r)
{
	uint8_t op = r->head[0] & FRAME_OP;
	bool fin = r->head[0] & FRAME_FIN;

	r->in_payload = false;
	r->head_n = 0;
	if (op & FRAME_CONTROL)
		return ws_frame__whole(r, op, slice_of(r->control, r->control_n));
	if (!fin)
		return WS_FRAME_MORE;
	struct slice data = slice_of(r->message, r->message_n);
	op = r->message_op;
	r->message_op = 0;
	r->message_n = 0;
	return ws_frame__whole(r, op, data);
}

static void ws_frame__payload(struct ws_frame *r, struct slice *in)
{
	struct slice part = slice_first(*in, r->payload < in->n ? (size_t)r->payload : in->n);

	*in = slice_from(*in, part.n);
	if (r->head[0] & FRAME_CONTROL) {
		ws_frame__unmask(r, part, r->control + r->control_n);
		r->control_n += part.n;
	} else {
		ws_frame__unmask(r, part, r->message + r->message_n);
		r->message_n += part.n;
	}
}

enum ws_frame_verdict ws_frame_read(struct ws_frame *r, struct slice *in)
{
	for (;;) {
		while (!r->in_payload) {
			if (in->n == 0)
				return WS_FRAME_MORE;
			r->head[r->head_n++] = (uint8_t)in->p[0];
			*in = slice_from(*in, 1);
			if (r->head_n < ws_frame__head_bytes(r))
				continue;
			uint16_t code = ws_frame__begin(r);
			if (code)
				return ws_frame__bad(r, code);
		}
		if (r->payload)
			ws_frame__payload(r, in);
		if (r->payload)
			return WS_FRAME_MORE;
		enum ws_frame_verdict v = ws_frame__end(r);
		if (v != WS_FRAME_MORE)
			return v;
	}
}

size_t ws_frame_head(enum ws_frame_op op, size_t n, char *out)
{
	size_t bytes = n < 126 ? 0 : n < 65536 ? 2 : 8;

	out[0] = (char)(FRAME_FIN | op);
	out[1] = (char)(bytes == 0 ? n : bytes == 2 ? 126 : 127);
	for (size_t i = 0; i < bytes; i++)
		out[2 + i] = (char)((uint64_t)n >> (8 * (bytes - 1 - i)));
	return 2 + bytes;
}

/* Length of the valid sequence at s (1 to 4), or 0 (RFC 3629 section 4). */
static size_t ws_frame__sequence(struct slice s)
{
	const uint8_t *u = (const uint8_t *)s.p;
	uint8_t low = 0x80, high = 0xbf;
	size_t n = u[0] < 0x80 ? 1 : u[0] < 0xc2 ? 0 : u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : u[0] < 0xf5 ? 4 : 0;

	if (n == 0 || n > s.n)
		return 0;
	if (u[0] == 0xe0)
		low = 0xa0;
	else if (u[0] == 0xed)
		high = 0x9f;
	else if (u[0] == 0xf0)
		low = 0x90;
	else if (u[0] == 0xf4)
		high = 0x8f;
	for (size_t i = 1; i < n; i++, low = 0x80, high = 0xbf)
		if (u[i] < low || u[i] > high)
			return 0;
	return n;
}

bool ws_frame_is_utf8(struct slice s)
{
	while (s.n) {
		size_t n = ws_frame__sequence(s);
		if (n == 0)
			return false;
		s = slice_from(s, n);
	}
	return true;
}
