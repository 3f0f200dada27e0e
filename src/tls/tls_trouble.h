/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_trouble: what is wrong with the TLS of an origin, told apart as an admin would mend it: an expired certificate,
 * one for other names, a chain that is not complete, no TLS at all. Page, log, explain and doctor use the same words.
 */
#ifndef TLS_TLS_TROUBLE_H
#define TLS_TLS_TROUBLE_H

#include "base/slice.h"

enum tls_check {
	TLS_CHECK_NONE, /* nothing failed, or it was no matter of TLS */
	/* The handshake: 525. */
	TLS_CHECK_NO_TLS,   /* what answers speaks another protocol */
	TLS_CHECK_CLOSED,   /* the connection ended during the handshake */
	TLS_CHECK_ALERT,    /* the origin refused with an alert */
	TLS_CHECK_CLIENT,   /* the origin wants a client certificate, or another one */
	TLS_CHECK_PROTOCOL, /* no version or cipher in common, or broken messages */
	TLS_CHECK_TIME,     /* no end of the handshake in time */
	/* The certificate: 526. */
	TLS_CHECK_EXPIRED,
	TLS_CHECK_NOT_YET,
	TLS_CHECK_NAME,        /* it is for other names */
	TLS_CHECK_SELF_SIGNED, /* and nobody trusts it */
	TLS_CHECK_CHAIN,       /* an intermediate is missing: its issuer is neither sent nor trusted */
	TLS_CHECK_ROOT,        /* complete, but up to a root that is not trusted */
	TLS_CHECK_CERT,        /* anything else: revoked, a weak key, a wrong purpose */
	TLS_CHECKS
};

enum { TLS_TROUBLE_BYTES = 240 };

struct tls_trouble {
	enum tls_check check;
	char text[TLS_TROUBLE_BYTES]; /* one clause for admins, with dates and names; printable ASCII */
};

/* The check's word, such as "expired" or "wrong_name"; process lifetime. */
const char *tls_trouble_name(enum tls_check check);
/* One sentence for visitors, without a name or address of the origin; NULL for TLS_CHECK_NONE. Process lifetime. */
const char *tls_trouble_sentence(enum tls_check check);
/* Whether it is the certificate that is wrong (526), not the handshake (525). */
bool tls_trouble_is_cert(enum tls_check check);
/* Sets check and text, cut to its room, what is not printable ASCII as '?'. */
void tls_trouble_set(struct tls_trouble *t, enum tls_check check, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
