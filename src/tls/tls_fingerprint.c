/* SPDX-License-Identifier: Apache-2.0 */
/* tls_fingerprint: see tls_fingerprint.h. */
#include "tls/tls_fingerprint.h"

#include "base/crypto.h"
#include "wire/client_hello.h"

#include <openssl/evp.h>

enum { TLS_FINGERPRINT__MD5_BYTES = 16, TLS_FINGERPRINT__PART_BYTES = 6 };

static void tls_fingerprint__hex(struct text *out, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		text_hex(out, p[i], 2);
}

/* "_" and the first half of a digest; of nothing it is zeros. */
static void tls_fingerprint__part(struct text *out, const struct text *of)
{
	uint8_t digest[CRYPTO_SHA256_BYTES] = { 0 };

	if (of->n && crypto_sha256(text_slice(of), digest) != OK)
		out->bad = true;
	text_byte(out, '_');
	tls_fingerprint__hex(out, digest, TLS_FINGERPRINT__PART_BYTES);
}

static void tls_fingerprint__ja3(const struct client_hello *h, struct http_tls *ret)
{
	char memory[CLIENT_HELLO_JA3_BYTES];
	struct text t = text_of(memory, sizeof memory), out = text_of(ret->ja3, HTTP_TLS_JA3_BYTES);
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	client_hello_ja3(h, &t);
	if (!t.bad && EVP_Digest(t.p, t.n, digest, &n, EVP_md5(), NULL) == 1)
		tls_fingerprint__hex(&out, digest, TLS_FINGERPRINT__MD5_BYTES);
	ret->ja3[out.bad ? 0 : out.n] = '\0';
}

static void tls_fingerprint__ja4(const struct client_hello *h, struct http_tls *ret)
{
	char memory[CLIENT_HELLO_LIST_BYTES];
	struct text t = text_of(memory, sizeof memory), out = text_of(ret->ja4, HTTP_TLS_JA4_BYTES);

	client_hello_ja4(h, &out);
	client_hello_ja4_ciphers(h, &t);
	tls_fingerprint__part(&out, &t);
	t = text_of(memory, sizeof memory);
	client_hello_ja4_extensions(h, &t);
	tls_fingerprint__part(&out, &t);
	ret->ja4[out.bad || t.bad ? 0 : out.n] = '\0';
}

void tls_fingerprint(struct slice message, struct http_tls *ret)
{
	struct client_hello h;

	if (client_hello_parse(message, &h) != OK)
		return;
	tls_fingerprint__ja3(&h, ret);
	tls_fingerprint__ja4(&h, ret);
}
