/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uri_normal: the one form of a path that rules look at, so that nobody gets around them by writing it in another way.
 * RFC 3986 6.2.2 (percent-encoding of unreserved characters, dot segments), and as the seed edge: backslashes are
 * slashes, slashes are merged. Pure.
 */
#ifndef WIRE_URI_NORMAL_H
#define WIRE_URI_NORMAL_H

#include "base/slice.h"

/* Whether the path (with query) may differ from its normal form; false is certain. One look over the path. */
bool uri_normal_needed(struct slice path_and_query);
/*
 * Writes the normal form into out, which has room for path_and_query.n bytes; it is never longer. The query stays as it
 * is. What does not begin with a slash (or backslash) is copied. Returns the slice in out.
 */
struct slice uri_normal_path(struct slice path_and_query, char *out);

#endif
