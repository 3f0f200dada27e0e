/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sticky: the cookie that keeps a visitor at one instance. Its value says nothing about the instance: an HMAC over app,
 * instance and generation, so that a deploy, restart or scale makes it worthless.
 */
#ifndef ROUTER_STICKY_H
#define ROUTER_STICKY_H

#include "base/text.h"
#include "model/app.h"
#include "wire/field.h"

enum { STICKY_VALUE_BYTES = 44, STICKY_MAX_AGE_S = 86400 };

/* What sc-sticky-session says for an instance of the app. key: secret of the node. errors: ERR_SYSTEM. */
enum err sticky_value(struct slice key, const struct app *app, const struct app_instance *instance,
		      char ret[static STICKY_VALUE_BYTES]) MUST_USE;
/*
 * The value that a request brings in its Cookie fields; empty: none. Borrowed from the fields. cost: one look at each
 * Cookie field.
 */
struct slice sticky_of(const struct field *fields, size_t n);
/* The value of Set-Cookie: value, 24 hours, for that host (without port). now_s: wall clock. t: at least 256 bytes and
 * the host's. */
void sticky_cookie(struct text *t, struct slice value, struct slice host, int64_t now_s);

#endif
