/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_graphql: queries of GraphQL. What is read lies in the text and is bounded; what is refused has a place and a
 * reason; whatever it was, all of it is given back.
 */
#include "api/graphql_query.h"
#include "fuzz.h"

static size_t count(const struct graphql_field *f, struct slice text, size_t depth)
{
	size_t n = 0;

	FUZZ_CHECK(depth <= GRAPHQL_QUERY_DEPTH_MAX);
	for (; f; f = f->next) {
		FUZZ_CHECK(f->name.n && f->alias.n && fuzz_inside(text, f->name) && fuzz_inside(text, f->alias));
		FUZZ_CHECK(json_is_object(f->args));
		n += 1 + count(f->fields, text, depth + 1);
	}
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice text = slice_of(data, n);
	json_t *variables = json_pack("{s:i, s:[s]}", "a", 1, "b", "x");
	struct graphql_field *fields = NULL;
	struct arena_pool pool;
	struct arena arena;
	struct diag d;

	arena_pool_init(&pool, 0);
	arena_init(&arena, &pool, 1 << 20);
	diag_init(&d);
	if (graphql_query_parse(text, variables, &arena, &fields, &d) == OK)
		FUZZ_CHECK(count(fields, text, 1) <= GRAPHQL_QUERY_FIELDS_MAX);
	else
		FUZZ_CHECK(d.code != OK && d.where[0] && d.text[0]);
	graphql_query_free(fields);
	json_decref(variables);
	arena_reset(&arena);
	arena_pool_fini(&pool);
	return 0;
}
