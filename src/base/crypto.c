/* SPDX-License-Identifier: Apache-2.0 */
/* crypto: see crypto.h. */
#include "base/crypto.h"

#include <openssl/evp.h>

enum err crypto_sha1(struct slice s, uint8_t ret[static CRYPTO_SHA1_BYTES])
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (EVP_Digest(s.n ? s.p : "", s.n, digest, &n, EVP_sha1(), NULL) != 1 || n != CRYPTO_SHA1_BYTES)
		return ERR_SYSTEM;
	memcpy(ret, digest, CRYPTO_SHA1_BYTES);
	return OK;
}
