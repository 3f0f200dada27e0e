/* SPDX-License-Identifier: Apache-2.0 */
/* client_command: what the client room is lent: reading the configuration, and the names of the other commands. */
#include "cmd/cmd.h"
#include "cmd/config.h"

static enum err client_command__load(const char *file, struct node_config *ret, struct diag *d)
{
	struct config_source source = { .file = file };
	struct buf text;

	buf_init(&text, CONFIG_BYTES_MAX);
	enum err e = config_load(file, &text, d);
	if (e == OK) {
		source.text = buf_slice(&text);
		e = config_parse(&source, ret, d);
	}
	buf_fini(&text);
	return e;
}

int client_command_main(const struct client_other *others, size_t n, int argc, char **argv)
{
	const struct client_setup setup = { client_command__load, others, n };

	return client_main(&setup, argc, argv);
}
