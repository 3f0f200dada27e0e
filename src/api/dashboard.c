/* SPDX-License-Identifier: Apache-2.0 */
/* dashboard: see dashboard.h. */
#include "api/dashboard.h"

#include "wire/uri.h"

/* Nothing comes from elsewhere, nothing is inline, nobody frames it (CSP level 3). */
#define DASHBOARD__CSP                                                                                                 \
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "             \
	"connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

static struct slice dashboard__field(const struct http_request *q, struct slice name)
{
	const struct field *f = field_find_name(q->fields, q->fields_n, name);

	return f ? slice_trim(f->value) : slice_of(NULL, 0);
}

static void dashboard__add(struct dashboard_answer *a, struct slice name, struct slice value)
{
	a->fields[a->fields_n++] = (struct field){ .name = name, .value = value };
}

/* Pages are places in the one document: what is no file below /ui/ is that. */
static const struct dashboard_asset *dashboard__find(struct slice path)
{
	for (const struct dashboard_asset *a = dashboard_assets; a->path; a++)
		if (slice_eq(slice_str(a->path), path))
			return a;
	return &dashboard_assets[0];
}

/* Whether a coding stands in Accept-Encoding; "q=0" is nothing that browsers send for gzip, and then it gets gzip. */
static bool dashboard__takes_gzip(const struct http_request *q)
{
	struct slice rest = dashboard__field(q, SLICE("Accept-Encoding"));

	while (rest.p) {
		struct slice one = slice_trim(slice_split(&rest, ','));
		if (slice_eq_nocase(slice_trim(slice_split(&one, ';')), SLICE("gzip")))
			return true;
	}
	return false;
}

static void dashboard__file(const struct http_request *q, const struct dashboard_asset *f, struct dashboard_answer *a)
{
	bool gzip = dashboard__takes_gzip(q);

	dashboard__add(a, SLICE("Content-Type"), slice_str(f->type));
	dashboard__add(a, SLICE("ETag"), slice_str(f->etag));
	dashboard__add(a, SLICE("Cache-Control"), SLICE("no-cache"));
	dashboard__add(a, SLICE("Vary"), SLICE("Accept-Encoding"));
	if (slice_eq(dashboard__field(q, SLICE("If-None-Match")), slice_str(f->etag))) {
		a->status = 304;
		return;
	}
	a->status = 200;
	a->body = gzip ? slice_of(f->gzip, f->gzip_n) : slice_of(f->bytes, f->bytes_n);
	if (gzip)
		dashboard__add(a, SLICE("Content-Encoding"), SLICE("gzip"));
}

bool dashboard_answer(const struct http_request *q, struct dashboard_answer *ret)
{
	struct slice path = uri_path(q->path);
	bool root = slice_eq(path, SLICE("/")) || slice_eq(path, SLICE("/ui"));

	if (!root && !slice_starts(path, SLICE("/ui/")))
		return false;
	*ret = (struct dashboard_answer){ 0 };
	dashboard__add(ret, SLICE("Content-Security-Policy"), SLICE(DASHBOARD__CSP));
	dashboard__add(ret, SLICE("X-Content-Type-Options"), SLICE("nosniff"));
	dashboard__add(ret, SLICE("Referrer-Policy"), SLICE("no-referrer"));
	dashboard__add(ret, SLICE("Cross-Origin-Opener-Policy"), SLICE("same-origin"));
	if (q->method_id != METHOD_GET && q->method_id != METHOD_HEAD) {
		ret->status = 405;
		dashboard__add(ret, SLICE("Allow"), SLICE("GET, HEAD"));
	} else if (root) {
		ret->status = 302;
		dashboard__add(ret, SLICE("Location"), SLICE("/ui/"));
	} else {
		dashboard__file(q, dashboard__find(path), ret);
	}
	return true;
}
