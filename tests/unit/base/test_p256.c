/* SPDX-License-Identifier: Apache-2.0 */
/* test_p256: keys there and back, a published pair, signatures that hold and that do not; HMAC. */
#include "groups.h"

#include "base/base64.h"
#include "base/crypto.h"
#include "base/p256.h"

static void from_base64(const char *text, uint8_t *ret, size_t n)
{
	struct buf b;

	buf_init(&b, 1000);
	assert_int_equal(base64_read(slice_str(text), &b), OK);
	assert_int_equal(buf_len(&b), n);
	memcpy(ret, buf_slice(&b).p, n);
	buf_fini(&b);
}

/* The pair of RFC 6605 section 6.1. */
static void a_published_pair_belongs_together(void **state)
{
	uint8_t secret[P256_SECRET_BYTES], want[P256_PUBLIC_BYTES], got[P256_PUBLIC_BYTES], back[P256_SECRET_BYTES];
	struct p256 *key;

	from_base64("GU6SnQ/Ou+xC5RumuIUIuJZteXT2z0O/ok1s38Et6mQ=", secret, sizeof secret);
	from_base64("GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA==", want,
		    sizeof want);
	assert_int_equal(p256_from_secret(secret, &key), OK);
	p256_public(key, got);
	assert_memory_equal(got, want, sizeof want);
	assert_int_equal(p256_secret(key, back), OK);
	assert_memory_equal(back, secret, sizeof secret);
	p256_free(key);
}

static void secrets_out_of_range_are_refused(void **state)
{
	uint8_t secret[P256_SECRET_BYTES] = { 0 };
	struct p256 *key;

	assert_int_equal(p256_from_secret(secret, &key), ERR_RANGE);
	memset(secret, 0xff, sizeof secret);
	assert_int_equal(p256_from_secret(secret, &key), ERR_RANGE);
	memset(secret, 0, sizeof secret);
	secret[31] = 1;
	assert_int_equal(p256_from_secret(secret, &key), OK);
	p256_free(key);
	p256_free(NULL);
}

static void signatures_hold_for_their_data_only(void **state)
{
	uint8_t public[P256_PUBLIC_BYTES], sig[P256_SIGNATURE_BYTES], other[P256_PUBLIC_BYTES];
	struct p256 *key, *stranger;

	assert_int_equal(p256_generate(&key), OK);
	assert_int_equal(p256_generate(&stranger), OK);
	p256_public(key, public);
	p256_public(stranger, other);
	for (int i = 0; i < 50; i++) { /* short integers (leading zeros) come up now and then */
		assert_int_equal(p256_sign(key, SLICE("the data"), sig), OK);
		assert_true(p256_verify(public, SLICE("the data"), sig));
	}
	assert_false(p256_verify(public, SLICE("the dat"), sig));
	assert_false(p256_verify(other, SLICE("the data"), sig));
	sig[7] ^= 1;
	assert_false(p256_verify(public, SLICE("the data"), sig));
	assert_int_equal(p256_sign(key, SLICE(""), sig), OK);
	assert_true(p256_verify(public, SLICE(""), sig));
	p256_free(key);
	p256_free(stranger);
}

static void damaged_input_is_no_signature(void **state)
{
	uint8_t public[P256_PUBLIC_BYTES], zero[P256_PUBLIC_BYTES] = { 0 }, sig[P256_SIGNATURE_BYTES],
					   none[P256_SIGNATURE_BYTES] = { 0 };
	struct p256 *key;

	assert_int_equal(p256_generate(&key), OK);
	p256_public(key, public);
	assert_int_equal(p256_sign(key, SLICE("x"), sig), OK);
	assert_false(p256_verify(public, SLICE("x"), none));
	assert_false(p256_verify(zero, SLICE("x"), sig)); /* not on the curve */
	memset(none, 0xff, sizeof none);
	assert_false(p256_verify(public, SLICE("x"), none));
	p256_free(key);
}

/* RFC 4231 test case 2. */
static void hmac_is_as_published(void **state)
{
	static const uint8_t want[CRYPTO_SHA256_BYTES] = {
		0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e, 0x6a, 0x04, 0x24, 0x26, 0x08, 0x95, 0x75, 0xc7,
		0x5a, 0x00, 0x3f, 0x08, 0x9d, 0x27, 0x39, 0x83, 0x9d, 0xec, 0x58, 0xb9, 0x64, 0xec, 0x38, 0x43,
	};
	uint8_t got[CRYPTO_SHA256_BYTES];

	assert_int_equal(crypto_hmac_sha256(SLICE("Jefe"), SLICE("what do ya want for nothing?"), got), OK);
	assert_memory_equal(got, want, sizeof want);
	assert_int_equal(crypto_hmac_sha256(SLICE(""), SLICE(""), got), OK);
}

int test_p256(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_published_pair_belongs_together),
		cmocka_unit_test(secrets_out_of_range_are_refused),
		cmocka_unit_test(signatures_hold_for_their_data_only),
		cmocka_unit_test(damaged_input_is_no_signature),
		cmocka_unit_test(hmac_is_as_published),
	};

	return cmocka_run_group_tests_name("p256", tests, NULL, NULL);
}
