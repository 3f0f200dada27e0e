/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies in memory: every byte is where its offset says, whatever the sizes of the pieces that came. */
#include "test_cache.h"

#include "base/mem.h"
#include "base/rng.h"
#include "cache/object.h"

enum { BOUND = 8 << 20 };

static char pattern(uint64_t at)
{
	return (char)(at * 2654435761u >> 13);
}

static struct cache *new_cache(void)
{
	struct limits l;

	limits_init(&l);
	l.cache_bytes_max = 64 << 20;
	return cache_new(&l, 1);
}

/* Appends `total` bytes in pieces of at most `piece_max` and reads them back run by run. */
static void round_trip(struct cache *c, uint64_t announced, uint64_t total, size_t piece_max)
{
	struct cache__body *b = body__new(c, announced, BOUND);
	struct rng rng;
	char *piece = mem_alloc(piece_max);
	uint64_t at = 0;
	size_t runs = 0;

	rng_seed(&rng, total + piece_max);
	while (at < total) {
		size_t n = 1 + (size_t)(rng_next(&rng) % piece_max);
		if (n > total - at)
			n = total - at;
		for (size_t i = 0; i < n; i++)
			piece[i] = pattern(at + i);
		assert_int_equal(body__append(c, b, slice_of(piece, n)), OK);
		at += n;
		assert_int_equal(body__bytes(b), at);
	}
	mem_free(piece);
	for (at = 0; at < total; runs++) {
		struct slice run = body__run(b, at, total);
		assert_true(run.n > 0);
		for (size_t i = 0; i < run.n; i += 97)
			assert_int_equal(run.p[i], pattern(at + i));
		assert_int_equal(run.p[run.n - 1], pattern(at + run.n - 1));
		at += run.n;
	}
	assert_true(runs <= 12 + total / (1 << 20));
	assert_int_equal(at, total);
	assert_int_equal(body__run(b, total, total).n, 0);
	assert_int_equal(body__run(b, total + 5, total).n, 0);
	/* At most half is unused, but for the smallest. */
	assert_true(b->charged < 2 * total + (total <= 1024 ? 2048 : 8192));
	if (announced != UINT64_MAX)
		assert_true(b->charged < total + 1024);
	body__unref(c, b);
}

static void sizes(void **state)
{
	static const uint64_t totals[] = {
		0,     1,     1023,          1024,    1025,          4096,    5000,    5120,
		65536, 65537, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 2095104, 3 << 20, (5 << 20) + 77,
		BOUND
	};
	struct cache *c = new_cache();

	for (size_t i = 0; i < sizeof totals / sizeof totals[0]; i++) {
		for (size_t piece = 100; piece <= 1000000; piece *= 100) {
			if (totals[i] / piece > 60000)
				continue;
			round_trip(c, totals[i], totals[i], piece);
			round_trip(c, UINT64_MAX, totals[i], piece);
		}
	}
	assert_int_equal(c->bytes, 0);
	cache_free(c);
}

static void bounds(void **state)
{
	struct cache *c = new_cache();
	struct cache__body *b = body__new(c, 3, BOUND);

	assert_int_equal(body__append(c, b, SLICE("ab")), OK);
	assert_int_equal(body__append(c, b, SLICE("cd")), ERR_BODY_LARGE);
	assert_int_equal(body__append(c, b, SLICE("c")), OK);
	assert_int_equal(body__state(b), BODY__OPEN);
	body__ref(b);
	body__end(b, BODY__WHOLE);
	body__unref(c, b);
	assert_int_equal(body__state(b), BODY__WHOLE);
	body__unref(c, b);
	body__unref(c, NULL);
	b = body__new(c, UINT64_MAX, 3);
	assert_int_equal(body__append(c, b, SLICE("abc")), OK);
	assert_int_equal(body__append(c, b, SLICE("d")), ERR_BODY_LARGE);
	body__unref(c, b);
	cache_free(c);
}

int test_body(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),
		cmocka_unit_test(bounds),
	};

	return cmocka_run_group_tests_name("cache/body", tests, NULL, NULL);
}
