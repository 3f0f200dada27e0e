/* SPDX-License-Identifier: Apache-2.0 */
/* transform_unicode: UTF-8 to %uXXXX, and the ASCII byte nearest to a code point. */
#include "base/text.h"
#include "waf/transform_int.h"

struct transform__fit {
	uint16_t first, last;
	uint8_t byte, step;
};

static const struct transform__fit transform__fits[] = {
#define FIT(first, last, byte, step) { first, last, byte, step },
#include "waf/best_fit.def"
#undef FIT
};

int transform__best_fit(unsigned code)
{
	size_t low = 0, high = sizeof transform__fits / sizeof *transform__fits;

	if (code < 0x80)
		return (int)code;
	while (low < high) {
		size_t mid = (low + high) / 2;
		const struct transform__fit *f = &transform__fits[mid];
		if (code < f->first)
			high = mid;
		else if (code > f->last)
			low = mid + 1;
		else
			return (int)(f->byte + f->step * (code - f->first));
	}
	return -1;
}

/*
 * The bytes of a sequence that begins at s.p[0], a byte above 0x7f: 2 to 4 and *ret_code; 0 when a byte of it is
 * missing or wrong; 1 when no sequence begins with this byte. Overlong forms and surrogates are read as they stand.
 */
static size_t transform__sequence(struct slice s, uint32_t *ret_code)
{
	uint8_t lead = (uint8_t)s.p[0];
	size_t n = (lead & 0xe0) == 0xc0 ? 2 : (lead & 0xf0) == 0xe0 ? 3 : (lead & 0xf8) == 0xf0 ? 4 : 1;
	uint32_t code = n == 1 ? lead : lead & (0x7fu >> n);

	if (n > s.n)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if (((uint8_t)s.p[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | ((uint8_t)s.p[i] & 0x3f);
	}
	*ret_code = code;
	return n;
}

/* Longer than it needs to be, or a surrogate: rules that look for those see the lead byte after the code. */
static bool transform__irregular(size_t n, uint32_t code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };

	return code < least[n] || (code >= 0xd800 && code <= 0xdfff);
}

size_t transform__utf8_to_unicode(struct slice in, char *out)
{
	struct text t = text_of(out, transform_bound(TRANSFORM_UTF8_TO_UNICODE, in.n));

	for (size_t i = 0; i < in.n;) {
		uint32_t code = 0;
		char lead = in.p[i];
		if ((int8_t)lead > 0)
			text_byte(&t, lead);
		if ((int8_t)lead >= 0) {
			i++;
			continue;
		}
		size_t n = transform__sequence(slice_from(in, i), &code);
		if (n == 1 || (uint8_t)lead >= 0xf5)
			text_byte(&t, lead);
		if (n > 1) {
			text_add(&t, SLICE("%u"));
			text_hex(&t, code, code > 0xfffff ? 6 : code > 0xffff ? 5 : 4);
			if (transform__irregular(n, code))
				text_byte(&t, lead);
		}
		i += n ? n : 1;
	}
	return t.n;
}
