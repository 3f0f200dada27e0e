/* SPDX-License-Identifier: Apache-2.0 */
/* acme_jws: see acme_jws.h. */
#include "acme/acme_jws.h"

#include "base/base64.h"
#include "base/crypto.h"
#include "base/text.h"

enum { ACME_JWS__BYTES_MAX = 65536, ACME_JWS__JWK_BYTES = 200 };

/* The public key as a JSON object with its members in the order that the thumbprint prescribes. */
static enum err acme_jws__jwk(const struct p256 *key, struct buf *b)
{
	uint8_t public[P256_PUBLIC_BYTES];

	p256_public(key, public);
	buf_printf(b, "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"");
	TRY(base64_write_url(slice_of(public, P256_PUBLIC_BYTES / 2), b));
	buf_printf(b, "\",\"y\":\"");
	TRY(base64_write_url(slice_of(public + P256_PUBLIC_BYTES / 2, P256_PUBLIC_BYTES / 2), b));
	return buf_printf(b, "\"}") ? OK : ERR_QUEUE_FULL;
}

/* A JSON string with its quotes. */
static enum err acme_jws__string(struct buf *b, struct slice s)
{
	size_t cap = s.n * 6 + 2;
	char *at = buf_room(b, cap);
	struct text t = text_of(at, at ? cap : 0);

	text_json(&t, s);
	if (!at || t.bad)
		return ERR_QUEUE_FULL;
	buf_commit(b, t.n);
	return OK;
}

/* Appends "protected":"…","payload":"…" and gives the signing input, which is what both say, joined by a dot. */
static enum err acme_jws__parts(struct slice head, struct slice payload, struct buf *ret, struct buf *input)
{
	TRY(base64_write_url(head, input));
	size_t head_n = buf_len(input);
	buf_add_byte(input, '.');
	TRY(base64_write_url(payload, input));
	struct slice both = buf_slice(input);
	buf_printf(ret, "{\"protected\":\"%.*s\",\"payload\":\"%.*s\",\"signature\":\"",
		   SLICE_ARG(slice_first(both, head_n)), SLICE_ARG(slice_from(both, head_n + 1)));
	return ret->full ? ERR_QUEUE_FULL : OK;
}

/* The whole object; the signature comes from the account's key, or from hmac_key when there is one. */
static enum err acme_jws__object(struct slice head, struct slice payload, const struct p256 *key, struct slice hmac_key,
				 struct buf *ret)
{
	uint8_t signature[P256_SIGNATURE_BYTES];
	size_t n = P256_SIGNATURE_BYTES;
	struct buf input;

	buf_init(&input, ACME_JWS__BYTES_MAX);
	enum err e = acme_jws__parts(head, payload, ret, &input);
	if (e == OK && hmac_key.n) {
		n = CRYPTO_SHA256_BYTES;
		e = crypto_hmac_sha256(hmac_key, buf_slice(&input), signature);
	} else if (e == OK) {
		e = p256_sign(key, buf_slice(&input), signature);
	}
	if (e == OK)
		e = base64_write_url(slice_of(signature, n), ret);
	buf_fini(&input);
	return e != OK ? e : buf_printf(ret, "\"}") ? OK : ERR_QUEUE_FULL;
}

static enum err acme_jws__head(const struct acme_jws_head *h, const struct p256 *key, struct buf *b)
{
	buf_printf(b, "{\"alg\":\"ES256\",");
	if (h->kid.n) {
		buf_printf(b, "\"kid\":");
		TRY(acme_jws__string(b, h->kid));
	} else {
		buf_printf(b, "\"jwk\":");
		TRY(acme_jws__jwk(key, b));
	}
	buf_printf(b, ",\"nonce\":");
	TRY(acme_jws__string(b, h->nonce));
	buf_printf(b, ",\"url\":");
	TRY(acme_jws__string(b, h->url));
	return buf_add_byte(b, '}') ? OK : ERR_QUEUE_FULL;
}

enum err acme_jws_sign(const struct acme_jws_head *head, struct slice payload, const struct p256 *key, struct buf *ret)
{
	struct buf b;

	buf_init(&b, ACME_JWS__BYTES_MAX);
	enum err e = acme_jws__head(head, key, &b);
	if (e == OK)
		e = acme_jws__object(buf_slice(&b), payload, key, slice_of(NULL, 0), ret);
	buf_fini(&b);
	return e;
}

static enum err acme_jws__binding_head(struct slice kid, struct slice url, struct buf *b)
{
	buf_printf(b, "{\"alg\":\"HS256\",\"kid\":");
	TRY(acme_jws__string(b, kid));
	buf_printf(b, ",\"url\":");
	TRY(acme_jws__string(b, url));
	return buf_add_byte(b, '}') ? OK : ERR_QUEUE_FULL;
}

enum err acme_jws_binding(struct slice kid, struct slice hmac_key, struct slice url, const struct p256 *key,
			  struct buf *ret)
{
	struct buf head, jwk;

	buf_init(&head, ACME_JWS__BYTES_MAX);
	buf_init(&jwk, ACME_JWS__BYTES_MAX);
	enum err e = acme_jws__binding_head(kid, url, &head);
	if (e == OK)
		e = acme_jws__jwk(key, &jwk);
	if (e == OK)
		e = acme_jws__object(buf_slice(&head), buf_slice(&jwk), NULL, hmac_key, ret);
	buf_fini(&head);
	buf_fini(&jwk);
	return e;
}

enum err acme_jws_thumbprint(const struct p256 *key, char ret[static ACME_JWS_THUMBPRINT_CHARS + 1])
{
	uint8_t digest[CRYPTO_SHA256_BYTES];
	struct buf b;

	buf_init(&b, ACME_JWS__JWK_BYTES);
	enum err e = acme_jws__jwk(key, &b);
	if (e == OK)
		e = crypto_sha256(buf_slice(&b), digest);
	buf_clear(&b);
	if (e == OK)
		e = base64_write_url(slice_of(digest, sizeof digest), &b);
	if (e == OK)
		slice_cstr(buf_slice(&b), ret, ACME_JWS_THUMBPRINT_CHARS + 1);
	buf_fini(&b);
	return e;
}
