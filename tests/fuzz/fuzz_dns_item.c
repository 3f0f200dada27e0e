/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_dns_item: DNS plan items. A zone that is built has a SOA and sorted names that answer; a refused one a reason.
 */
#include "fuzz.h"

#include "dns/dns_zone.h"

static void check_node(const struct dns_zone *z, const struct dns_node *node)
{
	struct slice data;

	FUZZ_CHECK(dns_zone_node(z, node->name, node->name_n) == node);
	FUZZ_CHECK(!node->cut || node->above);
	FUZZ_CHECK(!node->wild || (node->wild->name[0] == 1 && node->wild->name[1] == '*'));
	for (size_t i = 0; i < node->slots_n; i++) {
		const struct rrset *set = node->slots[i].set;
		size_t at = 0, n = 0;
		FUZZ_CHECK(i == 0 || node->slots[i - 1].set->type < set->type);
		FUZZ_CHECK(dns_zone_slot(node, set->type) == &node->slots[i] && node->slots[i].ready.n);
		while (rrset_next(set, &at, &data)) {
			FUZZ_CHECK(fuzz_inside(slice_of(set->data, set->bytes), data));
			n++;
		}
		FUZZ_CHECK(n == set->count && n > 0 && at == set->bytes);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct limits limits;
	struct dns_zone *z;
	struct slice key;
	struct diag d;
	void *node;
	size_t nodes = 0;

	limits_init(&limits);
	diag_init(&d);
	if (dns_zone_from_json(slice_of(data, n), 1, &limits, &z, &d) != OK) {
		FUZZ_CHECK(d.code != OK && d.text[0]);
		return 0;
	}
	FUZZ_CHECK(z->soa && z->soa_negative && dns_zone_slot(z->top, 2) && z->apex.n > 1);
	for (size_t at = 0; map_next(&z->nodes, &at, &key, &node); nodes++)
		check_node(z, node);
	FUZZ_CHECK(nodes == z->nodes_n);
	dns_zone_free(z);
	return 0;
}
