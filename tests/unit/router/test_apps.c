/* SPDX-License-Identifier: Apache-2.0 */
/* test_apps: hosts to apps, and what a version hands to the next. */
#include "test_router.h"

#include "router/apps.h"
#include "sys/snap.h"

static struct apps *open_apps(void)
{
	struct apps *t;

	assert_int_equal(apps_new(SLICE("a secret"), &t), OK);
	return t;
}

static const char *name_of(const struct apps *t, const char *host)
{
	const struct app *app = apps_find(t, slice_str(host));

	return !app ? "" : app->name.p[0] == 'a' ? "a" : "b";
}

static void hosts_lead_to_apps(void **state)
{
	struct apps *t = open_apps();

	apps_publish(t, an_app("a", "[\"*.x.test\",\"a.test\"]", 1, "i", ""));
	apps_publish(t, an_app("b", "[\"www.x.test\",\"b.test\"]", 1, "i", ""));
	assert_int_equal(apps_count(t), 2);
	assert_string_equal(name_of(t, "a.test"), "a");
	assert_string_equal(name_of(t, "shop.x.test"), "a");
	assert_string_equal(name_of(t, "www.x.test"), "b");
	assert_string_equal(name_of(t, "x.test"), "");
	assert_string_equal(name_of(t, "a.b.x.test"), "");
	assert_string_equal(name_of(t, "test"), "");
	/* b lets www.x.test go, so the wildcard has it; a takes b.test over before b lets go of it. */
	apps_publish(t, an_app("b", "[\"b.test\"]", 1, "i", ""));
	assert_string_equal(name_of(t, "www.x.test"), "a");
	apps_publish(t, an_app("a", "[\"b.test\"]", 1, "i", ""));
	assert_string_equal(name_of(t, "a.test"), "");
	apps_remove(t, SLICE("b"));
	assert_string_equal(name_of(t, "b.test"), "a");
	apps_remove(t, SLICE("b"));
	apps_remove(t, SLICE("a"));
	assert_int_equal(apps_count(t), 0);
	assert_string_equal(name_of(t, "b.test"), "");
	apps_free(t);
}

static void sessions_are_for_one_generation(void **state)
{
	static const char sticky[] = ",\"sticky_session\":true";
	struct apps *t = open_apps();
	char old[STICKY_VALUE_BYTES];

	apps_publish(t, an_app("a", "[\"a.test\"]", 2, "i", sticky));
	const struct app *app = apps_find(t, SLICE("a.test"));
	assert_int_equal(apps_sticky(app, slice_of(app->live->sticky[0], STICKY_VALUE_BYTES)), 0);
	assert_int_equal(apps_sticky(app, slice_of(app->live->sticky[1], STICKY_VALUE_BYTES)), 1);
	assert_int_equal(apps_sticky(app, SLICE("x")), BALANCE_ANY);
	memcpy(old, app->live->sticky[1], sizeof old);
	struct app *next = an_app("a", "[\"a.test\"]", 2, "i", sticky);
	next->generation = 2;
	apps_publish(t, next);
	app = apps_find(t, SLICE("a.test"));
	assert_int_equal(apps_sticky(app, slice_of(old, sizeof old)), BALANCE_ANY);
	apps_publish(t, an_app("a", "[\"a.test\"]", 2, "i", ""));
	app = apps_find(t, SLICE("a.test"));
	assert_null(app->live->sticky);
	assert_int_equal(apps_sticky(app, slice_of(old, sizeof old)), BALANCE_ANY);
	apps_free(t);
}

static int begin(void **state)
{
	return snap_thread_start() ? 0 : -1;
}

static int end(void **state)
{
	snap_thread_stop();
	return 0;
}

int test_apps(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts_lead_to_apps),
		cmocka_unit_test(sessions_are_for_one_generation),
	};

	return cmocka_run_group_tests_name("apps", tests, begin, end);
}
