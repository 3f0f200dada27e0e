/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decide: candidates, age, and what may be done with a stored response; see decide.h. The other verdicts are in
 * judge.c (responses), conditional.c (conditions and ranges), vary.c, fields.c and key.c.
 */
#include "cache/decide.h"

#include "cache/static_path.h"
#include "wire/uri.h"

#include <stddef.h>

static const int64_t decide__seconds_max = INT64_C(1) << 31; /* RFC 9111 1.2.2: larger ages need not be told apart */

struct slice cache_status_text(enum cache_status s)
{
	static const struct slice texts[] = {
		[CACHE_STATUS_NONE] = SLICE_INIT(""),
		[CACHE_STATUS_HIT] = SLICE_INIT("HIT"),
		[CACHE_STATUS_MISS] = SLICE_INIT("MISS"),
		[CACHE_STATUS_EXPIRED] = SLICE_INIT("EXPIRED"),
		[CACHE_STATUS_REVALIDATED] = SLICE_INIT("REVALIDATED"),
		[CACHE_STATUS_UPDATING] = SLICE_INIT("UPDATING"),
		[CACHE_STATUS_STALE] = SLICE_INIT("STALE"),
		[CACHE_STATUS_BYPASS] = SLICE_INIT("BYPASS"),
		[CACHE_STATUS_DYNAMIC] = SLICE_INIT("DYNAMIC"),
	};

	return (size_t)s < sizeof texts / sizeof texts[0] ? texts[s] : texts[CACHE_STATUS_NONE];
}

bool cache_is_candidate(const struct cache_policy *p, enum method method, struct slice path)
{
	if (method != METHOD_GET && method != METHOD_HEAD)
		return false;
	if (p->eligibility == CACHE_NOTHING)
		return false;
	if (p->level == CACHE_LEVEL_BASIC && uri_query(path).p != NULL)
		return false;
	return p->eligibility == CACHE_EVERYTHING || static_path__is(path);
}

int64_t cache_age(const struct cache_meta *m, int64_t now_s)
{
	/* RFC 9111 4.2.3: a clock that was set back makes nothing younger than it came. */
	int64_t resident = now_s > m->response_s ? now_s - m->response_s : 0;
	int64_t age = m->age_at_response_s > 0 ? m->age_at_response_s : 0;

	if (resident >= decide__seconds_max || age >= decide__seconds_max - resident)
		return decide__seconds_max;
	return age + resident;
}

/* Whether now is within the window after the response went stale. Windows and lifetimes are at most 2^31. */
static bool decide__within(const struct cache_meta *m, int64_t window_s, int64_t now_s)
{
	return window_s > 0 && cache_age(m, now_s) < m->ttl_s + window_s;
}

enum cache_use cache_use(const struct cache_policy *p, const struct cache_meta *m, int64_t now_s)
{
	if (m->no_cache || m->vary_star)
		return CACHE_USE_VALIDATE;
	if (cache_age(m, now_s) < m->ttl_s)
		return CACHE_USE_FRESH;
	/* RFC 5861 section 3, within what RFC 9111 4.2.4 leaves. */
	if (p->stale_while_updating && !m->must_revalidate && decide__within(m, m->swr_s, now_s))
		return CACHE_USE_UPDATING;
	return CACHE_USE_VALIDATE;
}

/* RFC 9111 4.2.4: these forbid stale answers even when the origin is gone. */
static bool decide__never_stale(const struct cache_meta *m)
{
	return m->no_cache || m->must_revalidate || m->vary_star;
}

bool cache_may_serve_stale(const struct cache_policy *p, const struct cache_meta *m, int64_t now_s)
{
	if (decide__never_stale(m))
		return false;
	return p->serve_stale_on_error || cache_age(m, now_s) < m->ttl_s || decide__within(m, m->sie_s, now_s);
}

bool cache_may_replace(const struct cache_meta *m, uint16_t status, int64_t now_s)
{
	bool error = status == 500 || status == 502 || status == 503 || status == 504;

	return error && !decide__never_stale(m) && decide__within(m, m->sie_s, now_s);
}

bool cache_invalidates(enum method method, uint16_t status)
{
	return !method_is_safe(method) && status >= 200 && status < 400;
}
