/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sample_asset: files under /static/, with validators and the answer 304 (RFC 9110 13.1.2, 13.1.3, 15.4.5). The entity
 * tag is a checksum, Last-Modified a fixed day, so that all instances agree.
 */
#include "base/check.h"
#include "sample/sample_reply.h"
#include "sample/sample_route.h"
#include "sample/web_files.h"
#include "wire/validator.h"

enum { SAMPLE_ASSET__MODIFIED_S = 1767268800 }; /* 2026-01-01 12:00 */

static const struct sample_asset *sample_asset__find(const struct sample_site *s, struct slice path)
{
	for (size_t i = 0; i < SAMPLE_ASSETS; i++)
		if (slice_eq(slice_from(path, strlen("/static/")), s->assets[i].name))
			return &s->assets[i];
	return NULL;
}

bool sample_route_is_static(const struct sample_site *s, struct slice path)
{
	return sample_asset__find(s, path) != NULL;
}

/* If-None-Match decides alone when it is there; If-Modified-Since otherwise. */
static bool sample_asset__unchanged(const struct sample_request *rq, const struct sample_asset *a)
{
	const struct http_request *q = &rq->x->req;
	const struct field *since = field_find(q->fields, q->fields_n, FIELD_IF_MODIFIED_SINCE);
	bool tags = false;
	int64_t date_s;

	for (size_t i = 0; i < q->fields_n; i++) {
		if (q->fields[i].id != FIELD_IF_NONE_MATCH)
			continue;
		if (etag_list_matches_weak(q->fields[i].value, slice_str(a->etag)))
			return true;
		tags = true;
	}
	if (tags || !since || date_parse(since->value, loop_wall_s(sample_site_loop(rq)), &date_s) != OK)
		return false;
	return date_s >= SAMPLE_ASSET__MODIFIED_S;
}

void sample_route_static(struct sample_request *rq)
{
	const struct sample_asset *a = sample_asset__find(rq->site, rq->path);
	char modified[DATE_BYTES];

	date_print(SAMPLE_ASSET__MODIFIED_S, modified);
	sample_reply_field(rq, SLICE("ETag"), slice_str(a->etag));
	sample_reply_field(rq, SLICE("Last-Modified"), slice_of(modified, sizeof modified));
	if (a->cache_control.n)
		sample_reply_field(rq, SLICE("Cache-Control"), a->cache_control);
	if (sample_asset__unchanged(rq, a))
		sample_reply_empty(rq, 304);
	else
		sample_reply_send(rq, 200, a->type, a->data);
}

void sample_route_static_init(struct sample_site *s)
{
	const struct slice hour = SLICE("public, max-age=3600");
	const struct sample_asset assets[SAMPLE_ASSETS] = {
		{ SLICE("style.css"), SLICE("text/css; charset=utf-8"), hour, web_style_css, "" },
		/* Without Cache-Control: the edge's own default shows. */
		{ SLICE("app.js"), SLICE("text/javascript; charset=utf-8"), SLICE(""), web_app_js, "" },
		{ SLICE("logo.svg"), SLICE("image/svg+xml"), hour, web_logo_svg, "" },
		{ SLICE("photo.png"), SLICE("image/png"), hour, s->photo, "" },
	};

	for (size_t i = 0; i < SAMPLE_ASSETS; i++) {
		struct sample_asset *a = &s->assets[i];
		*a = assets[i];
		struct text t = text_of(a->etag, sizeof a->etag - 1);
		text_printf(&t, "\"%zx-%08x\"", a->data.n, hash_check32(a->data));
		CHECK(!t.bad && etag_is_valid(text_slice(&t)));
	}
}
