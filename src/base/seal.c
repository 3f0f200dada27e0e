/* SPDX-License-Identifier: Apache-2.0 */
/* seal: see seal.h. */
#include "base/seal.h"

#include "base/base64.h"
#include "base/check.h"
#include "base/crypto.h"

#include <openssl/evp.h>

enum {
	SEAL__NONCE_BYTES = 12,
	SEAL__TAG_BYTES = 16,
	SEAL__HEAD_BYTES = SEAL_ID_BYTES + SEAL__NONCE_BYTES,
	SEAL__BYTES_MAX = SEAL__HEAD_BYTES + SEAL_SECRET_BYTES_MAX + SEAL__TAG_BYTES,
	SEAL__TEXT_MAX = 8 + (SEAL__BYTES_MAX + 2) / 3 * 4,
};

static const struct slice seal__prefix = SLICE_INIT("sealed1:");

void seal_init(struct seal *s, const uint8_t key[static SEAL_KEY_BYTES])
{
	static const char label[] = "seawall key id";
	uint8_t in[sizeof label + SEAL_KEY_BYTES], digest[CRYPTO_SHA256_BYTES];

	memcpy(s->key, key, SEAL_KEY_BYTES);
	memcpy(in, label, sizeof label);
	memcpy(in + sizeof label, key, SEAL_KEY_BYTES);
	CHECK(crypto_sha256(slice_of(in, sizeof in), digest) == OK);
	memcpy(s->id, digest, SEAL_ID_BYTES);
	crypto_wipe(in, sizeof in);
}

void seal_fini(struct seal *s)
{
	crypto_wipe(s, sizeof *s);
}

bool seal_is(struct slice text)
{
	return slice_starts(text, seal__prefix);
}

void seal_wipe_buf(struct buf *b)
{
	if (b->p)
		crypto_wipe(b->p, b->cap);
	buf_fini(b);
}

/* Key, nonce and purpose are set; what follows is the secret. */
static bool seal__begin(EVP_CIPHER_CTX *c, const struct seal *s, const uint8_t *nonce, struct slice purpose,
			int encrypt)
{
	int n;

	return c && EVP_CipherInit_ex(c, EVP_aes_256_gcm(), NULL, s->key, nonce, encrypt) == 1 &&
	       EVP_CipherUpdate(c, NULL, &n, (const uint8_t *)purpose.p, (int)purpose.n) == 1;
}

/* out: head, ciphertext and tag, all in their place. */
static bool seal__encrypt(const struct seal *s, struct slice purpose, struct slice secret, uint8_t *out)
{
	uint8_t *text = out + SEAL__HEAD_BYTES;
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int n = 0, last = 0;

	memcpy(out, s->id, SEAL_ID_BYTES);
	bool ok = crypto_random(out + SEAL_ID_BYTES, SEAL__NONCE_BYTES) == OK &&
		  seal__begin(c, s, out + SEAL_ID_BYTES, purpose, 1) &&
		  EVP_CipherUpdate(c, text, &n, (const uint8_t *)secret.p, (int)secret.n) == 1 &&
		  EVP_CipherFinal_ex(c, text + n, &last) == 1 && (size_t)n == secret.n &&
		  EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, SEAL__TAG_BYTES, text + secret.n) == 1;
	EVP_CIPHER_CTX_free(c);
	return ok;
}

enum err seal_close(const struct seal *s, struct slice purpose, struct slice secret, struct buf *b)
{
	size_t n = SEAL__HEAD_BYTES + secret.n + SEAL__TAG_BYTES;
	struct buf raw;

	if (secret.n > SEAL_SECRET_BYTES_MAX || purpose.n > SEAL_SECRET_BYTES_MAX)
		return ERR_RANGE;
	/* Room for all of it first: what cannot be finished is not begun. */
	if (!buf_room(b, seal__prefix.n + (n + 2) / 3 * 4))
		return ERR_QUEUE_FULL;
	buf_init(&raw, SEAL__BYTES_MAX);
	char *p = buf_room(&raw, n);
	enum err e = p && seal__encrypt(s, purpose, secret, (uint8_t *)p) ? OK : ERR_SYSTEM;
	if (e == OK) {
		buf_commit(&raw, n);
		buf_add(b, seal__prefix);
		e = base64_write_url(buf_slice(&raw), b);
	}
	buf_fini(&raw);
	return e;
}

static enum err seal__decrypt(const struct seal *s, struct slice purpose, struct slice raw, uint8_t *out)
{
	const uint8_t *p = (const uint8_t *)raw.p;
	size_t secret_n = raw.n - SEAL__HEAD_BYTES - SEAL__TAG_BYTES;
	uint8_t tag[SEAL__TAG_BYTES];
	int n = 0, last = 0;

	memcpy(tag, p + raw.n - SEAL__TAG_BYTES, sizeof tag);
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	bool ready = seal__begin(c, s, p + SEAL_ID_BYTES, purpose, 0) &&
		     EVP_CipherUpdate(c, out, &n, p + SEAL__HEAD_BYTES, (int)secret_n) == 1 &&
		     EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, sizeof tag, tag) == 1;
	bool good = ready && EVP_CipherFinal_ex(c, out + n, &last) == 1;
	EVP_CIPHER_CTX_free(c);
	if (!good)
		crypto_wipe(out, secret_n);
	return good ? OK : ready ? ERR_CORRUPT : ERR_SYSTEM;
}

static enum err seal__open_raw(const struct seal *s, struct slice purpose, struct slice raw, struct buf *b)
{
	if (raw.n < SEAL__HEAD_BYTES + SEAL__TAG_BYTES || raw.n > SEAL__BYTES_MAX)
		return ERR_SYNTAX;
	if (memcmp(raw.p, s->id, SEAL_ID_BYTES) != 0)
		return ERR_SEAL_KEY;
	size_t n = raw.n - SEAL__HEAD_BYTES - SEAL__TAG_BYTES;
	char *out = buf_room(b, n + 1); /* one more, so that an empty secret has a place too */
	if (!out)
		return ERR_QUEUE_FULL;
	enum err e = seal__decrypt(s, purpose, raw, (uint8_t *)out);
	if (e == OK)
		buf_commit(b, n);
	return e;
}

enum err seal_open(const struct seal *s, struct slice purpose, struct slice text, struct buf *b)
{
	struct buf raw;

	if (!seal_is(text) || text.n > SEAL__TEXT_MAX || purpose.n > SEAL_SECRET_BYTES_MAX)
		return ERR_SYNTAX;
	buf_init(&raw, SEAL__TEXT_MAX);
	enum err e = base64_read(slice_from(text, seal__prefix.n), &raw);
	if (e == OK)
		e = seal__open_raw(s, purpose, buf_slice(&raw), b);
	buf_fini(&raw);
	return e;
}
