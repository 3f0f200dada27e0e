/* SPDX-License-Identifier: Apache-2.0 */
/* test_zone: zones come, change, are found and go. */
#include "test_state.h"

#include "state/account.h"
#include "state/zone.h"

#include <stdio.h>

static struct state_zone zone_of(struct state *st, const char *name, const char *status)
{
	struct state_zone z = { .type = "full" };
	struct state_account a;

	assert_int_equal(state_account_get(st, &a), OK);
	memcpy(z.account, a.id, sizeof z.account);
	snprintf(z.name, sizeof z.name, "%s", name);
	snprintf(z.status, sizeof z.status, "%s", status);
	return z;
}

static void a_zone_lives(void **state)
{
	struct state *st = test_state_new();
	struct state_zone z = zone_of(st, "example.com", "pending"), got;

	test_state_begin(st);
	assert_int_equal(state_zone_add(st, &z), OK);
	assert_true(state_is_id(slice_str(z.id)));
	assert_int_equal(st->touched_n, 1);
	assert_string_equal(st->touched[0].id, z.id);
	struct state_zone again = zone_of(st, "example.com", "pending");
	assert_int_equal(state_zone_add(st, &again), ERR_EXISTS);
	assert_int_equal(state_commit(st), OK);
	assert_int_equal(st->touched_n, 0);

	assert_int_equal(state_zone_get(st, slice_str(z.id), &got), OK);
	assert_string_equal(got.name, "example.com");
	assert_int_equal(got.created_ms, TEST_NOW_MS);
	assert_int_equal(state_zone_get(st, SLICE("Example.COM."), &got), OK);
	assert_string_equal(got.id, z.id);
	assert_int_equal(state_zone_get(st, SLICE("other.com"), &got), ERR_NOT_FOUND);
	assert_int_equal(state_zone_get(st, SLICE("no name"), &got), ERR_NOT_FOUND);

	state_at(st, TEST_NOW_MS + 1000);
	test_state_begin(st);
	snprintf(got.status, sizeof got.status, "active");
	got.paused = true;
	snprintf(got.vanity, sizeof got.vanity, "[\"ns.example.com\"]");
	assert_int_equal(state_zone_save(st, &got), OK);
	assert_int_equal(state_commit(st), OK);
	assert_int_equal(state_zone_get(st, slice_str(z.id), &z), OK);
	assert_true(z.paused);
	assert_string_equal(z.vanity, "[\"ns.example.com\"]");
	assert_string_equal(z.original, "");
	assert_int_equal(z.modified_ms, TEST_NOW_MS + 1000);

	test_state_begin(st);
	assert_int_equal(state_zone_remove(st, z.id), OK);
	assert_int_equal(state_zone_remove(st, z.id), ERR_NOT_FOUND);
	state_rollback(st);
	assert_int_equal(state_zone_get(st, slice_str(z.id), &got), OK);
	state_close(st);
}

struct found {
	char names[256];
	size_t n;
};

static void see(void *arg, const struct state_zone *z)
{
	struct found *f = arg;

	snprintf(f->names + strlen(f->names), sizeof f->names - strlen(f->names), "%s ", z->name);
	f->n++;
}

static void lists_are_filtered(void **state)
{
	static const char *const zones[][2] = { { "alpha.com", "active" },
						{ "beta.com", "pending" },
						{ "alphabet.net", "active" },
						{ "gamma.net", "moved" } };
	json_t *ids = json_array();
	struct state *st = test_state_new();
	test_state_begin(st);
	for (size_t i = 0; i < 4; i++) {
		struct state_zone z = zone_of(st, zones[i][0], zones[i][1]);
		assert_int_equal(state_zone_add(st, &z), OK);
		if (i == 1)
			json_array_append_new(ids, json_string(z.id));
	}
	assert_int_equal(state_commit(st), OK);
	const struct {
		struct state_zone_filter f;
		const char *names;
		int total;
	} rows[] = {
		{ { .limit = 10 }, "alpha.com alphabet.net beta.com gamma.net ", 4 },
		{ { .limit = 10, .descending = true }, "gamma.net beta.com alphabet.net alpha.com ", 4 },
		{ { .limit = 2, .offset = 1 }, "alphabet.net beta.com ", 4 },
		{ { .limit = 2, .offset = 4 }, "", 4 },
		{ { .limit = 9, .match = STATE_ZONE_EQUAL, .name = "beta.com" }, "beta.com ", 1 },
		{ { .limit = 9, .match = STATE_ZONE_NOT_EQUAL, .name = "beta.com" },
		  "alpha.com alphabet.net gamma.net ",
		  3 },
		{ { .limit = 9, .match = STATE_ZONE_STARTS, .name = "alpha" }, "alpha.com alphabet.net ", 2 },
		{ { .limit = 9, .match = STATE_ZONE_ENDS, .name = ".net" }, "alphabet.net gamma.net ", 2 },
		{ { .limit = 9, .match = STATE_ZONE_CONTAINS, .name = "a.c" }, "alpha.com beta.com ", 2 },
		{ { .limit = 9, .status = "active" }, "alpha.com alphabet.net ", 2 },
		{ { .limit = 9, .status = "pending,moved" }, "beta.com gamma.net ", 2 },
		{ { .limit = 9, .status = "active", .type = "partial" }, "", 0 },
		{ { .limit = 9, .status = "moved", .match = STATE_ZONE_EQUAL, .name = "beta.com", .any = true },
		  "beta.com gamma.net ",
		  2 },
		{ { .limit = 9, .ids = ids }, "beta.com ", 1 },
		{ { .limit = 9, .ids = ids, .match = STATE_ZONE_EQUAL, .name = "alpha.com" }, "", 0 },
		{ { .limit = 9, .order = STATE_ZONE_BY_STATUS }, "alpha.com alphabet.net gamma.net beta.com ", 4 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct found f = { "", 0 };
		int64_t total = -1;
		assert_int_equal(state_zone_list(st, &rows[i].f, see, &f, &total), OK);
		assert_string_equal(f.names, rows[i].names);
		assert_int_equal(total, rows[i].total);
	}
	json_decref(ids);
	state_close(st);
}

int test_zone(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_zone_lives),
		cmocka_unit_test(lists_are_filtered),
	};

	return cmocka_run_group_tests_name("zone", tests, NULL, NULL);
}
