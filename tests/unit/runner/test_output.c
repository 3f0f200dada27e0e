/* SPDX-License-Identifier: Apache-2.0 */
/* test_output: bytes as lines, and the bounds. */
#include "test_runner.h"

#include "runner/output.h"

static const struct output_bounds wide = { 1000, 1 << 20 };

static void lines_come_whole(void **state)
{
	struct output o;

	output_init(&o, &wide);
	output_add(&o, SLICE("a"), 0);
	assert_int_equal(output_lines(&o, 100).n, 0);
	output_add(&o, SLICE("b\r\n\nc\x01\x1b[1m"), 0);
	assert_true(slice_eq(output_lines(&o, 100), SLICE("ab\n\n")));
	assert_true(slice_eq(output_lines(&o, 3), SLICE("ab\n")));
	assert_true(slice_eq(output_lines(&o, 1), SLICE("ab\n")));
	output_taken(&o, 3);
	assert_true(slice_eq(output_lines(&o, 100), SLICE("\n")));
	output_end(&o, 0);
	assert_true(slice_eq(output_lines(&o, 100), SLICE("\nc?\x1b[1m\n")));
	assert_int_equal(o.dropped, 0);
	output_fini(&o);
}

static void a_minute_has_a_bound(void **state)
{
	const struct output_bounds narrow = { 3, 10 };
	struct output o;

	output_init(&o, &narrow);
	for (int i = 0; i < 5; i++)
		output_add(&o, SLICE("x\n"), 100000);
	assert_int_equal(o.dropped, 2);
	assert_int_equal(output_lines(&o, 100).n, 6);
	output_add(&o, SLICE("y\n"), 159999);
	assert_int_equal(o.dropped, 3);
	output_add(&o, SLICE("y\n"), 160000);
	assert_int_equal(output_lines(&o, 100).n, 8);
	output_add(&o, SLICE("0123456789\n"), 160001); /* over the bytes */
	assert_int_equal(o.dropped, 4);
	output_taken(&o, 8);
	assert_int_equal(o.dropped, 0);
	output_fini(&o);
}

static void nobody_takes_them(void **state)
{
	const struct output_bounds most = { UINT64_MAX, UINT64_MAX };
	static char line[1024];
	struct output o;
	size_t kept = OUTPUT_WAIT_BYTES_MAX / sizeof line;

	memset(line, 'z', sizeof line);
	line[sizeof line - 1] = '\n';
	output_init(&o, &most);
	for (size_t i = 0; i < kept + 7; i++)
		output_add(&o, slice_of(line, sizeof line), 0);
	assert_int_equal(o.dropped, 7);
	assert_int_equal(output_lines(&o, SIZE_MAX).n, OUTPUT_WAIT_BYTES_MAX);
	output_taken(&o, sizeof line);
	output_add(&o, slice_of(line, sizeof line), 0);
	assert_int_equal(o.dropped, 0);
	output_fini(&o);
}

static void long_lines_are_cut(void **state)
{
	static char bytes[OUTPUT_LINE_BYTES_MAX * 2 + 5];
	struct output o;

	memset(bytes, 'q', sizeof bytes);
	output_init(&o, &wide);
	output_add(&o, slice_of(bytes, sizeof bytes), 0);
	assert_int_equal(output_lines(&o, SIZE_MAX).n, 2 * (OUTPUT_LINE_BYTES_MAX + 1));
	output_end(&o, 0);
	assert_int_equal(output_lines(&o, SIZE_MAX).n, 2 * (OUTPUT_LINE_BYTES_MAX + 1) + 6);
	output_fini(&o);
}

int test_output(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_come_whole),
		cmocka_unit_test(a_minute_has_a_bound),
		cmocka_unit_test(nobody_takes_them),
		cmocka_unit_test(long_lines_are_cut),
	};

	return cmocka_run_group_tests_name("output", tests, NULL, NULL);
}
