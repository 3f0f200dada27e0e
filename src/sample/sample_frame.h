/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sample_frame: the server's side of WebSocket framing (RFC 6455 section 5), bytes in, whole messages out. Pure: no
 * I/O. Lifetime word: connection (the tunnel's).
 */
#ifndef SAMPLE_SAMPLE_FRAME_H
#define SAMPLE_SAMPLE_FRAME_H

#include "base/slice.h"

enum { SAMPLE_FRAME_MESSAGE_MAX = 65536, SAMPLE_FRAME_CONTROL_MAX = 125, SAMPLE_FRAME_HEAD_MAX = 14 };

enum sample_frame_op {
	SAMPLE_FRAME_CONTINUE = 0,
	SAMPLE_FRAME_TEXT = 1,
	SAMPLE_FRAME_BINARY = 2,
	SAMPLE_FRAME_CLOSE = 8,
	SAMPLE_FRAME_PING = 9,
	SAMPLE_FRAME_PONG = 10
};

/* Close codes (RFC 6455 7.4.1). */
enum {
	SAMPLE_FRAME_NORMAL = 1000,
	SAMPLE_FRAME_PROTOCOL = 1002,
	SAMPLE_FRAME_NOT_TEXT = 1007,
	SAMPLE_FRAME_TOO_BIG = 1009
};

enum sample_frame_verdict {
	SAMPLE_FRAME_MORE,    /* all bytes taken, no message yet */
	SAMPLE_FRAME_MESSAGE, /* a message or control frame is complete: op and data of the reader */
	SAMPLE_FRAME_BAD      /* close with the reader's code; feed no more */
};

struct sample_frame {
	uint8_t head[SAMPLE_FRAME_HEAD_MAX];
	size_t head_n;    /* bytes of the frame's head so far */
	uint64_t payload; /* bytes of the frame's payload still to come; only with a whole head */
	uint64_t at;      /* bytes of the payload so far, for the mask */
	bool in_payload;
	uint8_t message_op; /* of the message under way, 0 for none */
	char *message;      /* SAMPLE_FRAME_MESSAGE_MAX bytes, the caller's */
	size_t message_n;
	char control[SAMPLE_FRAME_CONTROL_MAX];
	size_t control_n;
	uint16_t code;     /* after BAD: why */
	uint8_t op;        /* after MESSAGE: enum sample_frame_op */
	struct slice data; /* after MESSAGE: unmasked; until the next call */
};

/* Prepares r. message: memory for SAMPLE_FRAME_MESSAGE_MAX bytes, borrowed for r's life. */
void sample_frame_init(struct sample_frame *r, char *message);
/*
 * Reads up to the end of one frame. in/out: *in loses what was taken. Masks, lengths, fragments, reserved bits, UTF-8
 * of text and the body of close frames are checked as the RFC asks. cost: one pass over the bytes, no allocation.
 */
enum sample_frame_verdict sample_frame_read(struct sample_frame *r, struct slice *in);
/* Writes the head of an unmasked, final frame with n bytes of payload; out holds SAMPLE_FRAME_HEAD_MAX. Returns its
 * length. */
size_t sample_frame_head(enum sample_frame_op op, size_t n, char *out);
/* The code of a close frame's data (SAMPLE_FRAME_NORMAL when it is empty). */
uint16_t sample_frame_close_code(struct slice data);
/* True for valid UTF-8 (RFC 3629). */
bool sample_frame_is_utf8(struct slice s);

#endif
