/* SPDX-License-Identifier: Apache-2.0 */
/* test_tops: the summary finds whatever is frequent, in whatever order it comes, and tells the most first. */
#include "test_edge.h"

#include "base/mem.h"
#include "base/rng.h"
#include "edge/tops.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static void say(struct tops_list *l, uint32_t value)
{
	struct tops_entry *e = tops_count(l, value, 1);

	if (e)
		e->n = (uint16_t)snprintf(e->text, sizeof e->text, "v%u", value);
}

static const struct tops_entry *find(const struct tops_list *l, uint32_t value)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->e[i].hash == value)
			return &l->e[i];
	return NULL;
}

/* Every value with more than 1/TOPS_ENTRIES of all is there, and counted no less than it came. */
static void frequent_values_are_found(void **state)
{
	struct tops_list *l = mem_alloc(sizeof *l);
	uint32_t real[8] = { 0 };
	struct rng rng;

	rng_seed(&rng, 3);
	for (uint32_t i = 0; i < 20000; i++) {
		uint64_t r = rng_next(&rng) % 100;
		uint32_t value = r < 50 ? (uint32_t)(r % 5) : 1000 + (uint32_t)(rng_next(&rng) % 5000);
		if (value < 8)
			real[value]++;
		say(l, value);
	}
	assert_int_equal(l->n, TOPS_ENTRIES);
	for (uint32_t v = 0; v < 5; v++) {
		const struct tops_entry *e = find(l, v);
		char text[16];
		assert_non_null(e);
		assert_true(e->count >= real[v] && e->count <= real[v] + 20000 / TOPS_ENTRIES);
		snprintf(text, sizeof text, "v%u", v);
		assert_int_equal(e->n, strlen(text));
		assert_memory_equal(e->text, text, e->n);
	}
	mem_free(l);
}

static void the_most_come_first(void **state)
{
	struct tops *t = mem_alloc(sizeof *t);
	char memory[8192];
	struct text out = text_of(memory, sizeof memory);

	for (uint32_t v = 0; v < 20; v++)
		for (uint32_t n = 0; n <= v; n++)
			say(&t->lists[TOPS_AGENT], v);
	tops_json(t, &out);
	assert_false(out.bad);
	json_t *v = json_loadb(out.p, out.n, 0, NULL);
	assert_non_null(v);
	assert_int_equal(json_array_size(json_object_get(v, "path")), 0);
	const json_t *list = json_object_get(v, "agent");
	assert_int_equal(json_array_size(list), TOPS_TOLD);
	for (size_t i = 0; i < TOPS_TOLD; i++)
		assert_int_equal(json_integer_value(json_array_get(json_array_get(list, i), 1)), 20 - i);
	assert_string_equal(json_string_value(json_array_get(json_array_get(list, 0), 0)), "v19");
	json_decref(v);
	mem_free(t);
}

int test_tops(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frequent_values_are_found),
		cmocka_unit_test(the_most_come_first),
	};

	return cmocka_run_group_tests_name("tops", tests, NULL, NULL);
}
