/* SPDX-License-Identifier: Apache-2.0 */
/* totp: see totp.h. */
#include "base/totp.h"

#include "base/check.h"
#include "base/crypto.h"

int64_t totp_step(int64_t at_s)
{
	return at_s / TOTP_STEP_S;
}

enum err totp_code(struct slice secret, int64_t step, unsigned digits, char *ret)
{
	uint8_t counter[8], mac[CRYPTO_SHA1_BYTES];

	CHECK(digits >= 1 && digits <= 9);
	for (size_t i = 0; i < sizeof counter; i++)
		counter[i] = (uint8_t)((uint64_t)step >> (56 - 8 * i));
	TRY(crypto_hmac_sha1(secret, slice_of(counter, sizeof counter), mac));
	/* RFC 4226 section 5.3: the last four bits say where 31 bits are taken from. */
	size_t at = mac[sizeof mac - 1] & 15;
	uint32_t v = (uint32_t)(mac[at] & 127) << 24 | (uint32_t)mac[at + 1] << 16 | (uint32_t)mac[at + 2] << 8 |
		     mac[at + 3];
	for (unsigned i = digits; i-- > 0; v /= 10)
		ret[i] = (char)('0' + v % 10);
	ret[digits] = '\0';
	return OK;
}

enum err totp_check(struct slice secret, struct slice code, int64_t at_s, int64_t used, int64_t *ret_step)
{
	int64_t now = totp_step(at_s), found = -1;
	char want[TOTP_DIGITS + 1];

	if (code.n != TOTP_DIGITS)
		return ERR_BLOCKED;
	for (int64_t step = now - 1; step <= now + 1; step++) {
		TRY(totp_code(secret, step, TOTP_DIGITS, want));
		if (crypto_same(want, code.p, TOTP_DIGITS) && step > used)
			found = step;
	}
	if (found < 0)
		return ERR_BLOCKED;
	*ret_step = found;
	return OK;
}

void totp_print(const uint8_t secret[static TOTP_SECRET_BYTES], char ret[static TOTP_TEXT_BYTES])
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

	/* Five bits a letter; 20 bytes are 32 letters without padding. */
	for (size_t i = 0; i < TOTP_TEXT_BYTES - 1; i++) {
		size_t bit = 5 * i, at = bit / 8;
		unsigned two = (unsigned)secret[at] << 8 | (at + 1 < TOTP_SECRET_BYTES ? secret[at + 1] : 0);
		ret[i] = letters[two >> (11 - bit % 8) & 31];
	}
	ret[TOTP_TEXT_BYTES - 1] = '\0';
}
