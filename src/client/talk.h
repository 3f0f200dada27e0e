/* SPDX-License-Identifier: Apache-2.0 */
/*
 * talk: a conversation with a name server over TCP (RFC 7766), for commands: questions one after the other, and whole
 * zones by transfer (AXFR, RFC 5936), signed with a shared key if there is one. Blocks, with bounds: 10 s for the
 * connection and for each message. One thread.
 */
#ifndef CLIENT_TALK_H
#define CLIENT_TALK_H

#include "base/buf.h"
#include "base/ip.h"
#include "client/cli.h"
#include "wire/dns_rr.h"
#include "wire/dns_tsig.h"

enum { TALK_RRS_MAX = 4096, TALK_ZONE_BYTES_MAX = 256 << 20 };

struct talk;

/* One RRset of an answer: the distinct data of one type at one name, sorted. */
struct talk_rrset {
	unsigned rcode;
	bool authoritative, truncated;
	uint32_t ttl;      /* the smallest */
	const char **data; /* text forms; live as long as the run */
	size_t data_n;
	const char *alias; /* where a CNAME at the name leads, NULL: none; data is then empty unless CNAME was asked */
};

/*
 * Finds the address of what people type: an address or a name, with ":port" or port 53. Returns CLIENT_OK or complains.
 * out: *ret_text how to call it, which lives as long as the run.
 */
int talk_server(struct cli *c, const char *typed, struct ip_port *ret, const char **ret_text);
/* Connects. NULL after a complaint. key: borrowed, NULL: nothing is signed. Close with talk_close. */
struct talk *talk_open(struct cli *c, const struct ip_port *server, const char *text, const struct dns_tsig_key *key);
/* NULL is fine. */
void talk_close(struct talk *t);
/* Asks for one type at a name; reconnects once when the server closed an idle connection. Returns CLIENT_OK or
 * complains.
 */
int talk_ask(struct talk *t, const struct dns_name *name, uint16_t type, struct talk_rrset *ret);
/*
 * The whole zone as a master file with absolute names, without SOA and without what DNSSEC signers make. Returns
 * CLIENT_OK, or complains with what the server said. out: *ret_records how many; text appended to out (bounded by it).
 */
int talk_transfer(struct talk *t, const struct dns_name *zone, struct buf *out, size_t *ret_records);
/* Reads a file with one line "NAME SECRET" (base64), or BIND's key clause. Returns CLIENT_OK or complains. */
int talk_key_file(struct cli *c, const char *path, struct dns_tsig_key *ret);

#endif
