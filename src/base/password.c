/* SPDX-License-Identifier: Apache-2.0 */
/* password: see password.h. */
#include "base/password.h"

#include "base/base64.h"
#include "base/crypto.h"
#include "base/text.h"

#include <stdio.h>

enum { PASSWORD__SALT_BYTES = 16, PASSWORD__FIELDS_BYTES = 64, PASSWORD__COST_MAX = 16 };

static const struct crypto_scrypt_cost password__cost = { 15, 8, 3 };

bool password_fits(struct slice password)
{
	for (size_t i = 0; i < password.n; i++)
		if ((uint8_t)password.p[i] < ' ' || password.p[i] == 0x7f)
			return false;
	return password.n >= PASSWORD_BYTES_MIN && password.n <= PASSWORD_BYTES_MAX && text_is_utf8(password);
}

enum err password_keep(struct slice password, char ret[static PASSWORD_TEXT_BYTES])
{
	uint8_t salt[PASSWORD__SALT_BYTES], key[CRYPTO_SHA256_BYTES];
	const struct crypto_scrypt_cost *c = &password__cost;
	struct buf b;

	TRY(crypto_random(salt, sizeof salt));
	TRY(crypto_scrypt(password, slice_of(salt, sizeof salt), c, key));
	buf_init(&b, PASSWORD_TEXT_BYTES - 1);
	buf_printf(&b, "scrypt:%u:%u:%u:", c->n_log2, c->r, c->p);
	enum err e = base64_write_url(slice_of(salt, sizeof salt), &b);
	if (e == OK)
		e = buf_add_byte(&b, ':') ? base64_write_url(slice_of(key, sizeof key), &b) : ERR_QUEUE_FULL;
	if (e == OK)
		slice_cstr(buf_slice(&b), ret, PASSWORD_TEXT_BYTES);
	buf_fini(&b);
	crypto_wipe(key, sizeof key);
	return e;
}

/* A number of the cost, and what follows it. */
static bool password__number(struct slice *rest, uint64_t max, uint8_t *ret)
{
	uint64_t v;

	if (!slice_u64(slice_split(rest, ':'), &v) || v < 1 || v > max)
		return false;
	*ret = (uint8_t)v;
	return true;
}

/* n bytes in base64url, and what follows. */
static bool password__bytes(struct slice *rest, void *ret, size_t n)
{
	struct buf b;

	buf_init(&b, PASSWORD__FIELDS_BYTES);
	bool good = base64_read(slice_split(rest, ':'), &b) == OK && buf_len(&b) == n;
	if (good)
		memcpy(ret, buf_slice(&b).p, n);
	buf_fini(&b);
	return good;
}

enum err password_check(struct slice kept, struct slice password)
{
	uint8_t salt[PASSWORD__SALT_BYTES], want[CRYPTO_SHA256_BYTES], got[CRYPTO_SHA256_BYTES];
	struct crypto_scrypt_cost c;

	if (!slice_eq(slice_split(&kept, ':'), SLICE("scrypt")) ||
	    !password__number(&kept, PASSWORD__COST_MAX, &c.n_log2) ||
	    !password__number(&kept, PASSWORD__COST_MAX, &c.r) || !password__number(&kept, PASSWORD__COST_MAX, &c.p) ||
	    !password__bytes(&kept, salt, sizeof salt) || !password__bytes(&kept, want, sizeof want) || kept.p)
		return ERR_CORRUPT;
	TRY(crypto_scrypt(password, slice_of(salt, sizeof salt), &c, got));
	bool same = crypto_same(want, got, sizeof got);
	crypto_wipe(got, sizeof got);
	return same ? OK : ERR_BLOCKED;
}
