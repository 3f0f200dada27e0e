/* SPDX-License-Identifier: Apache-2.0 */
/* ca_command: `seawall ca export`: the root of the internal authority, for clients that are to trust
 * it; with --origin-pull of the one whose certificates origins are shown. */
#include "cmd/cmd.h"
#include "cmd/settings.h"

#include <errno.h>
#include <stdio.h>

static int ca_command__export(const struct node_config *node, bool pull)
{
	char path[NODE_PATH_BYTES + 32], text[4096];
	size_t n;

	snprintf(path, sizeof path, "%s/run/%s", node->data, pull ? "origin-pull.pem" : "ca.pem");
	FILE *f = fopen(path, "re");
	if (!f) {
		fprintf(stderr, "seawall ca: %s: %s; control writes it when it runs with [listen] %s\n", path,
			strerrordesc_np(errno), pull ? "api" : "https");
		return CMD_FAILED;
	}
	while ((n = fread(text, 1, sizeof text, f)) > 0)
		fwrite(text, 1, n, stdout);
	fclose(f);
	return CMD_OK;
}

int ca_command_main(int argc, char **argv)
{
	struct settings *s = settings_new();
	const struct args_option options[] = { SETTINGS_OPTIONS(s), { NULL, ARGS_FLAG, NULL } };
	bool export = argc > 1 && strcmp(argv[1], "export") == 0;
	bool pull = export && argc > 2 && strcmp(argv[2], "--origin-pull") == 0;
	int status = CMD_USAGE;

	if (!export)
		fprintf(stderr, "usage: seawall ca export [--origin-pull] --config FILE\n");
	else if (args_read(argc - 1 - pull, argv + 1 + pull, options))
		status = settings_read(s) ? ca_command__export(&s->node, pull) : CMD_FAILED;
	settings_free(s);
	return status;
}
