/* SPDX-License-Identifier: Apache-2.0 */
/* test_firewall_store: compiled databases come back by their key, and what nobody used is swept away. */
#include "test_edge.h"

#include "edge/firewall_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint8_t one[SCAN_KEY_BYTES] = { 1 }, two[SCAN_KEY_BYTES] = { 2 };

static bool loads(struct firewall_store *s, const uint8_t *key, struct slice want)
{
	struct buf b;

	buf_init(&b, SCAN_STORED_BYTES_MAX);
	bool there = firewall_store_load(s, key, &b), same = there && slice_eq(buf_slice(&b), want);
	buf_fini(&b);
	return same;
}

static void kept_by_key_until_unused(void **state)
{
	char data[] = "/tmp/seawall-store-XXXXXX", folder[64], other[96];
	struct firewall_store s, later;

	assert_non_null(mkdtemp(data));
	snprintf(folder, sizeof folder, "%s/edge", data);
	snprintf(other, sizeof other, "%s/plan.journal", folder);
	firewall_store_init(&s, data);
	firewall_store_save(&s, one, SLICE("lost")); /* no folder: done without */
	assert_false(loads(&s, one, SLICE("lost")));
	assert_int_equal(mkdir(folder, 0700), 0);
	firewall_store_save(&s, one, SLICE("first"));
	firewall_store_save(&s, two, SLICE("second"));
	firewall_store_save(&s, two, SLICE("second again"));
	assert_true(loads(&s, one, SLICE("first")) && loads(&s, two, SLICE("second again")));
	FILE *f = fopen(other, "w");
	assert_non_null(f);
	fclose(f);

	firewall_store_init(&later, data);
	assert_true(loads(&later, two, SLICE("second again")));
	firewall_store_sweep(&later);
	assert_true(loads(&later, two, SLICE("second again")));
	assert_false(loads(&later, one, SLICE("first")));
	assert_int_equal(access(other, F_OK), 0); /* what is not its own stays */

	firewall_store_init(&later, data);
	firewall_store_sweep(&later);
	assert_false(loads(&later, two, SLICE("second again")));
	assert_int_equal(unlink(other), 0);
	assert_int_equal(rmdir(folder), 0); /* nothing else is left */
	assert_int_equal(rmdir(data), 0);
}

int test_firewall_store(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(kept_by_key_until_unused) };

	return cmocka_run_group_tests_name("firewall_store", tests, NULL, NULL);
}
