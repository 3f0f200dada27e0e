/* SPDX-License-Identifier: Apache-2.0 */
/* tls_trouble: see tls_trouble.h. */
#include "tls/tls_trouble.h"

#include <stdarg.h>
#include <stdio.h>

struct tls_trouble__row {
	const char *name, *text;
};

static const struct tls_trouble__row tls_trouble__rows[TLS_CHECKS] = {
	[TLS_CHECK_NONE] = { "none", NULL },
	[TLS_CHECK_NO_TLS] = { "no_tls", "It does not speak TLS on the port that was asked." },
	[TLS_CHECK_CLOSED] = { "closed", "It closed the connection during the TLS handshake." },
	[TLS_CHECK_ALERT] = { "alert", "It refused the TLS handshake with an alert." },
	[TLS_CHECK_CLIENT] = { "client_certificate",
			       "It wants a client certificate, and did not get one that it accepts." },
	[TLS_CHECK_PROTOCOL] = { "protocol", "It has no version or cipher of TLS in common with this server." },
	[TLS_CHECK_TIME] = { "handshake_timeout", "It did not end the TLS handshake in time." },
	[TLS_CHECK_EXPIRED] = { "expired", "Its certificate has expired." },
	[TLS_CHECK_NOT_YET] = { "not_yet_valid", "Its certificate is not valid yet." },
	[TLS_CHECK_NAME] = { "wrong_name", "Its certificate is for other names than this one." },
	[TLS_CHECK_SELF_SIGNED] = { "self_signed", "Its certificate is self-signed." },
	[TLS_CHECK_CHAIN] = { "missing_chain", "The chain of its certificate lacks an intermediate." },
	[TLS_CHECK_ROOT] = { "untrusted_root", "Its certificate is of an authority that is not trusted here." },
	[TLS_CHECK_CERT] = { "certificate", "Its certificate cannot be accepted." },
};

const char *tls_trouble_name(enum tls_check check)
{
	return tls_trouble__rows[check].name;
}

const char *tls_trouble_sentence(enum tls_check check)
{
	return tls_trouble__rows[check].text;
}

bool tls_trouble_is_cert(enum tls_check check)
{
	return check >= TLS_CHECK_EXPIRED;
}

void tls_trouble_set(struct tls_trouble *t, enum tls_check check, const char *fmt, ...)
{
	va_list args;

	t->check = check;
	va_start(args, fmt);
	vsnprintf(t->text, sizeof t->text, fmt, args);
	va_end(args);
	for (char *p = t->text; *p; p++)
		if ((unsigned char)*p < ' ' || (unsigned char)*p >= 0x7f)
			*p = '?';
}
