/* SPDX-License-Identifier: Apache-2.0 */
/*
 * managed_rulesets: the rulesets that rules of the phase http_request_firewall_managed may execute, as clients read
 * them: the OWASP rules that this node loaded, and the known breaches. Ids: model/rule_managed.c.
 */
#include "api/managed_rulesets.h"

#include "waf/waf_rules.h"

enum { MANAGED_RULESETS__TAGS_MAX = 64 };

struct managed_rulesets__row {
	const char *id, *name, *description;
	enum waf_part part;
};

static const struct managed_rulesets__row managed_rulesets__rows[] = {
	{ "4814384a9e5d4991b9815dcfc25d2f1f", "OWASP Core Ruleset", "The rules that [waf] rules names",
	  WAF_PART_FILES },
	{ "efb7b8c949ac4650a09736fc376e9aee", "Known breaches",
	  "Rules of Seawall for famous vulnerabilities, each with its CVE", WAF_PART_BREACHES },
};

static const struct managed_rulesets__row *managed_rulesets__find(struct slice id)
{
	for (size_t i = 0; i < sizeof managed_rulesets__rows / sizeof managed_rulesets__rows[0]; i++)
		if (slice_eq(id, slice_str(managed_rulesets__rows[i].id)))
			return &managed_rulesets__rows[i];
	return NULL;
}

static json_t *managed_rulesets__head(const struct managed_rulesets__row *row)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "id", row->id, "name", row->name, "description",
			 row->description, "kind", "managed", "version", "1", "phase", "http_request_firewall_managed");
}

static json_t *managed_rulesets__text(struct slice s)
{
	json_t *v = json_stringn(s.p ? s.p : "", s.n);

	return v ? v : json_string("");
}

static json_t *managed_rulesets__rule(const struct rule *r, managed_rulesets_id_fn id)
{
	json_t *tags = json_array();
	char text[33];

	id(r->id, text);
	for (size_t i = 0; i < r->tags_n && i < MANAGED_RULESETS__TAGS_MAX; i++)
		json_array_append_new(tags, managed_rulesets__text(r->tags[i]));
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:b, s:o}", "id", text, "version", "1", "action",
			 r->disrupt == DISRUPT_DENY ? "block" : "score", "categories", tags, "description",
			 managed_rulesets__text(r->msg.source), "enabled", 1, "ref", json_sprintf("%u", r->id));
}

json_t *managed_rulesets_list(void)
{
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof managed_rulesets__rows / sizeof managed_rulesets__rows[0]; i++)
		json_array_append_new(list, managed_rulesets__head(&managed_rulesets__rows[i]));
	return list;
}

json_t *managed_rulesets_get(const struct waf_rules *w, struct slice id, managed_rulesets_id_fn rule_id)
{
	const struct managed_rulesets__row *row = managed_rulesets__find(id);
	json_t *rules = row ? json_array() : NULL;

	if (!row)
		return NULL;
	for (size_t i = 0; w && i < w->set->rules_n; i++) {
		const struct rule *r = w->set->rules[i];
		/* What sets the others up is none that a client could choose. */
		if (!r->is_marker && w->parts[r->index] == row->part &&
		    (r->severity != SEVERITY_NONE || r->disrupt == DISRUPT_DENY))
			json_array_append_new(rules, managed_rulesets__rule(r, rule_id));
	}
	json_t *v = managed_rulesets__head(row);
	json_object_set_new(v, "rules", rules);
	return v;
}
