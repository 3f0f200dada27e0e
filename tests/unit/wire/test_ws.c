/* SPDX-License-Identifier: Apache-2.0 */
/* test_ws: WebSocket handshake and framing (RFC 6455), with the RFC's own examples. */
#include "groups.h"

#include "wire/ws_accept.h"
#include "wire/ws_frame.h"

#include <stdlib.h>

static void the_handshake_of_the_rfc(void **state)
{
	char accept[WS_ACCEPT_BYTES];

	assert_int_equal(ws_accept_make(SLICE("dGhlIHNhbXBsZSBub25jZQ=="), accept), OK);
	assert_true(slice_eq(slice_of(accept, sizeof accept), SLICE("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")));
	assert_false(ws_accept_is_key(SLICE("dGhlIHNhbXBsZSBub25jZQ=")));
	assert_false(ws_accept_is_key(SLICE("dGhlIHNhbXBsZSBub25j!Q==")));
	assert_int_equal(ws_accept_make(SLICE(""), accept), ERR_SYNTAX);
}

/* Feeds all bytes one by one; the first verdict that is not MORE. */
static enum ws_frame_verdict feed(struct ws_frame *f, const uint8_t *p, size_t n)
{
	enum ws_frame_verdict v = WS_FRAME_MORE;

	for (size_t i = 0; i < n && v == WS_FRAME_MORE; i++) {
		struct slice one = slice_of(p + i, 1);
		v = ws_frame_read(f, &one);
	}
	return v;
}

static void messages_whole_and_in_pieces(void **state)
{
	static const uint8_t hello[] = { 0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58 };
	static const uint8_t pieces[] = { 0x01, 0x81, 1, 2,    3,    4, 'a' ^ 1, 0x89, 0x80, 1,
					  2,    3,    4, 0x80, 0x81, 1, 2,       3,    4,    'b' ^ 1 };
	char *message = malloc(WS_FRAME_MESSAGE_MAX);
	struct ws_frame f;

	ws_frame_init(&f, message);
	assert_int_equal(feed(&f, hello, sizeof hello), WS_FRAME_MESSAGE);
	assert_int_equal(f.op, WS_FRAME_TEXT);
	assert_true(slice_eq(f.data, SLICE("Hello")));
	/* A ping may come between two pieces. */
	ws_frame_init(&f, message);
	assert_int_equal(feed(&f, pieces, 13), WS_FRAME_MESSAGE);
	assert_int_equal(f.op, WS_FRAME_PING);
	assert_int_equal(feed(&f, pieces + 13, sizeof pieces - 13), WS_FRAME_MESSAGE);
	assert_int_equal(f.op, WS_FRAME_TEXT);
	assert_true(slice_eq(f.data, SLICE("ab")));
	free(message);
}

static void rules_are_held(void **state)
{
	static const struct {
		uint8_t bytes[16];
		size_t n;
		uint16_t code;
	} rows[] = {
		{ { 0x81, 0x01, 'a' }, 3, WS_FRAME_PROTOCOL },                  /* not masked */
		{ { 0xc1, 0x81, 1, 2, 3, 4, 0 }, 7, WS_FRAME_PROTOCOL },        /* a reserved bit */
		{ { 0x83, 0x80, 1, 2, 3, 4 }, 6, WS_FRAME_PROTOCOL },           /* an operation that is none */
		{ { 0x09, 0x80, 1, 2, 3, 4 }, 6, WS_FRAME_PROTOCOL },           /* half a ping */
		{ { 0x80, 0x80, 1, 2, 3, 4 }, 6, WS_FRAME_PROTOCOL },           /* nothing to continue */
		{ { 0x89, 0xfe, 0, 126, 1, 2, 3, 4 }, 8, WS_FRAME_PROTOCOL },   /* a long ping */
		{ { 0x88, 0x81, 1, 2, 3, 4, 0 }, 7, WS_FRAME_PROTOCOL },        /* half a close code */
		{ { 0x81, 0x81, 1, 2, 3, 4, 0xff ^ 1 }, 7, WS_FRAME_NOT_TEXT }, /* no UTF-8 */
		{ { 0x82, 0xff, 0, 0, 0, 0, 1, 0, 0, 0, 1, 2, 3, 4 }, 14, WS_FRAME_TOO_BIG },
	};
	char *message = malloc(WS_FRAME_MESSAGE_MAX);

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct ws_frame f;
		ws_frame_init(&f, message);
		if (feed(&f, rows[i].bytes, rows[i].n) != WS_FRAME_BAD || f.code != rows[i].code)
			fail_msg("row %zu: code %u", i, f.code);
	}
	free(message);
}

static void heads_are_as_short_as_they_can_be(void **state)
{
	char out[WS_FRAME_HEAD_MAX];

	assert_int_equal(ws_frame_head(WS_FRAME_TEXT, 125, out), 2);
	assert_int_equal((uint8_t)out[0], 0x81);
	assert_int_equal(out[1], 125);
	assert_int_equal(ws_frame_head(WS_FRAME_TEXT, 126, out), 4);
	assert_int_equal(ws_frame_head(WS_FRAME_TEXT, 65535, out), 4);
	assert_int_equal(ws_frame_head(WS_FRAME_TEXT, 65536, out), 10);
	assert_int_equal(ws_frame_close_code(SLICE("")), WS_FRAME_NORMAL);
	assert_int_equal(ws_frame_close_code(SLICE("\x03\xe9")), 1001);
}

int test_ws(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_handshake_of_the_rfc),
		cmocka_unit_test(messages_whole_and_in_pieces),
		cmocka_unit_test(rules_are_held),
		cmocka_unit_test(heads_are_as_short_as_they_can_be),
	};

	return cmocka_run_group_tests_name("ws", tests, NULL, NULL);
}
