/* SPDX-License-Identifier: Apache-2.0 */
/* rfc3339: dates of APIs and files, "2026-11-25T23:06:31.123Z", as milliseconds since 1970 and back (RFC 3339). Pure.
 */
#ifndef WIRE_RFC3339_H
#define WIRE_RFC3339_H

#include "base/err.h"
#include "base/slice.h"

enum { RFC3339_BYTES = 28 };

/* Writes "2026-11-25T23:06:31.123000Z" and a NUL: the six digits that clients of the seed edge see. ms from 0 to year
 * 9999. Returns out. */
const char *rfc3339_print(int64_t ms, char out[static RFC3339_BYTES]);
/*
 * Milliseconds since 1970 of a date-time with 'T' (or a space), fraction of 0 to 9 digits, and 'Z' or an offset; years
 * 1970 to 9999. A leap second is read as the one before. errors: ERR_SYNTAX, ERR_RANGE (no such day or time).
 */
enum err rfc3339_parse(struct slice s, int64_t *ret_ms) MUST_USE;

#endif
