/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sample_route: the routes. Each function answers one request, at once or with a flow of its own; rq may be gone when
 * it returns. The table in sample_site.c says which path and which methods lead to which.
 */
#ifndef SAMPLE_SAMPLE_ROUTE_H
#define SAMPLE_SAMPLE_ROUTE_H

#include "sample/sample_site.h"

typedef void (*sample_route_fn)(struct sample_request *rq);

/* sample_pages.c: what people look at, and the small answers. */
void sample_route_home(struct sample_request *rq);
void sample_route_form(struct sample_request *rq);
void sample_route_not_found(struct sample_request *rq);
void sample_route_cookie(struct sample_request *rq);
void sample_route_private(struct sample_request *rq);
void sample_route_vary(struct sample_request *rq);
void sample_route_redirect(struct sample_request *rq);
void sample_route_status(struct sample_request *rq);
/* True for a path that sample_route_status answers. */
bool sample_route_is_status(const struct sample_site *s, struct slice path);

/* sample_api.c: JSON about the app and about what it received. */
void sample_route_time(struct sample_request *rq);
void sample_route_headers(struct sample_request *rq);
void sample_route_counter(struct sample_request *rq);
void sample_route_upload(struct sample_request *rq);

/* sample_asset.c: files with validators. */
void sample_route_static(struct sample_request *rq);
/* True for the path of a file. */
bool sample_route_is_static(const struct sample_site *s, struct slice path);
/* Fills s->assets from the files of web/ and from s->photo. */
void sample_route_static_init(struct sample_site *s);

/* sample_stream.c: answers that take their time. */
void sample_route_download(struct sample_request *rq);
void sample_route_stream(struct sample_request *rq);
void sample_route_slow(struct sample_request *rq);
void sample_route_drip(struct sample_request *rq);
void sample_route_events(struct sample_request *rq);
void sample_route_trailers(struct sample_request *rq);
void sample_route_early(struct sample_request *rq);

/* sample_ws.c: the WebSocket echo. */
void sample_route_ws(struct sample_request *rq);

#endif
