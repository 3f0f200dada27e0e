/* SPDX-License-Identifier: Apache-2.0 */
/*
 * body_multipart: parts between boundaries. What is not as a browser sends it sets a MULTIPART_… flag, and all of them
 * set MULTIPART_STRICT_ERROR: servers behind us may read such a body in another way.
 */
#include "waf/body.h"

enum { MULTIPART_HEADERS_MAX = 32 };

struct body__multipart {
	struct input *in;
	struct slice rest;
	struct slice mark; /* "\n--boundary" */
	bool strict;       /* a flag was set */
	bool ok;           /* the arena holds */
	uint64_t files_bytes;
	/* of the part at hand */
	struct slice headers[MULTIPART_HEADERS_MAX];
	size_t headers_n;
	struct slice name, filename, filename_star;
	bool has_name;
};

static void body__flag(struct body__multipart *m, enum variable v)
{
	m->strict = true;
	m->ok = m->ok && input_flag(m->in, v);
}

static bool body__blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The next line without its end. A bare LF is noted. */
static struct slice body__line(struct body__multipart *m)
{
	bool ended = slice_find(m->rest, '\n') != SIZE_MAX;
	struct slice line = slice_split(&m->rest, '\n');

	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	else if (ended)
		body__flag(m, VAR_MULTIPART_LF_LINE);
	return line;
}

/* A quoted string at the front of *rest, its backslashes resolved when they stand before a quote or backslash. */
static struct slice body__quoted(struct body__multipart *m, struct slice *rest)
{
	char *out = arena_alloc(m->in->arena, rest->n);
	size_t i = 1, n = 0;

	for (; out && i < rest->n && rest->p[i] != '"'; i++) {
		if (rest->p[i] == '\\' && i + 1 < rest->n && (rest->p[i + 1] == '"' || rest->p[i + 1] == '\\'))
			i++;
		out[n++] = rest->p[i];
	}
	m->ok = m->ok && out;
	if (i >= rest->n)
		body__flag(m, VAR_MULTIPART_INVALID_QUOTING);
	*rest = slice_from(*rest, i + 1);
	return slice_of(out, n);
}

/* The value of a parameter. */
static struct slice body__parameter_value(struct body__multipart *m, struct slice *rest)
{
	size_t n = 0;

	if (rest->n && rest->p[0] == '"')
		return body__quoted(m, rest);
	if (rest->n && rest->p[0] == '\'')
		body__flag(m, VAR_MULTIPART_INVALID_QUOTING);
	while (n < rest->n && rest->p[n] != ';' && !body__blank(rest->p[n]))
		n++;
	struct slice value = slice_first(*rest, n);
	*rest = slice_from(*rest, n);
	return value;
}

/* filename*=charset'language'%41: the text after the second quote. */
static struct slice body__extended(struct body__multipart *m, struct slice value)
{
	size_t first = slice_find(value, '\''), second = SIZE_MAX;

	if (first != SIZE_MAX)
		second = slice_find(slice_from(value, first + 1), '\'');
	if (second != SIZE_MAX)
		value = slice_from(value, first + second + 2);
	return input_percent(m->in->arena, value, false);
}

static void body__parameter(struct body__multipart *m, struct slice name, struct slice value)
{
	if (slice_eq_nocase(name, SLICE("name"))) {
		m->name = value;
		m->has_name = true;
	} else if (slice_eq_nocase(name, SLICE("filename"))) {
		m->filename = value.p ? value : SLICE("");
	} else if (slice_eq_nocase(name, SLICE("filename*"))) {
		m->filename_star = body__extended(m, value);
	}
}

/* form-data; name="x"; filename="y" */
static void body__disposition(struct body__multipart *m, struct slice s)
{
	size_t end = slice_find(s, ';');

	if (!slice_eq_nocase(slice_trim(slice_first(s, end)), SLICE("form-data")))
		body__flag(m, VAR_MULTIPART_INVALID_PART);
	s = slice_trim(end == SIZE_MAX ? slice_of(NULL, 0) : slice_from(s, end));
	while (s.n) {
		if (s.p[0] == ';')
			s = slice_trim(slice_from(s, 1));
		else
			body__flag(m, VAR_MULTIPART_MISSING_SEMICOLON);
		size_t equals = slice_find(s, '=');
		if (equals == SIZE_MAX) {
			if (s.n)
				body__flag(m, VAR_MULTIPART_INVALID_PART);
			return;
		}
		struct slice name = slice_trim(slice_first(s, equals));
		s = slice_trim(slice_from(s, equals + 1));
		body__parameter(m, name, body__parameter_value(m, &s));
		s = slice_trim(s);
	}
}

/* A line that continues the one before it. */
static void body__folded(struct body__multipart *m, struct slice line)
{
	body__flag(m, VAR_MULTIPART_HEADER_FOLDING);
	if (m->headers_n == 0) {
		body__flag(m, VAR_MULTIPART_INVALID_HEADER_FOLDING);
		return;
	}
	struct slice *last = &m->headers[m->headers_n - 1];
	*last = arena_printf(m->in->arena, "%.*s%.*s", SLICE_ARG(*last), SLICE_ARG(line));
	m->ok = m->ok && last->p;
}

/* Headers of a part, up to the empty line. */
static void body__headers(struct body__multipart *m)
{
	m->headers_n = 0;
	m->name = m->filename = m->filename_star = slice_of(NULL, 0);
	m->has_name = false;
	while (m->ok && m->rest.n) {
		struct slice line = body__line(m);
		if (line.n == 0)
			break;
		if (body__blank(line.p[0])) {
			body__folded(m, line);
		} else if (m->headers_n < MULTIPART_HEADERS_MAX) {
			m->headers[m->headers_n++] = line;
		} else {
			body__flag(m, VAR_MULTIPART_INVALID_PART);
			m->ok = m->ok && input_error(m->in, "multipart: too many headers of one part");
			break;
		}
	}
	for (size_t i = 0; i < m->headers_n; i++) {
		size_t colon = slice_find(m->headers[i], ':');
		if (colon == SIZE_MAX)
			body__flag(m, VAR_MULTIPART_INVALID_PART);
		else if (slice_eq_nocase(slice_trim(slice_first(m->headers[i], colon)), SLICE("Content-Disposition")))
			body__disposition(m, slice_trim(slice_from(m->headers[i], colon + 1)));
	}
}

static void body__file(struct body__multipart *m, struct slice data)
{
	struct input *in = m->in;
	struct slice names[] = { m->filename, m->filename_star };

	for (size_t i = 0; i < 2 && m->ok; i++)
		if (names[i].p)
			m->ok = value_add(&in->var[VAR_FILES], in->arena, m->name, names[i]) &&
				value_set(&in->var[VAR_MULTIPART_FILENAME], in->arena, names[i]);
	struct slice size = arena_printf(in->arena, "%zu", data.n);
	m->files_bytes += data.n;
	m->ok = m->ok && size.p && value_add(&in->var[VAR_FILES_NAMES], in->arena, m->name, m->name) &&
		value_add(&in->var[VAR_FILES_SIZES], in->arena, m->name, size);
}

/* One part whose headers are read: what it adds to the variables. */
static void body__part(struct body__multipart *m, struct slice data)
{
	struct input *in = m->in;

	for (size_t i = 0; i < m->headers_n && m->ok; i++)
		m->ok = value_add(&in->var[VAR_MULTIPART_PART_HEADERS], in->arena, m->name, m->headers[i]);
	if (!m->has_name) {
		body__flag(m, VAR_MULTIPART_INVALID_PART);
		m->ok = m->ok && input_error(in, "multipart: a part has no name");
		return;
	}
	m->ok = m->ok && value_set(&in->var[VAR_MULTIPART_NAME], in->arena, m->name);
	if (m->filename.p || m->filename_star.p)
		body__file(m, data);
	else
		m->ok = m->ok && input_argument(in, VAR_ARGS_POST, VAR_ARGS_POST_NAMES, m->name, data);
}

/* The bytes up to the next boundary; *ret_found tells whether there is one. The line end before it is not data. */
static struct slice body__data(struct body__multipart *m, bool *ret_found)
{
	struct slice data = m->rest;
	const char *at = data.n >= m->mark.n ? memmem(data.p, data.n, m->mark.p, m->mark.n) : NULL;

	/* An empty part: its boundary follows the empty line at once. */
	if (slice_starts(data, slice_from(m->mark, 1))) {
		m->rest = slice_from(data, m->mark.n - 1);
		*ret_found = true;
		return slice_first(data, 0);
	}
	*ret_found = at != NULL;
	if (!at) {
		m->rest = slice_of(NULL, 0);
		return data;
	}
	size_t n = (size_t)(at - data.p);
	m->rest = slice_from(data, n + m->mark.n);
	if (n && data.p[n - 1] == '\r')
		n--;
	else
		body__flag(m, VAR_MULTIPART_LF_LINE);
	return slice_first(data, n);
}

/* What follows a boundary on its line. True when it was the last one. */
static bool body__boundary_end(struct body__multipart *m)
{
	bool last = slice_starts(m->rest, SLICE("--"));
	struct slice line = body__line(m);

	line = slice_from(line, last ? 2 : 0);
	if (line.n && slice_trim(line).n == 0)
		body__flag(m, VAR_MULTIPART_BOUNDARY_WHITESPACE);
	else if (line.n)
		body__flag(m, VAR_MULTIPART_UNMATCHED_BOUNDARY);
	return last;
}

/* The boundary of the Content-Type, ready to be looked for. False when there is none. */
static bool body__boundary(struct body__multipart *m, struct slice type)
{
	static const char word[] = "boundary";
	const char *at = NULL;

	for (size_t i = 0; i + sizeof word - 1 <= type.n && !at; i++)
		if (slice_starts_nocase(slice_from(type, i), slice_of(word, sizeof word - 1)))
			at = type.p + i;
	struct slice s = at ? slice_from(type, (size_t)(at - type.p) + sizeof word - 1) : slice_of(NULL, 0);
	size_t equals = slice_find(s, '=');
	if (equals == SIZE_MAX)
		return false;
	struct slice value = slice_trim(slice_from(s, equals + 1));
	if (equals > 0 || value.p != s.p + equals + 1)
		body__flag(m, VAR_MULTIPART_BOUNDARY_WHITESPACE);
	if (value.n && value.p[0] == '"') {
		body__flag(m, VAR_MULTIPART_BOUNDARY_QUOTED);
		value = slice_from(value, 1);
		value = slice_first(value, slice_find(value, '"'));
	} else {
		value = slice_trim(slice_first(value, slice_find(value, ';')));
	}
	m->mark = arena_printf(m->in->arena, "\n--%.*s", SLICE_ARG(value));
	m->ok = m->ok && m->mark.p;
	return value.n > 0;
}

/* From the start of the body to its first boundary. False when there is none. */
static bool body__first(struct body__multipart *m)
{
	struct slice plain = slice_from(m->mark, 1);

	if (slice_starts(m->rest, plain)) {
		m->rest = slice_from(m->rest, plain.n);
		return true;
	}
	const char *at = m->rest.n >= m->mark.n ? memmem(m->rest.p, m->rest.n, m->mark.p, m->mark.n) : NULL;
	if (!at)
		return false;
	/* An empty line before the first boundary is not data. */
	struct slice before = slice_first(m->rest, (size_t)(at - m->rest.p));
	if (slice_trim(before).n > 1)
		body__flag(m, VAR_MULTIPART_DATA_BEFORE);
	m->rest = slice_from(m->rest, before.n + m->mark.n);
	return true;
}

static void body__parts(struct body__multipart *m)
{
	bool found = true, last = false;
	size_t parts = 0;

	while (m->ok && found && !(last = body__boundary_end(m))) {
		if (++parts > BODY_PARTS_MAX) {
			m->ok = input_error(m->in, "multipart: too many parts");
			return;
		}
		body__headers(m);
		struct slice data = body__data(m, &found);
		body__part(m, data);
	}
	if (!last && m->ok)
		m->ok = input_error(m->in, "multipart: the final boundary is missing");
	if (last && slice_trim(m->rest).n && !slice_eq(m->rest, SLICE("\r\n")))
		body__flag(m, VAR_MULTIPART_DATA_AFTER);
}

bool body_multipart(struct input *in, struct slice type, struct slice s)
{
	struct body__multipart m = { .in = in, .rest = s, .ok = true };

	if (!body__boundary(&m, type))
		return m.ok && input_error(in, "multipart: Content-Type has no boundary");
	if (!m.ok || !body__first(&m))
		return m.ok && input_error(in, "multipart: the boundary does not stand in the body");
	body__parts(&m);
	if (m.ok && m.strict)
		m.ok = input_flag(in, VAR_MULTIPART_STRICT_ERROR);
	return m.ok && value_set_number(&in->var[VAR_FILES_COMBINED_SIZE], in->arena, m.files_bytes);
}
