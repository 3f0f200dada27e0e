/* SPDX-License-Identifier: Apache-2.0 */
/* test_challenge: tokens of orders as plan items. */
#include "test_model.h"

#include "model/challenge.h"

static void tokens_are_read(void **state)
{
	struct challenge *c;
	struct diag d;

	diag_init(&d);
	assert_int_equal(
		challenge_from_json(SLICE("{\"kind\":\"challenge\",\"name\":\"tok-_1\",\"host\":\"WWW.a.test.\","
					  "\"answer\":\"tok-_1.print\"}"),
				    &c, &d),
		OK);
	assert_true(slice_eq(c->token, SLICE("tok-_1")) && slice_eq(c->host, SLICE("www.a.test")));
	assert_true(slice_eq(c->answer, SLICE("tok-_1.print")));
	assert_false(c->tls);
	challenge_unref(c);
	assert_int_equal(challenge_from_json(SLICE("{\"kind\":\"challenge\",\"name\":\"t\",\"host\":\"a.test\","
						   "\"answer\":\"t.print\",\"type\":\"tls-alpn-01\"}"),
					     &c, &d),
			 OK);
	assert_true(c->tls);
	challenge_unref(c);
	challenge_unref(NULL);
}

static void what_is_no_token_is_refused(void **state)
{
	static const struct {
		const char *json, *where;
	} bad[] = {
		{ "{", "1:1" },
		{ "{\"kind\":\"challenge\"}", "name" },
		{ "{\"kind\":\"challenge\",\"name\":\"../x\",\"host\":\"a.test\",\"answer\":\"x\"}", "name" },
		{ "{\"kind\":\"challenge\",\"name\":\"\",\"host\":\"a.test\",\"answer\":\"x\"}", "name" },
		{ "{\"kind\":\"challenge\",\"name\":\"x\",\"host\":\"192.0.2.1\",\"answer\":\"x\"}", "host" },
		{ "{\"kind\":\"challenge\",\"name\":\"x\",\"host\":\"a.test:80\",\"answer\":\"x\"}", "host" },
		{ "{\"kind\":\"challenge\",\"name\":\"x\",\"host\":\"a.test\",\"answer\":\"a\\r\\nb\"}", "answer" },
		{ "{\"kind\":\"challenge\",\"name\":\"x\",\"host\":\"a.test\",\"answer\":\"x\",\"z\":1}", "z" },
		{ "{\"kind\":\"challenge\",\"name\":\"x\",\"host\":\"a.test\",\"answer\":\"x\",\"type\":\"dns-01\"}",
		  "type" },
		{ "{\"kind\":\"challenge\",\"name\":\"x\",\"host\":\"a.test\",\"answer\":\"x\",\"type\":1}", "type" },
	};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct challenge *c;
		struct diag d;
		diag_init(&d);
		assert_int_equal(challenge_from_json(slice_str(bad[i].json), &c, &d), ERR_PLAN);
		if (i > 0)
			assert_string_equal(d.where, bad[i].where);
	}
}

int test_challenge(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tokens_are_read),
		cmocka_unit_test(what_is_no_token_is_refused),
	};

	return cmocka_run_group_tests_name("challenge", tests, NULL, NULL);
}
