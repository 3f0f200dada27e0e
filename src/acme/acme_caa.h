/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acme_caa: whether the CAA records of a name let an authority issue for it (RFC 8659), asked before an order is made:
 * a CA that has to refuse counts the failure against the account. Pure.
 */
#ifndef ACME_ACME_CAA_H
#define ACME_ACME_CAA_H

#include "acme/acme_doc.h"

enum { ACME_CAA_MAX = 32 };

/* One record: the closest set on the way from the name to the root is what counts, and is all that is looked at. */
struct acme_caa {
	uint8_t flags;
	struct slice tag, value;
};

/* Reads the data of a record as it is on the wire. False when it is malformed. out: slices into rdata. */
bool acme_caa_read(struct slice rdata, struct acme_caa *ret) MUST_USE;
/*
 * Whether the CA of that directory may issue for a name whose closest set is these n records (none: everybody may);
 * wild: for "*." and the name. A directory that does not say who it is may.
 */
bool acme_caa_allows(const struct acme_caa *set, size_t n, const struct acme_directory *directory, bool wild);

#endif
