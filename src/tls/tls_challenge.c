/* SPDX-License-Identifier: Apache-2.0 */
/* tls_challenge: see tls_challenge.h. */
#include "tls/tls_challenge.h"

#include "base/crypto.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>

enum { TLS_CHALLENGE__SAN_BYTES = 264, TLS_CHALLENGE__LIFE_S = 86400 };

bool tls_challenge_asked(SSL *ssl)
{
	static const unsigned char alone[] = "\x00\x0b\x0a"
					     "acme-tls/1"; /* length of the list, length of the name */
	const unsigned char *ext;
	size_t n;

	return SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation, &ext, &n) == 1 &&
	       n == sizeof alone - 1 && memcmp(ext, alone, n) == 0;
}

static bool tls_challenge__add(X509 *x, X509_EXTENSION *e)
{
	bool ok = e && X509_add_ext(x, e, -1) == 1;

	X509_EXTENSION_free(e);
	return ok;
}

/* acmeIdentifier (RFC 8737 section 3): critical, an OCTET STRING with the SHA-256 of the key authorization. */
static bool tls_challenge__identifier(X509 *x, struct slice key_authorization)
{
	uint8_t value[2 + CRYPTO_SHA256_BYTES] = { V_ASN1_OCTET_STRING, CRYPTO_SHA256_BYTES };
	ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
	ASN1_OBJECT *id = OBJ_txt2obj("1.3.6.1.5.5.7.1.31", 1);
	X509_EXTENSION *e = NULL;

	if (octets && id && crypto_sha256(key_authorization, value + 2) == OK &&
	    ASN1_OCTET_STRING_set(octets, value, sizeof value) == 1)
		e = X509_EXTENSION_create_by_OBJ(NULL, id, 1, octets);
	ASN1_OBJECT_free(id);
	ASN1_OCTET_STRING_free(octets);
	return tls_challenge__add(x, e);
}

static bool tls_challenge__fill(X509 *x, EVP_PKEY *key, struct slice host, int64_t now_s)
{
	char alternative[TLS_CHALLENGE__SAN_BYTES];
	X509_NAME *name = X509_get_subject_name(x);
	const unsigned char *text = (const unsigned char *)"ACME challenge";

	snprintf(alternative, sizeof alternative, "DNS:%.*s", SLICE_ARG(slice_first(host, 255)));
	return X509_set_version(x, 2) == 1 && ASN1_INTEGER_set(X509_get_serialNumber(x), 1) == 1 &&
	       X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, text, -1, -1, 0) == 1 &&
	       X509_set_issuer_name(x, name) == 1 &&
	       ASN1_TIME_set(X509_getm_notBefore(x), (time_t)(now_s - TLS_CHALLENGE__LIFE_S)) &&
	       ASN1_TIME_set(X509_getm_notAfter(x), (time_t)(now_s + TLS_CHALLENGE__LIFE_S)) &&
	       X509_set_pubkey(x, key) == 1 &&
	       tls_challenge__add(x, X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, alternative));
}

bool tls_challenge_show(SSL *ssl, struct slice host, struct slice key_authorization, int64_t now_s)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	bool ok = key && x && tls_challenge__fill(x, key, host, now_s) &&
		  tls_challenge__identifier(x, key_authorization) && X509_sign(x, key, EVP_sha256()) > 0 &&
		  SSL_use_cert_and_key(ssl, x, key, NULL, 1) == 1 && SSL_set_num_tickets(ssl, 0) == 1;

	SSL_set_options(ssl, SSL_OP_NO_TICKET);
	X509_free(x);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return ok;
}
