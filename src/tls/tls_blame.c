/* SPDX-License-Identifier: Apache-2.0 */
/* tls_blame: see tls_blame.h. Names in a certificate are the origin's bytes: cut, and nothing that is not printable. */
#include "tls/tls_blame.h"

#include "base/mem.h"
#include "base/text.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>

enum { TLS_BLAME__NAMES = 3, TLS_BLAME__NAME_BYTES = 64, TLS_BLAME__TEXT = 200, TLS_BLAME__TIME = 64 };

/* A time as "2026-11-26 08:00 UTC". */
static void tls_blame__time(const ASN1_TIME *at, char ret[static TLS_BLAME__TIME])
{
	struct tm tm = { 0 };

	if (at && ASN1_TIME_to_tm(at, &tm) == 1)
		snprintf(ret, TLS_BLAME__TIME, "%04d-%02d-%02d %02d:%02d UTC", tm.tm_year + 1900, tm.tm_mon + 1,
			 tm.tm_mday, tm.tm_hour, tm.tm_min);
	else
		snprintf(ret, TLS_BLAME__TIME, "a date that cannot be read");
}

static void tls_blame__common_name(const X509_NAME *name, char ret[static TLS_BLAME__NAME_BYTES])
{
	int at = X509_NAME_get_index_by_NID((X509_NAME *)(uintptr_t)name, NID_commonName, -1);
	const ASN1_STRING *s = at >= 0 ? X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)) : NULL;
	struct slice text = s ? slice_of((const char *)ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s))
			      : SLICE("one without a name");

	slice_cstr(slice_first(text, TLS_BLAME__NAME_BYTES - 1), ret, TLS_BLAME__NAME_BYTES);
}

/* The first names of a certificate: "a.test, b.test and 3 more". */
static void tls_blame__names(const X509 *leaf, struct text *t)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
	int shown = 0, all = 0;

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *n = sk_GENERAL_NAME_value(names, i);
		if (n->type != GEN_DNS)
			continue;
		struct slice s = slice_of((const char *)ASN1_STRING_get0_data(n->d.dNSName),
					  (size_t)ASN1_STRING_length(n->d.dNSName));
		if (shown < TLS_BLAME__NAMES) {
			text_add(t, shown++ ? SLICE(", ") : SLICE(""));
			text_add(t, slice_first(s, TLS_BLAME__NAME_BYTES - 1));
		}
		all++;
	}
	if (all > shown)
		text_printf(t, " and %d more", all - shown);
	if (all == 0)
		text_add(t, SLICE("no name at all"));
	GENERAL_NAMES_free(names);
}

static void tls_blame__wrong_name(const X509 *leaf, const char *host, struct tls_trouble *ret)
{
	char mem[TLS_BLAME__TEXT];
	struct text t = text_of(mem, sizeof mem);

	tls_blame__names(leaf, &t);
	tls_trouble_set(ret, TLS_CHECK_NAME, "its certificate is for %.*s, not for %s", SLICE_ARG(text_slice(&t)),
			host);
}

static void tls_blame__issuer(X509_STORE_CTX *store, enum tls_check check, struct tls_trouble *ret)
{
	const X509 *at = X509_STORE_CTX_get_current_cert(store);
	char issuer[TLS_BLAME__NAME_BYTES] = "";

	if (at)
		tls_blame__common_name(X509_get_issuer_name(at), issuer);
	if (check == TLS_CHECK_ROOT)
		tls_trouble_set(ret, check, "its chain ends in \"%s\", which is not trusted here", issuer);
	else
		tls_trouble_set(ret, check,
				"its chain lacks an intermediate: \"%s\" is neither sent with it nor trusted here",
				issuer);
}

void tls_blame_certificate(X509_STORE_CTX *store, const char *host, struct tls_trouble *ret)
{
	int why = X509_STORE_CTX_get_error(store), depth = X509_STORE_CTX_get_error_depth(store);
	const X509 *at = X509_STORE_CTX_get_current_cert(store), *leaf = X509_STORE_CTX_get0_cert(store);
	const char *which = depth ? "an authority in its chain" : "its certificate";
	char time[TLS_BLAME__TIME];

	switch (why) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		tls_blame__time(at ? X509_get0_notAfter(at) : NULL, time);
		tls_trouble_set(ret, TLS_CHECK_EXPIRED, "%s expired on %s", which, time);
		return;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		tls_blame__time(at ? X509_get0_notBefore(at) : NULL, time);
		tls_trouble_set(ret, TLS_CHECK_NOT_YET, "%s is valid only from %s on", which, time);
		return;
	case X509_V_ERR_HOSTNAME_MISMATCH:
		tls_blame__wrong_name(leaf, host, ret);
		return;
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		tls_trouble_set(ret, TLS_CHECK_SELF_SIGNED, "its certificate is self-signed, and not trusted here");
		return;
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
		tls_blame__issuer(store, TLS_CHECK_ROOT, ret);
		return;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		tls_blame__issuer(store, TLS_CHECK_CHAIN, ret);
		return;
	default:
		tls_trouble_set(ret, TLS_CHECK_CERT, "%s: %s", which, X509_verify_cert_error_string(why));
	}
}

static void tls_blame__alert(int alert, struct tls_trouble *ret)
{
	enum { CERTIFICATE_REQUIRED = 116, BAD_CERTIFICATE = 42, UNKNOWN_CA = 48 };
	const char *name = SSL_alert_desc_string_long(alert);

	if (alert == CERTIFICATE_REQUIRED || (alert >= BAD_CERTIFICATE && alert <= UNKNOWN_CA && alert != 47))
		tls_trouble_set(ret, TLS_CHECK_CLIENT,
				"it refused the client certificate, or that there was none (alert %d, %s)", alert,
				name);
	else
		tls_trouble_set(ret, TLS_CHECK_ALERT, "it refused the handshake with alert %d, %s", alert, name);
}

void tls_blame_handshake(unsigned long code, struct tls_trouble *ret)
{
	int reason = ERR_GET_REASON(code);
	const char *text = ERR_reason_error_string(code);

	if (code == 0 || reason == SSL_R_UNEXPECTED_EOF_WHILE_READING)
		tls_trouble_set(ret, TLS_CHECK_CLOSED,
				"it closed the connection during the handshake; perhaps it does not speak TLS there");
	else if (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST ||
		 reason == SSL_R_PACKET_LENGTH_TOO_LONG || reason == SSL_R_RECORD_LENGTH_MISMATCH)
		tls_trouble_set(ret, TLS_CHECK_NO_TLS,
				"what it answered is not TLS: perhaps it speaks plain HTTP there");
	else if (reason > SSL_AD_REASON_OFFSET && reason <= SSL_AD_REASON_OFFSET + 255)
		tls_blame__alert(reason - SSL_AD_REASON_OFFSET, ret);
	else
		tls_trouble_set(ret, TLS_CHECK_PROTOCOL, "the handshake failed: %s",
				text ? text : "no reason is known");
}
