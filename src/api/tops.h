/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tops: what was asked for most in each zone: what edges tell is added up for a minute and stored (state/top.h).
 * Private to the api room: traffic.c hears the edges.
 */
#ifndef API_TOPS_H
#define API_TOPS_H

#include "api/api.h"

struct api_tops;

/* Both are borrowed for its life. store_ms: between two times that it stores. Caller frees with api_tops_free. */
struct api_tops *api_tops_new(struct api *api, struct loop *loop, uint64_t store_ms) __attribute__((returns_nonnull));
/* NULL is fine. */
void api_tops_free(struct api_tops *t);
/* One edge's lists for a zone, as edge/tops.h writes them; whatever is no such thing is skipped. */
void api_tops_heard(struct api_tops *t, struct slice zone, const json_t *top);

#endif
