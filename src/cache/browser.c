/* SPDX-License-Identifier: Apache-2.0 */
/* browser: what a browser is told of a stored answer's lifetime; prototype in decide.h. */
#include "base/text.h"
#include "cache/decide.h"
#include "cache/http_date.h"

/* The lifetime that the stored fields give a browser, -1 when they give none. */
static int64_t browser__lifetime_s(const struct cache_control *cc, const struct field *fields, size_t n)
{
	int64_t expires, date;

	if (cc->max_age != CC_ABSENT)
		return cc->max_age;
	if (!field_find(fields, n, FIELD_EXPIRES))
		return -1;
	if (!http_date__of(fields, n, FIELD_EXPIRES, 0, &expires) || !http_date__of(fields, n, FIELD_DATE, 0, &date))
		return 0; /* RFC 9111 5.3: malformed is expired */
	return expires > date ? expires - date : 0;
}

static bool browser__is_max_age(struct slice directive)
{
	return slice_eq_nocase(slice_trim(slice_split(&directive, '=')), SLICE("max-age"));
}

size_t cache_browser_control(const struct cache_policy *p, const struct field *fields, size_t fields_n, char *out,
			     size_t cap)
{
	struct text t = text_of(out, cap);
	struct cache_control cc;

	if (p->browser_ttl_mode == BROWSER_TTL_RESPECT_ORIGIN)
		return 0;
	if (p->browser_ttl_mode == BROWSER_TTL_BYPASS) {
		text_add(&t, SLICE("no-store"));
		return t.bad ? SIZE_MAX : t.n;
	}
	cache_control_parse(fields, fields_n, FIELD_CACHE_CONTROL, &cc);
	if (cc.no_store || cc.no_cache || browser__lifetime_s(&cc, fields, fields_n) >= p->browser_ttl_s)
		return 0;
	for (size_t i = 0; i < fields_n; i++) {
		struct slice rest = fields[i].value, directive;
		if (fields[i].id != FIELD_CACHE_CONTROL)
			continue;
		while (field_list_next(&rest, &directive)) {
			if (browser__is_max_age(directive))
				continue;
			text_add(&t, directive);
			text_add(&t, SLICE(", "));
		}
	}
	text_add(&t, SLICE("max-age="));
	text_i64(&t, p->browser_ttl_s);
	return t.bad ? SIZE_MAX : t.n;
}
