/* SPDX-License-Identifier: Apache-2.0 */
/* client: see client.h. */
#include "client/client.h"

#include "base/mem.h"
#include "client/cli.h"
#include "client/target.h"

bool client_has(const char *word)
{
	return verb_noun_find(slice_str(word)) != NULL;
}

bool client_at(size_t i, const char **ret_name, const char **ret_summary)
{
	size_t n;
	const struct verb_noun *const *nouns = verb_nouns(&n);

	if (i >= n)
		return false;
	*ret_name = nouns[i]->name;
	*ret_summary = nouns[i]->summary;
	return true;
}

int client_main(const struct client_setup *setup, int argc, char **argv)
{
	struct cli *c = mem_alloc(sizeof *c);
	bool done;

	c->setup = setup;
	arena_pool_init(&c->pool, 0);
	arena_init(&c->arena, &c->pool, CLI_BYTES_MAX);
	int status = cli_parse(c, argc, argv, &done);
	if (!done && !c->verb->local)
		status = target_open(c);
	if (!done && status == CLIENT_OK)
		status = c->verb->run(c);
	if (fflush(stdout) != 0 && status == CLIENT_OK)
		status = cli_fail(c, "the output cannot be written");
	call_free(c->call);
	mem_free(c->node);
	arena_reset(&c->arena);
	arena_pool_fini(&c->pool);
	mem_free(c);
	return status;
}
