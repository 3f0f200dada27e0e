/* SPDX-License-Identifier: Apache-2.0 */
/* fixture: see test_cache.h. */
#include "test_cache.h"

#include "base/check.h"

struct fixture_head fixture_head(const char *text)
{
	struct fixture_head h = { .n = 0 };
	struct slice rest = slice_str(text);

	while (rest.n) {
		struct slice value = slice_split(&rest, '\n'), name;
		if (value.n == 0)
			continue;
		name = slice_split(&value, ':');
		CHECK(value.p != NULL && h.n < FIXTURE_FIELDS_MAX);
		h.fields[h.n++] = (struct field){ name, slice_trim(value), (uint16_t)field_lookup(name) };
	}
	return h;
}

struct cache_request fixture_request(const struct fixture_head *h)
{
	return (struct cache_request){ METHOD_GET, SLICE("/a"), h->fields, h->n, FIXTURE_NOW };
}

struct cache_response fixture_response(uint16_t status, const struct fixture_head *h)
{
	return (struct cache_response){ .status = status,
					.fields = h->fields,
					.fields_n = h->n,
					.request_s = FIXTURE_NOW,
					.response_s = FIXTURE_NOW };
}

struct cache_policy fixture_policy(void)
{
	return (struct cache_policy){ .eligibility = CACHE_EVERYTHING,
				      .edge_ttl_mode = EDGE_TTL_BYPASS_BY_DEFAULT,
				      .stale_while_updating = true };
}
