/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expr: what typical rules cost, in nanoseconds for one evaluation on one core, against the request of expr_world.h.
 * Values of fields are ready-made there, so this is the price of the language, not of the request. usage:
 * build/bench/bench-expr [rounds]
 */
#include "expr_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const char *const rules[] = {
	"true",
	"http.host eq \"www.example.com\"",
	"http.host eq \"www.example.com\" and starts_with(http.request.uri.path, \"/shop\")",
	"ip.src in {10.0.0.0/8 192.0.2.0/24 198.51.100.0/24 2001:db8::/32}",
	"not ip.src in $office and http.request.method in {\"POST\" \"PUT\" \"DELETE\"}",
	"http.request.uri.path wildcard \"/shop/*.php\"",
	"http.request.uri.path matches \"^/shop/[A-Za-z]+\\.(php|asp)$\"",
	"any(lower(http.request.headers[\"x-list\"][*])[*] eq \"two\")",
	"len(http.request.uri.query) gt 1000 or lower(http.user_agent) contains \"sqlmap\"",
};

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
	long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 1000000;
	struct expr_world_lists lists = expr_world_lists();
	struct arena_pool pool;
	struct arena arena;
	struct expr_world world = { &arena, 0 };
	struct expr_env env = { expr_world__get, &world, &arena, expr_scratch_new(), false };
	struct expr_options o = { .want = EXPR_WANT_BOOL, .list = expr_world_list, .list_of = &lists };
	unsigned yes = 0;

	arena_pool_init(&pool, 8);
	arena_init(&arena, &pool, 1 << 20);
	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
		struct expr *e;
		struct diag d;
		diag_init(&d);
		if (expr_compile(slice_str(rules[i]), &o, &e, &d) != OK) {
			fprintf(stderr, "%s: %s: %s\n", rules[i], d.where, d.text);
			return 1;
		}
		double best = 1e18;
		for (int turn = 0; turn < 5; turn++) {
			double begin = now_ns();
			for (long n = 0; n < rounds; n++) {
				yes += expr_test(e, &env);
				arena_reset(&arena);
			}
			double each = (now_ns() - begin) / (double)rounds;
			best = each < best ? each : best;
		}
		printf("%7.1f ns  %s\n", best, rules[i]);
		expr_free(e);
	}
	expr_scratch_free(env.scratch);
	arena_pool_fini(&pool);
	expr_world_lists_free(&lists);
	return yes == 0;
}
