/* SPDX-License-Identifier: Apache-2.0 */
/* request_id: the value of X-Request-ID: a client's when it is usable, else a new UUID. */
#ifndef ROUTER_REQUEST_ID_H
#define ROUTER_REQUEST_ID_H

#include "base/rng.h"
#include "base/slice.h"

enum { REQUEST_ID_BYTES = 36, REQUEST_ID_LEAST = 20, REQUEST_ID_MOST = 128 };

/* Whether a client's value is kept: 20 to 128 of letters, digits, '+', '=', '/', '-'. */
bool request_id_is_kept(struct slice s);
/* A random UUID in lower case (RFC 9562 5.4, version 4), without NUL. */
void request_id_make(struct rng *rng, char ret[static REQUEST_ID_BYTES]);

#endif
