/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace: what a worker remembers of its last requests, to explain one by its ray id: each step with its time and what
 * it decided. Two rings, so that a flood of hits does not push out what people ask about: one for answers from fresh
 * copies, one for all others. A request costs one copy of a few hundred bytes. The worker's own; nobody else looks at
 * it.
 */
#ifndef EDGE_TRACE_H
#define EDGE_TRACE_H

#include "base/text.h"
#include "sys/tick.h"

struct request;
struct trace;

/* Rings for `count` requests in all, a quarter of them for hits. 0: nothing is remembered, NULL. */
struct trace *trace_new(size_t count);
/* NULL is fine. */
void trace_free(struct trace *t);
/* Remembers a request that is over; its exchange may be gone, but not what r->q points to. NULL t is fine. */
void trace_add(struct trace *t, const struct request *r);
/* Writes what is known of a ray as a JSON object; false when it is not here. NULL t is fine. */
bool trace_explain(const struct trace *t, uint64_t ray, struct tick_scale scale, struct text *out);

#endif
