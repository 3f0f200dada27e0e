/* SPDX-License-Identifier: Apache-2.0 */
/* fill: fetches into the cache as their worker sees them; what the machine does with one stands in request.h. */
#ifndef EDGE_FILL_H
#define EDGE_FILL_H

#include "edge/worker.h"

/* Breaks off every fetch of this worker; objects half filled are dropped. For shutdown. */
void fill_end_all(struct worker *w);

#endif
