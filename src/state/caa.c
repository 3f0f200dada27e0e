/* SPDX-License-Identifier: Apache-2.0 */
/* caa: see caa.h. */
#include "state/caa.h"

#include "wire/dns_type.h"

static enum err caa__at(struct state *st, const char *zone_id, struct slice name, struct state_caa *ret)
{
	struct store_use u = store_use(
		st->store, "SELECT rdata FROM dns_record WHERE zone_id = ?1 AND name = ?2 AND type = ?3 ORDER BY id");

	ret->n = 0;
	store_put_text(&u, slice_str(zone_id));
	store_put_text(&u, name);
	store_put_int(&u, DNS_TYPE_CAA);
	while (store_next(&u)) {
		struct slice rdata = store_blob(&u, 0);
		if (rdata.n > STATE_CAA_BYTES || ret->n == STATE_CAA_MAX)
			continue;
		memcpy(ret->rdata[ret->n].p, rdata.p, rdata.n);
		ret->rdata[ret->n++].n = rdata.n;
	}
	return store_done(&u);
}

enum err state_caa_find(struct state *st, const char *zone_id, const char *zone_name, const char *name,
			struct state_caa *ret)
{
	struct slice zone = slice_str(zone_name), at = slice_str(name);

	ret->name[0] = '\0';
	for (;;) {
		TRY(caa__at(st, zone_id, at, ret));
		if (ret->n) {
			slice_cstr(at, ret->name, sizeof ret->name);
			return OK;
		}
		size_t dot = slice_find(at, '.');
		if (at.n <= zone.n || dot == SIZE_MAX)
			return OK;
		at = slice_from(at, dot + 1);
	}
}
