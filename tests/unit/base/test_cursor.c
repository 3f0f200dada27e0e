/* SPDX-License-Identifier: Apache-2.0 */
/* Bounded reading and writing with a sticky error; every message length up to the whole is tried. */
#include "groups.h"

#include "base/cursor.h"

static size_t write_all(struct cursor_out *o)
{
	cursor_put_u8(o, 0x01);
	cursor_put_u16(o, 0x0203);
	cursor_put_u32(o, 0x04050607);
	cursor_put_u64(o, 0x08090a0b0c0d0e0f);
	cursor_put_bytes(o, SLICE("\x10\x11"));
	return o->at;
}

static void big_endian_both_ways(void **state)
{
	uint8_t bytes[17];
	struct cursor_out o = cursor_out_of(bytes, sizeof bytes);

	assert_int_equal(write_all(&o), 17);
	assert_false(o.bad);
	for (size_t i = 0; i < sizeof bytes; i++)
		assert_int_equal(bytes[i], i + 1);
	struct cursor c = cursor_of(slice_of(bytes, sizeof bytes));
	assert_int_equal(cursor_left(&c), 17);
	assert_int_equal(cursor_u8(&c), 0x01);
	assert_int_equal(cursor_u16(&c), 0x0203);
	assert_int_equal(cursor_u32(&c), 0x04050607);
	assert_true(cursor_u64(&c) == 0x08090a0b0c0d0e0f);
	struct slice s = cursor_bytes(&c, 2);
	assert_ptr_equal(s.p, bytes + 15);
	assert_int_equal(s.n, 2);
	assert_int_equal(cursor_left(&c), 0);
	assert_false(c.bad);
}

static void writing_never_passes_the_end(void **state)
{
	uint8_t bytes[20];

	for (size_t cap = 0; cap < 17; cap++) {
		memset(bytes, 0xee, sizeof bytes);
		struct cursor_out o = cursor_out_of(bytes, cap);
		write_all(&o);
		assert_true(o.bad);
		assert_true(o.at <= cap);
		for (size_t i = cap; i < sizeof bytes; i++)
			assert_int_equal(bytes[i], 0xee);
		size_t at = o.at;
		cursor_put_u8(&o, 1); /* sticky, even where a byte would fit */
		assert_int_equal(o.at, at);
	}
}

static void reading_never_passes_the_end(void **state)
{
	static const uint8_t bytes[17] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17 };

	for (size_t n = 0; n < sizeof bytes; n++) {
		struct cursor c = cursor_of(slice_of(bytes, n));
		cursor_u8(&c);
		cursor_u16(&c);
		cursor_u32(&c);
		cursor_u64(&c);
		cursor_bytes(&c, 2);
		assert_true(c.bad);
		assert_int_equal(cursor_left(&c), 0);
		assert_int_equal(cursor_u8(&c), 0);
		assert_true(cursor_u64(&c) == 0);
		assert_int_equal(cursor_bytes(&c, 0).n, 0);
	}
}

static void huge_lengths(void **state)
{
	struct cursor c = cursor_of(SLICE("abc"));

	assert_int_equal(cursor_bytes(&c, SIZE_MAX).n, 0);
	assert_true(c.bad);
	c = cursor_of(slice_of(NULL, 0));
	assert_int_equal(cursor_bytes(&c, 0).n, 0);
	assert_false(c.bad);
	assert_int_equal(cursor_u8(&c), 0);
	assert_true(c.bad);
}

int test_cursor(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(big_endian_both_ways),
		cmocka_unit_test(writing_never_passes_the_end),
		cmocka_unit_test(reading_never_passes_the_end),
		cmocka_unit_test(huge_lengths),
	};
	return cmocka_run_group_tests_name("cursor", tests, NULL, NULL);
}
