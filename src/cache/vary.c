/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vary: secondary cache keys (RFC 9111 4.1); prototypes in decide.h. Values that mean the same are written the same,
 * and nothing is lost that a server may look at.
 */
#include "base/text.h"
#include "cache/decide.h"

enum { VARY__ELEMENTS_MAX = 64, VARY__NAME_BYTES_MAX = 128 };

/* One member of Accept-Encoding or Accept-Language. */
struct vary__choice {
	struct slice name;
	unsigned weight; /* thousandths */
};

static void vary__lower(struct text *t, struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		text_byte(t, slice_lower(s.p[i]));
}

static int vary__compare_nocase(struct slice a, struct slice b)
{
	for (size_t i = 0; i < a.n && i < b.n; i++) {
		int d = (unsigned char)slice_lower(a.p[i]) - (unsigned char)slice_lower(b.p[i]);
		if (d)
			return d;
	}
	return a.n < b.n ? -1 : a.n > b.n;
}

/* RFC 9110 12.4.2; 0 when malformed. */
static unsigned vary__qvalue(struct slice s)
{
	unsigned q = 0, unit = 100;

	if (s.n == 0 || s.n > 5 || s.p[0] < '0' || s.p[0] > '1' || (s.n > 1 && s.p[1] != '.'))
		return 0;
	q = s.p[0] == '1' ? 1000 : 0;
	for (size_t i = 2; i < s.n; i++, unit /= 10) {
		if (!slice_is_digit(s.p[i]))
			return 0;
		q += (unsigned)(s.p[i] - '0') * unit;
	}
	return q > 1000 ? 1000 : q;
}

static struct vary__choice vary__choice_of(struct slice element)
{
	struct vary__choice c = { .weight = 1000 };

	c.name = slice_trim(slice_split(&element, ';'));
	while (element.p) {
		struct slice param = slice_trim(slice_split(&element, ';'));
		if (slice_starts_nocase(param, SLICE("q=")))
			c.weight = vary__qvalue(slice_from(param, 2));
	}
	return c;
}

static bool vary__before(const struct vary__choice *a, const struct vary__choice *b)
{
	if (a->weight != b->weight)
		return a->weight > b->weight;
	return vary__compare_nocase(a->name, b->name) < 0;
}

/* Collects the members of all lines in order of preference; SIZE_MAX when there are too many to sort. */
static size_t vary__choices(const struct field *fields, size_t n, enum field_id id, struct vary__choice *out)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		struct slice rest = fields[i].value, element;
		if (fields[i].id != (uint16_t)id)
			continue;
		while (field_list_next(&rest, &element)) {
			struct vary__choice c = vary__choice_of(element);
			size_t at = count;
			if (count == VARY__ELEMENTS_MAX)
				return SIZE_MAX;
			for (; at > 0 && vary__before(&c, &out[at - 1]); at--)
				out[at] = out[at - 1];
			out[at] = c;
			count++;
		}
	}
	return count;
}

/* "br,gzip;500": order of preference, weights below 1 in thousandths. */
static bool vary__write_choices(struct text *t, const struct field *fields, size_t n, enum field_id id)
{
	struct vary__choice choices[VARY__ELEMENTS_MAX];
	size_t count = vary__choices(fields, n, id, choices);

	if (count == SIZE_MAX)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (i)
			text_byte(t, ',');
		vary__lower(t, choices[i].name);
		if (choices[i].weight < 1000) {
			text_byte(t, ';');
			text_u64(t, choices[i].weight);
		}
	}
	return true;
}

/* Fields that are no lists: a comma in them is not a separator. */
static bool vary__is_single(const struct field *f)
{
	return (field_flags(f->id) & F_ONE) || f->id == FIELD_COOKIE;
}

static bool vary__is_named(const struct field *f, enum field_id id, struct slice name)
{
	return f->id == (uint16_t)id && (id != FIELD_OTHER || slice_eq_nocase(f->name, name));
}

static void vary__write_lines(struct text *t, const struct field *fields, size_t n, struct slice name)
{
	enum field_id id = field_lookup(name);
	bool first = true;

	for (size_t i = 0; i < n; i++) {
		struct slice rest = fields[i].value, element;
		if (!vary__is_named(&fields[i], id, name))
			continue;
		if (vary__is_single(&fields[i])) {
			if (!first)
				text_byte(t, ',');
			text_add(t, slice_trim(rest));
			first = false;
			continue;
		}
		for (; field_list_next(&rest, &element); first = false) {
			if (!first)
				text_byte(t, ',');
			text_add(t, element);
		}
	}
}

static void vary__write(struct text *t, const struct field *fields, size_t n, struct slice name)
{
	enum field_id id = field_lookup(name);

	vary__lower(t, name);
	if (field_find_name(fields, n, name)) {
		text_byte(t, ':');
		if ((id != FIELD_ACCEPT_ENCODING && id != FIELD_ACCEPT_LANGUAGE) ||
		    !vary__write_choices(t, fields, n, id))
			vary__write_lines(t, fields, n, name);
	}
	text_byte(t, '\n');
}

size_t cache_vary_key_of(struct slice vary_names, const struct field *request_fields, size_t request_n, char *out,
			 size_t cap)
{
	struct text t = text_of(out, cap);
	struct slice name;

	while (field_list_next(&vary_names, &name)) {
		if (slice_eq(name, SLICE("*")) || name.n > VARY__NAME_BYTES_MAX)
			return SIZE_MAX;
		vary__write(&t, request_fields, request_n, name);
	}
	return t.bad ? SIZE_MAX : t.n;
}

size_t cache_vary_key(const struct field *response_fields, size_t response_n, const struct field *request_fields,
		      size_t request_n, char *out, size_t cap)
{
	size_t n = 0;

	for (size_t i = 0; i < response_n; i++) {
		size_t more;
		if (response_fields[i].id != FIELD_VARY)
			continue;
		more = cache_vary_key_of(response_fields[i].value, request_fields, request_n, out + n, cap - n);
		if (more == SIZE_MAX)
			return SIZE_MAX;
		n += more;
	}
	return n;
}

size_t cache_vary_names(const struct field *response_fields, size_t response_n, char *out, size_t cap)
{
	struct text t = text_of(out, cap);

	for (size_t i = 0; i < response_n; i++) {
		struct slice rest = response_fields[i].value, name;
		if (response_fields[i].id != FIELD_VARY)
			continue;
		while (field_list_next(&rest, &name)) {
			if (t.n)
				text_byte(&t, ',');
			vary__lower(&t, name);
		}
	}
	return t.bad ? SIZE_MAX : t.n;
}

/* The first choice of a line as vary__write_choices wrote it, when nothing else is liked as much; else empty. */
static struct slice vary__favourite(struct slice line)
{
	struct slice rest = line, first, second;
	struct slice first_weight, second_weight;

	first_weight = slice_split(&rest, ',');
	second_weight = slice_split(&rest, ',');
	first = slice_split(&first_weight, ';');
	second = slice_split(&second_weight, ';');
	if (second.n && slice_eq(first_weight, second_weight))
		return slice_of(NULL, 0);
	return slice_eq(first_weight, SLICE("0")) ? slice_of(NULL, 0) : first;
}

bool cache_vary_speaks(struct slice stored_key, struct slice request_key, struct slice content_language)
{
	struct slice prefix = SLICE("accept-language:");
	bool spoken = false;

	if (content_language.n == 0)
		return false;
	while (stored_key.n && request_key.n) {
		struct slice a = slice_split(&stored_key, '\n'), b = slice_split(&request_key, '\n');
		if (slice_starts(a, prefix) && slice_starts(b, prefix)) {
			if (!slice_eq_nocase(vary__favourite(slice_from(b, prefix.n)), content_language))
				return false;
			spoken = true;
		} else if (!slice_eq(a, b)) {
			return false;
		}
	}
	return spoken && stored_key.n == 0 && request_key.n == 0;
}
