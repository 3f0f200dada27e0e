/* SPDX-License-Identifier: Apache-2.0 */
/* consent: whether the records of a zone let an authority issue (CAA, RFC 8659), and if not, which record would. */
#ifndef API_CONSENT_H
#define API_CONSENT_H

#include "acme/acme_doc.h"
#include "state/certificate.h"

enum { CONSENT_BYTES = 400 };

/*
 * Looks at the CAA records of every name of the certificate, as far as the zone is ours; an authority looks further up
 * itself. True: none forbids. False: why says whose records do, and which record is missing. errors: ERR_SYSTEM and
 * others of store_done count as true: the authority decides.
 */
bool consent_given(struct state *st, const struct state_certificate *c, const struct acme_directory *directory,
		   char why[static CONSENT_BYTES]);

#endif
