/* SPDX-License-Identifier: Apache-2.0 */
/* h1_parse: see h1_parse.h. h1_parse__line is the hot loop of the whole edge: one pass over each line. */
#include "wire/h1_parse.h"

#include "wire/scan.h"

enum err h1_parse__version(struct slice in, size_t *at, uint8_t *ret_minor)
{
	static const char form[8] = "HTTP/d.d";
	const char *p = in.p + *at;
	size_t n = in.n - *at;

	if (n >= 8 && memcmp(p, "HTTP/1.", 7) == 0 && (p[7] == '1' || p[7] == '0')) {
		*ret_minor = (uint8_t)(p[7] - '0');
		*at += 8;
		return OK;
	}
	for (size_t i = 0; i < sizeof form; i++) {
		if (i == n)
			return ERR_AGAIN;
		if (form[i] == 'd' ? !slice_is_digit(p[i]) : p[i] != form[i])
			return ERR_SYNTAX;
	}
	return ERR_VERSION;
}

enum err h1_parse__line_end(struct slice in, size_t *at)
{
	size_t i = *at;

	if (i == in.n)
		return ERR_AGAIN;
	if (in.p[i] != '\r')
		return in.p[i] == '\n' ? ERR_BARE_LF : ERR_SYNTAX;
	if (i + 1 == in.n)
		return ERR_AGAIN;
	if (in.p[i + 1] != '\n')
		return ERR_BARE_LF;
	*at = i + 2;
	return OK;
}

/* Why the bytes at `at` are no name with its colon. */
static enum err h1_parse__name_error(struct slice in, size_t at)
{
	size_t end = scan_while(in.p, at, in.n, SCAN_TOKEN);

	if (end == in.n)
		return ERR_AGAIN;
	if (in.p[end] == '\n')
		return ERR_BARE_LF;
	if (end == at && (in.p[end] == ' ' || in.p[end] == '\t'))
		return ERR_OBS_FOLD;
	return ERR_FIELD_NAME;
}

/* Reads a field value with the spaces around it and the end of its line. */
static inline enum err h1_parse__value(struct slice in, size_t *at, struct slice *ret)
{
	const char *p = in.p;
	size_t from = *at;

	while (from < in.n && (p[from] == ' ' || p[from] == '\t'))
		from++;
	size_t to = scan_value(p, from, in.n);
	if (to == in.n || (p[to] == '\r' && to + 1 == in.n))
		return ERR_AGAIN;
	if (p[to] != '\r')
		return p[to] == '\n' ? ERR_BARE_LF : ERR_FIELD_VALUE;
	if (p[to + 1] != '\n')
		return ERR_BARE_LF;
	*at = to + 2;
	while (to > from && (p[to - 1] == ' ' || p[to - 1] == '\t'))
		to--;
	*ret = slice_of(p + from, to - from);
	return OK;
}

/* Reads one field line at *at, which is not the empty line. */
static inline enum err h1_parse__line(struct slice in, size_t *at, struct field *ret)
{
	const char *p = in.p;
	size_t start = *at, end = scan_name(p, start, in.n);

	if (end == in.n || p[end] != ':')
		return h1_parse__name_error(in, start);
	struct slice name = slice_of(p + start, end - start);
	enum field_id id = field_lookup(name);
	/* A name of the table consists of token characters; only others are looked at byte by byte. */
	if (id == FIELD_OTHER && !field_is_token(name))
		return h1_parse__name_error(in, start);

	*at = end + 1;
	TRY(h1_parse__value(in, at, &ret->value));
	ret->name = name;
	ret->id = (uint16_t)id;
	return OK;
}

/* Remembers the fields that decide about framing and routing. */
static inline void h1_parse__note(struct h1_section *s, const struct field *f)
{
	switch ((int)f->id) {
	case FIELD_HOST:
		s->host = f;
		s->hosts++;
		break;
	case FIELD_CONTENT_LENGTH:
		s->length = f;
		s->lengths++;
		break;
	case FIELD_TRANSFER_ENCODING:
		s->coding = f;
		s->codings++;
		break;
	case FIELD_CONNECTION:
		s->connection = true;
		break;
	case FIELD_UPGRADE:
		s->upgrade = true;
		break;
	case FIELD_EXPECT:
		s->expect = true;
		break;
	default:
		break;
	}
}

enum err h1_parse__fields(struct slice in, size_t *at, size_t fields_max, struct field *fields, struct h1_section *ret)
{
	struct h1_section s = { 0 };
	size_t i = *at;

	while (i < in.n && in.p[i] != '\r') {
		if (s.fields_n == fields_max)
			return ERR_FIELDS_MANY;
		struct field *f = &fields[s.fields_n];
		TRY(h1_parse__line(in, &i, f));
		h1_parse__note(&s, f);
		s.fields_n++;
	}
	TRY(h1_parse__line_end(in, &i));
	*ret = s;
	*at = i;
	return OK;
}

struct h1_options h1_parse__options(const struct field *fields, const struct h1_section *s)
{
	struct h1_options o = { false, false, false };

	for (size_t i = 0; s->connection && i < s->fields_n; i++) {
		struct slice rest = fields[i].value, option;
		if (fields[i].id != FIELD_CONNECTION)
			continue;
		while (field_list_next(&rest, &option)) {
			o.close |= slice_eq_nocase(option, SLICE("close"));
			o.keep_alive |= slice_eq_nocase(option, SLICE("keep-alive"));
			o.upgrade |= slice_eq_nocase(option, SLICE("upgrade"));
		}
	}
	return o;
}

/* Why a Transfer-Encoding is not the single word "chunked". */
static enum err h1_parse__coding_error(const struct field *fields, size_t n)
{
	bool chunked = false, other = false;

	for (size_t i = 0; i < n; i++) {
		struct slice rest = fields[i].value, coding;
		if (fields[i].id != FIELD_TRANSFER_ENCODING)
			continue;
		while (field_list_next(&rest, &coding)) {
			struct slice name = slice_trim(slice_split(&coding, ';'));
			bool is_chunked = slice_eq_nocase(name, SLICE("chunked"));
			if (chunked || !field_is_token(name) || (is_chunked && coding.p != NULL))
				return ERR_SYNTAX;
			chunked = is_chunked;
			other |= !is_chunked;
		}
	}
	return other ? ERR_TRANSFER_CODING : ERR_SYNTAX;
}

enum err h1_parse__framing(const struct field *fields, const struct h1_section *s, uint8_t minor,
			   enum h1_framing *ret_framing, uint64_t *ret_length)
{
	uint64_t length;

	if (s->codings) {
		if (minor == 0)
			return ERR_TE_OLD;
		if (s->lengths)
			return ERR_BOTH_LENGTHS;
		if (s->codings > 1 || !slice_eq_nocase(s->coding->value, SLICE("chunked")))
			return h1_parse__coding_error(fields, s->fields_n);
		*ret_framing = H1_CHUNKED;
		return OK;
	}
	if (s->lengths) {
		if (s->lengths > 1 || !slice_u64(s->length->value, &length) || length > INT64_MAX)
			return ERR_LENGTH;
		*ret_framing = H1_LENGTH;
		*ret_length = length;
		return OK;
	}
	*ret_framing = H1_NO_BODY;
	return OK;
}
