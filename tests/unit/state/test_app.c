/* SPDX-License-Identifier: Apache-2.0 */
/* test_app: apps with their types of process, instances and operations: rows come, change, are found and go. */
#include "test_state.h"

#include "state/app.h"
#include "state/app_page.h"
#include "state/app_plan.h"
#include "state/domain.h"
#include "state/event.h"
#include "state/instance.h"
#include "state/operation.h"

#include <stdio.h>

static struct state_app app_new(struct state *st, const char *name)
{
	struct state_app a = { .owner = "john@example.com" };

	snprintf(a.name, sizeof a.name, "%s", name);
	assert_int_equal(state_app_add(st, &a), OK);
	return a;
}

static struct state_instance instance_new(const struct state_app *a, const char *type, const char *address)
{
	struct state_instance i = { .registered = true, .state = "running", .size = "M" };

	memcpy(i.app, a->id, sizeof i.app);
	snprintf(i.type, sizeof i.type, "%s", type);
	snprintf(i.address, sizeof i.address, "%s", address);
	return i;
}

static void names_that_clients_know(void **state)
{
	static const char *const good[] = { "my-app", "abcdef", "1-2-3-4",
					    "a23456789012345678901234567890123456789012345678" };
	static const struct {
		const char *name, *why;
	} bad[] = {
		{ "", "can't be blank" },
		{ "short", "is too short (minimum is 6 characters)" },
		{ "a234567890123456789012345678901234567890123456789", "is too long (maximum is 48 characters)" },
		{ "My-app", "should contain only lowercap letters, digits and hyphens" },
		{ "my_app", "should contain only lowercap letters, digits and hyphens" },
		{ "-my-app", "can't start with an hyphen" },
		{ "my-app-", "can't end with an hyphen" },
		{ "my--app", "can't contain 2 consecutive hyphens" },
		{ "0123456789abcdef01234567", "can't have the form of an id" },
	};

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		assert_null(state_app_name_wrong(slice_str(good[i])));
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_string_equal(state_app_name_wrong(slice_str(bad[i].name)), bad[i].why);
}

static void an_app_lives(void **state)
{
	struct state *st = test_state_new();
	struct state_app a, got, again = { .name = "my-app" };
	struct state_process web;

	test_state_begin(st);
	a = app_new(st, "my-app");
	assert_true(state_is_app_id(slice_str(a.id)));
	assert_int_equal(st->touched_n, 1);
	assert_int_equal(st->touched[0].what, STATE_TOUCH_APP);
	assert_int_equal(state_app_add(st, &again), ERR_EXISTS);
	assert_int_equal(state_app_get(st, slice_str(a.id), &got), OK);
	assert_int_equal(state_app_get(st, SLICE("my-app"), &got), OK);
	assert_string_equal(got.status, "new");
	assert_string_equal(got.owner, "john@example.com");
	assert_int_equal(state_process_get(st, a.id, SLICE("web"), &web), OK);
	assert_int_equal(web.amount, 1);
	assert_string_equal(web.size, "M");

	got.force_https = got.router_logs = true;
	snprintf(got.name, sizeof got.name, "other-app");
	assert_int_equal(state_app_save(st, &got), OK);
	assert_int_equal(state_app_get(st, SLICE("my-app"), &a), ERR_NOT_FOUND);
	assert_int_equal(state_app_get(st, SLICE("other-app"), &a), OK);
	assert_true(a.force_https && a.router_logs && !a.sticky_session);
	assert_int_equal(state_app_remove(st, a.id), OK);
	assert_int_equal(state_app_remove(st, a.id), ERR_NOT_FOUND);
	assert_int_equal(state_process_get(st, a.id, SLICE("web"), &web), ERR_NOT_FOUND);
	assert_int_equal(state_commit(st), OK);
	state_close(st);
}

static void the_first_instances_of_the_amount_serve(void **state)
{
	struct state *st = test_state_new();
	struct state_instance_counts n;
	struct state_process web = { .name = "web", .amount = 2, .size = "M" };

	test_state_begin(st);
	struct state_app a = app_new(st, "my-app");
	struct state_instance one = instance_new(&a, "web", "127.0.0.1:4001"),
			      two = instance_new(&a, "web", "127.0.0.1:4002"),
			      three = instance_new(&a, "web", "127.0.0.1:4003");
	assert_int_equal(state_instance_add(st, &one), OK);
	assert_int_equal(state_instance_add(st, &two), OK);
	assert_int_equal(state_instance_add(st, &three), OK);
	assert_int_equal(state_instance_add(st, &three), ERR_EXISTS);
	assert_int_equal(one.number * 100 + two.number * 10 + three.number, 123);
	assert_int_equal(state_instance_count(st, a.id, &n), OK);
	assert_int_equal(n.serving, 1);
	assert_int_equal(n.registered, 3);
	assert_int_equal(state_process_put(st, a.id, &web), OK);
	assert_int_equal(state_instance_get(st, two.id, &two), OK);
	assert_true(two.serving);
	assert_int_equal(state_instance_get(st, three.id, &three), OK);
	assert_false(three.serving);

	/* The lowest number that is free; one that is not running does not serve. */
	assert_int_equal(state_instance_remove(st, &one), OK);
	assert_int_equal(state_instance_get(st, three.id, &three), OK);
	assert_true(three.serving);
	one.number = 0;
	assert_int_equal(state_instance_add(st, &one), OK);
	assert_int_equal(one.number, 1);
	snprintf(one.state, sizeof one.state, "booting");
	assert_int_equal(state_instance_save(st, &one), OK);
	assert_int_equal(state_instance_get(st, one.id, &one), OK);
	assert_false(one.serving);
	assert_int_equal(state_commit(st), OK);
	state_close(st);
}

static void an_operation_is_the_only_one(void **state)
{
	struct state *st = test_state_new();
	struct state_operation o = { .type = "scale", .status = "pending" }, got = { 0 };
	bool busy;

	test_state_begin(st);
	struct state_app a = app_new(st, "my-app");
	memcpy(o.app, a.id, sizeof o.app);
	o.scope = json_pack("[s]", "web");
	assert_int_equal(state_operation_add(st, &o), OK);
	assert_int_equal(state_operation_busy(st, a.id, &busy), OK);
	assert_true(busy);
	assert_int_equal(state_operation_next(st, "pending", &got), OK);
	assert_string_equal(got.id, o.id);
	assert_string_equal(json_string_value(json_array_get(got.scope, 0)), "web");
	assert_int_equal(state_operation_begin(st, &got), OK);
	state_operation_fini(&got);
	assert_int_equal(state_operation_next(st, "pending", &got), ERR_NOT_FOUND);
	state_operation_fini(&o);
	assert_int_equal(state_operation_get(st, a.id, slice_str(o.id), &o), OK);
	assert_string_equal(o.status, "running");
	assert_int_equal(o.finished_ms, 0);
	int64_t generation = a.generation;
	assert_int_equal(state_operation_end(st, &o, &a, "no room"), OK);
	assert_string_equal(o.status, "error");
	assert_int_equal(o.finished_ms, TEST_NOW_MS);
	assert_int_equal(a.generation, generation + 1);
	assert_int_equal(state_operation_busy(st, a.id, &busy), OK);
	assert_false(busy);
	state_operation_fini(&o);

	/* A bounded number is remembered. */
	for (int i = 0; i < STATE_OPERATIONS_MAX + 5; i++) {
		struct state_operation more = { .type = "restart", .status = "done" };
		memcpy(more.app, a.id, sizeof more.app);
		assert_int_equal(state_operation_add(st, &more), OK);
	}
	struct store_use u = store_use(st->store, "SELECT count(*) FROM app_operation");
	assert_true(store_next(&u));
	assert_int_equal(store_int(&u, 0), STATE_OPERATIONS_MAX);
	assert_int_equal(store_done(&u), OK);
	assert_int_equal(state_commit(st), OK);
	state_close(st);
}

static void the_status_follows_the_instances(void **state)
{
	struct state *st = test_state_new();
	struct state_process web = { .name = "web", .amount = 0, .size = "M" };

	test_state_begin(st);
	struct state_app a = app_new(st, "my-app");
	assert_int_equal(state_app_settle(st, &a), OK);
	assert_string_equal(a.status, "new");
	struct state_instance one = instance_new(&a, "web", "127.0.0.1:4001");
	assert_int_equal(state_instance_add(st, &one), OK);
	assert_int_equal(state_app_deployed(st, &a), OK);
	assert_int_equal(state_app_settle(st, &a), OK);
	assert_string_equal(a.status, "running");
	assert_int_equal(state_process_put(st, a.id, &web), OK);
	assert_int_equal(state_app_settle(st, &a), OK);
	assert_string_equal(a.status, "stopped");
	assert_int_equal(state_commit(st), OK);
	state_close(st);
}

static void an_app_becomes_a_plan_item(void **state)
{
	static const struct state_app_place place = { "osc-fr1", "scalingo.test" };
	struct state *st = test_state_new();
	struct state_domain d = { .name = "www.example.com", .canonical = true, .letsencrypt_enabled = true };
	json_t *item;

	test_state_begin(st);
	struct state_app a = app_new(st, "my-app");
	struct state_instance one = instance_new(&a, "web", "127.0.0.1:4001");
	assert_int_equal(state_instance_add(st, &one), OK);
	memcpy(d.app, a.id, sizeof d.app);
	assert_int_equal(state_domain_add(st, &d), OK);
	assert_int_equal(state_app_plan_make(st, a.id, &place, &item), OK);
	char *text = json_dumps(item, JSON_COMPACT), want[700];
	snprintf(
		want, sizeof want,
		"{\"kind\":\"app\",\"name\":\"my-app\",\"id\":\"%s\",\"status\":\"running\",\"hosts\":["
		"\"my-app.osc-fr1.scalingo.test\",\"www.example.com\"],\"default_host\":\"my-app.osc-fr1.scalingo."
		"test\","
		"\"force_https\":false,\"sticky_session\":false,\"router_logs\":false,\"generation\":1,\"instances\":[{"
		"\"name\":\"web-1\",\"id\":\"%s\",\"address\":\"127.0.0.1:4001\"}],\"canonical\":\"www.example.com\"}",
		a.id, one.id);
	assert_string_equal(text, want);
	free(text);
	json_decref(item);
	assert_int_equal(state_app_remove(st, a.id), OK);
	assert_int_equal(state_app_plan_make(st, a.id, &place, &item), OK);
	assert_null(item);
	assert_int_equal(state_commit(st), OK);
	state_close(st);
}

/* The pages of a plan item; "" without any. */
static void pages(struct state *st, const char *id, char *out, size_t cap)
{
	static const struct state_app_place place = { "osc-fr1", "scalingo.test" };
	json_t *item;

	assert_int_equal(state_app_plan_make(st, id, &place, &item), OK);
	char *text = json_dumps(json_object_get(item, "pages"), JSON_COMPACT | JSON_SORT_KEYS);
	snprintf(out, cap, "%s", text ? text : "");
	free(text);
	json_decref(item);
}

static void pages_are_part_of_the_item(void **state)
{
	struct state *st = test_state_new();
	char text[400];

	test_state_begin(st);
	struct state_app a = app_new(st, "my-app");
	pages(st, a.id, text, sizeof text);
	assert_string_equal(text, "");
	st->touched_n = 0;
	assert_int_equal(state_app_page_put(st, a.id, STATE_APP_PAGE_NO_FRONT, SLICE("soon")), OK);
	assert_int_equal(st->touched_n, 1);
	/* The same again changes nothing for an edge. */
	st->touched_n = 0;
	assert_int_equal(state_app_page_put(st, a.id, STATE_APP_PAGE_NO_FRONT, SLICE("soon")), OK);
	assert_int_equal(state_app_page_put(st, a.id, STATE_APP_PAGE_ERROR, slice_of(NULL, 0)), OK);
	assert_int_equal(st->touched_n, 0);
	/* It stands for a stopped app as well, until that has its own. */
	pages(st, a.id, text, sizeof text);
	assert_string_equal(text, "{\"no_front\":\"soon\",\"stopped\":\"soon\"}");
	assert_int_equal(state_app_page_put(st, a.id, STATE_APP_PAGE_STOPPED, SLICE("")), OK);
	assert_int_equal(state_app_page_put(st, a.id, STATE_APP_PAGE_NO_FRONT, slice_of(NULL, 0)), OK);
	pages(st, a.id, text, sizeof text);
	assert_string_equal(text, "{\"stopped\":\"\"}");
	assert_string_equal(state_app_page_variable(STATE_APP_PAGE_TIMEOUT), "SCALINGO_TIMEOUT_ERROR_URL");
	assert_int_equal(state_commit(st), OK);
	state_close(st);
}

static void events_outlive_the_app(void **state)
{
	struct state *st = test_state_new();
	struct state_event_filter f = { .limit = 2 };
	json_t *data = json_pack("{s:s}", "hostname", "example.com"), *list;
	int64_t total;

	test_state_begin(st);
	struct state_app a = app_new(st, "my-app"), b = app_new(st, "other-app");
	assert_int_equal(state_event_add(st, &a, "new_app", NULL), OK);
	assert_int_equal(state_event_add(st, &a, "new_domain", data), OK);
	assert_int_equal(state_event_add(st, &b, "new_app", NULL), OK);
	assert_int_equal(state_app_remove(st, a.id), OK);
	assert_int_equal(state_event_list(st, &f, &list, &total), OK);
	assert_int_equal(total, 3);
	assert_int_equal(json_array_size(list), 2);
	json_decref(list);
	f.app = a.id;
	assert_int_equal(state_event_list(st, &f, &list, &total), OK);
	assert_int_equal(total, 2);
	const json_t *newest = json_array_get(list, 0);
	assert_string_equal(json_string_value(json_object_get(newest, "type")), "new_domain");
	assert_true(json_equal(json_object_get(newest, "type_data"), data));
	json_decref(list);
	json_decref(data);
	assert_int_equal(state_commit(st), OK);
	state_close(st);
}

int test_app(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_that_clients_know),
		cmocka_unit_test(an_app_lives),
		cmocka_unit_test(the_first_instances_of_the_amount_serve),
		cmocka_unit_test(an_operation_is_the_only_one),
		cmocka_unit_test(the_status_follows_the_instances),
		cmocka_unit_test(an_app_becomes_a_plan_item),
		cmocka_unit_test(pages_are_part_of_the_item),
		cmocka_unit_test(events_outlive_the_app),
	};

	return cmocka_run_group_tests_name("app", tests, NULL, NULL);
}
