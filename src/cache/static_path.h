/* SPDX-License-Identifier: Apache-2.0 */
/* static_path: which paths are cached without a rule; private to the cache room. */
#ifndef CACHE_STATIC_PATH_H
#define CACHE_STATIC_PATH_H

#include "base/slice.h"

/*
 * True when the path (a query is left aside) ends in one of the extensions that the seed edge caches by default, any
 * case, or is /robots.txt. Source: developers.cloudflare.com/cache/concepts/default-cache-behavior.
 */
bool static_path__is(struct slice path);

#endif
