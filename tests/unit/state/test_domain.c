/* SPDX-License-Identifier: Apache-2.0 */
/* test_domain: custom domains: names, whose they may be, what is due, which certificate is shown. */
#include "test_state.h"

#include "state/domain.h"

#include <stdio.h>

static struct state_app app_new(struct state *st, const char *name, const char *owner)
{
	struct state_app a = { .name = "" };

	snprintf(a.name, sizeof a.name, "%s", name);
	snprintf(a.owner, sizeof a.owner, "%s", owner);
	assert_int_equal(state_app_add(st, &a), OK);
	return a;
}

static struct state_domain domain_new(struct state *st, const struct state_app *a, const char *name)
{
	struct state_domain d = { .letsencrypt_enabled = true };

	memcpy(d.app, a->id, sizeof d.app);
	snprintf(d.name, sizeof d.name, "%s", name);
	assert_int_equal(state_domain_add(st, &d), OK);
	return d;
}

static void names(void **state)
{
	static const struct {
		const char *given, *name, *why;
	} rows[] = {
		{ "Example.COM.", "example.com", NULL },
		{ "b\xc3\xbc"
		  "cher.example",
		  "xn--bcher-kva.example", NULL },
		{ "*.sub.example.com", "*.sub.example.com", NULL },
		{ "", NULL, "can't be blank" },
		{ "exa mple.com", NULL, "is invalid" },
		{ "192.0.2.1", NULL, "can't be an IP address" },
		{ "2001:db8::1", NULL, "is invalid" },
		{ "localhost", NULL, "should have at least two labels, like example.com" },
		{ "*.com", NULL, "should have at least two labels, like example.com" },
		{ "a.*.example.com", NULL, "can hold a * as its first label only" },
		{ "a_b.example.com", NULL, "can't contain underscores" },
		{ "other.osc-fr1.scalingo.test", NULL, "is a name of the platform" },
		{ "scalingo.test", NULL, "is a name of the platform" },
		{ "*.scalingo.test", NULL, "is a name of the platform" },
		{ "myscalingo.test", "myscalingo.test", NULL },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char name[STATE_NAME_BYTES] = "";
		const char *why = state_domain_name(slice_str(rows[i].given), "scalingo.test", name);
		if (rows[i].why) {
			assert_non_null(why);
			assert_string_equal(why, rows[i].why);
		} else {
			assert_null(why);
			assert_string_equal(name, rows[i].name);
		}
	}
}

static void who_may_have_which(void **state)
{
	struct state *st = test_state_new();
	const char *why;
	char name[64];

	test_state_begin(st);
	struct state_app a = app_new(st, "my-app", "john@example.com"),
			 b = app_new(st, "other-app", "jane@example.com"),
			 c = app_new(st, "third-app", "john@example.com");
	domain_new(st, &a, "*.example.com");
	domain_new(st, &a, "example.net");
	assert_int_equal(state_domain_allowed(st, &b, "example.net", &why), OK);
	assert_string_equal(why, "has already been taken");
	assert_int_equal(state_domain_allowed(st, &b, "www.example.com", &why), OK);
	assert_string_equal(why, "is covered by a wildcard of another owner");
	assert_int_equal(state_domain_allowed(st, &c, "www.example.com", &why), OK);
	assert_null(why);
	/* A wildcard covers one level, and not its base. */
	assert_int_equal(state_domain_allowed(st, &b, "example.com", &why), OK);
	assert_null(why);
	assert_int_equal(state_domain_allowed(st, &b, "a.b.example.com", &why), OK);
	assert_null(why);
	for (int i = 0; i < STATE_DOMAINS_MAX - 2; i++) {
		snprintf(name, sizeof name, "n%d.example.org", i);
		assert_int_equal(state_domain_allowed(st, &a, name, &why), OK);
		assert_null(why);
		domain_new(st, &a, name);
	}
	assert_int_equal(state_domain_allowed(st, &a, "one-more.example.org", &why), OK);
	assert_string_equal(why, "limit of 20 domains reached");
	assert_int_equal(state_commit(st), OK);
	state_close(st);
}

static void one_is_canonical(void **state)
{
	struct state *st = test_state_new();

	test_state_begin(st);
	struct state_app a = app_new(st, "my-app", "john@example.com");
	struct state_domain one = domain_new(st, &a, "one.example"), two = domain_new(st, &a, "two.example");
	one.canonical = true;
	assert_int_equal(state_domain_save(st, &one, true), OK);
	two.canonical = true;
	assert_int_equal(state_domain_save(st, &two, true), OK);
	assert_int_equal(state_domain_of(st, a.id, SLICE("one.example"), &one), OK);
	assert_int_equal(state_domain_of(st, a.id, slice_str(two.id), &two), OK);
	assert_true(!one.canonical && two.canonical);
	assert_int_equal(state_domain_remove(st, &two), OK);
	assert_int_equal(state_domain_of(st, a.id, SLICE("two.example"), &two), ERR_NOT_FOUND);
	assert_int_equal(state_commit(st), OK);
	state_close(st);
}

static void the_most_urgent_come_first(void **state)
{
	struct state *st = test_state_new();
	char ids[2][STATE_APP_ID_BYTES];
	int64_t next;

	test_state_begin(st);
	struct state_app a = app_new(st, "my-app", "john@example.com");
	struct state_domain one = domain_new(st, &a, "one.example"), two = domain_new(st, &a, "two.example"),
			    three = domain_new(st, &a, "three.example");
	one.due_ms = TEST_NOW_MS - 1;
	two.due_ms = TEST_NOW_MS - 2;
	three.due_ms = TEST_NOW_MS + 60000;
	assert_int_equal(state_domain_save(st, &one, false), OK);
	assert_int_equal(state_domain_save(st, &two, false), OK);
	assert_int_equal(state_domain_save(st, &three, false), OK);
	assert_int_equal(state_domain_due(st, TEST_NOW_MS, ids, 2, &next), 2);
	assert_string_equal(ids[0], two.id);
	assert_string_equal(ids[1], one.id);
	assert_true(next == TEST_NOW_MS + 60000);
	assert_int_equal(state_domain_due(st, TEST_NOW_MS, ids, 1, &next), 1);
	assert_true(next == TEST_NOW_MS - 1);
	assert_int_equal(state_commit(st), OK);
	state_close(st);
}

static void compiled(struct state *st, const char *id, const char *chain)
{
	json_t *item;

	assert_int_equal(state_domain_compile(st, id, &item), OK);
	if (chain) {
		assert_non_null(item);
		assert_string_equal(json_string_value(json_object_get(item, "chain")), chain);
		assert_string_equal(json_string_value(json_object_get(item, "listener")), "platform");
	} else {
		assert_null(item);
	}
	json_decref(item);
}

static void a_custom_certificate_stands_before_the_automatic_one(void **state)
{
	struct state *st = test_state_new();
	const struct state_domain_certificate custom = { "/CN=c", "RSA private key - 2048 bytes", 1, TEST_NOW_MS + 10 },
					      automatic = { "/CN=a", "EC private key - 256 bytes", 1,
							    TEST_NOW_MS + 1000 };

	test_state_begin(st);
	struct state_app a = app_new(st, "my-app", "john@example.com");
	struct state_domain d = domain_new(st, &a, "one.example");
	compiled(st, d.id, NULL);
	assert_int_equal(
		state_domain_certificate_put(st, &d, STATE_DOMAIN_AUTOMATIC, &automatic, SLICE("A"), SLICE("k")), OK);
	compiled(st, d.id, "A");
	assert_int_equal(state_domain_certificate_put(st, &d, STATE_DOMAIN_CUSTOM, &custom, SLICE("C"), SLICE("k")),
			 OK);
	compiled(st, d.id, "C");
	assert_int_equal(state_domain_get(st, slice_str(d.id), &d), OK);
	assert_string_equal(state_domain_in_use(&d, TEST_NOW_MS)->subject, "/CN=c");
	/* Expired: the other one, unless nobody wants that. */
	assert_string_equal(state_domain_in_use(&d, TEST_NOW_MS + 20)->subject, "/CN=a");
	d.letsencrypt_enabled = false;
	assert_string_equal(state_domain_in_use(&d, TEST_NOW_MS + 20)->subject, "/CN=c");
	assert_int_equal(state_domain_certificate_drop(st, &d, STATE_DOMAIN_CUSTOM), OK);
	compiled(st, d.id, "A");
	assert_int_equal(state_app_remove(st, a.id), OK);
	compiled(st, d.id, NULL);
	bool touched = false;
	for (size_t i = 0; i < st->touched_n; i++)
		touched |= st->touched[i].what == STATE_TOUCH_DOMAIN && strcmp(st->touched[i].id, d.id) == 0;
	assert_true(touched);
	assert_int_equal(state_commit(st), OK);
	state_close(st);
}

int test_domain(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(who_may_have_which),
		cmocka_unit_test(one_is_canonical),
		cmocka_unit_test(the_most_urgent_come_first),
		cmocka_unit_test(a_custom_certificate_stands_before_the_automatic_one),
	};

	return cmocka_run_group_tests_name("domain", tests, NULL, NULL);
}
