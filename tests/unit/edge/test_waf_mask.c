/* SPDX-License-Identifier: Apache-2.0 */
/* test_waf_mask: values that visitors keep secret are told by the name of their variable. */
#include "test_edge.h"

#include "edge/waf_mask.h"

static void secrets_are_told_by_name(void **state)
{
	static const char *const secret[] = { "ARGS:password",
					      "ARGS:user[Passwd]",
					      "ARGS:json.login.PWD",
					      "REQUEST_COOKIES:theme",
					      "REQUEST_HEADERS:Authorization",
					      "REQUEST_HEADERS:Cookie",
					      "REQUEST_HEADERS:X-Api-Key",
					      "MATCHED_VARS:ARGS:csrf_token" };
	static const char *const open[] = { "ARGS:q",
					    "REQUEST_URI",
					    "REQUEST_HEADERS:User-Agent",
					    "ARGS_NAMES:password",
					    "REQUEST_COOKIES_NAMES:session",
					    "" };

	for (size_t i = 0; i < sizeof secret / sizeof *secret; i++)
		assert_true(waf_mask_is_secret(slice_str(secret[i])));
	for (size_t i = 0; i < sizeof open / sizeof *open; i++)
		assert_false(waf_mask_is_secret(slice_str(open[i])));
}

static void texts_of_secrets_are_stars(void **state)
{
	assert_true(slice_eq(waf_mask_text(SLICE("ARGS:password"), SLICE("hunter2")), SLICE("***")));
	assert_true(slice_eq(waf_mask_text(SLICE("ARGS:q"), SLICE("hunter2")), SLICE("hunter2")));
	assert_int_equal(waf_mask_text(SLICE("ARGS:password"), SLICE("")).n, 0); /* that there is none is told */
}

int test_waf_mask(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(secrets_are_told_by_name),
					    cmocka_unit_test(texts_of_secrets_are_stars) };

	return cmocka_run_group_tests_name("waf_mask", tests, NULL, NULL);
}
