/* SPDX-License-Identifier: Apache-2.0 */
/* probe: questions that `seawall doctor` asks servers: DNS over UDP, one HTTP request. Each blocks for a bounded time.
 */
#ifndef CLIENT_PROBE_H
#define CLIENT_PROBE_H

#include "base/ip.h"
#include "client/cli.h"

enum { PROBE_DNS_BYTES = 4096, PROBE_REASON_BYTES = 256 };

/* An answer of a name server, as it came. */
struct probe_dns {
	uint8_t bytes[PROBE_DNS_BYTES];
	size_t n;
	unsigned rcode; /* 0: no error, 3: no such name … */
	unsigned answers;
	bool authoritative;
};

/* Asks a server for name and type (numbers of RFC 1035), recursion desired. errors: ERR_TIMEOUT after 2 s (asked
 * twice), ERR_SYSTEM, ERR_SYNTAX (a name that is none). */
enum err probe_dns_ask(const struct ip_port *server, const char *name, int type, struct probe_dns *ret) MUST_USE;
/* The i-th record of that type in the answer section as text: a host name in lower case without its final dot (NS), an
 * address (A, AAAA). False past the last one. */
bool probe_dns_record(const struct probe_dns *a, int type, unsigned i, char *out, size_t cap);

/* Whom to ask for what. */
struct probe_question {
	const struct ip_port *at;
	const char *host;
	bool tls;
	const char *ca_file; /* whom to trust; NULL: the system's authorities */
};

/* What an HTTP server answered. */
struct probe_http {
	long status; /* 0: none */
	long ms;
	bool untrusted;                  /* the certificate is not one to trust; reason says why */
	long days_left;                  /* of the certificate's time; -1: not known */
	char reason[PROBE_REASON_BYTES]; /* why there is no status */
};

/* HEAD / of a host at an address, within 15 s. */
void probe_http_ask(struct cli *c, const struct probe_question *q, struct probe_http *ret);
/* Whether something accepts TCP connections there, within 2 s. */
enum err probe_tcp(const struct ip_port *at) MUST_USE;

#endif
