/* SPDX-License-Identifier: Apache-2.0 */
/*
 * numbers: requests of apps by minute and class of status, for three days, in memory: what routers count (events of
 * kind "app_count"), summed over workers and edges. Minutes without requests take no room. One thread.
 */
#ifndef PLATFORM_NUMBERS_H
#define PLATFORM_NUMBERS_H

#include "base/slice.h"

#include <stdint.h>

enum {
	PLATFORM_NUMBERS_CLASSES = 6,     /* by hundreds; 0: no answer was given */
	PLATFORM_NUMBERS_MINUTES = 4320,  /* three days */
	PLATFORM_NUMBERS_APPS_MAX = 2000, /* with requests in that time; of others nothing is kept */
};

struct platform_numbers;

/* One minute of an app. */
struct platform_numbers_minute {
	int64_t minute; /* since 1970 */
	uint32_t n[PLATFORM_NUMBERS_CLASSES];
};

/* Caller frees with platform_numbers_free. */
struct platform_numbers *platform_numbers_new(void) __attribute__((returns_nonnull));
/* NULL is fine. */
void platform_numbers_free(struct platform_numbers *all);
/* Adds to what is known of a minute that is not before the newest one of the app. */
void platform_numbers_add(struct platform_numbers *all, struct slice app, int64_t minute,
			  const uint32_t n[static PLATFORM_NUMBERS_CLASSES]);
/* Calls fn for each minute with requests from `from` on, the oldest first. Returns whether there were any at all. */
bool platform_numbers_each(const struct platform_numbers *all, const char *app, int64_t from,
			   void (*fn)(void *arg, const struct platform_numbers_minute *m), void *arg);

#endif
