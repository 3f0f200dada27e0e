/* SPDX-License-Identifier: Apache-2.0 */
/*
 * platform: the API of apps (Scalingo's v1 form, below /v1) as a dialect of the node's API server, and what lives
 * beside it: logs of apps, numbers of their routers. On the loop of control, one thread.
 */
#ifndef PLATFORM_PLATFORM_H
#define PLATFORM_PLATFORM_H

#include "api/api.h"
#include "platform/logs.h"

struct platform;
struct web;

/* Everything is borrowed for its life. */
struct platform_setup {
	struct state *state;
	struct control *control;        /* NULL in tests */
	const struct node_config *node; /* where logs are kept: node->data */
	const struct seal *seal;
};

/* The caller frees with platform_free, after the api. */
struct platform *platform_new(const struct platform_setup *setup) __attribute__((returns_nonnull));
/* NULL is fine. */
void platform_free(struct platform *p);
/* For api_setup. Lives as long as p. */
const struct api_dialect *platform_dialect(const struct platform *p);
/* Fetches what apps name as their error pages. api and web are borrowed for p's life. */
void platform_fetch(struct platform *p, struct api *api, struct web *web);
/* Something was stored. Cheap. */
void platform_committed(struct platform *p);
/* The logs of all apps, for whoever has lines to add. Lives as long as p. */
struct platform_logs *platform_logs(const struct platform *p);

#endif
