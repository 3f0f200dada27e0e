/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certificate: a plan item of kind "certificate" as its JSON says it: for which hosts, the chain, the sealed key. What
 * the chain holds is looked at in the room tls, which also defines the kind (tls/tls_cert.h).
 */
#ifndef MODEL_CERTIFICATE_H
#define MODEL_CERTIFICATE_H

#include "base/diag.h"
#include "base/limits.h"
#include "base/slice.h"

enum { CERTIFICATE_HOSTS_MAX = 256, CERTIFICATE_NAME_MAX = 255, CERTIFICATE_PRIORITY_MAX = 1000 };

/* All in one piece of memory, freed with certificate_free. */
struct certificate {
	struct slice name; /* of the item: lower-case letters, digits, '.', '-', '_' */
	struct slice *hosts;
	size_t hosts_n;     /* 1 to CERTIFICATE_HOSTS_MAX; canonical, "*.example.test" for a wildcard of one level */
	struct slice chain; /* PEM, NUL-terminated: the leaf first */
	struct slice key;   /* sealed text (base/seal.h), for the purpose "certificate NAME" */
	uint32_t priority;  /* of several for one host the highest is shown */
	bool platform;      /* for the listeners of the app router, not for those of the edge */
};

/*
 * Reads {"kind":"certificate","name":…,"hosts":[…],"chain":…,"key":"sealed1:…","priority":…,
 * "listener":…} strictly.
 * out: *ret, the caller's. errors: ERR_PLAN with the member's path, or line:column. Any thread, allocates.
 */
enum err certificate_from_json(struct slice json, struct certificate **ret, struct diag *d) MUST_USE;
/* Frees; NULL is fine. */
void certificate_free(struct certificate *c);

#endif
