/* SPDX-License-Identifier: Apache-2.0 */
/* transform_path: paths, and command lines as shells of two families read them. */
#include "waf/transform_int.h"

/* Takes the last segment of the n bytes at out away; root is 1 when they begin with a slash. Returns what is left. */
static size_t transform__up(const char *out, size_t n, size_t root)
{
	if (n > root && out[n - 1] == '/')
		n--;
	while (n > root && out[n - 1] != '/')
		n--;
	return n;
}

/* True when the n bytes at out end in a segment "..", with or without its slash. */
static bool transform__ends_up(const char *out, size_t n)
{
	if (n && out[n - 1] == '/')
		n--;
	return n >= 2 && out[n - 1] == '.' && out[n - 2] == '.' && (n == 2 || out[n - 3] == '/');
}

static bool transform__slash(char c, bool windows)
{
	return c == '/' || (windows && c == '\\');
}

/* Puts one segment after the n bytes at out. last: no slash follows it. Returns the new length. */
static size_t transform__segment(char *out, size_t n, size_t root, struct slice segment, bool last)
{
	bool here = slice_eq(segment, SLICE(".")), up = slice_eq(segment, SLICE(".."));

	if (segment.n == 0)
		return n;
	if (up && (n > root || root) && !transform__ends_up(out, n)) {
		n = transform__up(out, n, root);
		here = true;
	}
	if (here)
		return last && n > root ? n - 1 : n;
	memcpy(out + n, segment.p, segment.n);
	n += segment.n;
	if (!last)
		out[n++] = '/';
	return n;
}

/*
 * Segments "." and empty ones go, ".." takes the one before with it; at the front of a relative path it stays, above
 * the root it goes. A slash at the end stays when the value has one there.
 */
static size_t transform__path(struct slice in, char *out, bool windows)
{
	size_t n = 0, root = in.n && transform__slash(in.p[0], windows);

	if (root)
		out[n++] = '/';
	for (size_t i = root; i < in.n; i++) {
		size_t at = i;
		while (i < in.n && !transform__slash(in.p[i], windows))
			i++;
		n = transform__segment(out, n, root, slice_of(in.p + at, i - at), i == in.n);
	}
	return n;
}

size_t transform__normalize_path(struct slice in, char *out)
{
	return transform__path(in, out, false);
}

size_t transform__normalize_path_win(struct slice in, char *out)
{
	return transform__path(in, out, true);
}

size_t transform__cmd_line(struct slice in, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < in.n; i++) {
		char c = in.p[i];
		switch (c) {
		case '"':
		case '\'':
		case '\\':
		case '^':
			break;
		case ' ':
		case ',':
		case ';':
		case '\t':
		case '\r':
		case '\n':
			if (!n || out[n - 1] != ' ')
				out[n++] = ' ';
			break;
		default:
			if ((c == '/' || c == '(') && n && out[n - 1] == ' ')
				n--;
			out[n++] = slice_lower(c);
		}
	}
	return n;
}
