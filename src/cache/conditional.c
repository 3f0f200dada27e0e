/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conditional: what a conditional or ranged request gets from a stored response (RFC 9110 13.2.2, RFC 9111 4.3.2);
 * prototype in decide.h.
 */
#include "cache/decide.h"
#include "cache/http_date.h"

/* A request with conditions, and what they are held against. */
struct conditional__case {
	const struct cache_request *q;
	const struct cache_response *stored;
	struct slice etag;  /* p == NULL when none */
	bool dated;         /* Last-Modified was sent and can be read */
	int64_t modified_s; /* Last-Modified, or what stands in for it */
	int64_t date_s;     /* Date, or the time of receipt */
};

static const struct field *conditional__field(const struct conditional__case *c, enum field_id id)
{
	return field_find(c->q->fields, c->q->fields_n, id);
}

static void conditional__load(struct conditional__case *c)
{
	const struct field *fields = c->stored->fields;
	size_t n = c->stored->fields_n;
	const struct field *etag = field_find(fields, n, FIELD_ETAG);

	c->etag = etag ? etag->value : slice_of(NULL, 0);
	if (!http_date__of(fields, n, FIELD_DATE, c->q->now_s, &c->date_s))
		c->date_s = c->stored->response_s;
	c->dated = http_date__of(fields, n, FIELD_LAST_MODIFIED, c->q->now_s, &c->modified_s);
	if (c->dated)
		return;
	/* RFC 9111 4.3.2: Date, else the time of receipt. The earlier of both, because the edge shows the latter as
	 * Last-Modified when the origin sent no validator, and an origin's clock may run ahead. */
	c->modified_s = c->date_s < c->stored->response_s ? c->date_s : c->stored->response_s;
}

/* Whether any line of a list of tags matches. */
static bool conditional__tags_match(const struct conditional__case *c, enum field_id id,
				    bool (*match)(struct slice list, struct slice etag))
{
	for (size_t i = 0; i < c->q->fields_n; i++) {
		const struct field *f = &c->q->fields[i];
		if (f->id != (uint16_t)id)
			continue;
		/* "*" matches any stored representation, with a tag or without. */
		if (slice_eq(slice_trim(f->value), SLICE("*")) || (c->etag.n && match(f->value, c->etag)))
			return true;
	}
	return false;
}

/* The one date of a request field; conditions with a malformed or repeated one are ignored (RFC 9110 13.1.3). */
static bool conditional__date(const struct conditional__case *c, enum field_id id, int64_t *ret_s)
{
	return http_date__of(c->q->fields, c->q->fields_n, id, c->q->now_s, ret_s);
}

/* Steps 1 and 2 of RFC 9110 13.2.2. */
static bool conditional__failed(const struct conditional__case *c)
{
	int64_t s;

	if (conditional__field(c, FIELD_IF_MATCH))
		return !conditional__tags_match(c, FIELD_IF_MATCH, etag_list_matches_strong);
	return conditional__date(c, FIELD_IF_UNMODIFIED_SINCE, &s) && c->modified_s > s;
}

/* Steps 3 and 4. */
static bool conditional__not_modified(const struct conditional__case *c)
{
	int64_t s;

	if (conditional__field(c, FIELD_IF_NONE_MATCH))
		return conditional__tags_match(c, FIELD_IF_NONE_MATCH, etag_list_matches_weak);
	return conditional__date(c, FIELD_IF_MODIFIED_SINCE, &s) && c->modified_s <= s;
}

/* Step 5: whether the Range may be used (RFC 9110 13.1.5). A date counts only when it is a strong validator (8.8.2.2):
 * exactly the stored one, and that at least a second older than the answer. */
static bool conditional__range_applies(const struct conditional__case *c)
{
	const struct field *f = conditional__field(c, FIELD_IF_RANGE);
	int64_t s;

	if (!f)
		return true;
	if (slice_contains(f->value, SLICE("\"")))
		return field_count(c->q->fields, c->q->fields_n, FIELD_IF_RANGE) == 1 && etag_is_valid(f->value) &&
		       etag_eq_strong(f->value, c->etag);
	return conditional__date(c, FIELD_IF_RANGE, &s) && c->dated && s == c->modified_s && s < c->date_s;
}

static enum cache_answer conditional__range(const struct conditional__case *c, uint64_t size, struct byte_range *ranges,
					    size_t ranges_cap, size_t *ret_n)
{
	const struct field *f = conditional__field(c, FIELD_RANGE);

	if (!f || c->q->method != METHOD_GET || size == UINT64_MAX)
		return CACHE_ANSWER_FULL;
	if (field_count(c->q->fields, c->q->fields_n, FIELD_RANGE) != 1 || !conditional__range_applies(c))
		return CACHE_ANSWER_FULL;
	switch (range_resolve(f->value, size, ranges, ranges_cap, ret_n)) {
	case RANGE_ONE:
	case RANGE_MANY:
		return CACHE_ANSWER_RANGES;
	case RANGE_UNSATISFIABLE:
		return CACHE_ANSWER_UNSATISFIABLE;
	case RANGE_IGNORE:
		break;
	}
	return CACHE_ANSWER_FULL;
}

enum cache_answer cache_evaluate(const struct cache_request *q, const struct cache_response *stored, uint64_t size,
				 struct byte_range *ranges, size_t ranges_cap, size_t *ret_n)
{
	struct conditional__case c = { .q = q, .stored = stored };

	if (stored->status != 200 || (q->method != METHOD_GET && q->method != METHOD_HEAD))
		return CACHE_ANSWER_FULL;
	conditional__load(&c);
	if (conditional__failed(&c))
		return CACHE_ANSWER_PRECONDITION_FAILED;
	if (conditional__not_modified(&c))
		return CACHE_ANSWER_NOT_MODIFIED;
	return conditional__range(&c, size, ranges, ranges_cap, ret_n);
}
