/* SPDX-License-Identifier: Apache-2.0 */
/* request_id: see request_id.h. */
#include "router/request_id.h"

#include "base/text.h"

bool request_id_is_kept(struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = slice_lower(s.p[i]);
		if (!(c >= 'a' && c <= 'z') && !slice_is_digit(c) && !memchr("+=/-", c, 4))
			return false;
	}
	return s.n >= REQUEST_ID_LEAST && s.n <= REQUEST_ID_MOST;
}

void request_id_make(struct rng *rng, char ret[static REQUEST_ID_BYTES])
{
	const uint64_t a = rng_next(rng), b = rng_next(rng);
	struct text t = text_of(ret, REQUEST_ID_BYTES);

	text_hex(&t, a >> 32, 8);
	text_byte(&t, '-');
	text_hex(&t, a >> 16, 4);
	text_byte(&t, '-');
	text_hex(&t, (a & 0xfff) | 0x4000, 4); /* the version */
	text_byte(&t, '-');
	text_hex(&t, (b >> 48 & 0x3fff) | 0x8000, 4); /* the variant */
	text_byte(&t, '-');
	text_hex(&t, b, 12);
}
