/* SPDX-License-Identifier: Apache-2.0 */
/* Sealed secrets: there and back, and every way in which they must not open. */
#include "groups.h"

#include "base/base64.h"
#include "base/mem.h"
#include "base/seal.h"

static struct seal key_of(uint8_t first)
{
	uint8_t bytes[SEAL_KEY_BYTES] = { first };
	struct seal s;

	seal_init(&s, bytes);
	return s;
}

static void there_and_back(void **state)
{
	static const size_t sizes[] = { 0, 1, 2, 3, 32, 1191, SEAL_SECRET_BYTES_MAX };
	struct seal s = key_of(1);
	char *secret = mem_alloc(SEAL_SECRET_BYTES_MAX);

	memset(secret, 'k', SEAL_SECRET_BYTES_MAX);
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		struct buf text, back;
		buf_init(&text, 100000);
		buf_init(&back, 100000);
		assert_int_equal(seal_close(&s, SLICE("dnssec x.test"), slice_of(secret, sizes[i]), &text), OK);
		assert_true(seal_is(buf_slice(&text)));
		assert_int_equal(seal_open(&s, SLICE("dnssec x.test"), buf_slice(&text), &back), OK);
		assert_true(slice_eq(buf_slice(&back), slice_of(secret, sizes[i])));
		seal_wipe_buf(&text);
		seal_wipe_buf(&back);
	}
	struct buf text;
	buf_init(&text, 200000);
	assert_int_equal(seal_close(&s, SLICE("p"), slice_of(secret, SEAL_SECRET_BYTES_MAX + 1), &text), ERR_RANGE);
	assert_int_equal(buf_len(&text), 0);
	buf_fini(&text);
	mem_free(secret);
	seal_fini(&s);
	for (size_t i = 0; i < SEAL_KEY_BYTES; i++)
		assert_int_equal(s.key[i], 0);
}

static void each_seal_is_another_text(void **state)
{
	struct seal s = key_of(1);
	struct buf a, b;

	buf_init(&a, 1000);
	buf_init(&b, 1000);
	assert_int_equal(seal_close(&s, SLICE("p"), SLICE("the same secret"), &a), OK);
	assert_int_equal(seal_close(&s, SLICE("p"), SLICE("the same secret"), &b), OK);
	assert_false(slice_eq(buf_slice(&a), buf_slice(&b)));
	assert_false(slice_contains(buf_slice(&a), SLICE("secret")));
	buf_fini(&a);
	buf_fini(&b);
}

static void another_key_or_purpose_does_not_open(void **state)
{
	struct seal s = key_of(1), other = key_of(2);
	struct buf text, back;

	buf_init(&text, 1000);
	buf_init(&back, 1000);
	assert_int_equal(seal_close(&s, SLICE("certificate a.test"), SLICE("secret"), &text), OK);
	assert_int_equal(seal_open(&other, SLICE("certificate a.test"), buf_slice(&text), &back), ERR_SEAL_KEY);
	assert_int_equal(seal_open(&s, SLICE("certificate b.test"), buf_slice(&text), &back), ERR_CORRUPT);
	assert_int_equal(seal_open(&s, SLICE(""), buf_slice(&text), &back), ERR_CORRUPT);
	memcpy(other.id, s.id, sizeof s.id); /* even when the ids were the same */
	assert_int_equal(seal_open(&other, SLICE("certificate a.test"), buf_slice(&text), &back), ERR_CORRUPT);
	assert_int_equal(buf_len(&back), 0);
	buf_fini(&text);
	buf_fini(&back);
}

/* Each bit of the sealed bytes matters, and so does their number. */
static void damage_is_seen(void **state)
{
	struct seal s = key_of(1);
	struct buf text, raw, bad, back;

	buf_init(&text, 1000);
	buf_init(&raw, 1000);
	buf_init(&bad, 1000);
	buf_init(&back, 1000);
	assert_int_equal(seal_close(&s, SLICE("p"), SLICE("secret"), &text), OK);
	assert_int_equal(base64_read(slice_from(buf_slice(&text), 8), &raw), OK);
	for (size_t bit = 0; bit < 8 * buf_len(&raw); bit++) {
		buf_clear(&bad);
		raw.p[raw.from + bit / 8] ^= (char)(1 << bit % 8);
		assert_true(buf_add(&bad, SLICE("sealed1:")));
		assert_int_equal(base64_write_url(buf_slice(&raw), &bad), OK);
		enum err e = seal_open(&s, SLICE("p"), buf_slice(&bad), &back);
		assert_int_equal(e, bit < 8 * SEAL_ID_BYTES ? ERR_SEAL_KEY : ERR_CORRUPT);
		raw.p[raw.from + bit / 8] ^= (char)(1 << bit % 8);
	}
	for (size_t n = 0; n < buf_len(&text); n++)
		assert_true(seal_open(&s, SLICE("p"), slice_first(buf_slice(&text), n), &back) != OK);
	assert_int_equal(buf_len(&back), 0);
	assert_int_equal(seal_open(&s, SLICE("p"), SLICE("-----BEGIN PRIVATE KEY-----"), &back), ERR_SYNTAX);
	buf_fini(&text);
	buf_fini(&raw);
	buf_fini(&bad);
	buf_fini(&back);
}

static void a_full_buffer_stays_as_it_is(void **state)
{
	struct seal s = key_of(1);
	struct buf text, small;

	buf_init(&text, 1000);
	buf_init(&small, 20);
	assert_int_equal(seal_close(&s, SLICE("p"), SLICE("0123456789012345678901234"), &text), OK);
	assert_int_equal(seal_open(&s, SLICE("p"), buf_slice(&text), &small), ERR_QUEUE_FULL);
	assert_int_equal(seal_close(&s, SLICE("p"), SLICE("0123456789012345678901234"), &small), ERR_QUEUE_FULL);
	assert_int_equal(buf_len(&small), 0);
	buf_fini(&text);
	buf_fini(&small);
}

int test_seal(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(each_seal_is_another_text),
		cmocka_unit_test(another_key_or_purpose_does_not_open),
		cmocka_unit_test(damage_is_seen),
		cmocka_unit_test(a_full_buffer_stays_as_it_is),
	};
	return cmocka_run_group_tests_name("seal", tests, NULL, NULL);
}
