/* SPDX-License-Identifier: Apache-2.0 */
/* test_bearer: tokens of an hour: what was signed comes back, nothing else does. */
#include "test_platform.h"

#include "base/base64.h"
#include "base/crypto.h"
#include "platform/bearer.h"

#include <jansson.h>
#include <stdio.h>

static struct bearer_key key_of(const char *node_key)
{
	struct bearer_key key;
	struct seal seal;

	seal_init(&seal, (const uint8_t *)node_key);
	assert_int_equal(platform_bearer_key_make(&seal, &key), OK);
	return key;
}

#define KEY "0123456789abcdef0123456789abcdef"

static void it_is_what_clients_decode(void **state)
{
	const struct bearer_key key = key_of(KEY);
	char subject[BEARER_SUBJECT_BYTES];
	struct buf token, part;

	buf_init(&token, BEARER_BYTES_MAX);
	buf_init(&part, BEARER_BYTES_MAX);
	assert_int_equal(platform_bearer_make(&key, BEARER_TOKEN, "abc", "us-1", TEST_NOW_MS, &token), OK);
	struct slice rest = buf_slice(&token);
	assert_int_equal(base64_read(slice_split(&rest, '.'), &part), OK);
	assert_true(slice_eq(buf_slice(&part), SLICE("{\"typ\":\"JWT\",\"alg\":\"HS512\"}")));
	buf_clear(&part);
	assert_int_equal(base64_read(slice_split(&rest, '.'), &part), OK);
	json_t *claims = json_loadb(buf_slice(&part).p, buf_len(&part), 0, NULL);
	assert_true(json_integer_value(json_object_get(claims, "exp")) == TEST_NOW_MS / 1000 + 3600);
	assert_true(json_integer_value(json_object_get(claims, "iat")) == TEST_NOW_MS / 1000);
	assert_string_equal(json_string_value(json_object_get(claims, "iss")), "Scalingo");
	assert_string_equal(json_string_value(json_object_get(claims, "uuid")), "us-1");
	json_decref(claims);
	buf_clear(&part);
	assert_int_equal(base64_read(rest, &part), OK);
	assert_int_equal(buf_len(&part), CRYPTO_SHA512_BYTES);

	assert_int_equal(platform_bearer_read(&key, BEARER_TOKEN, buf_slice(&token), TEST_NOW_MS, subject), OK);
	assert_string_equal(subject, "abc");
	assert_int_equal(platform_bearer_read(&key, BEARER_LOGS, buf_slice(&token), TEST_NOW_MS, subject), ERR_SYNTAX);
	assert_int_equal(platform_bearer_read(&key, BEARER_TOKEN, buf_slice(&token), TEST_NOW_MS + 3600000, subject),
			 ERR_TIMEOUT);
	buf_fini(&token);
	buf_fini(&part);
}

static void whoever_changes_a_byte_is_refused(void **state)
{
	const struct bearer_key key = key_of(KEY), other = key_of("another key of thirty-two bytes!");
	char subject[BEARER_SUBJECT_BYTES];
	struct buf token;

	buf_init(&token, BEARER_BYTES_MAX);
	assert_int_equal(platform_bearer_make(&key, BEARER_TOKEN, "abc", "us-1", TEST_NOW_MS, &token), OK);
	assert_int_equal(platform_bearer_read(&other, BEARER_TOKEN, buf_slice(&token), TEST_NOW_MS, subject),
			 ERR_SYNTAX);
	for (size_t i = 0; i < buf_len(&token); i++) {
		char *p = token.p + token.from + i, was = *p;
		*p = was == 'A' ? 'B' : 'A';
		assert_int_equal(platform_bearer_read(&key, BEARER_TOKEN, buf_slice(&token), TEST_NOW_MS, subject),
				 ERR_SYNTAX);
		*p = was;
		assert_int_not_equal(platform_bearer_read(&key, BEARER_TOKEN, slice_first(buf_slice(&token), i),
							  TEST_NOW_MS, subject),
				     OK);
	}
	assert_int_equal(platform_bearer_read(&key, BEARER_TOKEN, SLICE("..."), TEST_NOW_MS, subject), ERR_SYNTAX);
	buf_fini(&token);
}

/* "alg":"none" and the like: no header but ours has a signature of ours. */
static void another_algorithm_is_no_way_in(void **state)
{
	const struct bearer_key key = key_of(KEY);
	char subject[BEARER_SUBJECT_BYTES];
	struct buf token;

	buf_init(&token, BEARER_BYTES_MAX);
	assert_int_equal(base64_write_url(SLICE("{\"typ\":\"JWT\",\"alg\":\"none\"}"), &token), OK);
	buf_add_byte(&token, '.');
	assert_int_equal(base64_write_url(SLICE("{\"tid\":\"abc\",\"exp\":99999999999}"), &token), OK);
	buf_add_byte(&token, '.');
	assert_int_equal(platform_bearer_read(&key, BEARER_TOKEN, buf_slice(&token), TEST_NOW_MS, subject), ERR_SYNTAX);
	buf_fini(&token);
}

int test_bearer(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_what_clients_decode),
		cmocka_unit_test(whoever_changes_a_byte_is_refused),
		cmocka_unit_test(another_algorithm_is_no_way_in),
	};

	return cmocka_run_group_tests_name("bearer", tests, NULL, NULL);
}
