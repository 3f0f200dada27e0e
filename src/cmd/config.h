/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config: the configuration file (INI, docs/CONFIG.md) and --set overrides, read strictly into struct node_config: an
 * unknown section or key, a bad value, a setting given twice or one that this version does not act upon is an error
 * that names file, line and key.
 */
#ifndef CMD_CONFIG_H
#define CMD_CONFIG_H

#include "base/buf.h"
#include "supervisor/node.h"

enum { CONFIG_BYTES_MAX = 1 << 20, CONFIG_SETS_MAX = 256 };

/* Where settings come from. Borrowed slices and strings. */
struct config_source {
	const char *file;        /* as the user named it; relative paths in it start at its folder */
	struct slice text;       /* its content */
	const char *const *sets; /* "section.key=value"; relative paths start at the current folder */
	size_t sets_n;
};

/* Reads a file. errors: ERR_CONFIG with file and reason. */
enum err config_load(const char *file, struct buf *text, struct diag *d) MUST_USE;
/* Parses and fills defaults in. errors: ERR_CONFIG with d->where "file:line: [section] key" or "--set section.key". */
enum err config_parse(const struct config_source *source, struct node_config *ret, struct diag *d) MUST_USE;

/* The source as one piece of bytes for children, and back: slices and strings are borrowed from blob, which is changed
 * (lines become strings); sets has room for CONFIG_SETS_MAX. errors: ERR_QUEUE_FULL; ERR_CONFIG. */
enum err config_pack(const struct config_source *source, struct buf *blob) MUST_USE;
enum err config_unpack(char *blob, size_t n, const char **sets, struct config_source *ret) MUST_USE;

#endif
