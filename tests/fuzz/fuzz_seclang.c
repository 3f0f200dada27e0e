/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_seclang: any text is rules or an error that says where. */
#include "fuzz.h"
#include "waf/seclang.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct rule_set *set = rule_set_new();
	struct seclang *l = seclang_new(set, NULL);
	struct diag d;

	diag_init(&d);
	enum err e = seclang_load(l, slice_of(data, n), "f.conf", &d);
	if (e == OK)
		e = seclang_finish(l, &d);
	FUZZ_CHECK((e == OK) == (d.code == OK));
	FUZZ_CHECK(e == OK || (d.where[0] && d.text[0]));
	size_t listed = 0, kept = 0;
	for (size_t p = 1; p <= RULE_PHASES; p++)
		for (size_t i = 0; e == OK && i < set->phase_n[p]; i++) {
			const struct rule *r = set->phase[p][i];
			listed++;
			FUZZ_CHECK(r->id > 0 && r->phase == p && r->disrupt != DISRUPT_NONE);
			FUZZ_CHECK(r->chained == (r->link != NULL));
			FUZZ_CHECK(!r->skip_after.n || (r->skip_to > i && r->skip_to <= set->phase_n[p]));
		}
	for (size_t i = 0; i < set->rules_n; i++)
		kept += !set->rules[i]->is_marker && !set->rules[i]->removed;
	FUZZ_CHECK(e != OK || listed == kept);
	seclang_free(l);
	rule_set_free(set);
	return 0;
}
