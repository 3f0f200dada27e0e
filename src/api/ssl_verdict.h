/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ssl_verdict: which SSL modes will work with an origin, and why not, from one look at it in plain HTTP and one over
 * TLS. Pure.
 */
#ifndef API_SSL_VERDICT_H
#define API_SSL_VERDICT_H

#include "control/probe.h"
#include "model/zone.h"

enum { SSL_VERDICT_BYTES = 400 };

/* What was seen of one origin. */
struct ssl_verdict_origin {
	const char *host; /* the name that visitors ask for */
	uint16_t plain_port, tls_port;
	struct probe_seen plain, tls;
	bool always; /* Always Use HTTPS is on */
};

/* What of an origin makes a mode fail: a clause for people into ret. False: nothing, it works. */
bool ssl_verdict_against(const struct ssl_verdict_origin *o, enum zone_ssl mode, char ret[static SSL_VERDICT_BYTES]);
/* What does not make it fail but will be asked about, as above. */
bool ssl_verdict_beside(const struct ssl_verdict_origin *o, enum zone_ssl mode, char ret[static SSL_VERDICT_BYTES]);

#endif
