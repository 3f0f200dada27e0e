/* SPDX-License-Identifier: Apache-2.0 */
/* One-time codes: the vectors of RFC 6238, what is good around now, and that no code is good twice. */
#include "groups.h"

#include "base/crypto.h"
#include "base/totp.h"

static const struct slice secret = SLICE_INIT("12345678901234567890");

static void the_vectors_of_the_rfc(void **state)
{
	/* Appendix B, the rows of SHA-1. */
	static const struct {
		int64_t at_s;
		const char *code;
	} rows[] = {
		{ 59, "94287082" },         { 1111111109, "07081804" }, { 1111111111, "14050471" },
		{ 1234567890, "89005924" }, { 2000000000, "69279037" }, { 20000000000, "65353130" },
	};
	char code[10];

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(totp_code(secret, totp_step(rows[i].at_s), 8, code), OK);
		assert_string_equal(code, rows[i].code);
	}
}

static void around_now_and_once(void **state)
{
	const int64_t now_s = 1111111111, now = totp_step(now_s);
	char code[10];
	int64_t step = 0;

	for (int64_t d = -3; d <= 3; d++) {
		assert_int_equal(totp_code(secret, now + d, TOTP_DIGITS, code), OK);
		enum err e = totp_check(secret, slice_str(code), now_s, 0, &step);
		assert_int_equal(e, d >= -1 && d <= 1 ? OK : ERR_BLOCKED);
		if (e == OK)
			assert_int_equal(step, now + d);
	}
	assert_int_equal(totp_code(secret, now, TOTP_DIGITS, code), OK);
	assert_int_equal(totp_check(secret, slice_str(code), now_s, now - 1, &step), OK);
	assert_int_equal(totp_check(secret, slice_str(code), now_s, now, &step), ERR_BLOCKED);
	assert_int_equal(totp_check(secret, slice_str(code), now_s, now + 1, &step), ERR_BLOCKED);
}

static void what_is_no_code(void **state)
{
	char code[10];
	int64_t step = 7;

	assert_int_equal(totp_code(secret, totp_step(59), TOTP_DIGITS, code), OK);
	assert_int_equal(totp_check(secret, slice_of(code, 5), 59, 0, &step), ERR_BLOCKED);
	assert_int_equal(totp_check(secret, SLICE(""), 59, 0, &step), ERR_BLOCKED);
	assert_int_equal(totp_check(secret, SLICE("94287082"), 59, 0, &step), ERR_BLOCKED);
	code[5] = code[5] == '9' ? '0' : (char)(code[5] + 1);
	assert_int_equal(totp_check(secret, slice_str(code), 59, 0, &step), ERR_BLOCKED);
	assert_int_equal(step, 7);
}

static void secrets_as_text(void **state)
{
	char text[TOTP_TEXT_BYTES];
	uint8_t bytes[TOTP_SECRET_BYTES];

	totp_print((const uint8_t *)secret.p, text);
	assert_string_equal(text, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
	memset(bytes, 0xff, sizeof bytes);
	totp_print(bytes, text);
	assert_string_equal(text, "77777777777777777777777777777777");
}

int test_totp(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_vectors_of_the_rfc),
		cmocka_unit_test(around_now_and_once),
		cmocka_unit_test(what_is_no_code),
		cmocka_unit_test(secrets_as_text),
	};

	return cmocka_run_group_tests_name("totp", tests, NULL, NULL);
}
