/* SPDX-License-Identifier: Apache-2.0 */
/*
 * traffic: what each zone's visitors asked for since the last time, as events of kind "traffic" to control, every
 * limit traffic_ms: {"zone", "requests", "bytes", "cached", "cached_bytes", "threats", "status": [by hundreds, 0:
 * none], "us": [requests by time], "top": what was asked for most (tops.h)}. One for each worker, its thread. The road
 * of the app router is not in it: router_count.h.
 */
#ifndef EDGE_TRAFFIC_H
#define EDGE_TRAFFIC_H

#include "edge/tops.h"
#include "sys/loop.h"

struct request;
struct worker;

enum {
	TRAFFIC_ZONES = 256, /* of one worker between two tellings; the next one makes it tell at once */
	TRAFFIC_STATUS = 6,
	/* Of time: 0 is below 128 us, each further one twice as long, the last has all from 2 s on. */
	TRAFFIC_TIMES = 16,
	TRAFFIC_TIMES_FROM = 7,
};

struct traffic_zone {
	char name[256];
	uint16_t name_n; /* 0: free */
	uint32_t requests, cached, threats, status[TRAFFIC_STATUS], us[TRAFFIC_TIMES];
	uint64_t bytes, cached_bytes;
	struct tops *tops; /* NULL: not needed yet; empty between two tellings, and kept */
};

struct traffic {
	struct worker *w;
	struct loop_timer timer;
	size_t used;
	struct traffic_zone *last; /* the one that was counted last: most requests are of the same zone */
	struct traffic_zone zones[2 * TRAFFIC_ZONES]; /* open addressing */
};

/* Nothing counted. Allocates; the caller frees with traffic_free. w is borrowed. */
struct traffic *traffic_new(struct worker *w) __attribute__((returns_nonnull));
/* Tells what is left, and frees. NULL is fine. */
void traffic_free(struct traffic *t);
/* One request that is over, of its zone; what has none is not counted. cost: a comparison of names, else a hash and a
 * look-up; no allocation but the first time of a zone; tops_add. */
void traffic_add(struct traffic *t, const struct request *r);
/* Which one of us[] a time belongs to. */
unsigned traffic_time(uint64_t us);

#endif
