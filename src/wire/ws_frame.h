/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ws_frame: the server's side of WebSocket framing (RFC 6455 section 5), bytes in, whole messages out. Pure: no
 * I/O. Lifetime word: connection (the tunnel's).
 */
#ifndef WIRE_WS_FRAME_H
#define WIRE_WS_FRAME_H

#include "base/slice.h"

enum { WS_FRAME_MESSAGE_MAX = 65536, WS_FRAME_CONTROL_MAX = 125, WS_FRAME_HEAD_MAX = 14 };

enum ws_frame_op {
	WS_FRAME_CONTINUE = 0,
	WS_FRAME_TEXT = 1,
	WS_FRAME_BINARY = 2,
	WS_FRAME_CLOSE = 8,
	WS_FRAME_PING = 9,
	WS_FRAME_PONG = 10
};

/* Close codes (RFC 6455 7.4.1). */
enum { WS_FRAME_NORMAL = 1000, WS_FRAME_PROTOCOL = 1002, WS_FRAME_NOT_TEXT = 1007, WS_FRAME_TOO_BIG = 1009 };

enum ws_frame_verdict {
	WS_FRAME_MORE,    /* all bytes taken, no message yet */
	WS_FRAME_MESSAGE, /* a message or control frame is complete: op and data of the reader */
	WS_FRAME_BAD      /* close with the reader's code; feed no more */
};

struct ws_frame {
	uint8_t head[WS_FRAME_HEAD_MAX];
	size_t head_n;    /* bytes of the frame's head so far */
	uint64_t payload; /* bytes of the frame's payload still to come; only with a whole head */
	uint64_t at;      /* bytes of the payload so far, for the mask */
	bool in_payload;
	uint8_t message_op; /* of the message under way, 0 for none */
	char *message;      /* WS_FRAME_MESSAGE_MAX bytes, the caller's */
	size_t message_n;
	char control[WS_FRAME_CONTROL_MAX];
	size_t control_n;
	uint16_t code;     /* after BAD: why */
	uint8_t op;        /* after MESSAGE: enum ws_frame_op */
	struct slice data; /* after MESSAGE: unmasked; until the next call */
};

/* Prepares r. message: memory for WS_FRAME_MESSAGE_MAX bytes, borrowed for r's life. */
void ws_frame_init(struct ws_frame *r, char *message);
/*
 * Reads up to the end of one frame. in/out: *in loses what was taken. Masks, lengths, fragments, reserved bits, UTF-8
 * of text and the body of close frames are checked as the RFC asks. cost: one pass over the bytes, no allocation.
 */
enum ws_frame_verdict ws_frame_read(struct ws_frame *r, struct slice *in);
/* Writes the head of an unmasked, final frame with n bytes of payload; out holds WS_FRAME_HEAD_MAX. Returns its
 * length. */
size_t ws_frame_head(enum ws_frame_op op, size_t n, char *out);
/* The code of a close frame's data (WS_FRAME_NORMAL when it is empty). */
uint16_t ws_frame_close_code(struct slice data);
/* True for valid UTF-8 (RFC 3629). */
bool ws_frame_is_utf8(struct slice s);

#endif
