/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seclang: reads rules in the language of ModSecurity into a rule_set: what the Core Rule Set 3.3 and 4 and its users
 * write. What is not supported is an error that names file and line; what is accepted without effect here leaves a
 * note. No I/O: files come through struct seclang_source.
 *
 * Order: seclang_load for each file of rules, then seclang_finish, then the set is read-only.
 */
#ifndef WAF_SECLANG_H
#define WAF_SECLANG_H

#include "base/diag.h"
#include "waf/rule.h"

enum { SECLANG_PATH_BYTES = 1024, SECLANG_FILE_BYTES_MAX = 16 * 1024 * 1024 };

/* Where the bytes of Include, @pmFromFile and @ipMatchFromFile come from. */
struct seclang_source {
	void *ctx;
	/* The whole file; the bytes must live until seclang_finish returned. Any error is reported at the rule. */
	enum err (*read)(void *ctx, const char *path, struct slice *ret_text);
	/* The i-th path that a pattern of Include names, in order of names; ERR_NOT_FOUND past the last. */
	enum err (*match)(void *ctx, const char *pattern, size_t i, char *ret_path, size_t cap);
};

struct seclang;

/* A reader that adds to set. source may be NULL: then files are refused. Caller frees with seclang_free. */
struct seclang *seclang_new(struct rule_set *set, const struct seclang_source *source);
/* Frees the reader, not the set; NULL is fine. */
void seclang_free(struct seclang *l);
/*
 * Reads a text and what it includes. file: its path, for messages and relative names.
 * errors: ERR_CONFIG, ERR_RANGE, ERR_NOT_FOUND, ERR_MEMORY with d->where = "file:line". The set is of no use then.
 */
enum err seclang_load(struct seclang *l, struct slice text, const char *file, struct diag *d) MUST_USE;
/*
 * Applies removals and updates, resolves markers and defaults, and fills the lists of the phases.
 * errors: as seclang_load, e.g. a skipAfter without its marker, a chain without its end.
 */
enum err seclang_finish(struct seclang *l, struct diag *d) MUST_USE;

#endif
