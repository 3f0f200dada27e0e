/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client_hello: a look at the ClientHello of TLS (RFC 8446 section 4.1.2) as it was sent, and the two fingerprints that
 * the field takes of it: JA3 (github.com/salesforce/ja3) and JA4 (github.com/FoxIO-LLC/ja4, "TLS client"). It decides
 * nothing about the handshake: the TLS library reads the same bytes itself. Pure.
 */
#ifndef WIRE_CLIENT_HELLO_H
#define WIRE_CLIENT_HELLO_H

#include "base/err.h"
#include "base/slice.h"
#include "base/text.h"

#include <stdint.h>

enum {
	CLIENT_HELLO_BYTES_MAX = 16384, /* of the whole message; more is ERR_SYNTAX */
	CLIENT_HELLO_LIST_MAX = 256,    /* cipher suites, extensions and so on that are looked at; more is ERR_SYNTAX */
	CLIENT_HELLO_JA3_BYTES = 16384, /* room that client_hello_ja3 needs at most */
	CLIENT_HELLO_JA4_BYTES = 12,    /* of the first part */
	CLIENT_HELLO_LIST_BYTES = 2 * CLIENT_HELLO_LIST_MAX * 5 + 2 /* room that client_hello_ja4_… need at most */
};

/* A list of 16-bit numbers in network order, as it stands in the message. */
struct client_hello_list {
	const uint8_t *p;
	size_t n; /* numbers, not bytes */
};

/* Slices of the message. */
struct client_hello {
	uint16_t version; /* legacy_version */
	struct client_hello_list ciphers;
	uint16_t extensions[CLIENT_HELLO_LIST_MAX]; /* types in the order sent */
	size_t extensions_n;
	struct client_hello_list groups, signatures, versions; /* of their extensions; n 0: absent */
	struct slice formats;                                  /* ec_point_formats, a byte each */
	struct slice alpn;                                     /* the first protocol; n 0: none */
	struct slice host;                                     /* host_name as sent, not judged; n 0: none */
	bool has_host;                                         /* the extension is there */
};

/*
 * Reads a handshake message: type, length and body, all of it and nothing behind it. errors: ERR_SYNTAX, ret
 * undefined then. cost: one pass.
 */
enum err client_hello_parse(struct slice message, struct client_hello *ret) MUST_USE;

/* The text whose MD5 is the JA3 hash. t: room of CLIENT_HELLO_JA3_BYTES. */
void client_hello_ja3(const struct client_hello *h, struct text *t);
/* The first part of JA4 over TCP, "t13d1516h2", CLIENT_HELLO_JA4_BYTES at most. */
void client_hello_ja4(const struct client_hello *h, struct text *t);
/* The texts whose SHA-256 make the second and the third part; empty: the part is of zeros. t: room of
 * CLIENT_HELLO_LIST_BYTES. */
void client_hello_ja4_ciphers(const struct client_hello *h, struct text *t);
void client_hello_ja4_extensions(const struct client_hello *h, struct text *t);

#endif
