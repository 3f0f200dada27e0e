/* SPDX-License-Identifier: Apache-2.0 */
/* acme_probe: see acme_probe.h. */
#include "acme/acme_probe.h"

#include "base/crypto.h"

static void acme_probe__hex(const uint8_t *p, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[p[i] >> 4];
		out[2 * i + 1] = digits[p[i] & 15];
	}
	out[2 * n] = '\0';
}

void acme_probe_token(const uint8_t nonce[static ACME_PROBE_NONCE_BYTES], char ret[static ACME_PROBE_TOKEN_BYTES])
{
	memcpy(ret, "seawall-", 8);
	acme_probe__hex(nonce, ACME_PROBE_NONCE_BYTES, ret + 8);
}

bool acme_probe_is(struct slice token)
{
	if (token.n != ACME_PROBE_TOKEN_BYTES - 1 || !slice_starts(token, SLICE("seawall-")))
		return false;
	for (size_t i = 8; i < token.n; i++)
		if (!slice_is_digit(token.p[i]) && !(token.p[i] >= 'a' && token.p[i] <= 'f'))
			return false;
	return true;
}

enum err acme_probe_answer(const struct seal *seal, struct slice host, struct slice token,
			   char ret[static ACME_PROBE_ANSWER_BYTES])
{
	/* No host has a line feed in it, so no two questions are the same text. */
	const struct slice parts[] = { SLICE("acme probe\n"), host, SLICE("\n"), token };
	uint8_t mac[CRYPTO_SHA256_BYTES];

	TRY(crypto_hmac_sha256_parts(slice_of(seal->key, sizeof seal->key), parts, sizeof parts / sizeof parts[0],
				     mac));
	acme_probe__hex(mac, sizeof mac, ret);
	return OK;
}
