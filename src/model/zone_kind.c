/* SPDX-License-Identifier: Apache-2.0 */
/* zone_kind: zones as a kind of plan item, see kind.h. */
#include "model/kind.h"
#include "model/zone_json.h"

#include <stdio.h>

static enum err zone_kind__build(struct slice json, uint64_t revision, const struct limits *limits, void **ret_object,
				 struct diag *d)
{
	struct zone *z;

	TRY(zone_from_json(json, revision, limits, &z, d));
	*ret_object = z;
	return OK;
}

static void zone_kind__drop(void *object)
{
	zone_unref(object);
}

static struct slice zone_kind__name(const void *object)
{
	return ((const struct zone *)object)->name;
}

static struct slice zone_kind__claim(const void *object, size_t i, char where[static KIND_WHERE_BYTES])
{
	const struct zone *z = object;

	if (i >= z->sites_n)
		return slice_of(NULL, 0);
	snprintf(where, KIND_WHERE_BYTES, "hosts[%zu].name", i);
	return z->sites[i].host;
}

const struct kind zone_kind = {
	.name = "zone",
	.build = zone_kind__build,
	.drop = zone_kind__drop,
	.object_name = zone_kind__name,
	.claim = zone_kind__claim,
	.claim_noun = "host",
};
