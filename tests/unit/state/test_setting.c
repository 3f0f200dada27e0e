/* SPDX-License-Identifier: Apache-2.0 */
/* test_setting: settings of a zone, what becomes of them in the plan; and the purges that are remembered. */
#include "test_state.h"

#include "base/limits.h"
#include "model/zone_json.h"
#include "state/account.h"
#include "state/purge.h"
#include "state/setting.h"
#include "state/zone.h"

#include <stdio.h>

struct world {
	struct state *st;
	struct state_zone zone;
};

static int set_up(void **state)
{
	static struct world w;
	struct state_account a;

	w = (struct world){ .st = test_state_new(), .zone = { .type = "full", .status = "active", .name = "a.test" } };
	assert_int_equal(state_account_get(w.st, &a), OK);
	memcpy(w.zone.account, a.id, sizeof w.zone.account);
	test_state_begin(w.st);
	assert_int_equal(state_zone_add(w.st, &w.zone), OK);
	assert_int_equal(state_commit(w.st), OK);
	test_state_begin(w.st);
	*state = &w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	state_rollback(w->st);
	state_close(w->st);
	return 0;
}

static enum err set(struct world *w, const char *id, const char *value, struct diag *d)
{
	json_t *v = json_loads(value, JSON_DECODE_ANY, NULL);

	assert_non_null(v);
	diag_init(d);
	enum err e = state_setting_set(w->st, w->zone.id, state_setting_find(slice_str(id)), v, d);
	json_decref(v);
	return e;
}

static void check_shown(struct world *w, const char *id, const char *expected)
{
	json_t *v;

	assert_int_equal(state_setting_get(w->st, w->zone.id, state_setting_find(slice_str(id)), &v), OK);
	char *text = json_dumps(v, JSON_COMPACT);
	assert_string_equal(text, expected);
	free(text);
	json_decref(v);
}

static void values(void **state)
{
	static const struct {
		const char *id, *value;
		enum err err;
		const char *text;
	} rows[] = {
		{ "cache_level", "\"basic\"", OK, "" },
		{ "cache_level", "\"most\"", ERR_RANGE, "must be one of bypass|basic" },
		{ "cache_level", "1", ERR_RANGE, "must be one of" },
		{ "browser_cache_ttl", "0", OK, "" },
		{ "browser_cache_ttl", "31536000", OK, "" },
		{ "browser_cache_ttl", "31536001", ERR_RANGE, "0-31536000" },
		{ "browser_cache_ttl", "1.5", ERR_RANGE, "whole number" },
		{ "browser_cache_ttl", "\"60\"", ERR_RANGE, "whole number" },
		{ "websockets", "\"off\"", OK, "" },
		{ "websockets", "true", ERR_RANGE, "\"on\" or \"off\"" },
		{ "always_online", "null", ERR_RANGE, "\"on\" or \"off\"" },
		/* What nothing acts on takes its default and nothing else. */
		{ "early_hints", "\"off\"", OK, "" },
		{ "early_hints", "\"on\"", ERR_RANGE, "it can only be \"off\": hints" },
		{ "ip_geolocation", "\"on\"", ERR_RANGE, "no database of locations" },
		{ "minify", "{\"js\":\"off\",\"css\":\"off\",\"html\":\"off\"}", OK, "" },
		{ "minify", "{\"js\":\"on\",\"css\":\"off\",\"html\":\"off\"}", ERR_RANGE, "can only be" },
	};
	struct world *w = *state;
	struct diag d;

	assert_null(state_setting_find(SLICE("nothing")));
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		enum err e = set(w, rows[i].id, rows[i].value, &d);
		if (e != rows[i].err || !strstr(d.text, rows[i].text))
			fail_msg("%s = %s: %s, %s", rows[i].id, rows[i].value, err_name(e), d.text);
	}
	check_shown(w, "cache_level",
		    "{\"id\":\"cache_level\",\"value\":\"basic\",\"editable\":true,\"modified_on\":"
		    "\"2026-11-25T23:06:31.123000Z\"}");
	check_shown(w, "early_hints",
		    "{\"id\":\"early_hints\",\"value\":\"off\",\"editable\":false,\"modified_on\":null}");
	check_shown(w, "browser_cache_ttl",
		    "{\"id\":\"browser_cache_ttl\",\"value\":31536000,\"editable\":true,\"modified_on\":"
		    "\"2026-11-25T23:06:31.123000Z\"}");
}

static void development_mode_ends_by_itself(void **state)
{
	struct world *w = *state;
	struct diag d;
	int64_t left = 1;

	assert_int_equal(state_setting_development(w->st, w->zone.id, &left), OK);
	assert_int_equal(left, 0);
	assert_int_equal(set(w, "development_mode", "\"on\"", &d), OK);
	state_at(w->st, TEST_NOW_MS + 100500);
	assert_int_equal(state_setting_development(w->st, w->zone.id, &left), OK);
	assert_int_equal(left, 10800 - 100);
	check_shown(w, "development_mode",
		    "{\"id\":\"development_mode\",\"value\":\"on\",\"editable\":true,\"modified_on\":"
		    "\"2026-11-25T23:06:31.123000Z\",\"time_remaining\":10700}");
	state_at(w->st, TEST_NOW_MS + 10800 * 1000 + 5000);
	assert_int_equal(state_setting_development(w->st, w->zone.id, &left), OK);
	assert_int_equal(left, -5);
	check_shown(w, "development_mode",
		    "{\"id\":\"development_mode\",\"value\":\"off\",\"editable\":true,\"modified_on\":"
		    "\"2026-11-25T23:06:31.123000Z\",\"time_remaining\":0}");
}

/* What is compiled is what an edge reads: every member, for defaults and for values. */
static void the_plan_takes_them(void **state)
{
	struct world *w = *state;
	struct limits limits;
	struct zone *z;
	struct diag d;

	limits_init(&limits);
	for (int round = 0; round < 2; round++) {
		json_t *item = json_pack("{s:s, s:s, s:[{s:s, s:[s]}]}", "kind", "zone", "name", "a.test", "hosts",
					 "name", "www.a.test", "origins", "192.0.2.1");
		assert_int_equal(state_setting_compile(w->st, w->zone.id, item), OK);
		char *text = json_dumps(item, 0);
		diag_init(&d);
		if (zone_from_json(slice_str(text), 1, &limits, &z, &d) != OK)
			fail_msg("%s: %s", d.where, d.text);
		free(text);
		json_decref(item);
		const struct cache_policy *p = &z->sites[0].cache;
		assert_int_equal(p->browser_ttl_s, round ? 60 : 14400);
		assert_int_equal(p->eligibility, round ? CACHE_NOTHING : CACHE_BY_EXTENSION);
		assert_int_equal(z->settings.websockets, round == 0);
		assert_false(z->settings.origin_error_page_pass_thru);
		assert_int_equal(z->sites[0].read_ms, round ? 7000 : 125000);
		assert_int_equal(z->settings.development_until_s, round ? TEST_NOW_MS / 1000 + 10800 : 0);
		assert_int_equal(z->settings.pseudo_ipv4, round ? PSEUDO_IPV4_ADD_HEADER : PSEUDO_IPV4_OFF);
		zone_unref(z);
		assert_int_equal(set(w, "browser_cache_ttl", "60", &d), OK);
		assert_int_equal(set(w, "cache_level", "\"bypass\"", &d), OK);
		assert_int_equal(set(w, "websockets", "\"off\"", &d), OK);
		assert_int_equal(set(w, "proxy_read_timeout", "7", &d), OK);
		assert_int_equal(set(w, "pseudo_ipv4", "\"add_header\"", &d), OK);
		assert_int_equal(set(w, "development_mode", "\"on\"", &d), OK);
	}
}

static void all_are_listed(void **state)
{
	struct world *w = *state;
	struct diag d;
	json_t *array;

	assert_int_equal(set(w, "websockets", "\"off\"", &d), OK);
	assert_int_equal(state_setting_list(w->st, w->zone.id, &array), OK);
	assert_true(json_array_size(array) > 40);
	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *one = json_array_get(array, i);
		struct slice id = slice_str(json_string_value(json_object_get(one, "id")));
		assert_non_null(json_object_get(one, "value"));
		if (slice_eq(id, SLICE("websockets")))
			assert_string_equal(json_string_value(json_object_get(one, "value")), "off");
	}
	json_decref(array);
}

static void count_command(void *arg, const json_t *command)
{
	int64_t *sum = arg;

	*sum += json_integer_value(json_object_get(command, "id"));
}

static void purges_are_remembered(void **state)
{
	struct world *w = *state;
	json_t *order = json_pack("{s:s, s:b, s:b}", "zone", "a.test", "soft", 0, "purge_everything", 1);
	int64_t id, sum = 0;
	bool complete;

	assert_int_equal(state_purge_last(w->st, &id), OK);
	assert_int_equal(id, 0);
	assert_int_equal(state_purge_since(w->st, 0, count_command, &sum, &complete), OK);
	assert_true(complete && sum == 0);
	for (int i = 1; i <= STATE_PURGE_KEPT_MAX + 5; i++) {
		assert_int_equal(state_purge_add(w->st, order, &id), OK);
		assert_int_equal(id, i);
	}
	assert_int_equal(state_purge_since(w->st, id - 2, count_command, &sum, &complete), OK);
	assert_true(complete);
	assert_int_equal(sum, id - 1 + id);
	sum = 0;
	assert_int_equal(state_purge_since(w->st, 5, count_command, &sum, &complete), OK);
	assert_true(complete && sum > 0);
	sum = 0;
	assert_int_equal(state_purge_since(w->st, 4, count_command, &sum, &complete), OK);
	assert_false(complete);
	assert_int_equal(state_purge_since(w->st, id + 1, count_command, &sum, &complete), OK);
	assert_false(complete);
	assert_int_equal(sum, 0);
	json_decref(order);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int test_setting(void)
{
	const struct CMUnitTest tests[] = {
		TEST(values),         TEST(development_mode_ends_by_itself), TEST(the_plan_takes_them),
		TEST(all_are_listed), TEST(purges_are_remembered),
	};

	return cmocka_run_group_tests_name("setting", tests, NULL, NULL);
}
