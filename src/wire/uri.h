/* SPDX-License-Identifier: Apache-2.0 */
/* uri: host[:port] of Host and authorities, path and query parts, extension of a path. RFC 3986, RFC 9110 4.2. Pure. */
#ifndef WIRE_URI_H
#define WIRE_URI_H

#include "base/err.h"
#include "base/slice.h"

struct uri_host {
	struct slice name; /* without port; an IPv6 literal without its brackets; may end in one dot as sent */
	uint32_t port;     /* 0 when absent */
	bool is_ip;
};

/*
 * Splits and validates host[:port]: reg-name of letters, digits, '-', '_', '.', 1 to 253 bytes (a final dot besides),
 * labels of 1 to 63; IPv4; [IPv6]. Port: 1 to 5 digits, 1 to 65535, or empty after the colon. No userinfo, no
 * percent-encoding, no comma. errors: ERR_HOST.
 */
enum err uri_host_parse(struct slice s, struct uri_host *ret) MUST_USE;

/* Lower-cases a host name into out (cap >= name.n) and drops one final dot. Returns the slice in out. */
struct slice uri_host_canonical(struct slice name, char *out);

/* The part before '?', and after it (p == NULL when there is no '?'). */
struct slice uri_path(struct slice path_and_query);
struct slice uri_query(struct slice path_and_query);
/* The extension after the last dot of the last path segment, without the dot; empty when there is none. */
struct slice uri_extension(struct slice path);

/*
 * Percent-decoding (RFC 3986 2.1) of s into out, which holds s.n bytes; plus: '+' is a space, as forms write it. out:
 * *ret_n bytes. False when a '%' is not followed by two hexadecimal digits. No allocation.
 */
bool uri_decode(struct slice s, bool plus, char *out, size_t *ret_n);

#endif
