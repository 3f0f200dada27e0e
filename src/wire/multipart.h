/* SPDX-License-Identifier: Apache-2.0 */
/*
 * multipart: the parts of a multipart/form-data body (RFC 7578, RFC 2046 5.1.1). Lines may end in CR LF or, as some
 * clients of the API send them, in LF alone. Pure; slices are borrowed from the body.
 */
#ifndef WIRE_MULTIPART_H
#define WIRE_MULTIPART_H

#include "base/err.h"
#include "base/slice.h"

enum { MULTIPART_BOUNDARY_BYTES = 70 }; /* RFC 2046 5.1.1 */

/* A reader; private. */
struct multipart {
	struct slice boundary, rest;
	bool started, ended;
};

/* One part. Absent members have p NULL. */
struct multipart_part {
	struct slice name, filename, content_type;
	struct slice body;
};

/* A reader of `body`, whose Content-Type is given. errors: ERR_SYNTAX (another type, or a missing or wrong boundary).
 */
enum err multipart_init(struct multipart *m, struct slice content_type, struct slice body) MUST_USE;
/*
 * The next part; ERR_CLOSED behind the last one. errors: ERR_SYNTAX (no boundary where one must be, a malformed head).
 * cost: linear in the body over all calls.
 */
enum err multipart_next(struct multipart *m, struct multipart_part *ret) MUST_USE;

#endif
