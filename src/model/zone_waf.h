/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zone_waf: how a zone wants the firewall engine run: the member `waf` of a zone plan item (docs/PLAN.md). Part of the
 * zone, with its lifetime: snapshot. Which rules there are is the node's ([waf] rules, model/waf_item.h).
 */
#ifndef MODEL_ZONE_WAF_H
#define MODEL_ZONE_WAF_H

#include "model/json_read.h"
#include "model/zone.h"

enum zone_waf_mode { ZONE_WAF_OFF, ZONE_WAF_DETECT, ZONE_WAF_ENFORCE };

/* The sets of rules that there are; bits. */
enum zone_waf_set { ZONE_WAF_OWASP = 1, ZONE_WAF_BREACHES = 2 };

enum { ZONE_WAF_LEVEL_MAX = 4, ZONE_WAF_THRESHOLD_MAX = 1000000, ZONE_WAF_EXCLUSIONS_MAX = 1000 };

/* One rule is not asked about one part of the requests for one path. */
struct zone_waf_exclusion {
	struct slice id;       /* of the exclusion itself; may be empty */
	uint32_t rule;         /* its number; 0: all rules */
	struct slice path;     /* empty: every path */
	bool prefix;           /* the path was written with a final star: every path that begins so */
	struct slice variable; /* "ARGS"; empty: the whole rule */
	struct slice name;     /* "q"; empty: every one of the variable */
};

struct zone_waf {
	uint8_t mode;  /* enum zone_waf_mode */
	uint8_t sets;  /* enum zone_waf_set */
	uint8_t level; /* paranoia level; 0: the rules' own */
	bool answers;  /* answers of origins are inspected too */
	bool standard; /* no rules of the managed phase: known breaches are refused by the heads of requests */
	uint32_t inbound, outbound; /* anomaly thresholds; 0: the rules' own */
	struct zone_waf_exclusion *exclusions;
	size_t exclusions_n;
	char *texts; /* what the slices point to */
};

/* What rules of the phase http_request_firewall_managed say (rule_managed.h). */
enum rule_managed_do { RULE_MANAGED_OFF, RULE_MANAGED_LOG, RULE_MANAGED_ON, RULE_MANAGED_CHALLENGES };

/* One rule, or all with a tag, does what it says there. Later ones go before earlier ones. */
struct rule_managed_override {
	uint32_t rule; /* 0: by category */
	struct slice category;
	uint8_t does; /* enum rule_managed_do */
};

struct rule_managed {
	uint64_t key;    /* unique for each reading, so that what is made of it can be remembered */
	uint8_t sets;    /* enum zone_waf_set: that run, or of skip that do not */
	uint8_t mode;    /* enum zone_waf_mode of an execute */
	bool off;        /* rules that no override names do not run */
	bool challenges; /* those that refuse a request challenge its visitor instead */
	uint8_t level;
	uint32_t inbound; /* 0: not said */
	struct rule_managed_override *overrides;
	size_t overrides_n;
};

/*
 * Reads the member of item into *ret; NULL when it is absent. errors: ERR_PLAN with the member's path.
 * Caller frees with zone_waf_free.
 */
enum err zone_waf_read(struct json_read *r, const json_t *item, struct zone_waf **ret) MUST_USE;
/* Bits of the paranoia levels at which the zone runs the engine; bit 0: the level of the rules themselves. */
unsigned zone_waf_levels(const struct zone *z);
/* Frees; NULL is fine. */
void zone_waf_free(struct zone_waf *w);
/* Whether one exclusion could be published: an object as in `waf.exclusions`. errors: ERR_PLAN with its path. */
enum err zone_waf_check_exclusion(const json_t *object, struct diag *d) MUST_USE;

#endif
