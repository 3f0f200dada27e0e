/* SPDX-License-Identifier: Apache-2.0 */
/*
 * field_list: readers of list-valued fields (RFC 9110 5.6.1), and the two negotiations that the edge takes part in:
 * content codings (12.5.3) and media ranges (12.5.1). Prototypes in field.h.
 */
#include "wire/field.h"

#include "wire/scan.h"

/* Offset of the first byte `sep` outside quoted strings, or s.n. An unclosed quote runs to the end. */
static size_t field_list__until(struct slice s, char sep)
{
	bool quoted = false;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (quoted && c == '\\' && i + 1 < s.n)
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (c == sep && !quoted)
			return i;
	}
	return s.n;
}

/* The part before the first unquoted `sep`, trimmed; *rest loses it and the separator. */
static struct slice field_list__cut(struct slice *rest, char sep)
{
	size_t at = field_list__until(*rest, sep);
	struct slice part = slice_trim(slice_first(*rest, at));

	*rest = slice_from(*rest, at < rest->n ? at + 1 : at);
	return part;
}

bool field_list_next(struct slice *rest, struct slice *ret_element)
{
	while (rest->n) {
		struct slice element = field_list__cut(rest, ',');
		if (element.n) {
			*ret_element = element;
			return true;
		}
	}
	return false;
}

bool field_list_has(struct slice list, struct slice token)
{
	struct slice element;

	while (field_list_next(&list, &element))
		if (slice_eq_nocase(field_list__cut(&element, ';'), token))
			return true;
	return false;
}

bool field_any_has(const struct field *fields, size_t n, enum field_id id, struct slice token)
{
	for (size_t i = 0; i < n; i++)
		if (fields[i].id == (uint16_t)id && field_list_has(fields[i].value, token))
			return true;
	return false;
}

/* A qvalue in thousandths (RFC 9110 12.4.2); 0, the careful reading, when it is malformed. */
static unsigned field_list__qvalue(struct slice s)
{
	unsigned q, unit = 100;

	if (s.n == 0 || s.n > 5 || (s.p[0] != '0' && s.p[0] != '1') || (s.n > 1 && s.p[1] != '.'))
		return 0;
	q = s.p[0] == '1' ? 1000 : 0;
	for (size_t i = 2; i < s.n; i++, unit /= 10) {
		if (!slice_is_digit(s.p[i]))
			return 0;
		q += (unsigned)(s.p[i] - '0') * unit;
	}
	return q <= 1000 ? q : 0;
}

/* Reads the parameters after an element: the weight in thousandths (1000 without one), and whether others stood
 * there too. */
static unsigned field_list__weight(struct slice params, bool *ret_others)
{
	unsigned q = 1000;

	*ret_others = false;
	while (params.n) {
		struct slice param = field_list__cut(&params, ';');
		if (slice_starts_nocase(param, SLICE("q=")))
			return field_list__qvalue(slice_from(param, 2));
		*ret_others |= param.n > 0;
	}
	return q;
}

/* "x-gzip" and "x-compress" are the same as without "x-" (RFC 9110 8.4.1). */
static struct slice field_list__coding(struct slice s)
{
	bool alias = slice_eq_nocase(s, SLICE("x-gzip")) || slice_eq_nocase(s, SLICE("x-compress"));
	return alias ? slice_from(s, 2) : s;
}

bool field_accepts_coding(struct slice accept_encoding, struct slice coding)
{
	bool identity = slice_eq_nocase(coding, SLICE("identity")), others;
	int star = -1;
	struct slice element;

	coding = field_list__coding(coding);
	while (field_list_next(&accept_encoding, &element)) {
		struct slice name = field_list__coding(field_list__cut(&element, ';'));
		unsigned q = field_list__weight(element, &others);
		if (slice_eq_nocase(name, coding))
			return q > 0;
		if (slice_eq(name, SLICE("*")))
			star = q > 0;
	}
	return star >= 0 ? star > 0 : identity;
}

unsigned field_accept_quality(struct slice accept, struct slice type, struct slice subtype)
{
	unsigned best = 0, quality = 0;
	struct slice element;

	if (accept.p == NULL)
		return 1000;
	while (field_list_next(&accept, &element)) {
		struct slice range = field_list__cut(&element, ';'), want = slice_split(&range, '/');
		unsigned rank = 0;
		bool others;
		unsigned q = field_list__weight(element, &others);

		if (range.p == NULL || others)
			continue;
		if (slice_eq_nocase(want, type))
			rank = slice_eq_nocase(range, subtype) ? 3 : slice_eq(range, SLICE("*")) ? 2 : 0;
		else if (slice_eq(want, SLICE("*")) && slice_eq(range, SLICE("*")))
			rank = 1;
		if (rank > best) {
			best = rank;
			quality = q;
		}
	}
	return quality;
}
