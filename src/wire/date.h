/* SPDX-License-Identifier: Apache-2.0 */
/* date: HTTP dates (RFC 9110 5.6.7): IMF-fixdate, RFC 850 and asctime forms in, IMF-fixdate out. Pure, no libc time
 * functions. */
#ifndef WIRE_DATE_H
#define WIRE_DATE_H

#include "base/err.h"
#include "base/slice.h"

enum { DATE_BYTES = 29 };

/*
 * Seconds since 1970 of an HTTP date. The three forms exactly, names case-sensitive as the grammar says; the weekday is
 * checked for being a weekday, not against the date. Two-digit years: within 50 years of now_s (RFC 9110 5.6.7).
 * errors: ERR_SYNTAX. Second 60 is read as 59.
 */
enum err date_parse(struct slice s, int64_t now_s, int64_t *ret_s) MUST_USE;
/* Writes the 29 bytes of IMF-fixdate, no NUL. now from 0 to year 9999. */
void date_print(int64_t s, char out[static DATE_BYTES]);

#endif
