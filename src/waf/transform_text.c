/* SPDX-License-Identifier: Apache-2.0 */
/* transform_text: case, white space, comments, NUL bytes, lengths and digests. */
#include "base/crypto.h"
#include "base/text.h"
#include "waf/transform_int.h"

size_t transform__lowercase(struct slice in, char *out)
{
	for (size_t i = 0; i < in.n; i++)
		out[i] = slice_lower(in.p[i]);
	return in.n;
}

size_t transform__uppercase(struct slice in, char *out)
{
	for (size_t i = 0; i < in.n; i++)
		out[i] = in.p[i] >= 'a' && in.p[i] <= 'z' ? (char)(in.p[i] & ~0x20) : in.p[i];
	return in.n;
}

size_t transform__length(struct slice in, char *out)
{
	struct text t = text_of(out, 20);

	text_u64(&t, in.n);
	return t.n;
}

/* A digest that the library refuses leaves the value as empty: no rule takes an empty digest for a known one. */
size_t transform__sha1(struct slice in, char *out)
{
	uint8_t digest[CRYPTO_SHA1_BYTES];

	if (crypto_sha1(in, digest) != OK)
		return 0;
	memcpy(out, digest, sizeof digest);
	return sizeof digest;
}

size_t transform__compress_whitespace(struct slice in, char *out)
{
	size_t n = 0;
	bool in_space = false;

	for (size_t i = 0; i < in.n; i++) {
		bool space = transform__space(in.p[i]);
		if (!space)
			out[n++] = in.p[i];
		else if (!in_space)
			out[n++] = ' ';
		in_space = space;
	}
	return n;
}

/* 1 for bytes that are white space, and for the two of a no-break space in UTF-8. */
static const uint8_t transform__blank[256] = {
	['\t'] = 1, ['\n'] = 1, ['\v'] = 1, ['\f'] = 1, ['\r'] = 1, [' '] = 1, [0xa0] = 1, [0xc2] = 1,
};

size_t transform__remove_whitespace(struct slice in, char *out)
{
	size_t n = 0;

	/* Written first and kept or not: no branch to guess. */
	for (size_t i = 0; i < in.n; i++) {
		out[n] = in.p[i];
		n += !transform__blank[(uint8_t)in.p[i]];
	}
	return n;
}

size_t transform__remove_nulls(struct slice in, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < in.n; i++)
		if (in.p[i])
			out[n++] = in.p[i];
	return n;
}

size_t transform__replace_nulls(struct slice in, char *out)
{
	for (size_t i = 0; i < in.n; i++)
		out[i] = in.p[i] ? in.p[i] : ' ';
	return in.n;
}

size_t transform__trim_left(struct slice in, char *out)
{
	size_t from = 0;

	while (from < in.n && transform__space(in.p[from]))
		from++;
	if (in.n > from)
		memcpy(out, in.p + from, in.n - from);
	return in.n - from;
}

size_t transform__trim_right(struct slice in, char *out)
{
	size_t n = in.n;

	while (n && transform__space(in.p[n - 1]))
		n--;
	if (n)
		memcpy(out, in.p, n);
	return n;
}

size_t transform__trim(struct slice in, char *out)
{
	while (in.n && transform__space(in.p[in.n - 1]))
		in.n--;
	return transform__trim_left(in, out);
}

static bool transform__at(struct slice in, size_t i, const char *two)
{
	return i + 1 < in.n && in.p[i] == two[0] && in.p[i + 1] == two[1];
}

/* C comments become one blank each; an unfinished one takes the rest with it. */
size_t transform__replace_comments(struct slice in, char *out)
{
	size_t n = 0;
	bool inside = false;

	for (size_t i = 0; i < in.n; i++) {
		if (!inside && transform__at(in, i, "/*")) {
			inside = true;
			i++;
		} else if (inside && transform__at(in, i, "*/")) {
			inside = false;
			i++;
			out[n++] = ' ';
		} else if (!inside) {
			out[n++] = in.p[i];
		}
	}
	if (inside)
		out[n++] = ' ';
	return n;
}

/* Bytes that open an HTML or SQL comment at i, 0 when none does. */
static size_t transform__comment_mark(struct slice in, size_t i)
{
	static const struct slice marks[] = { SLICE_INIT("<!--"), SLICE_INIT("-->"), SLICE_INIT("/*"),
					      SLICE_INIT("*/"),   SLICE_INIT("--"),  SLICE_INIT("#") };

	for (size_t k = 0; k < sizeof marks / sizeof *marks; k++)
		if (slice_starts(slice_from(in, i), marks[k]))
			return marks[k].n;
	return 0;
}

size_t transform__remove_comments_char(struct slice in, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < in.n;) {
		size_t mark = transform__comment_mark(in, i);
		if (mark)
			i += mark;
		else
			out[n++] = in.p[i++];
	}
	return n;
}

/* Where a comment that opens at i ends, or i when none opens there. An unfinished one ends with the value. */
static size_t transform__comment_end(struct slice in, size_t i)
{
	struct slice rest = slice_from(in, i);
	const char *close = NULL;

	if (slice_starts(rest, SLICE("/*")))
		close = "*/";
	else if (slice_starts(rest, SLICE("<!--")))
		close = "-->";
	else if (slice_starts(rest, SLICE("--")) || slice_starts(rest, SLICE("#")))
		return in.n;
	if (!close)
		return i;
	size_t open_n = close[0] == '*' ? 2 : 4;
	const void *end = rest.n > open_n ? memmem(rest.p + open_n, rest.n - open_n, close, strlen(close)) : NULL;
	return end ? (size_t)((const char *)end - in.p) + strlen(close) : in.n;
}

size_t transform__remove_comments(struct slice in, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < in.n;) {
		size_t end = transform__comment_end(in, i);
		if (end > i)
			i = end;
		else
			out[n++] = in.p[i++];
	}
	return n;
}
