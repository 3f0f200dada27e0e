/* SPDX-License-Identifier: Apache-2.0 */
/* test_challenges: tokens by token, those for handshakes by host, and what takes their place. */
#include "test_edge.h"

#include "edge/challenges.h"
#include "sys/snap.h"

#include <stdio.h>

static struct challenge *challenge_of(const char *token, const char *host, const char *type)
{
	char json[300];
	struct challenge *c;
	struct diag d;

	diag_init(&d);
	snprintf(json, sizeof json,
		 "{\"kind\":\"challenge\",\"name\":\"%s\",\"host\":\"%s\",\"answer\":\"%s.x\",\"type\":\"%s\"}", token,
		 host, token, type);
	assert_int_equal(challenge_from_json(slice_str(json), &c, &d), OK);
	return c;
}

static bool finds(const struct challenges *t, const char *host, const char *token, const char *answer)
{
	return slice_eq(challenges_find(t, slice_str(host), slice_str(token)), slice_str(answer));
}

static bool finds_tls(const struct challenges *t, const char *host, const char *answer)
{
	return slice_eq(challenges_find_tls(t, slice_str(host)), slice_str(answer));
}

static void each_kind_is_found_its_own_way(void **state)
{
	snap_thread_start();
	struct challenges *t = challenges_new();

	assert_true(finds(t, "a.test", "one", "") && finds_tls(t, "a.test", ""));
	challenges_publish(t, challenge_of("one", "a.test", "http-01"));
	assert_true(finds(t, "a.test", "one", "one.x") && finds_tls(t, "a.test", ""));
	assert_true(finds(t, "b.test", "one", ""));
	challenges_publish(t, challenge_of("two", "a.test", "tls-alpn-01"));
	assert_true(finds(t, "a.test", "two", "") && finds_tls(t, "a.test", "two.x"));
	assert_true(finds_tls(t, "b.test", ""));
	challenges_remove(t, SLICE("two"));
	assert_true(finds_tls(t, "a.test", "") && finds(t, "a.test", "one", "one.x"));
	challenges_remove(t, SLICE("two"));
	challenges_remove(t, SLICE("one"));
	assert_true(finds(t, "a.test", "one", ""));
	challenges_free(t);
	challenges_free(NULL);
	snap_thread_stop();
}

static void the_newest_of_a_host_is_shown(void **state)
{
	snap_thread_start();
	struct challenges *t = challenges_new();

	challenges_publish(t, challenge_of("one", "a.test", "tls-alpn-01"));
	challenges_publish(t, challenge_of("two", "a.test", "tls-alpn-01"));
	assert_true(finds_tls(t, "a.test", "two.x"));
	challenges_remove(t, SLICE("one")); /* an older order ends: the newer one's proof stays */
	assert_true(finds_tls(t, "a.test", "two.x"));
	/* The same token for another host, then as another type. */
	challenges_publish(t, challenge_of("two", "b.test", "tls-alpn-01"));
	assert_true(finds_tls(t, "a.test", "") && finds_tls(t, "b.test", "two.x"));
	challenges_publish(t, challenge_of("two", "b.test", "http-01"));
	assert_true(finds_tls(t, "b.test", "") && finds(t, "b.test", "two", "two.x"));
	challenges_free(t);
	snap_thread_stop();
}

int test_challenges(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_is_found_its_own_way),
		cmocka_unit_test(the_newest_of_a_host_is_shown),
	};

	return cmocka_run_group_tests_name("challenges", tests, NULL, NULL);
}
