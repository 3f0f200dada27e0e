/* SPDX-License-Identifier: Apache-2.0 */
/* test_args: options of commands. */
#include "test_cmd.h"

#include "cmd/args.h"

#include <string.h>

struct got {
	bool check;
	const char *config;
	int fd;
	const char *items[2];
	struct args_list list;
};

static bool read_args(struct got *g, int argc, char *const *argv)
{
	*g = (struct got){ .fd = -1 };
	g->list = (struct args_list){ g->items, 0, 2 };
	const struct args_option options[] = {
		{ "--config", ARGS_TEXT, &g->config },
		{ "--check", ARGS_FLAG, &g->check },
		{ "--fd", ARGS_NUMBER, &g->fd },
		{ "--set", ARGS_LIST, &g->list },
		{ NULL, ARGS_FLAG, NULL },
	};
	return args_read(argc, argv, options);
}

#define ARGS(...)                                                                                                      \
	sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *),                                                      \
		(char *const *)(uintptr_t)((const char *[]){ __VA_ARGS__ })

static void options_are_read(void **state)
{
	struct got g;

	assert_true(read_args(&g, ARGS("serve")));
	assert_true(
		read_args(&g, ARGS("serve", "--config", "f", "--check", "--set=a.b=c", "--set", "d.e=f", "--fd=7")));
	assert_string_equal(g.config, "f");
	assert_true(g.check);
	assert_int_equal(g.fd, 7);
	assert_int_equal(g.list.n, 2);
	assert_string_equal(g.items[0], "a.b=c");
	assert_string_equal(g.items[1], "d.e=f");
}

static void wrong_options_are_refused(void **state)
{
	struct got g;

	assert_false(read_args(&g, ARGS("serve", "--confg", "f")));
	assert_false(read_args(&g, ARGS("serve", "f")));
	assert_false(read_args(&g, ARGS("serve", "--config")));
	assert_false(read_args(&g, ARGS("serve", "--check=yes")));
	assert_false(read_args(&g, ARGS("serve", "--fd", "x")));
	assert_false(read_args(&g, ARGS("serve", "--fd", "99999999999")));
	assert_false(read_args(&g, ARGS("serve", "--set", "1", "--set", "2", "--set", "3")));
}

int test_args(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_are_read),
		cmocka_unit_test(wrong_options_are_refused),
	};

	return cmocka_run_group_tests_name("args", tests, NULL, NULL);
}
