/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns_rdata: record data between its text form (RFC 1035 5.1 and the RFC of each type) and its wire form without
 * compression, driven by the table in dns_type.def; any type also as `\# length hex` (RFC 3597). Pure.
 */
#ifndef WIRE_DNS_RDATA_H
#define WIRE_DNS_RDATA_H

#include "base/cursor.h"
#include "base/diag.h"
#include "base/text.h"
#include "wire/dns_lex.h"
#include "wire/dns_name.h"
#include "wire/dns_type.h"

enum { DNS_RDATA_BYTES = 65535 }; /* of one record (RFC 1035 3.2.1: a 16-bit length) */

/*
 * Reads the data of one record from `l`, up to and with the end of its entry, and appends the wire form to `out`.
 * Names without a final dot get `origin` (dns_name_root: all are absolute). Nothing is promised of `out` on failure.
 * errors: ERR_SYNTAX, ERR_RANGE (a number, a name, a string or the whole too large); d says where and what.
 */
enum err dns_rdata_read(struct dns_lex *l, uint16_t type, const struct dns_name *origin, struct cursor_out *out,
			struct diag *d) MUST_USE;
/* As dns_rdata_read for a text that holds one record's data and nothing more. */
enum err dns_rdata_parse(struct slice text, uint16_t type, const struct dns_name *origin, struct cursor_out *out,
			 struct diag *d) MUST_USE;

/*
 * Appends the canonical text form: names absolute, strings quoted, hex in upper case, RFC 5952 addresses; reading it
 * again gives the same bytes. Types without a format are written as `\# n hex`.
 * errors: ERR_SYNTAX when the bytes are not rdata of this type (t may have got a part). Look at t->bad for room.
 */
enum err dns_rdata_print(uint16_t type, struct slice wire, struct text *t) MUST_USE;
/* Appends `\# n hex`, whatever the type. */
void dns_rdata_print_generic(struct slice wire, struct text *t);
/* ERR_SYNTAX when the bytes are not well-formed rdata of this type; types without a format are taken as they are. */
enum err dns_rdata_check(uint16_t type, struct slice wire) MUST_USE;

#endif
