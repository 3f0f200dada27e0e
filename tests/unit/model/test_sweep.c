/* SPDX-License-Identifier: Apache-2.0 */
/* test_sweep: names that come and go do not stay for ever. */
#include "test_model.h"

#include "base/mem.h"
#include "model/sweep.h"

#include <stdio.h>

struct thing {
	bool dead;
	char name[16];
};

static bool is_dead(const void *thing)
{
	return ((const struct thing *)thing)->dead;
}

static void churn_is_bounded(void **state)
{
	struct map m;
	size_t at = 0, largest = 0;
	struct slice key;
	void *value;

	map_init(&m);
	for (int i = 0; i < 100000; i++) {
		struct thing *t = mem_alloc(sizeof *t);
		snprintf(t->name, sizeof t->name, "%d", i);
		t->dead = i % 1000 != 0;
		map_put(&m, slice_str(t->name), t);
		sweep_map(&m, &at, is_dead, mem_free);
		largest = m.count > largest ? m.count : largest;
	}
	assert_true(largest < 6000);
	for (int i = 0; i < 100000; i += 1000) {
		char name[16];
		snprintf(name, sizeof name, "%d", i);
		assert_non_null(map_get(&m, slice_str(name)));
	}
	for (size_t i = 0; map_next(&m, &i, &key, &value);)
		mem_free(value);
	map_fini(&m);
}

int test_sweep(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(churn_is_bounded) };

	return cmocka_run_group_tests_name("sweep", tests, NULL, NULL);
}
