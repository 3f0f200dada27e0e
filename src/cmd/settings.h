/* SPDX-License-Identifier: Apache-2.0 */
/* settings: --config and --set of a command, read into a node_config, with the sentence on stderr when that fails. */
#ifndef CMD_SETTINGS_H
#define CMD_SETTINGS_H

#include "cmd/args.h"
#include "cmd/config.h"

struct settings {
	const char *file; /* --config */
	const char *set_items[CONFIG_SETS_MAX];
	struct args_list sets; /* --set */
	struct buf text;       /* of the file */
	struct config_source source;
	struct node_config node;
};

/* For the option table of a command. */
#define SETTINGS_OPTIONS(s)                                                                                            \
	{ "--config", ARGS_TEXT, &(s)->file },                                                                         \
	{                                                                                                              \
		"--set", ARGS_LIST, &(s)->sets                                                                         \
	}

/* Nothing given yet; the caller frees with settings_free. Large: on the heap. */
struct settings *settings_new(void) __attribute__((returns_nonnull));
/* NULL is fine. */
void settings_free(struct settings *s);
/* Reads file and overrides into s->node. False after a sentence on stderr. */
bool settings_read(struct settings *s);

#endif
