/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_ca: a certification authority of our own for names that no public one can certify: a root, whose key is thrown
 * away when it has signed the one intermediate, and certificates for hosts by that intermediate (X.509 as RFC 5280
 * profiles it; ECDSA P-256 all through). Control's; not for the data path.
 */
#ifndef TLS_TLS_CA_H
#define TLS_TLS_CA_H

#include "base/diag.h"
#include "base/seal.h"

struct tls_ca;

enum { TLS_CA_DAYS = 3650, TLS_CA_CHAIN_BYTES_MAX = 65536 };

/* A new one, named after the node. now_s: wall clock. out: *ret, the caller's. errors: ERR_SYSTEM. cost: 1 ms. */
enum err tls_ca_make(const char *node_name, int64_t now_s, struct tls_ca **ret) MUST_USE;
/* Wipes and frees; NULL is fine. */
void tls_ca_free(struct tls_ca *ca);

/* Appends what tls_ca_load reads: root and intermediate in PEM, and the key as sealed text. errors: ERR_QUEUE_FULL,
 * ERR_SYSTEM. */
enum err tls_ca_save(const struct tls_ca *ca, const struct seal *seal, struct buf *text) MUST_USE;
/* errors: ERR_CONFIG with the reason (not such a text, key of another node), ERR_SYSTEM. */
enum err tls_ca_load(struct slice text, const struct seal *seal, struct tls_ca **ret, struct diag *d) MUST_USE;
/* Appends the root in PEM: what clients are to trust. errors: ERR_QUEUE_FULL, ERR_SYSTEM. */
enum err tls_ca_root(const struct tls_ca *ca, struct buf *pem) MUST_USE;

/* A certificate. */
struct tls_ca_order {
	const struct slice *hosts; /* canonical names, "*." and one, or addresses; 1 to 256 */
	size_t hosts_n;
	int64_t now_s;
	unsigned days; /* 1 to TLS_CA_DAYS */
	bool client;   /* for clients, instead of for servers */
};

/*
 * Makes a key and a certificate for it. Appends: chain (leaf and intermediate in PEM) and key (DER as i2d_PrivateKey
 * writes it; the caller seals and wipes it). errors: ERR_QUEUE_FULL, ERR_SYSTEM. cost: 0.3 ms.
 */
enum err tls_ca_issue(const struct tls_ca *ca, const struct tls_ca_order *o, struct buf *chain,
		      struct buf *key) MUST_USE;

#endif
