/* SPDX-License-Identifier: Apache-2.0 */
/* The vectors of RFC 4648 section 10, every byte, and texts that are not the one text of a value. */
#include "groups.h"

#include "base/base64.h"

static void vectors_of_the_rfc(void **state)
{
	static const struct {
		const char *bytes, *text, *url;
	} rows[] = {
		{ "", "", "" },
		{ "f", "Zg==", "Zg" },
		{ "fo", "Zm8=", "Zm8" },
		{ "foo", "Zm9v", "Zm9v" },
		{ "foob", "Zm9vYg==", "Zm9vYg" },
		{ "fooba", "Zm9vYmE=", "Zm9vYmE" },
		{ "foobar", "Zm9vYmFy", "Zm9vYmFy" },
		{ "\xfb\xff\xbf", "+/+/", "-_-_" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *texts[] = { rows[i].text, rows[i].url };
		struct buf b;
		buf_init(&b, 100);
		assert_int_equal(base64_write(slice_str(rows[i].bytes), &b), OK);
		assert_true(slice_eq(buf_slice(&b), slice_str(rows[i].text)));
		buf_clear(&b);
		assert_int_equal(base64_write_url(slice_str(rows[i].bytes), &b), OK);
		assert_true(slice_eq(buf_slice(&b), slice_str(rows[i].url)));
		for (size_t k = 0; k < 2; k++) {
			buf_clear(&b);
			assert_int_equal(base64_read(slice_str(texts[k]), &b), OK);
			assert_true(slice_eq(buf_slice(&b), slice_str(rows[i].bytes)));
		}
		buf_fini(&b);
	}
}

static void every_byte_there_and_back(void **state)
{
	uint8_t all[256];
	struct buf text, back;

	for (size_t i = 0; i < sizeof all; i++)
		all[i] = (uint8_t)i;
	buf_init(&text, 1000);
	buf_init(&back, 1000);
	for (size_t n = 0; n <= sizeof all; n++) {
		buf_clear(&text);
		buf_clear(&back);
		assert_int_equal(base64_write_url(slice_of(all, n), &text), OK);
		assert_int_equal(base64_read(buf_slice(&text), &back), OK);
		assert_true(slice_eq(buf_slice(&back), slice_of(all, n)));
	}
	buf_fini(&text);
	buf_fini(&back);
}

static void only_digits_are_digits(void **state)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_";
	struct buf b;

	buf_init(&b, 1000);
	for (unsigned c = 0; c < 256; c++) {
		char text[] = { 'A', (char)c, 'A', 'A' };
		bool is_digit = c && strchr(digits, (int)c);
		assert_int_equal(base64_read(slice_of(text, sizeof text), &b), is_digit ? OK : ERR_SYNTAX);
	}
	buf_fini(&b);
}

static void other_texts_are_refused(void **state)
{
	static const char *const bad[] = { "Z",    "Zg=",  "Zg===", "=",      "====", "Zm9v=", "Zg==Zg==",
					   "Zh==", "Zm9=", "Z g=",  "Zm9v\n", "+_AA", "Zm8==", "Zm9vZ" };
	struct buf b;

	buf_init(&b, 100);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(base64_read(slice_str(bad[i]), &b), ERR_SYNTAX);
	assert_int_equal(buf_len(&b), 0);
	buf_fini(&b);
	buf_init(&b, 2);
	assert_int_equal(base64_read(SLICE("Zm9v"), &b), ERR_QUEUE_FULL);
	assert_int_equal(base64_write(SLICE("f"), &b), ERR_QUEUE_FULL);
	buf_fini(&b);
}

int test_base64(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors_of_the_rfc),
		cmocka_unit_test(every_byte_there_and_back),
		cmocka_unit_test(only_digits_are_digits),
		cmocka_unit_test(other_texts_are_refused),
	};
	return cmocka_run_group_tests_name("base64", tests, NULL, NULL);
}
