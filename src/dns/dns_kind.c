/* SPDX-License-Identifier: Apache-2.0 */
/* dns_kind: see dns_kind.h. */
#include "dns/dns_kind.h"

#include "dns/dns_zone.h"

static enum err dns_kind__build(struct slice json, uint64_t revision, const struct limits *limits, void **ret_object,
				struct diag *d)
{
	struct dns_zone *z;

	TRY(dns_zone_from_json(json, revision, limits, &z, d));
	*ret_object = z;
	return OK;
}

static void dns_kind__drop(void *object)
{
	dns_zone_free(object);
}

static struct slice dns_kind__name(const void *object)
{
	return ((const struct dns_zone *)object)->name;
}

const struct kind dns_kind = {
	.name = "dns",
	.build = dns_kind__build,
	.drop = dns_kind__drop,
	.object_name = dns_kind__name,
};
