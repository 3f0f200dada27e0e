/* SPDX-License-Identifier: Apache-2.0 */
/* machine: the request machine as the sessions of a worker see it. */
#ifndef EDGE_MACHINE_H
#define EDGE_MACHINE_H

#include "edge/worker.h"

/* The handler for proto_init; its server argument is the struct worker. Process lifetime. */
const struct exchange_handler *machine_handler(void);
/* The same for sessions of the platform's listeners: the worker must have a router (router.h). */
const struct exchange_handler *machine_router_handler(void);
/* Frees recycled request structs; every request must be over. */
void machine_free_kept(struct worker *w);

#endif
