/* SPDX-License-Identifier: Apache-2.0 */
/*
 * waf_rules: everything that an edge's firewall may run, as one loaded set: what stands before all rules
 * (rules/base.conf), our own set for known breaches (rules/known-breaches.conf), and the files that the admin named.
 * Pure: files come through a seclang_source. Lifetime: whoever built it frees it; read-only and shared.
 */
#ifndef WAF_WAF_RULES_H
#define WAF_WAF_RULES_H

#include "model/kind.h"
#include "waf/seclang.h"

/* Where a rule is from. */
enum waf_part { WAF_PART_BASE, WAF_PART_BREACHES, WAF_PART_FILES, WAF_PART_COUNT };

struct waf_rules {
	struct slice name; /* of the plan item */
	struct rule_set *set;
	uint8_t *parts;                 /* enum waf_part by rule index */
	uint8_t *bits[WAF_PART_COUNT];  /* rules of each part, bits by rule index */
	size_t rules_n[WAF_PART_COUNT]; /* without markers */
	unsigned level;                 /* paranoia level that the files set up; 1 to 4 */
};

/*
 * Loads it all. load: paths of files in order, read through source (NULL: none can be named).
 * errors: as seclang_load, d->where = "file:line". Caller frees with waf_rules_free. Takes 100 ms for the Core Rule
 * Set.
 */
enum err waf_rules_build(const struct seclang_source *source, const struct slice *load, size_t load_n,
			 struct waf_rules **ret, struct diag *d) MUST_USE;
/* Frees; NULL is fine. */
void waf_rules_free(struct waf_rules *w);

/* The kind of plan item (model/waf_item.h) whose object is a struct waf_rules. */
extern const struct kind waf_rules_kind;

#endif
