/* SPDX-License-Identifier: Apache-2.0 */
/*
 * waf_item: a plan item of kind "waf": the files of a firewall rule set with their contents, so that an edge needs no
 * file of its own and boots with the last good rules. Control makes it of the files that [waf] rules names.
 */
#ifndef MODEL_WAF_ITEM_H
#define MODEL_WAF_ITEM_H

#include "base/buf.h"
#include "base/diag.h"
#include "base/slice.h"

/* A file as the rules name it. */
struct waf_file {
	struct slice path, bytes;
};

/* What a pattern of Include stood for, in order. */
struct waf_glob {
	struct slice pattern;
	struct slice *paths;
	size_t paths_n;
};

struct waf_item {
	struct slice name;
	struct slice *load; /* paths to read, in order; each is one of the files */
	size_t load_n;
	struct waf_file *files;
	size_t files_n;
	struct waf_glob *globs;
	size_t globs_n;
};

/*
 * Reads {"kind":"waf","name","load":[path…],"files":[{"path","text" or "base64"}…],"globs":[{"pattern","paths":[…]}…]}
 * strictly. out: *ret, the caller's (waf_item_free). errors: ERR_PLAN with the member's path, or line:column. Any
 * thread.
 */
enum err waf_item_from_json(struct slice json, struct waf_item **ret, struct diag *d) MUST_USE;
/* Frees; NULL is fine. */
void waf_item_free(struct waf_item *item);
/* The same as JSON. errors: ERR_QUEUE_FULL (b's bound), ERR_MEMORY. */
enum err waf_item_write(const struct waf_item *item, struct buf *b) MUST_USE;
/* The file of that path, or NULL. */
const struct waf_file *waf_item_file(const struct waf_item *item, struct slice path);

#endif
