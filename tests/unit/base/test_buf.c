/* SPDX-License-Identifier: Apache-2.0 */
/* The bounded byte buffer. */
#include "groups.h"

#include "base/buf.h"

static void add_and_consume(void **state)
{
	struct buf b;

	buf_init(&b, 1000);
	assert_int_equal(buf_len(&b), 0);
	assert_null(buf_slice(&b).p);
	assert_true(buf_add(&b, SLICE("hello ")));
	assert_true(buf_add_byte(&b, 'w'));
	assert_true(buf_printf(&b, "%s%d", "x", 7));
	assert_true(buf_add(&b, slice_of(NULL, 0)));
	assert_slice(buf_slice(&b), "hello wx7");
	buf_consume(&b, 6);
	assert_slice(buf_slice(&b), "wx7");
	buf_consume(&b, 3);
	assert_int_equal(buf_len(&b), 0);
	assert_int_equal(b.from, 0); /* an empty buffer starts over */
	buf_fini(&b);
	assert_null(b.p);
}

static void appends_are_all_or_nothing(void **state)
{
	struct buf b;

	buf_init(&b, 4);
	assert_true(buf_add(&b, SLICE("abc")));
	assert_false(buf_add(&b, SLICE("de")));
	assert_slice(buf_slice(&b), "abc");
	assert_true(b.full);
	assert_false(buf_add(&b, SLICE("d"))); /* sticky */
	assert_null(buf_room(&b, 1));
	buf_clear(&b);
	assert_false(b.full);
	assert_true(buf_add(&b, SLICE("abcd")));
	buf_consume(&b, 2);
	assert_true(buf_add(&b, SLICE("ef"))); /* the bound is on live bytes */
	assert_slice(buf_slice(&b), "cdef");
	assert_null(buf_room(&b, SIZE_MAX));
	buf_fini(&b);
}

static void room_and_commit(void **state)
{
	struct buf b;

	buf_init(&b, 10000);
	char *p = buf_room(&b, 5000);
	assert_non_null(p);
	memset(p, 'x', 5000);
	assert_int_equal(buf_len(&b), 0);
	buf_commit(&b, 3000);
	assert_int_equal(buf_len(&b), 3000);
	buf_fini(&b);
}

/* A stream through a small buffer: what goes in comes out, in order, within the bound. */
static void stream(void **state)
{
	struct buf b;
	unsigned in = 0, out = 0;

	buf_init(&b, 777);
	for (int round = 0; round < 5000; round++) {
		size_t n = 1 + (size_t)(round * 37 % 300);
		char *p = buf_len(&b) + n <= 777 ? buf_room(&b, n) : NULL;
		for (size_t i = 0; p && i < n; i++)
			p[i] = (char)in++;
		if (p)
			buf_commit(&b, n);
		size_t take = (size_t)(round * 53 % 311);
		take = take < buf_len(&b) ? take : buf_len(&b);
		for (size_t i = 0; i < take; i++)
			assert_int_equal(buf_slice(&b).p[i], (char)out++);
		buf_consume(&b, take);
	}
	assert_false(b.full);
	assert_int_equal(in - out, buf_len(&b));
	assert_true(in > 100000);
	buf_fini(&b);
}

static void printf_at_the_bound(void **state)
{
	struct buf b;

	buf_init(&b, 4);
	assert_true(buf_printf(&b, "abc"));
	assert_slice(buf_slice(&b), "abc");
	assert_false(buf_printf(&b, "%d", 123));
	assert_slice(buf_slice(&b), "abc");
	buf_fini(&b);
}

int test_buf(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(add_and_consume),     cmocka_unit_test(appends_are_all_or_nothing),
		cmocka_unit_test(room_and_commit),     cmocka_unit_test(stream),
		cmocka_unit_test(printf_at_the_bound),
	};
	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
