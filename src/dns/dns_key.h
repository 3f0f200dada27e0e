/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns_key: the keys of a signed zone: ECDSA P-256 with SHA-256, algorithm 13 (RFC 6605), as DNSKEY data, key tag
 * (RFC 4034 appendix B) and DS digest (RFC 4509). Private parts are opened where signatures are made and nowhere else.
 */
#ifndef DNS_DNS_KEY_H
#define DNS_DNS_KEY_H

#include "base/crypto.h"
#include "base/diag.h"
#include "base/p256.h"
#include "base/seal.h"
#include "wire/dns_name.h"

enum {
	DNS_KEY_KSK = 257,
	DNS_KEY_ZSK = 256,
	DNS_KEY_ALGORITHM = 13,
	DNS_KEY_DIGEST_SHA256 = 2,
	DNS_KEY_DATA_BYTES = 4 + P256_PUBLIC_BYTES,
	DNS_KEY_DS_BYTES = 4 + CRYPTO_SHA256_BYTES,
	DNS_KEY_PURPOSE_BYTES = 300,
};

/* One key. Lifetime: of whoever embeds it; dns_key_fini gives the private part up. */
struct dns_key {
	uint16_t flags, tag;
	bool active;                      /* signs */
	bool parent;                      /* the parent should know it */
	uint8_t data[DNS_KEY_DATA_BYTES]; /* DNSKEY data: flags, protocol, algorithm, x, y */
	char *sealed;                     /* the private part as it came; NULL: none */
	struct p256 *private;             /* NULL until dns_key_open */
};

/* A key from its flags and public part. ret->sealed and ret->private are NULL. */
void dns_key_of(uint16_t flags, const uint8_t public[static P256_PUBLIC_BYTES], struct dns_key *ret);
/*
 * A new key: ret->sealed is its private part, sealed for that zone (text, lower case, without the final dot). The
 * caller ends it with dns_key_fini. errors: ERR_SYSTEM.
 */
enum err dns_key_draw(uint16_t flags, struct slice zone, const struct seal *seal, struct dns_key *ret) MUST_USE;
/* Appends the key as an element of member dnssec.keys (docs/PLAN.md). errors: ERR_QUEUE_FULL. */
enum err dns_key_json(const struct dns_key *key, struct buf *b) MUST_USE;
/* What a private key of that zone is sealed for: "dnssec NAME TAG". zone: text without the final dot. */
struct slice dns_key_purpose(char out[static DNS_KEY_PURPOSE_BYTES], struct slice zone, uint16_t tag);
/*
 * Opens key->sealed and proves that it belongs to the public part. errors: ERR_PLAN with the reason in d.
 */
enum err dns_key_open(struct dns_key *key, const struct seal *seal, struct slice zone, struct diag *d) MUST_USE;
/* Gives the private part and the sealed text up. */
void dns_key_fini(struct dns_key *key);
/* DS data for the key of that zone (lower case): tag, algorithm, digest type, SHA-256. errors: ERR_SYSTEM. */
enum err dns_key_ds(const struct dns_key *key, const struct dns_name *zone,
		    uint8_t ret[static DNS_KEY_DS_BYTES]) MUST_USE;

#endif
