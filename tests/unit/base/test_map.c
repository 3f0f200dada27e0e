/* SPDX-License-Identifier: Apache-2.0 */
/* The map from bytes to pointers. */
#include "groups.h"

#include "base/map.h"

#include <stdio.h>

enum { MANY = 5000 };

static void empty(void **state)
{
	struct map m;
	struct slice key;
	void *value;
	size_t at = 0;

	map_init(&m);
	assert_null(map_get(&m, SLICE("a")));
	assert_false(map_next(&m, &at, &key, &value));
	map_fini(&m);
}

static void put_get_replace(void **state)
{
	struct map m;
	int a, b;

	map_init(&m);
	assert_null(map_put(&m, SLICE("k"), &a));
	assert_ptr_equal(map_get(&m, SLICE("k")), &a);
	assert_ptr_equal(map_put(&m, SLICE("k"), &b), &a);
	assert_ptr_equal(map_get(&m, SLICE("k")), &b);
	assert_int_equal(m.count, 1);
	assert_null(map_get(&m, SLICE("K")));
	assert_null(map_get(&m, SLICE("")));
	assert_null(map_put(&m, SLICE(""), &a)); /* the empty key is a key */
	assert_ptr_equal(map_get(&m, slice_of(NULL, 0)), &a);
	assert_null(map_put(&m, SLICE("k\0x"), &a));
	assert_ptr_equal(map_get(&m, SLICE("k")), &b);
	map_fini(&m);
	assert_int_equal(m.count, 0);
}

static void many(void **state)
{
	static char keys[MANY][16];
	static int values[MANY], seen[MANY];
	struct map m;
	struct slice key;
	void *value;
	size_t at = 0, count = 0;

	map_init(&m);
	for (int i = 0; i < MANY; i++) {
		snprintf(keys[i], sizeof keys[i], "key-%d", i);
		assert_null(map_put(&m, slice_str(keys[i]), &values[i]));
		assert_true(m.count * 2 <= m.cap + 2);
	}
	for (int i = 0; i < MANY; i++)
		assert_ptr_equal(map_get(&m, slice_str(keys[i])), &values[i]);
	assert_null(map_get(&m, SLICE("key-5000")));
	while (map_next(&m, &at, &key, &value)) {
		size_t i = (size_t)((int *)value - values);
		assert_slice_eq(key, slice_str(keys[i]), __FILE__, __LINE__);
		assert_int_equal(seen[i]++, 0);
		count++;
	}
	assert_int_equal(count, MANY);
	map_fini(&m);
}

int test_map(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty),
		cmocka_unit_test(put_get_replace),
		cmocka_unit_test(many),
	};
	return cmocka_run_group_tests_name("map", tests, NULL, NULL);
}
