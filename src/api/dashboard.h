/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dashboard: the files of the dashboard, which are a part of the program, as answers: `/` leads to `/ui/`, whose pages
 * are one document; scripts and styles lie beside it. They hold nothing of the node: what they show they ask the API
 * for.
 */
#ifndef API_DASHBOARD_H
#define API_DASHBOARD_H

#include "http/exchange.h"

/* One file; tools/embed_dashboard writes the table. Process lifetime. */
struct dashboard_asset {
	const char *path; /* "/ui/app.js" */
	const char *type;
	const char *etag; /* with its quotes */
	const unsigned char *bytes, *gzip;
	size_t bytes_n, gzip_n;
};

/* Ends with path NULL; the first one is the document. */
extern const struct dashboard_asset dashboard_assets[];

enum { DASHBOARD_FIELDS = 12 };

struct dashboard_answer {
	uint16_t status; /* 200, 302, 304, 405 */
	struct field fields[DASHBOARD_FIELDS];
	size_t fields_n;
	struct slice body; /* process lifetime; also for HEAD */
};

/* The answer to a request. False when the path is not the dashboard's. Any thread; allocates nothing. */
bool dashboard_answer(const struct http_request *q, struct dashboard_answer *ret) MUST_USE;

#endif
