/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resolve: asks other name servers, without waiting, on the loop: addresses of a name through its CNAMEs with the least
 * TTL on the way, and the name servers of a zone. The only user of c-ares; messages are read by wire/dns_rr.h.
 * One thread, that of the loop.
 */
#ifndef CONTROL_RESOLVE_H
#define CONTROL_RESOLVE_H

#include "base/diag.h"
#include "base/ip.h"
#include "sys/loop.h"

enum {
	RESOLVE_IPS_MAX = 32,
	RESOLVE_NAMES_MAX = 16,
	RESOLVE_NAME_BYTES = 256,
	RESOLVE_CHAIN_MAX = 8,        /* CNAMEs on the way */
	RESOLVE_WAITING_MAX = 512,    /* questions under way; more are refused at once */
	RESOLVE_TTL_NEGATIVE_S = 300, /* of an answer that says nothing of how long there is nothing */
};

enum resolve_status {
	RESOLVE_OK,
	RESOLVE_NO_DATA, /* the name is there, or not, but has nothing of this type */
	RESOLVE_NO_NAME,
	RESOLVE_FAILED, /* no answer, or none that can be used; reason says why */
};

/* What came back. Borrowed for the call of the function. */
struct resolve_answer {
	enum resolve_status status;
	const char *reason; /* of RESOLVE_FAILED */
	uint32_t ttl;       /* seconds: the least of the chain, or how long there is nothing */
	size_t ips_n, names_n;
	size_t others_n; /* records of DS: how many there are */
	struct ip ips[RESOLVE_IPS_MAX];
	/* of NS: lower case, without the final dot; of TXT: texts of up to 127 bytes */
	char names[RESOLVE_NAMES_MAX][RESOLVE_NAME_BYTES];
};

typedef void (*resolve_fn)(void *arg, const struct resolve_answer *answer);

struct resolve;

/*
 * A resolver that asks these servers, n of them; 0: those of the system. recursive: they are asked to do the work;
 * else they are taken for authoritative, and a referral counts as the answer to a question for NS.
 * The caller frees with resolve_free. errors: ERR_SYSTEM, with the reason in d.
 */
enum err resolve_new(struct loop *l, const struct ip_port *servers, size_t n, bool recursive,
		     struct resolve **ret_resolve, struct diag *d) MUST_USE;
/* Frees; functions of questions under way are not called any more. Not from inside such a function. NULL is fine. */
void resolve_free(struct resolve *r);
/* Asks for a type (A, AAAA, NS, DS, TXT) of a name in ASCII. fn is called once, perhaps from inside this call. */
void resolve_ask(struct resolve *r, const char *name, uint16_t type, resolve_fn fn, void *arg);
/* Asks for A and AAAA and gives both in one answer: RESOLVE_FAILED when one of the two failed and the other has none.
 */
void resolve_addresses(struct resolve *r, const char *name, resolve_fn fn, void *arg);

#endif
