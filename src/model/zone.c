/* SPDX-License-Identifier: Apache-2.0 */
/* zone: see zone.h. Look-up by host and the count of references; building is zone_from.c. */
#include "model/zone.h"

#include "base/check.h"
#include "base/mem.h"
#include "model/rule.h"
#include "model/zone_waf.h"

const struct site *zone_site(const struct zone *z, struct slice host)
{
	char wild[256];

	OBJ(z, OBJ_ZONE);
	const struct site *exact = map_get(&z->by_host, host);
	if (exact || host.n > 253)
		return exact;
	/* "*.b.c" covers "a.b.c" and "x.a.b.c", not "b.c": cut one label, put the star in front, again. */
	for (size_t dot = slice_find(host, '.'); dot != SIZE_MAX; dot = slice_find(host, '.')) {
		host = slice_from(host, dot + 1);
		if (host.n < z->name.n)
			break;
		wild[0] = '*';
		wild[1] = '.';
		memcpy(wild + 2, host.p, host.n);
		const struct site *site = map_get(&z->by_host, slice_of(wild, host.n + 2));
		if (site)
			return site;
	}
	return NULL;
}

void zone_identity_free(struct zone_identity *i)
{
	void *loaded = i ? atomic_load_explicit(&i->loaded, memory_order_acquire) : NULL;

	if (loaded)
		atomic_load (&i->drop)(loaded);
	mem_free(i);
}

void zone_ref(struct zone *z)
{
	OBJ(z, OBJ_ZONE);
	unsigned before = atomic_fetch_add_explicit(&z->refs, 1, memory_order_relaxed);
	CHECK(before > 0 && before < UINT32_MAX);
}

void zone_unref(struct zone *z)
{
	if (!z)
		return;
	OBJ(z, OBJ_ZONE);
	unsigned before = atomic_fetch_sub_explicit(&z->refs, 1, memory_order_acq_rel);
	CHECK(before > 0);
	if (before > 1)
		return;
	if (z->realm)
		z->realm_drop(z->realm);
	if (z->shield)
		z->shield_drop(z->shield);
	map_fini(&z->by_host);
	rule_book_free(z->book);
	zone_waf_free(z->waf);
	for (size_t i = 0; i < z->sites_n; i++) {
		zone_identity_free(z->sites[i].identity);
		mem_free(z->sites[i].cache.key);
		mem_free(z->sites[i].cache.status_ttls);
	}
	zone_identity_free(z->identity);
	mem_free(z->validation_paths);
	mem_free(z->sites);
	mem_free(z->origins);
	z->magic = OBJ_FREED;
	mem_free(z); /* the names stand behind it, in the same allocation (zone_from.c) */
}
