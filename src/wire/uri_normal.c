/* SPDX-License-Identifier: Apache-2.0 */
/* uri_normal: see uri_normal.h. */
#include "wire/uri_normal.h"

bool uri_normal_needed(struct slice path_and_query)
{
	char before = 0;

	for (size_t i = 0; i < path_and_query.n; i++) {
		char c = path_and_query.p[i];
		if (c == '?')
			break;
		if (c == '%' || c == '\\' || (before == '/' && (c == '/' || c == '.')))
			return true;
		before = c;
	}
	return false;
}

static int uri_normal__hex(char c)
{
	char low = slice_lower(c);

	if (slice_is_digit(c))
		return c - '0';
	return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

static bool uri_normal__unreserved(int c)
{
	int low = c | 0x20;

	return (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

/* Decodes what need not be encoded, turns backslashes, writes hexadecimal digits in upper case. Returns the length. */
static size_t uri_normal__decode(struct slice path, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < path.n; i++) {
		int high = i + 2 < path.n && path.p[i] == '%' ? uri_normal__hex(path.p[i + 1]) : -1;
		int low = high >= 0 ? uri_normal__hex(path.p[i + 2]) : -1;
		if (low < 0) {
			out[n++] = path.p[i] == '\\' ? '/' : path.p[i];
			continue;
		}
		if (uri_normal__unreserved(high << 4 | low)) {
			out[n++] = (char)(high << 4 | low);
		} else {
			out[n++] = '%';
			out[n++] = "0123456789ABCDEF"[high];
			out[n++] = "0123456789ABCDEF"[low];
		}
		i += 2;
	}
	return n;
}

/* Merges slashes and removes dot segments, in place. p[0] is a slash. Returns the length. */
static size_t uri_normal__segments(char *p, size_t n)
{
	size_t to = 0;

	for (size_t at = 0; at < n;) {
		/* at stands on a slash; the segment behind it */
		size_t from = at + 1, end = from;
		while (end < n && p[end] != '/')
			end++;
		bool last = end == n;
		struct slice segment = slice_of(p + from, end - from);
		if (slice_eq(segment, SLICE(".."))) {
			while (to > 0 && p[--to] != '/')
				;
			if (last)
				p[to++] = '/';
		} else if (slice_eq(segment, SLICE(".")) || segment.n == 0) {
			if (last && (to == 0 || p[to - 1] != '/'))
				p[to++] = '/';
		} else {
			p[to++] = '/';
			memmove(p + to, segment.p, segment.n);
			to += segment.n;
		}
		at = end;
	}
	if (to == 0)
		p[to++] = '/';
	return to;
}

struct slice uri_normal_path(struct slice path_and_query, char *out)
{
	size_t mark = slice_find(path_and_query, '?');
	struct slice path = slice_first(path_and_query, mark);
	struct slice query = mark == SIZE_MAX ? slice_of(NULL, 0) : slice_from(path_and_query, mark);
	size_t n = uri_normal__decode(path, out);

	if (n && out[0] == '/')
		n = uri_normal__segments(out, n);
	else if (path.n)
		memcpy(out, path.p, n = path.n);
	if (query.n)
		memcpy(out + n, query.p, query.n);
	return slice_of(out, n + query.n);
}
