/* SPDX-License-Identifier: Apache-2.0 */
/* test_host_table: hosts are found while the item that names them is live. */
#include "test_model.h"

#include "model/host_table.h"
#include "sys/snap.h"

#include <stdatomic.h>

static _Atomic int dropped;

static void drop(void *object)
{
	dropped += *(int *)object;
}

static void put(struct host_table *t, const char *name, const struct slice hosts[2], int *object)
{
	host_table_publish(t, &(struct host_table_item){ slice_str(name), hosts, 2, object });
}

static void hosts_are_found_while_it_lives(void **state)
{
	static const struct slice a[2] = { SLICE_INIT("a.test"), SLICE_INIT("*.a.test") };
	static const struct slice b[2] = { SLICE_INIT("b.test"), SLICE_INIT("b.test") };
	int one = 1, ten = 10, hundred = 100;

	assert_true(snap_thread_start());
	struct host_table *t = host_table_new(drop);
	assert_null(host_table_find(t, SLICE("a.test")));
	put(t, "1", a, &one);
	assert_ptr_equal(host_table_find(t, SLICE("a.test")), &one);
	assert_ptr_equal(host_table_find(t, SLICE("www.a.test")), &one);
	assert_null(host_table_find(t, SLICE("x.www.a.test")));
	assert_null(host_table_find(t, SLICE("test")));
	put(t, "1", b, &ten);
	snap_drain();
	assert_int_equal(dropped, 1);
	assert_null(host_table_find(t, SLICE("a.test")));
	assert_ptr_equal(host_table_find(t, SLICE("b.test")), &ten);
	put(t, "2", b, &hundred); /* takes the name over */
	host_table_remove(t, SLICE("1"));
	host_table_remove(t, SLICE("1"));
	assert_ptr_equal(host_table_find(t, SLICE("b.test")), &hundred);
	host_table_free(t);
	assert_int_equal(dropped, 111);
	host_table_free(NULL);
	snap_thread_stop();
}

int test_host_table(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts_are_found_while_it_lives),
	};

	return cmocka_run_group_tests_name("host_table", tests, NULL, NULL);
}
