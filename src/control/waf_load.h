/* SPDX-License-Identifier: Apache-2.0 */
/*
 * waf_load: the firewall rules that [waf] rules names, read from disk and checked, as a plan item for edges.
 */
#ifndef CONTROL_WAF_LOAD_H
#define CONTROL_WAF_LOAD_H

#include "base/buf.h"
#include "base/diag.h"
#include "supervisor/node.h"

struct waf_rules;

/* The item's source and name. */
#define WAF_LOAD_SOURCE "node/waf"
#define WAF_LOAD_NAME "rules"

/*
 * Reads and judges the rules: each of node->waf_rules is a file, or a folder: in it crs-setup.conf (or, without one,
 * crs-setup.conf.example) comes first, then plugins/STAR-config.conf and plugins/STAR-before.conf (STAR: any name), the
 * .conf files of rules/, or without such a folder its own, in order of names, then plugins/STAR-after.conf. Appends the
 * item's JSON to ret; *ret_rules: the loaded rules, the caller's (waf_rules_free). errors: ERR_CONFIG with "file:line"
 * in d; ERR_RANGE when the item is larger than plan_item_bytes_max. Blocks while it reads; 100 ms for the Core Rule
 * Set.
 */
enum err waf_load(const struct node_config *node, struct buf *ret, struct waf_rules **ret_rules,
		  struct diag *d) MUST_USE;

#endif
