/* SPDX-License-Identifier: Apache-2.0 */
/* Bump allocation, with and without -Dasan_arena. */
#include "groups.h"

#include "base/arena.h"

static void budget_is_sticky(void **state)
{
	struct arena_pool pool;
	struct arena a;

	arena_pool_init(&pool, 4);
	arena_init(&a, &pool, 64);
	assert_non_null(arena_alloc(&a, 48));
	assert_false(arena_full(&a));
	assert_null(arena_alloc(&a, 32));
	assert_true(arena_full(&a));
	assert_null(arena_alloc(&a, 1)); /* there would be room, but full is sticky */
	assert_int_equal(arena_copy(&a, SLICE("x")).n, 0);
	assert_int_equal(arena_printf(&a, "x").n, 0);
	arena_reset(&a);
	assert_false(arena_full(&a));
	assert_non_null(arena_alloc(&a, 64));
	arena_reset(&a);
	arena_pool_fini(&pool);
}

static void sizes_beyond_the_budget(void **state)
{
	static const size_t sizes[] = { 65, SIZE_MAX, SIZE_MAX - 7, SIZE_MAX - 15, SIZE_MAX / 2 };
	struct arena a;

	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		arena_init(&a, NULL, 64);
		assert_null(arena_alloc(&a, sizes[i]));
		assert_true(arena_full(&a));
		arena_reset(&a);
	}
}

/* Allocations of all sizes are aligned and do not overlap. */
static void all_sizes(void **state)
{
	struct arena_pool pool;
	struct arena a;
	unsigned char *p[600];

	arena_pool_init(&pool, 8);
	arena_init(&a, &pool, 1 << 20);
	for (size_t n = 0; n < 600; n++) {
		p[n] = arena_alloc(&a, n);
		assert_non_null(p[n]);
		assert_int_equal((uintptr_t)p[n] % 16, 0);
		memset(p[n], (int)(n & 0xff), n);
	}
	for (size_t n = 0; n < 600; n++)
		for (size_t i = 0; i < n; i++)
			assert_int_equal(p[n][i], n & 0xff);
	arena_reset(&a);
	arena_pool_fini(&pool);
}

static void large_and_small(void **state)
{
	struct arena_pool pool;
	struct arena a;

	arena_pool_init(&pool, 8);
	arena_init(&a, &pool, 1 << 20);
	char *small = arena_alloc(&a, 16);
	char *large = arena_alloc(&a, 3 * ARENA_BLOCK_BYTES);
	char *next = arena_alloc(&a, 16);
	assert_true(small && large && next);
	memset(small, 1, 16);
	memset(large, 2, 3 * ARENA_BLOCK_BYTES);
	memset(next, 3, 16);
	assert_true(small[15] == 1 && large[0] == 2 && large[3 * ARENA_BLOCK_BYTES - 1] == 2 && next[0] == 3);
	assert_true(a.used_bytes >= 3 * ARENA_BLOCK_BYTES + 32);
	arena_reset(&a);
	assert_int_equal(a.used_bytes, 0);
	arena_pool_fini(&pool);
}

static void pool_keeps_a_few_blocks(void **state)
{
	struct arena_pool pool;
	struct arena a;

	arena_pool_init(&pool, 2);
	arena_init(&a, &pool, 1 << 20);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 40; i++)
			assert_non_null(arena_alloc(&a, 1000));
		arena_reset(&a);
		assert_true(pool.free_count <= 2);
	}
	arena_pool_fini(&pool);
	assert_int_equal(pool.free_count, 0);
}

static void copies_and_zeroes(void **state)
{
	struct arena a;
	char *z;

	arena_init(&a, NULL, 4096);
	z = arena_zalloc(&a, 100);
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(z[i], 0);
	assert_slice(arena_copy(&a, SLICE("a\0b")), "a\0b");
	struct slice empty = arena_copy(&a, slice_of(NULL, 0));
	assert_non_null(empty.p);
	assert_int_equal(empty.n, 0);
	assert_slice(arena_printf(&a, "%s-%d", "x", 42), "x-42");
	assert_false(arena_full(&a));
	arena_reset(&a);
}

int test_arena(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(budget_is_sticky),
		cmocka_unit_test(sizes_beyond_the_budget),
		cmocka_unit_test(all_sizes),
		cmocka_unit_test(large_and_small),
		cmocka_unit_test(pool_keeps_a_few_blocks),
		cmocka_unit_test(copies_and_zeroes),
	};
	return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
