/* SPDX-License-Identifier: Apache-2.0 */
/* The chunked coding (RFC 9112 7.1), each body whole, byte by byte and cut in two at every place. */
#include "groups.h"

#include "wire/h1_chunk.h"

#include <stdlib.h>

struct decoded {
	char data[256];
	size_t n;
	size_t used; /* bytes of the body before the trailer section */
};

/* Feeds s in pieces: bytes up to `cut`, then of `step` bytes. Returns OK at the trailer section. */
static enum err decode(struct slice s, size_t cut, size_t step, size_t ext_max, struct decoded *ret)
{
	struct h1_chunk c;
	size_t at = 0;

	h1_chunk_init(&c, ext_max);
	*ret = (struct decoded){ .n = 0 };
	while (at <= s.n) {
		size_t n = at < cut ? cut - at : step;
		n = n < s.n - at ? n : s.n - at;
		char *p = exact_copy(slice_of(s.p + at, n));
		struct slice in = slice_of(p, n), data;
		enum err e;
		while ((e = h1_chunk_next(&c, &in, &data)) == OK && c.state != H1_CHUNK_TRAILER) {
			assert_true(data.n > 0 && data.p >= p && data.p + data.n <= p + n);
			memcpy(ret->data + ret->n, data.p, data.n);
			ret->n += data.n;
		}
		ret->used = at + n - in.n;
		if (e == ERR_CHUNK) {
			size_t left = in.n;
			assert_err(h1_chunk_next(&c, &in, &data), ERR_CHUNK, "an error is final");
			assert_int_equal(in.n, left);
		}
		free(p);
		if (e != ERR_AGAIN)
			return e;
		at += n;
		if (at == s.n)
			return ERR_AGAIN;
	}
	return ERR_AGAIN;
}

/* All ways of feeding must end alike. */
static enum err decode_all_ways(struct slice s, size_t ext_max, struct decoded *ret)
{
	enum err e = decode(s, 0, s.n ? s.n : 1, ext_max, ret);

	for (size_t cut = 0; cut <= s.n; cut++) {
		struct decoded d;
		assert_err(decode(s, cut, cut ? s.n : 1, ext_max, &d), e, s.p);
		assert_int_equal(d.used, ret->used);
		assert_slice_eq(slice_of(d.data, d.n), slice_of(ret->data, ret->n), __FILE__, __LINE__);
	}
	return e;
}

static void good(void **state)
{
	static const struct {
		const char *in, *data;
		size_t rest; /* bytes left for the trailer section */
	} rows[] = {
		{ "5\r\nhello\r\n0\r\n\r\n", "hello", 2 },
		{ "0\r\n\r\n", "", 2 },
		{ "1\r\na\r\n2\r\nbc\r\n0\r\nX: y\r\n\r\n", "abc", 8 },
		{ "a\r\n0123456789\r\n000\r\n\r\n", "0123456789", 2 },
		{ "A\r\n0123456789\r\n0\r\n\r\n", "0123456789", 2 },
		{ "0000000000000005\r\nhello\r\n0\r\n\r\n", "hello", 2 },
		{ "5\r\n\r\n\r\n0\r\n0\r\n\r\n", "\r\n\r\n0", 2 },
		{ "5;a\r\nhello\r\n0;b=c\r\n\r\n", "hello", 2 },
		{ "5;a=\"x;y\\\"z\" ; b\r\nhello\r\n0\r\n\r\n", "hello", 2 },
		{ "5; a = b\r\nhello\r\n0\r\n\r\n", "hello", 2 },
		{ "5;\r\nhello\r\n0\r\n\r\n", "hello", 2 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct slice s = slice_str(rows[i].in);
		struct decoded d;
		assert_err(decode_all_ways(s, 100, &d), OK, rows[i].in);
		assert_slice_eq(slice_of(d.data, d.n), slice_str(rows[i].data), __FILE__, __LINE__);
		assert_int_equal(d.used, s.n - rows[i].rest);
	}
}

static void bad(void **state)
{
	static const char *const rows[] = {
		"\r\n",
		"x\r\n",
		"g\r\n",
		"-1\r\n",
		"+5\r\nhello\r\n",
		"0x5\r\nhello\r\n",
		" 5\r\nhello\r\n",
		"5 \r\nhello\r\n",
		"5\t\r\nhello\r\n",
		"5 ;a\r\nhello\r\n",
		";a\r\n",
		"5.0\r\n",
		"5,5\r\n",
		"5_0\r\n",
		"\"5\"\r\n",
		"5\nhello\r\n0\r\n\r\n",
		"5\rhello\r\n",
		"5\r\r\nhello\r\n",
		"5;a\nhello\r\n",
		"5;a\rX",
		"5;a=\"x\r\n",
		"5;a=\"\\\r\n",
		"5;\x01\r\n",
		"5;a\x0b\r\n",
		"5;a\x7f\r\n",
		"5\r\nhelloX\r\n",
		"5\r\nhello\n0\r\n\r\n",
		"5\r\nhello\rX",
		"5\r\nhello0\r\n\r\n",
		"5\r\nhello\r\n\r\n",
		"4\r\nhello\r\n",
		"00000000000000005\r\nhello\r\n",
		"10000000000000000\r\n",
		"8000000000000000\r\n",
		"ffffffffffffffff\r\n",
		"fffffffffffffffff\r\n",
		"\xb2\r\n",
		"5\xa0\r\nhello\r\n",
		"5\x0b\r\nhello\r\n",
		"5\x0c\r\nhello\r\n",
		"0 \r\n\r\n",
		"0\n\r\n",
		"0\r\r\n",
		"00x\r\n",
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct decoded d;
		assert_err(decode_all_ways(slice_str(rows[i]), 100, &d), ERR_CHUNK, rows[i]);
	}
	struct decoded d;
	assert_err(decode_all_ways(SLICE("5\0\r\n"), 100, &d), ERR_CHUNK, "NUL");
	assert_err(decode_all_ways(SLICE("5;\0\r\n"), 100, &d), ERR_CHUNK, "NUL in extension");
}

static void cut_short(void **state)
{
	static const char in[] = "5;a=\"b\"\r\nhello\r\n0\r\n";
	struct decoded d;

	for (size_t n = 0; n < sizeof in - 1; n++)
		assert_err(decode_all_ways(slice_of(in, n), 100, &d), ERR_AGAIN, "cut");
	assert_err(decode_all_ways(ARRAY_SLICE(in), 100, &d), OK, "to the trailer section");
}

/* The bound is for all extensions of a body together (RFC 9112 7.1.1: limit the total length of them). */
static void extensions_are_bounded(void **state)
{
	struct decoded d;

	assert_err(decode_all_ways(SLICE("1;ab\r\nx\r\n0;cd\r\n\r\n"), 4, &d), OK, "just fits");
	assert_err(decode_all_ways(SLICE("1;ab\r\nx\r\n0;cd\r\n\r\n"), 3, &d), ERR_CHUNK, "one more");
	assert_err(decode_all_ways(SLICE("1;\r\nx\r\n0\r\n\r\n"), 0, &d), OK, "none allowed, none there");
	assert_err(decode_all_ways(SLICE("1;a\r\nx\r\n0\r\n\r\n"), 0, &d), ERR_CHUNK, "none allowed");
}

static void largest_size(void **state)
{
	struct h1_chunk c;
	struct slice in = SLICE("7fffffffffffffff\r\nab"), data;

	h1_chunk_init(&c, 0);
	assert_err(h1_chunk_next(&c, &in, &data), OK, "data");
	assert_slice(data, "ab");
	assert_true(c.left == INT64_MAX - 2);
}

static void at_the_end(void **state)
{
	struct h1_chunk c;
	struct slice in = SLICE("0\r\n\r\nGET"), data;

	h1_chunk_init(&c, 0);
	assert_err(h1_chunk_next(&c, &in, &data), OK, "last chunk");
	assert_int_equal(c.state, H1_CHUNK_TRAILER);
	assert_int_equal(data.n, 0);
	assert_slice(in, "\r\nGET");
	assert_err(h1_chunk_next(&c, &in, &data), OK, "nothing more is taken");
	assert_slice(in, "\r\nGET");
	c.state = H1_CHUNK_DONE;
	assert_err(h1_chunk_next(&c, &in, &data), OK, "nor after the end");
	assert_slice(in, "\r\nGET");
}

int test_h1_chunk(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(good),      cmocka_unit_test(bad),          cmocka_unit_test(extensions_are_bounded),
		cmocka_unit_test(cut_short), cmocka_unit_test(largest_size), cmocka_unit_test(at_the_end),
	};
	return cmocka_run_group_tests_name("h1_chunk", tests, NULL, NULL);
}
