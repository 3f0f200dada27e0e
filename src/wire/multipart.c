/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/multipart.h"

/* The parameter `name` of a header value, quotes undone when they hold no escapes; p NULL: it is not there. */
static struct slice multipart__parameter(struct slice value, struct slice name)
{
	(void)slice_split(&value, ';');
	while (value.p) {
		struct slice key, rest = slice_trim(value);
		size_t n;

		key = slice_first(rest, slice_find(rest, '='));
		if (key.n == rest.n)
			break;
		rest = slice_from(rest, key.n + 1);
		if (rest.n && rest.p[0] == '"') {
			rest = slice_from(rest, 1);
			n = slice_find(rest, '"');
			if (n == SIZE_MAX)
				break;
			value = slice_from(rest, n + 1);
		} else {
			n = slice_find(rest, ';');
			value = slice_from(rest, n == SIZE_MAX ? rest.n : n);
		}
		if (slice_eq_nocase(slice_trim(key), name))
			return slice_trim(slice_first(rest, n));
		(void)slice_split(&value, ';');
	}
	return (struct slice){ NULL, 0 };
}

enum err multipart_init(struct multipart *m, struct slice content_type, struct slice body)
{
	struct slice type = content_type;

	type = slice_trim(slice_split(&type, ';'));
	*m = (struct multipart){ multipart__parameter(content_type, SLICE("boundary")), body, false, false };
	if (!slice_eq_nocase(type, SLICE("multipart/form-data")) || m->boundary.n == 0 ||
	    m->boundary.n > MULTIPART_BOUNDARY_BYTES)
		return ERR_SYNTAX;
	return OK;
}

/* The next line without its end; false when there is none. */
static bool multipart__line(struct slice *rest, struct slice *ret)
{
	size_t end = slice_find(*rest, '\n');

	if (rest->n == 0)
		return false;
	*ret = slice_first(*rest, end);
	*rest = slice_from(*rest, end == SIZE_MAX ? rest->n : end + 1);
	if (ret->n && ret->p[ret->n - 1] == '\r')
		ret->n--;
	return true;
}

/* 0: not a delimiter; 1: a delimiter; 2: the last one. */
static int multipart__delimiter(const struct multipart *m, struct slice line)
{
	if (!slice_starts(line, SLICE("--")) || !slice_starts(slice_from(line, 2), m->boundary))
		return 0;
	line = slice_trim(slice_from(line, 2 + m->boundary.n));
	return line.n == 0 ? 1 : slice_eq(line, SLICE("--")) ? 2 : 0;
}

/* Everything up to the next delimiter line, without the line end before it. */
static bool multipart__body(struct multipart *m, struct slice *ret)
{
	struct slice line, from = m->rest;
	const char *end = m->rest.p;

	while (multipart__line(&m->rest, &line)) {
		int kind = multipart__delimiter(m, line);

		if (kind) {
			m->ended = kind == 2;
			end = line.p;
			if (end > from.p && end[-1] == '\n')
				end--;
			if (end > from.p && end[-1] == '\r')
				end--;
			*ret = slice_of(from.p, (size_t)(end - from.p));
			return true;
		}
	}
	return false;
}

static enum err multipart__head(struct multipart *m, struct multipart_part *part)
{
	struct slice line;

	while (multipart__line(&m->rest, &line)) {
		struct slice value = line, name = slice_split(&value, ':');

		if (line.n == 0)
			return OK;
		if (!value.p)
			return ERR_SYNTAX;
		if (slice_eq_nocase(name, SLICE("Content-Disposition"))) {
			part->name = multipart__parameter(value, SLICE("name"));
			part->filename = multipart__parameter(value, SLICE("filename"));
		} else if (slice_eq_nocase(name, SLICE("Content-Type"))) {
			part->content_type = slice_trim(value);
		}
	}
	return ERR_SYNTAX;
}

enum err multipart_next(struct multipart *m, struct multipart_part *ret)
{
	struct multipart_part part = { 0 };
	struct slice preamble;

	if (!m->started) {
		m->started = true;
		if (!multipart__body(m, &preamble))
			return ERR_SYNTAX;
	}
	if (m->ended)
		return ERR_CLOSED;
	TRY(multipart__head(m, &part));
	if (!multipart__body(m, &part.body))
		return ERR_SYNTAX;
	*ret = part;
	return OK;
}
