/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pages: fetches the pages of apps (state/app_page.h) from the URLs in their variables: after a deploy, a restart, a
 * scale. What cannot be had is said in the log of the app, and the page before it stays. Private addresses are asked
 * only where [origin] allow_private says so. On the loop of control.
 */
#ifndef PLATFORM_PAGES_H
#define PLATFORM_PAGES_H

#include "control/web.h"
#include "platform/platform.h"

enum { PLATFORM_PAGES_BYTES_MAX = 10 << 20, PLATFORM_PAGES_MS = 20000, PLATFORM_PAGES_WAITING_MAX = 256 };

struct platform_pages;

/* Everything is borrowed for its life. */
struct platform_pages_setup {
	struct api *api;
	struct state *state;
	struct web *web;
	const struct node_config *node;
	const struct seal *seal;
	struct platform_logs *logs;
};

/* The caller frees with platform_pages_free, before web and after the api's jobs have ended. */
struct platform_pages *platform_pages_new(const struct platform_pages_setup *setup) __attribute__((returns_nonnull));
/* NULL is fine. */
void platform_pages_free(struct platform_pages *p);
/* Looks at the variables of an app and fetches what they name. */
void platform_pages_look(struct platform_pages *p, const char *app_id);

#endif
