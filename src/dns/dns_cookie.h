/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns_cookie: server cookies that need no memory (RFC 7873, in the interoperable form of RFC 9018): who shows one has
 * received an answer at its address within the last hour, so it is not somebody else's address. Pure.
 */
#ifndef DNS_DNS_COOKIE_H
#define DNS_DNS_COOKIE_H

#include "base/ip.h"

enum { DNS_COOKIE_SECRET_BYTES = 16, DNS_COOKIE_CLIENT_BYTES = 8, DNS_COOKIE_BYTES = 24 };

/* Writes the client's cookie (its first 8 bytes are used) and ours behind it. now_s: wall clock. */
void dns_cookie_make(const uint8_t secret[static DNS_COOKIE_SECRET_BYTES], struct slice client, const struct ip *from,
		     uint32_t now_s, uint8_t ret[static DNS_COOKIE_BYTES]);
/* True when the option holds a cookie that we gave to that address within the last hour. */
bool dns_cookie_valid(const uint8_t secret[static DNS_COOKIE_SECRET_BYTES], struct slice option, const struct ip *from,
		      uint32_t now_s);

#endif
