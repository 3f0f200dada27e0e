/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node: the settings of this node as plain data: what the configuration file says (cmd/config.c reads it), with
 * defaults filled in and paths made absolute. Supervisor, control and edge each hold one. Lifetime: process, read-only.
 */
#ifndef SUPERVISOR_NODE_H
#define SUPERVISOR_NODE_H

#include "base/ip.h"
#include "base/limits.h"

enum {
	NODE_NAME_BYTES = 64,
	NODE_USER_BYTES = 33,
	NODE_PATH_BYTES = 512,
	NODE_LISTENS_MAX = 64,
	NODE_WORKERS_MAX = 256,
};

struct node_config {
	char name[NODE_NAME_BYTES];            /* letters, digits and '-'; [node] name, default "seawall" */
	char data[NODE_PATH_BYTES];            /* DATA; [node] data, default /var/lib/seawall */
	char user[NODE_USER_BYTES];            /* [node] user; empty: the default of supervisor/sandbox.h */
	uint32_t workers;                      /* 1 to NODE_WORKERS_MAX; [node] workers, default one per core */
	struct ip_port http[NODE_LISTENS_MAX]; /* [listen] http; a port of 0: the kernel picks one */
	size_t http_n;                         /* >= 1 */
	char plan_folder[NODE_PATH_BYTES];     /* [plan] folder, default DATA/plan */
	char access_log[NODE_PATH_BYTES];      /* [log] access; "-": standard output; empty: off */
	struct limits limits;                  /* [limits] */
};

#endif
