/* SPDX-License-Identifier: Apache-2.0 */
/* routes: the tables of the dialect, one for each noun. Each ends with fn NULL; process lifetime. */
#ifndef PLATFORM_ROUTES_H
#define PLATFORM_ROUTES_H

#include "api/api_call.h"
#include "state/app.h"
#include "state/process.h"

/* Apps themselves: /v1/apps. */
const struct api_route *platform_apps_routes(void);
/* Custom domains and their certificates. */
const struct api_route *platform_domains_routes(void);
/* Timelines and deployments. */
const struct api_route *platform_events_routes(void);
/* What the node offers: stacks, sizes, metrics, the project. */
const struct api_route *platform_features_routes(void);
/* Types of process, instances, scale, restart, operations. */
const struct api_route *platform_formation_routes(void);
/* Registered instances. */
const struct api_route *platform_instances_routes(void);
/* Where logs are read, and archives. */
const struct api_route *platform_logs_routes(void);
/* Tokens, the user, regions. */
const struct api_route *platform_session_routes(void);
/* Numbers of apps. */
const struct api_route *platform_stats_routes(void);
/* The environment of apps. */
const struct api_route *platform_variables_routes(void);
/* All of them, ends with NULL. */
extern const struct api_route *(*const platform_routes[])(void);

/* An app as clients see it (apps.c). The caller's reference. */
json_t *platform_apps_json(struct api_call *call, const struct state_app *a);
/* The stack of this node (features.c): its id in ret. */
void platform_features_stack(struct api_call *call, char ret[static 48]);
/* A size as clients see it (features.c). The caller's reference. */
json_t *platform_features_size(const struct state_process_size *s);

#endif
