/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns_tsig: signatures on whole DNS messages with a shared key (TSIG, RFC 8945), algorithm hmac-sha256, for zone
 * transfers and their notices. One struct follows a conversation: the request, its answer, and further messages of a
 * transfer, each of which is signed over the one before. Pure: the clock is an argument.
 */
#ifndef WIRE_DNS_TSIG_H
#define WIRE_DNS_TSIG_H

#include "wire/dns_name.h"

enum {
	DNS_TSIG_TYPE = 250,
	DNS_TSIG_MAC_BYTES = 32,
	DNS_TSIG_SECRET_BYTES_MAX = 128,
	DNS_TSIG_FUDGE_S = 300,      /* section 10: the difference of clocks that is put up with */
	DNS_TSIG_RECORD_BYTES = 400, /* a signature takes at most as much of a message */
	DNS_TSIG_UNSIGNED_MAX = 99,  /* messages of a transfer between two signed ones (section 5.3.1) */
};

/* A shared key. The secret is sealed wherever it is kept. */
struct dns_tsig_key {
	struct dns_name name;
	uint8_t secret[DNS_TSIG_SECRET_BYTES_MAX];
	size_t secret_n; /* 16 to DNS_TSIG_SECRET_BYTES_MAX */
};

/* What a signature says about the message, as RFC 8945 names it. */
enum dns_tsig_verdict {
	DNS_TSIG_GOOD,
	DNS_TSIG_FORMERR,  /* not the last record, not well-formed, more than one */
	DNS_TSIG_BADSIG,   /* 16: the signature does not hold */
	DNS_TSIG_BADKEY,   /* 17: another key or another algorithm */
	DNS_TSIG_BADTIME,  /* 18: signed too long ago, or in the future */
	DNS_TSIG_BADTRUNC, /* 22: a shortened signature, which is not taken */
	DNS_TSIG_MISSING   /* a message that should be signed is not */
};

/* One conversation. Zero-initialise with its key. */
struct dns_tsig {
	const struct dns_tsig_key *key;
	uint8_t mac[DNS_TSIG_MAC_BYTES]; /* of the last signed message */
	bool has_mac;                    /* false before the first message */
	bool continued;                  /* the next one is not the first answer of a transfer */
	/* Messages of a transfer that came unsigned since the last signed one, one behind the other: the caller keeps
	 * the bytes and counts the messages; the next signature covers them. */
	struct slice unsigned_bytes;
	unsigned unsigned_n;
	uint64_t signed_s; /* time in the last signature that was read */
};

/*
 * Signs the message p[0..n): appends the TSIG record and counts it. The first message of a conversation is signed as a
 * request; later ones over the MAC before them. cap: room at p. out: *ret_n the new length.
 * errors: ERR_RANGE (no room), ERR_SYSTEM (no digest).
 */
enum err dns_tsig_sign(struct dns_tsig *t, uint8_t *p, size_t n, size_t cap, uint64_t now_s, size_t *ret_n) MUST_USE;
/*
 * Checks the signature of a message that came, which stands at offset tsig_at (its last record; dns_tsig_find). On GOOD
 * the conversation goes on from it. cost: one HMAC over the message.
 */
enum dns_tsig_verdict dns_tsig_verify(struct dns_tsig *t, struct slice message, size_t tsig_at, uint64_t now_s);
/* Offset of the TSIG record, 0 when the message has none. errors: ERR_SYNTAX (a message that cannot be read to its end,
 * or a TSIG that is not its last record). cost: one pass. */
enum err dns_tsig_find(struct slice message, size_t *ret_at) MUST_USE;
/* The name of the key in the TSIG record at that offset. errors: ERR_SYNTAX. */
enum err dns_tsig_key_name(struct slice message, size_t tsig_at, struct dns_name *ret) MUST_USE;
/* The code for a refusal (BADSIG 16, …), 0 for GOOD and MISSING. */
unsigned dns_tsig_error(enum dns_tsig_verdict v);
/* One sentence. Process lifetime. */
const char *dns_tsig_text(enum dns_tsig_verdict v);

#endif
