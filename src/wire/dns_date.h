/* SPDX-License-Identifier: Apache-2.0 */
/* dns_date: times in master files: TTLs with units (1h30m), signature dates (RFC 4034 3.2). Pure. */
#ifndef WIRE_DNS_DATE_H
#define WIRE_DNS_DATE_H

#include "base/err.h"
#include "base/slice.h"

enum { DNS_DATE_BYTES = 14 };

/*
 * Seconds of "3600", "1h30m", "1w2d": units w d h m s, each number needs one when there is more than one.
 * errors: ERR_SYNTAX, ERR_RANGE (over 2^31-1, RFC 2181 8).
 */
enum err dns_date_ttl(struct slice s, uint32_t *ret_s) MUST_USE;
/* "20260131120000" or seconds since 1970 in up to ten digits. errors: ERR_SYNTAX, ERR_RANGE (after 2105). */
enum err dns_date_parse(struct slice s, uint32_t *ret_s) MUST_USE;
/* Writes the 14 digits of YYYYMMDDHHMMSS in UTC, no NUL. */
void dns_date_print(uint32_t s, char out[static DNS_DATE_BYTES]);

#endif
