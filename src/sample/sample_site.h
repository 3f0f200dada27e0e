/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sample_site: what one running sample app holds, and what it holds for each request under way.
 * Lifetime words: the site is process; struct sample_request lives in the request arena of its exchange, from begin to
 * sample_reply_end or on_gone.
 */
#ifndef SAMPLE_SAMPLE_SITE_H
#define SAMPLE_SAMPLE_SITE_H

#include "base/map.h"
#include "proto/proto.h"
#include "wire/date.h"

struct sample_request;

/* Bytes of the text that /download and /stream send: lines of 16 bytes that count, from 0 again at the end. Not a power
 * of two, so that blocks in the wrong order do not look right. */
enum { SAMPLE_PATTERN_BYTES = 65520, SAMPLE_FIELDS_MAX = 16 };

/* Answers given by one path. Lifetime: process. */
struct sample_count {
	struct slice path; /* "(not found)" for all that is not there */
	uint64_t answers;
	struct sample_count *next;
};

/* A file under /static/. Lifetime: process. */
struct sample_asset {
	struct slice name, type, cache_control, data;
	char etag[24];
};

enum { SAMPLE_ASSETS = 4 };

struct sample_site {
	struct slice name; /* borrowed for the site's life */
	struct proto proto;
	struct map counts;                  /* path to struct sample_count */
	struct sample_count *first, **last; /* in the order of first use */
	char *pattern;                      /* SAMPLE_PATTERN_BYTES */
	struct slice photo;                 /* a PNG, drawn at start */
	struct sample_asset assets[SAMPLE_ASSETS];
	int64_t started_s;
};

/* What a request that takes longer than begin wants to hear. NULL members are not called. */
struct sample_flow {
	void (*on_body)(struct sample_request *rq, struct slice data, bool end);
	void (*on_room)(struct sample_request *rq);
};

struct sample_request {
	struct sample_site *site;
	struct exchange *x;
	struct sample_count *count;
	struct slice path, query; /* of x->req.path */
	const struct sample_flow *flow;
	struct loop_timer timer;
	void *state;                            /* of the route, in the arena */
	char *page;                             /* heap memory for a body or a message, freed with the request */
	struct slice left;                      /* what of a body in memory is still to be written */
	struct field fields[SAMPLE_FIELDS_MAX]; /* of the answer's head */
	size_t fields_n;
	char date[DATE_BYTES], count_text[20];
};

/* Prepares the site: draws its photo, sets up the sessions of loop. name, limits and counters are borrowed. Panics when
 * memory is gone. */
void sample_site_init(struct sample_site *s, struct slice name, struct loop *loop, const struct limits *limits,
		      struct counters *counters);
/* Closes all connections and frees; outside a turn of the loop, whose listeners must be gone. */
void sample_site_fini(struct sample_site *s);

static inline struct loop *sample_site_loop(const struct sample_request *rq)
{
	return rq->site->proto.loop;
}

#endif
