/* SPDX-License-Identifier: Apache-2.0 */
/* test_dnssec: what is stored of a signed zone, what of it stands in the plan, and how keys move with time. */
#include "test_state.h"

#include "state/account.h"
#include "state/dnssec.h"
#include "state/zone.h"

static struct state_zone zone;
static struct state_dnssec d;

static struct state *world(void)
{
	struct state *st = test_state_new();
	struct state_account a;

	zone = (struct state_zone){ .type = "full", .status = "active", .name = "a.test" };
	assert_int_equal(state_account_get(st, &a), OK);
	memcpy(zone.account, a.id, sizeof zone.account);
	test_state_begin(st);
	assert_int_equal(state_zone_add(st, &zone), OK);
	return st;
}

static void add(uint16_t flags, uint16_t tag, enum state_dnssec_stage stage, int64_t since_ms)
{
	struct state_dnssec_key *k = &d.keys[d.keys_n++];

	*k = (struct state_dnssec_key){ .flags = flags,
					.tag = tag,
					.stage = stage,
					.since_ms = since_ms,
					.public = "AA==",
					.sealed = "sealed1:x" };
}

static json_t *compiled(struct state *st)
{
	json_t *item = json_object();

	assert_int_equal(state_dnssec_compile(st, zone.id, item), OK);
	return item;
}

static void kept(void **state)
{
	struct state *st = world();
	struct state_dnssec got;

	assert_int_equal(state_dnssec_get(st, zone.id, &got), OK);
	assert_int_equal(got.status, STATE_DNSSEC_NONE);
	json_t *item = compiled(st);
	assert_null(json_object_get(item, "dnssec"));
	json_decref(item);

	d = (struct state_dnssec){ .status = STATE_DNSSEC_PENDING };
	add(257, 11, STATE_DNSSEC_SIGNS, 5);
	add(256, 12, STATE_DNSSEC_SIGNS, 5);
	add(257, 10, STATE_DNSSEC_LEAVING, 5);
	add(256, 13, STATE_DNSSEC_NEXT, 5);
	assert_int_equal(state_dnssec_save(st, zone.id, &d), OK);
	assert_int_equal(state_dnssec_get(st, zone.id, &got), OK);
	assert_true(got.keys_n == 4 && got.keys[2].tag == 10 && got.keys[2].stage == STATE_DNSSEC_LEAVING);
	assert_int_equal(got.modified_ms, TEST_NOW_MS);
	item = compiled(st);
	char *text = json_dumps(item, JSON_COMPACT | JSON_SORT_KEYS);
	assert_string_equal(
		text,
		"{\"dnssec\":{\"cds\":\"publish\",\"keys\":["
		"{\"active\":true,\"flags\":257,\"parent\":true,\"private\":\"sealed1:x\",\"public\":\"AA==\"},"
		"{\"active\":true,\"flags\":256,\"parent\":true,\"private\":\"sealed1:x\",\"public\":\"AA==\"},"
		"{\"active\":true,\"flags\":257,\"parent\":false,\"private\":\"sealed1:x\",\"public\":\"AA==\"},"
		"{\"active\":false,\"flags\":256,\"parent\":false,\"private\":\"sealed1:x\",\"public\":\"AA==\"}]}}");
	free(text);
	json_decref(item);
	d = (struct state_dnssec){ .status = STATE_DNSSEC_NONE };
	assert_int_equal(state_dnssec_save(st, zone.id, &d), OK);
	assert_int_equal(state_dnssec_get(st, zone.id, &got), OK);
	assert_true(got.status == STATE_DNSSEC_NONE && got.keys_n == 0);
	state_close(st);
}

static void parent(void **state)
{
	static const struct {
		enum state_dnssec_status before;
		bool has;
		enum state_dnssec_status after;
	} rows[] = {
		{ STATE_DNSSEC_PENDING, true, STATE_DNSSEC_ACTIVE },
		{ STATE_DNSSEC_ACTIVE, false, STATE_DNSSEC_PENDING },
		{ STATE_DNSSEC_PENDING_DISABLED, false, STATE_DNSSEC_DISABLED },
		{ STATE_DNSSEC_PENDING_DISABLED, true, STATE_DNSSEC_PENDING_DISABLED },
		{ STATE_DNSSEC_DISABLED, true, STATE_DNSSEC_PENDING_DISABLED },
		{ STATE_DNSSEC_NONE, true, STATE_DNSSEC_NONE },
	};
	struct state *st = world();
	struct state_dnssec got;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		d = (struct state_dnssec){ .status = rows[i].before };
		assert_int_equal(state_dnssec_save(st, zone.id, &d), OK);
		assert_int_equal(state_dnssec_saw(st, zone.id, rows[i].has), OK);
		assert_int_equal(state_dnssec_get(st, zone.id, &got), OK);
		assert_int_equal(got.status, rows[i].after);
	}
	state_close(st);
}

static void roll(void **state)
{
	struct state *st = world();
	struct state_dnssec got;
	bool changed;

	d = (struct state_dnssec){ .status = STATE_DNSSEC_ACTIVE };
	add(257, 1, STATE_DNSSEC_SIGNS, 0);
	add(256, 2, STATE_DNSSEC_SIGNS, 0);
	add(256, 3, STATE_DNSSEC_NEXT, TEST_NOW_MS);
	assert_int_equal(state_dnssec_save(st, zone.id, &d), OK);
	assert_int_equal(state_dnssec_turn(st, &changed), OK);
	assert_false(changed);
	state_at(st, TEST_NOW_MS + 2 * 3600 * 1000);
	assert_int_equal(state_dnssec_turn(st, &changed), OK);
	assert_true(changed);
	assert_int_equal(state_dnssec_get(st, zone.id, &got), OK);
	assert_true(got.keys[0].stage == STATE_DNSSEC_SIGNS && got.keys[1].stage == STATE_DNSSEC_OLD &&
		    got.keys[2].stage == STATE_DNSSEC_SIGNS);
	state_at(st, TEST_NOW_MS + 9LL * 86400 * 1000);
	assert_int_equal(state_dnssec_turn(st, &changed), OK);
	assert_true(changed);
	assert_int_equal(state_dnssec_get(st, zone.id, &got), OK);
	assert_true(got.keys_n == 2 && got.keys[1].tag == 3);
	assert_int_equal(state_dnssec_turn(st, &changed), OK);
	assert_false(changed);
	state_close(st);
}

int test_dnssec(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(kept), cmocka_unit_test(parent), cmocka_unit_test(roll) };

	return cmocka_run_group_tests_name("dnssec", tests, NULL, NULL);
}
