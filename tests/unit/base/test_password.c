/* SPDX-License-Identifier: Apache-2.0 */
/* Passwords: scrypt as its RFC has it, what is kept, and every way in which it must not fit. */
#include "groups.h"

#include "base/crypto.h"
#include "base/password.h"

#include <stdio.h>

static void the_vector_of_the_rfc(void **state)
{
	/* RFC 7914 section 12, its first 32 bytes. */
	static const uint8_t want[CRYPTO_SHA256_BYTES] = { 0xfd, 0xba, 0xbe, 0x1c, 0x9d, 0x34, 0x72, 0x00,
							   0x78, 0x56, 0xe7, 0x19, 0x0d, 0x01, 0xe9, 0xfe,
							   0x7c, 0x6a, 0xd7, 0xcb, 0xc8, 0x23, 0x78, 0x30,
							   0xe7, 0x73, 0x76, 0x63, 0x4b, 0x37, 0x31, 0x62 };
	const struct crypto_scrypt_cost cost = { 10, 8, 16 }, none = { 0, 8, 1 }, huge = { 21, 8, 1 };
	uint8_t got[CRYPTO_SHA256_BYTES];

	assert_int_equal(crypto_scrypt(SLICE("password"), SLICE("NaCl"), &cost, got), OK);
	assert_memory_equal(got, want, sizeof want);
	assert_int_equal(crypto_scrypt(SLICE("password"), SLICE("NaCl"), &none, got), ERR_RANGE);
	assert_int_equal(crypto_scrypt(SLICE("password"), SLICE("NaCl"), &huge, got), ERR_RANGE);
}

static void kept_and_checked(void **state)
{
	char one[PASSWORD_TEXT_BYTES], two[PASSWORD_TEXT_BYTES];

	assert_int_equal(password_keep(SLICE("correct horse battery"), one), OK);
	assert_int_equal(password_keep(SLICE("correct horse battery"), two), OK);
	assert_string_not_equal(one, two); /* each has a salt of its own */
	assert_memory_equal(one, "scrypt:15:8:3:", 14);
	assert_null(strstr(one, "correct"));
	assert_int_equal(password_check(slice_str(one), SLICE("correct horse battery")), OK);
	assert_int_equal(password_check(slice_str(one), SLICE("correct horse batterY")), ERR_BLOCKED);
	assert_int_equal(password_check(slice_str(one), SLICE("")), ERR_BLOCKED);
}

static void damaged(void **state)
{
	static const char *const texts[] = {
		"",
		"scrypt",
		"scrypt:15:8:3",
		"scrypt:15:8:3::",
		"bcrypt:15:8:3:AAAAAAAAAAAAAAAAAAAAAA:AA",
		"scrypt:0:8:3:AAAAAAAAAAAAAAAAAAAAAA:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"scrypt:17:8:3:AAAAAAAAAAAAAAAAAAAAAA:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"scrypt:15:8:3:AAAAAAAAAAAAAAAAAAAAAA:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA:",
		"scrypt:15:8:3:AAAAAAAAAAAAAAAAAAAAAA:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"scrypt:15:8:3:AAAAAAAAAAAAAAAAAAAAA!:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	};

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		assert_int_equal(password_check(slice_str(texts[i]), SLICE("x")), ERR_CORRUPT);
}

static void what_may_be_one(void **state)
{
	char long_one[PASSWORD_BYTES_MAX + 1];

	memset(long_one, 'a', sizeof long_one);
	assert_true(password_fits(slice_of(long_one, PASSWORD_BYTES_MIN)));
	assert_false(password_fits(slice_of(long_one, PASSWORD_BYTES_MIN - 1)));
	assert_true(password_fits(slice_of(long_one, PASSWORD_BYTES_MAX)));
	assert_false(password_fits(slice_of(long_one, PASSWORD_BYTES_MAX + 1)));
	assert_true(password_fits(SLICE("grün wie das Gras")));
	assert_false(password_fits(SLICE("with\na line end")));
	assert_false(password_fits(SLICE("no utf-8 \xff\xfe here")));
}

int test_password(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_vector_of_the_rfc),
		cmocka_unit_test(kept_and_checked),
		cmocka_unit_test(damaged),
		cmocka_unit_test(what_may_be_one),
	};

	return cmocka_run_group_tests_name("password", tests, NULL, NULL);
}
