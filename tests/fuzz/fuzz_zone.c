/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_zone: plan items from a folder. A zone that is built keeps its promises; a refused one has a reason. */
#include "fuzz.h"
#include "model/kind.h"
#include "model/zone_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice json = slice_of(data, n);
	struct limits limits;
	struct zone *zone;
	struct diag d;
	static const struct kind *const kinds[] = { &zone_kind, NULL };
	const struct kind *kind;

	limits_init(&limits);
	diag_init(&d);
	(void)!kind_of_json(kinds, json, &kind, &d);
	diag_init(&d);
	if (zone_from_json(json, 1, &limits, &zone, &d) != OK) {
		FUZZ_CHECK(d.code != OK && d.text[0]);
		return 0;
	}
	FUZZ_CHECK(zone->name.n > 0 && zone->sites_n > 0 && zone->revision == 1);
	for (size_t i = 0; i < zone->sites_n; i++) {
		const struct site *s = &zone->sites[i];
		FUZZ_CHECK(s->zone == zone && s->host.n > 0 && s->origins_n <= SITE_ORIGINS_MAX);
		FUZZ_CHECK((s->origins_n == 0) == (s->origin_error != 0));
		FUZZ_CHECK(slice_ends(s->host, zone->name));
		FUZZ_CHECK(s->host.p[0] == '*' || zone_site(zone, s->host) == s);
		for (size_t k = 0; k < s->origins_n; k++)
			FUZZ_CHECK(s->origins[k].ip.family != 0);
	}
	FUZZ_CHECK(kind_of_json(kinds, json, &kind, &d) == OK && kind == &zone_kind);
	zone_unref(zone);
	return 0;
}
