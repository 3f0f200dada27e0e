/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrics: what a worker counts besides counters.def: how long each step took, as a histogram, and requests by zone.
 * Written by the worker alone, read by the plan thread (relaxed 64-bit words).
 */
#ifndef EDGE_METRICS_H
#define EDGE_METRICS_H

#include "base/buf.h"
#include "base/text.h"
#include "sys/tick.h"

/* Bucket i counts what took less than 2^i microseconds; the last one everything longer. */
enum { METRICS_BUCKETS = 24, METRICS_STEPS = 24, METRICS_NAME_BYTES = 256 };

struct metrics_step {
	uint64_t buckets[METRICS_BUCKETS], ns;
};

struct metrics_zone {
	uint64_t requests, hits, errors, bytes_out;
};

struct metrics {
	struct tick_scale scale;
	struct metrics_step steps[METRICS_STEPS];
	size_t zones_n; /* slot 0: all zones without one of their own */
	struct metrics_zone *zones;
};

/* Which zone has which slot: the first `max` that were ever published; the plan thread's. */
struct metrics_names {
	size_t n, max;
	char (*names)[METRICS_NAME_BYTES];
};

struct request;

/* Zeroed, with zones_max slots besides slot 0. The scale is measured. */
void metrics_init(struct metrics *m, size_t zones_max);
/* Frees the slots. */
void metrics_fini(struct metrics *m);
/* Counts a request that is over. cost: one increment for each step that ran, four for the zone. */
void metrics_count(struct metrics *m, const struct request *r);

/* Room for `max` names. */
void metrics_names_init(struct metrics_names *names, size_t max);
/* Frees them. */
void metrics_names_fini(struct metrics_names *names);
/* The slot of a zone: its old one, a new one, or 0 when there is none left. */
unsigned metrics_slot(struct metrics_names *names, struct slice zone);
/* Adds the numbers of src to sum, which has as many slots. Any thread. */
void metrics_add(struct metrics *sum, const struct metrics *src);
/* Writes them as a JSON object: steps (only those that ran) and zones (only those that were asked for). */
void metrics_print(const struct metrics *m, const struct metrics_names *names, struct buf *out);

#endif
