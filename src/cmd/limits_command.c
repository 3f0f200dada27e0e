/* SPDX-License-Identifier: Apache-2.0 */
/* limits_command: `seawall limits`: the table of base/limits.def for people. */
#include "cmd/cmd.h"
#include "cmd/settings.h"

#include <stdio.h>

static void limits_command__row(const struct limit_info *row, uint64_t value)
{
	printf("%-24s %llu %s%s\n    from %llu to %llu; default %llu\n    %s\n    at the bound: %s\n", row->name,
	       (unsigned long long)value, row->unit, value == row->def ? "" : " (set)", (unsigned long long)row->min,
	       (unsigned long long)row->max, (unsigned long long)row->def, row->why, row->at_bound);
}

int limits_command_main(int argc, char **argv)
{
	struct settings *s = settings_new();
	const struct args_option options[] = { SETTINGS_OPTIONS(s), { NULL, ARGS_FLAG, NULL } };
	size_t n;
	const struct limit_info *rows = limits_table(&n);

	limits_init(&s->node.limits);
	bool usage = args_read(argc, argv, options);
	bool ok = usage && (!s->file || settings_read(s));
	for (size_t i = 0; ok && i < n; i++)
		limits_command__row(&rows[i], limits_get(&s->node.limits, i));
	settings_free(s);
	return ok ? CMD_OK : usage ? CMD_FAILED : CMD_USAGE;
}
