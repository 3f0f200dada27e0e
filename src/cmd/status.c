/* SPDX-License-Identifier: Apache-2.0 */
/* status: `seawall status`: what control wrote to DATA/run/status.json, as a page or as it is. */
#include "cmd/cmd.h"
#include "cmd/settings.h"
#include "control/report.h"
#include "supervisor/rundir.h"

#include <stdio.h>

static int status__print(const struct settings *s, bool json)
{
	char path[NODE_PATH_BYTES + 32], text[DIAG_TEXT_BYTES + DIAG_WHERE_BYTES + 4];
	struct buf out;
	struct diag d;

	diag_init(&d);
	buf_init(&out, (size_t)1 << 30);
	snprintf(path, sizeof path, "%s/run/status.json", s->node.data);
	enum err e = json ? report_raw(path, &out, &d) : report_page(path, rundir_pid(&s->node), &out, &d);
	if (e == OK)
		fwrite(buf_slice(&out).p, 1, buf_len(&out), stdout);
	else
		fprintf(stderr, "seawall status: %s\n", diag_print(&d, text, sizeof text));
	buf_fini(&out);
	return e == OK ? CMD_OK : CMD_FAILED;
}

int status_main(int argc, char **argv)
{
	struct settings *s = settings_new();
	bool json = false;
	const struct args_option options[] = {
		SETTINGS_OPTIONS(s),
		{ "--json", ARGS_FLAG, &json },
		{ NULL, ARGS_FLAG, NULL },
	};
	int status = CMD_USAGE;

	if (args_read(argc, argv, options))
		status = settings_read(s) ? status__print(s, json) : CMD_FAILED;
	settings_free(s);
	return status;
}
