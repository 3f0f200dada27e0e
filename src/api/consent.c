/* SPDX-License-Identifier: Apache-2.0 */
/* consent: see consent.h. */
#include "api/consent.h"

#include "acme/acme_caa.h"
#include "base/mem.h"
#include "state/caa.h"

#include <stdio.h>

static bool consent__of_set(const struct state_caa *found, const struct acme_directory *directory, bool wild)
{
	struct acme_caa set[STATE_CAA_MAX];
	size_t n = 0;

	for (size_t i = 0; i < found->n; i++)
		if (acme_caa_read(slice_of(found->rdata[i].p, found->rdata[i].n), &set[n]))
			n++;
	return acme_caa_allows(set, n, directory, wild);
}

static bool consent__of_name(struct state *st, const struct state_certificate *c, const char *host,
			     const struct acme_directory *directory, char why[static CONSENT_BYTES])
{
	bool wild = slice_starts(slice_str(host), SLICE("*."));
	struct state_caa *found = mem_alloc(sizeof *found);
	enum err e = state_caa_find(st, c->zone_id, c->zone_name, host + (wild ? 2 : 0), found);
	bool given = e != OK || consent__of_set(found, directory, wild);

	if (!given)
		snprintf(why, CONSENT_BYTES,
			 "the CAA records of %.100s do not let this authority issue for %.100s; add there: CAA 0 %s "
			 "\"%.60s\"",
			 found->name, host, wild ? "issuewild" : "issue",
			 directory->identities_n ? directory->identities[0] : ";");
	mem_free(found);
	return given;
}

bool consent_given(struct state *st, const struct state_certificate *c, const struct acme_directory *directory,
		   char why[static CONSENT_BYTES])
{
	for (size_t i = 0; i < json_array_size(c->hosts); i++) {
		const char *host = json_string_value(json_array_get(c->hosts, i));
		if (host && !consent__of_name(st, c, host, directory, why))
			return false;
	}
	return true;
}
