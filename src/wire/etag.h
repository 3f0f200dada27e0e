/* SPDX-License-Identifier: Apache-2.0 */
/* etag: entity tags and the lists of them in conditional requests (RFC 9110 8.8.3, 13.1). Pure. */
#ifndef WIRE_ETAG_H
#define WIRE_ETAG_H

#include "base/slice.h"

/* True for `"…"` or `W/"…"` with valid bytes inside (RFC 9110 8.8.3). */
bool etag_is_valid(struct slice s);
/* Weak comparison (13.1.2) and strong comparison (neither weak, same bytes). */
bool etag_eq_weak(struct slice a, struct slice b);
bool etag_eq_strong(struct slice a, struct slice b);
/* If-None-Match: "*" or a list; true when one element weakly equals etag. Unquoted list members are compared as they
 * are. */
bool etag_list_matches_weak(struct slice list, struct slice etag);
/* If-Match with strong comparison. */
bool etag_list_matches_strong(struct slice list, struct slice etag);

#endif
