/* SPDX-License-Identifier: Apache-2.0 */
/* bearer: see bearer.h. */
#include "platform/bearer.h"

#include "base/base64.h"
#include "base/crypto.h"

#include <jansson.h>

static const char bearer__header[] = "{\"typ\":\"JWT\",\"alg\":\"HS512\"}";
static const char *const bearer__claims[] = { [BEARER_TOKEN] = "tid", [BEARER_LOGS] = "app" };

enum err platform_bearer_key_make(const struct seal *seal, struct bearer_key *ret)
{
	return crypto_hmac_sha512(slice_of(seal->key, sizeof seal->key), SLICE("seawall bearer tokens"), ret->bytes);
}

static enum err bearer__sign(const struct bearer_key *key, struct slice text, struct buf *out)
{
	uint8_t mac[CRYPTO_SHA512_BYTES];

	TRY(crypto_hmac_sha512(slice_of(key->bytes, sizeof key->bytes), text, mac));
	return base64_write_url(slice_of(mac, sizeof mac), out);
}

enum err platform_bearer_make(const struct bearer_key *key, enum bearer_use use, const char *subject, const char *user,
			      int64_t now_ms, struct buf *out)
{
	char rnd[33], claims[512];
	size_t from = buf_len(out);

	crypto_random_text(rnd, sizeof rnd - 1);
	int n = snprintf(
		claims, sizeof claims,
		"{\"iss\":\"Scalingo\",\"iat\":%lld,\"uuid\":\"%s\",\"rnd\":\"%s\",\"exp\":%lld,\"%s\":\"%s\"}",
		(long long)(now_ms / 1000), user, rnd, (long long)(now_ms / 1000 + BEARER_S), bearer__claims[use],
		subject);
	if (n < 0 || (size_t)n >= sizeof claims)
		return ERR_QUEUE_FULL;
	TRY(base64_write_url(slice_str(bearer__header), out));
	buf_add_byte(out, '.');
	TRY(base64_write_url(slice_of(claims, (size_t)n), out));
	struct slice signed_part = slice_from(buf_slice(out), from);
	struct buf mac;
	buf_init(&mac, 128);
	enum err e = bearer__sign(key, signed_part, &mac);
	if (e == OK && (!buf_add_byte(out, '.') || !buf_add(out, buf_slice(&mac))))
		e = ERR_QUEUE_FULL;
	buf_fini(&mac);
	return e;
}

/* Whether the last part is the signature of what stands before it. errors: ERR_SYNTAX, ERR_SYSTEM. */
static enum err bearer__verify(const struct bearer_key *key, struct slice token, struct slice *ret_signed)
{
	size_t dot = slice_rfind(token, '.');
	struct buf mac;

	if (token.n > BEARER_BYTES_MAX || dot == SIZE_MAX)
		return ERR_SYNTAX;
	*ret_signed = slice_first(token, dot);
	buf_init(&mac, 128);
	enum err e = bearer__sign(key, *ret_signed, &mac);
	if (e == OK && !slice_eq_ct(buf_slice(&mac), slice_from(token, dot + 1)))
		e = ERR_SYNTAX;
	buf_fini(&mac);
	return e;
}

static enum err bearer__claims_read(enum bearer_use use, const json_t *claims, int64_t now_ms,
				    char ret_subject[static BEARER_SUBJECT_BYTES])
{
	const char *subject = json_string_value(json_object_get(claims, bearer__claims[use]));

	if (!subject || strlen(subject) >= BEARER_SUBJECT_BYTES)
		return ERR_SYNTAX;
	if (json_integer_value(json_object_get(claims, "exp")) <= now_ms / 1000)
		return ERR_TIMEOUT;
	slice_cstr(slice_str(subject), ret_subject, BEARER_SUBJECT_BYTES);
	return OK;
}

enum err platform_bearer_read(const struct bearer_key *key, enum bearer_use use, struct slice token, int64_t now_ms,
			      char ret_subject[static BEARER_SUBJECT_BYTES])
{
	struct slice rest;
	struct buf text;

	/* What is signed with our key was written by bearer_make: one header, one form. */
	TRY(bearer__verify(key, token, &rest));
	slice_split(&rest, '.');
	buf_init(&text, BEARER_BYTES_MAX);
	enum err e = base64_read(rest, &text);
	json_t *claims = e == OK ? json_loadb(buf_slice(&text).p, buf_len(&text), 0, NULL) : NULL;
	e = bearer__claims_read(use, claims, now_ms, ret_subject);
	json_decref(claims);
	buf_fini(&text);
	return e;
}
