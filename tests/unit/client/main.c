/* SPDX-License-Identifier: Apache-2.0 */
/* unit-client: the tests of src/client, one group per file. */
#include "test_client.h"

#include "base/mem.h"

#include <stdio.h>
#include <unistd.h>

struct cli *run_new(const char *const *words, int *ret_status)
{
	struct cli *c = mem_alloc(sizeof *c);
	char *argv[16];
	bool done;
	int n = 0;

	arena_pool_init(&c->pool, 0);
	arena_init(&c->arena, &c->pool, CLI_BYTES_MAX);
	for (; words[n]; n++)
		argv[n] = (char *)(uintptr_t)words[n];
	argv[n] = NULL;
	*ret_status = cli_parse(c, n, argv, &done);
	return c;
}

void run_free(struct cli *c)
{
	call_free(c->call);
	mem_free(c->node);
	arena_reset(&c->arena);
	arena_pool_fini(&c->pool);
	mem_free(c);
}

void printed(void (*fn)(struct cli *c), struct cli *c, char *out, size_t cap)
{
	int pipes[2], before;

	fflush(stdout);
	assert_int_equal(pipe(pipes), 0);
	before = dup(STDOUT_FILENO);
	dup2(pipes[1], STDOUT_FILENO);
	fn(c);
	fflush(stdout);
	dup2(before, STDOUT_FILENO);
	close(before);
	close(pipes[1]);
	ssize_t n = read(pipes[0], out, cap - 1);
	close(pipes[0]);
	out[n > 0 ? n : 0] = '\0';
}

int main(void)
{
	return test_cli() + test_columns() + test_rules_phase() + test_target() + test_verb();
}
