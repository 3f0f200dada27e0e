/* SPDX-License-Identifier: Apache-2.0 */
/* test_request_id: which ids are kept, and what a new one looks like. */
#include "test_router.h"

#include "router/request_id.h"

static void usable_ids_are_kept(void **state)
{
	char most[REQUEST_ID_MOST + 1];

	memset(most, 'a', sizeof most);
	assert_true(request_id_is_kept(slice_of(most, REQUEST_ID_LEAST)));
	assert_true(request_id_is_kept(slice_of(most, REQUEST_ID_MOST)));
	assert_true(request_id_is_kept(SLICE("ABCxyz0189+=/-abcdef")));
	assert_false(request_id_is_kept(slice_of(most, REQUEST_ID_LEAST - 1)));
	assert_false(request_id_is_kept(slice_of(most, REQUEST_ID_MOST + 1)));
	assert_false(request_id_is_kept(SLICE("")));
	static const char bad[] = "_.,\" \\\n\x80:;";
	for (size_t i = 0; bad[i]; i++) {
		most[3] = bad[i];
		assert_false(request_id_is_kept(slice_of(most, 40)));
	}
}

static void new_ids_are_uuids(void **state)
{
	struct rng rng;
	char id[REQUEST_ID_BYTES], other[REQUEST_ID_BYTES];

	rng_seed(&rng, 7);
	request_id_make(&rng, id);
	request_id_make(&rng, other);
	assert_memory_not_equal(id, other, sizeof id);
	assert_true(id[8] == '-' && id[13] == '-' && id[18] == '-' && id[23] == '-');
	assert_true(id[14] == '4' && strchr("89ab", id[19]));
	assert_true(request_id_is_kept(slice_of(id, sizeof id)));
}

int test_request_id(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(usable_ids_are_kept),
		cmocka_unit_test(new_ids_are_uuids),
	};

	return cmocka_run_group_tests_name("request_id", tests, NULL, NULL);
}
