/* SPDX-License-Identifier: Apache-2.0 */
/* dns_type: record types by number and name, from the table dns_type.def. Pure. */
#ifndef WIRE_DNS_TYPE_H
#define WIRE_DNS_TYPE_H

#include "base/err.h"
#include "base/text.h"

enum { DNS_TYPE_TEXT_BYTES = 16 };

enum dns_type {
#define DNS_TYPE(name, number, format) DNS_TYPE_##name = number,
#include "wire/dns_type.def"
#undef DNS_TYPE
};

/* Reads "MX" (any case) or "TYPE15" (RFC 3597). errors: ERR_NOT_FOUND (no such name), ERR_RANGE (a number over 65535).
 */
enum err dns_type_parse(struct slice s, uint16_t *ret) MUST_USE;
/* Appends the name, or TYPEn for a type that is not in the table. */
void dns_type_print(uint16_t type, struct text *t);

/* The format of a type's data as dns_type.def writes it; "" for types without one. */
const char *dns_type_format(uint16_t type);

#endif
