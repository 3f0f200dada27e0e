/* SPDX-License-Identifier: Apache-2.0 */
/* transform: the table, and what can be said of an output without computing it. */
#include "waf/transform.h"

#include "base/check.h"
#include "base/crypto.h"
#include "waf/transform_int.h"

struct transform__row {
	const char *name;
	size_t (*apply)(struct slice in, char *out);
	struct slice triggers;
};

/* Stand for sets of bytes that are not worth a list. */
#define ALWAYS "\0always"
#define HIGH "\0high"

static const struct transform__row transform__table[] = {
#define TRANSFORM(name, text, fn, triggers) { text, fn, SLICE_INIT(triggers) },
#include "waf/transform.def"
#undef TRANSFORM
};

enum transform transform_find(struct slice name)
{
	static const struct {
		struct slice alias;
		enum transform t;
	} aliases[] = {
		{ SLICE_INIT("normalisePath"), TRANSFORM_NORMALIZE_PATH },
		{ SLICE_INIT("normalisePathWin"), TRANSFORM_NORMALIZE_PATH_WIN },
	};

	for (size_t i = 0; i < TRANSFORM_COUNT; i++)
		if (slice_eq_nocase(name, slice_str(transform__table[i].name)))
			return (enum transform)i;
	for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
		if (slice_eq_nocase(name, aliases[i].alias))
			return aliases[i].t;
	return TRANSFORM_COUNT;
}

const char *transform_name(enum transform t)
{
	CHECK(t < TRANSFORM_COUNT);
	return transform__table[t].name;
}

size_t transform_bound(enum transform t, size_t n)
{
	enum { DIGITS = 20 };

	if (t == TRANSFORM_LENGTH)
		return DIGITS;
	if (t == TRANSFORM_SHA1)
		return CRYPTO_SHA1_BYTES;
	if (t == TRANSFORM_UTF8_TO_UNICODE)
		return n * 4 + 8;
	if (t == TRANSFORM_URL_ENCODE)
		return n * 3;
	if (t == TRANSFORM_HEX_ENCODE)
		return n * 2;
	if (t == TRANSFORM_BASE64_ENCODE)
		return (n + 2) / 3 * 4;
	return n;
}

size_t transform_apply(enum transform t, struct slice in, char *out)
{
	CHECK(t < TRANSFORM_COUNT);
	size_t n = transform__table[t].apply(in, out);
	DCHECK(n <= transform_bound(t, in.n));
	return n;
}

bool transform_may_change(enum transform t, struct slice in)
{
	CHECK(t < TRANSFORM_COUNT);
	struct slice triggers = transform__table[t].triggers;

	if (slice_eq(triggers, SLICE(ALWAYS)))
		return true;
	if (slice_eq(triggers, SLICE(HIGH))) {
		for (size_t i = 0; i < in.n; i++)
			if ((int8_t)in.p[i] <= 0)
				return true;
		return false;
	}
	if (triggers.n <= 2) {
		for (size_t i = 0; in.n && i < triggers.n; i++)
			if (memchr(in.p, triggers.p[i], in.n))
				return true;
		return false;
	}
	for (size_t i = 0; i < in.n; i++)
		if (memchr(triggers.p, in.p[i], triggers.n))
			return true;
	return false;
}
