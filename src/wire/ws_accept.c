/* SPDX-License-Identifier: Apache-2.0 */
/* ws_accept: see ws_accept.h. */
#include "wire/ws_accept.h"

#include "base/base64.h"
#include "base/crypto.h"

static const char ws_accept__guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

bool ws_accept_is_key(struct slice key)
{
	/* 22 characters and two '='. */
	if (key.n != WS_ACCEPT_KEY_BYTES || !slice_ends(key, SLICE("==")))
		return false;
	for (size_t i = 0; i < WS_ACCEPT_KEY_BYTES - 2; i++) {
		char c = key.p[i];
		if (!slice_is_digit(c) && !(slice_lower(c) >= 'a' && slice_lower(c) <= 'z') && c != '+' && c != '/')
			return false;
	}
	return true;
}

enum err ws_accept_make(struct slice key, char ret[static WS_ACCEPT_BYTES])
{
	char joined[WS_ACCEPT_KEY_BYTES + sizeof ws_accept__guid];
	uint8_t digest[CRYPTO_SHA1_BYTES];
	struct buf text;

	if (!ws_accept_is_key(key))
		return ERR_SYNTAX;
	memcpy(joined, key.p, key.n);
	memcpy(joined + key.n, ws_accept__guid, sizeof ws_accept__guid);
	TRY(crypto_sha1(slice_of(joined, sizeof joined - 1), digest));
	buf_init(&text, WS_ACCEPT_BYTES);
	enum err e = base64_write(slice_of(digest, sizeof digest), &text);
	if (e == OK)
		memcpy(ret, buf_slice(&text).p, WS_ACCEPT_BYTES);
	buf_fini(&text);
	return e;
}
