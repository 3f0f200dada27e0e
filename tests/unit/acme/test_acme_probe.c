/* SPDX-License-Identifier: Apache-2.0 */
/* test_acme_probe: tokens by their form, answers by host and key. */
#include "test_acme.h"

#include "acme/acme_probe.h"

static void tokens_have_a_form(void **state)
{
	const uint8_t nonce[ACME_PROBE_NONCE_BYTES] = { 0, 1, 0xab, [15] = 0xff };
	char token[ACME_PROBE_TOKEN_BYTES];

	acme_probe_token(nonce, token);
	assert_string_equal(token, "seawall-0001ab000000000000000000000000ff");
	assert_true(acme_probe_is(slice_str(token)));
	assert_false(acme_probe_is(slice_first(slice_str(token), 39)));
	token[9] = 'A';
	assert_false(acme_probe_is(slice_str(token)));
	assert_false(acme_probe_is(SLICE("seawale-0001ab000000000000000000000000ff")));
	assert_false(acme_probe_is(SLICE("")));
}

static void answers_depend_on_everything(void **state)
{
	const uint8_t one[SEAL_KEY_BYTES] = { 1 }, two[SEAL_KEY_BYTES] = { 2 };
	const struct slice token = SLICE("seawall-0001ab000000000000000000000000ff");
	char a[ACME_PROBE_ANSWER_BYTES], b[ACME_PROBE_ANSWER_BYTES];
	struct seal seal, other;

	seal_init(&seal, one);
	seal_init(&other, two);
	assert_int_equal(acme_probe_answer(&seal, SLICE("example.com"), token, a), OK);
	assert_int_equal(strlen(a), 64);
	assert_int_equal(acme_probe_answer(&seal, SLICE("example.com"), token, b), OK);
	assert_string_equal(a, b);
	assert_int_equal(acme_probe_answer(&seal, SLICE("example.org"), token, b), OK);
	assert_string_not_equal(a, b);
	assert_int_equal(acme_probe_answer(&seal, SLICE("example.com"), SLICE("seawall-1"), b), OK);
	assert_string_not_equal(a, b);
	assert_int_equal(acme_probe_answer(&other, SLICE("example.com"), token, b), OK);
	assert_string_not_equal(a, b);
	seal_fini(&seal);
	seal_fini(&other);
}

int test_acme_probe(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tokens_have_a_form),
		cmocka_unit_test(answers_depend_on_everything),
	};

	return cmocka_run_group_tests_name("acme_probe", tests, NULL, NULL);
}
