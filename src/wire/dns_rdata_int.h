/* SPDX-License-Identifier: Apache-2.0 */
/* dns_rdata_int: what the readers and writers of single fields share (dns_rdata.c, dns_field.c, dns_loc.c, dns_svcb.c).
 */
#ifndef WIRE_DNS_RDATA_INT_H
#define WIRE_DNS_RDATA_INT_H

#include "wire/dns_rdata.h"

/* One record's data on its way from text to wire. */
struct dns_rdata_in {
	struct dns_lex *l;
	const struct dns_name *origin;
	struct cursor_out *out;
	struct diag *d;
};

/* A field of a format: reads words and writes bytes, or reads bytes and writes text. */
struct dns_field {
	char letter;
	enum err (*read)(struct dns_rdata_in *in);
	enum err (*print)(struct cursor *wire, struct text *t);
};

/* The field of a letter; every letter of dns_type.def has one. */
const struct dns_field *dns_field_find(char letter);

/* The next word of the entry; ERR_SYNTAX with "… is missing" at its end. */
enum err dns_field_word(struct dns_rdata_in *in, const char *what, struct dns_lex_word *ret) MUST_USE;
/* A decimal number of at most `max`. */
enum err dns_field_number(struct dns_rdata_in *in, const char *what, uint64_t max, uint64_t *ret) MUST_USE;
/* Hexadecimal words up to the end of the entry, at least one byte; exactly `want` bytes when it is not SIZE_MAX. */
enum err dns_field_hex(struct dns_rdata_in *in, size_t want) MUST_USE;
/* Fails at a word. */
#define dns_field_fail(in, word, code, ...) dns_lex_fail((in)->l, word, (in)->d, code, __VA_ARGS__)

/* The size, latitude, longitude and altitude of LOC (RFC 1876). */
enum err dns_loc_read(struct dns_rdata_in *in) MUST_USE;
/* Their text. */
enum err dns_loc_print(struct cursor *wire, struct text *t) MUST_USE;
/* Service parameters to the end of the entry (RFC 9460 2.1). */
enum err dns_svcb_read(struct dns_rdata_in *in) MUST_USE;
/* Their text, in key order. */
enum err dns_svcb_print(struct cursor *wire, struct text *t) MUST_USE;
/* The bytes of a quoted character string: printable as they are, others as \DDD. `quotes`: with quotes around. */
void dns_field_print_string(struct slice s, bool quotes, struct text *t);
/* Base64 with padding (RFC 4648 4). */
void dns_field_print_base64(struct slice s, struct text *t);

#endif
