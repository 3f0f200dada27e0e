/* SPDX-License-Identifier: Apache-2.0 */
/* dns_zone: see dns_zone.h. What a zone is after it was built; building is dns_zone_build.c. */
#include "dns/dns_zone.h"

#include "base/check.h"
#include "base/mem.h"

#include <stdio.h>

const struct dns_slot *dns_zone_slot(const struct dns_node *node, uint16_t type)
{
	size_t from = 0, to = node->slots_n;

	while (from < to) {
		size_t mid = (from + to) / 2;
		uint16_t t = node->slots[mid].set->type;
		if (t == type)
			return &node->slots[mid];
		if (t < type)
			from = mid + 1;
		else
			to = mid;
	}
	return NULL;
}

enum err dns_zone_open_keys(struct dns_zone *z, const struct seal *seal, struct diag *d)
{
	char where[48];

	OBJ(z, OBJ_DNS_ZONE);
	for (size_t i = 0; i < z->keys_n; i++) {
		enum err e = dns_key_open(&z->keys[i], seal, z->name, d);
		if (e == OK)
			continue;
		snprintf(where, sizeof where, "dnssec.keys[%zu].private", i);
		diag_within(d, where, ": ");
		return e;
	}
	return OK;
}

void dns_zone_free(struct dns_zone *z)
{
	if (!z)
		return;
	OBJ(z, OBJ_DNS_ZONE);
	for (size_t i = 0; i < z->keys_n; i++)
		dns_key_fini(&z->keys[i]);
	map_fini(&z->nodes);
	arena_reset(&z->arena);
	z->magic = OBJ_FREED;
	mem_free(z);
}
