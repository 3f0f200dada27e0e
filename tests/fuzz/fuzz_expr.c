/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_expr: expressions of people. A refused one has a column and a reason; an accepted one gives the same answer as
 * the evaluator that walks the tree, and its steps are bounded.
 */
#include "fuzz.h"

#include "expr_world.h"

static struct expr_scratch *scratch;

static void compare(struct slice text, const struct expr_options *o, const struct expr *e)
{
	struct expr_tree t;
	struct diag d;
	struct arena_pool pool;
	struct arena one, two;

	diag_init(&d);
	FUZZ_CHECK(expr_tree_parse(text, o, &d, &t) == OK);
	arena_pool_init(&pool, 4);
	arena_init(&one, &pool, 1 << 20);
	arena_init(&two, &pool, 1 << 20);
	if (!scratch)
		scratch = expr_scratch_new();
	struct expr_world w1 = { &one, 0 }, w2 = { &two, 0 };
	struct expr_env env1 = { expr_world__get, &w1, &one, scratch, false };
	struct expr_env env2 = { expr_world__get, &w2, &two, scratch, false };
	struct expr_value naive = expr_world__naive(&t, &env2, (uint32_t)t.nodes_n - 1);
	if (o->want == EXPR_WANT_BOOL) {
		bool yes = expr_test(e, &env1);
		FUZZ_CHECK(env1.gave_up || env2.gave_up || yes == expr_world__truth(naive));
		FUZZ_CHECK(yes == expr_test(e, &env1));
	} else {
		struct slice got = expr_text(e, &env1);
		FUZZ_CHECK(env1.gave_up || env2.gave_up || naive.type != EXPR_BYTES || slice_eq(got, naive.s));
	}
	FUZZ_CHECK(w1.asked <= 2 * text.n + 2);
	arena_reset(&one);
	arena_reset(&two);
	arena_pool_fini(&pool);
	expr_tree_fini(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct expr_world_lists lists = expr_world_lists();

	for (int want = EXPR_WANT_BOOL; want <= EXPR_WANT_TEXT; want++) {
		struct expr_options o = {
			.want = (enum expr_want)want, .response = true, .list = expr_world_list, .list_of = &lists
		};
		struct slice text = slice_of(data, n);
		struct expr *e = NULL;
		struct diag d;
		diag_init(&d);
		if (expr_compile(text, &o, &e, &d) == OK) {
			compare(text, &o, e);
			expr_free(e);
		} else {
			unsigned column = 0;
			FUZZ_CHECK(d.code == ERR_SYNTAX && d.text[0]);
			FUZZ_CHECK(sscanf(d.where, "column %u", &column) == 1 && column >= 1 && column <= n + 1);
		}
	}
	expr_world_lists_free(&lists);
	return 0;
}
