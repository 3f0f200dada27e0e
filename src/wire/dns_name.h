/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns_name: domain names as values in uncompressed wire form (RFC 1035 3.1), and their text form with escapes
 * (RFC 1035 5.1, RFC 4343 2.1). Case is kept; comparison is without it. Pure.
 */
#ifndef WIRE_DNS_NAME_H
#define WIRE_DNS_NAME_H

#include "base/err.h"
#include "base/slice.h"
#include "base/text.h"

enum {
	DNS_NAME_BYTES = 255,          /* a whole name with the root's zero byte */
	DNS_NAME_LABEL_BYTES = 63,     /* one label without its length byte */
	DNS_NAME_TEXT_BYTES = 255 * 4, /* longest text form: every byte as \DDD */
};

struct dns_name {
	uint8_t n; /* bytes used of w, 1 (the root) to 255 */
	uint8_t w[DNS_NAME_BYTES];
};

/* The root name ".". As an origin it makes every name absolute, with or without its final dot. */
extern const struct dns_name dns_name_root;

/*
 * Reads a name in text form. A name without a final dot gets `origin` appended; "@" alone is the origin, "." the root.
 * `\.` and `\DDD` are escapes; other bytes, also above 127, stand for themselves.
 * errors: ERR_SYNTAX (empty label, unfinished escape, empty text), ERR_RANGE (a label over 63 bytes, a name over 255).
 */
enum err dns_name_parse(struct slice text, const struct dns_name *origin, struct dns_name *ret) MUST_USE;

/*
 * Reads an uncompressed name from the start of `wire`; *ret_used gets its bytes.
 * errors: ERR_SYNTAX (cut short, longer than 255 bytes, a compression pointer or a reserved label type).
 */
enum err dns_name_from_wire(struct slice wire, struct dns_name *ret, size_t *ret_used) MUST_USE;

/* Appends the text form with its final dot; special and non-printing bytes escaped. At most DNS_NAME_TEXT_BYTES. */
void dns_name_print(const struct dns_name *name, struct text *t);
/* As dns_name_print without the final dot, but "." for the root. */
void dns_name_print_bare(const struct dns_name *name, struct text *t);

/* True when both are one name (ASCII case does not matter). */
bool dns_name_eq(const struct dns_name *a, const struct dns_name *b);
/* True when `name` is `zone` or lies below it. */
bool dns_name_in(const struct dns_name *name, const struct dns_name *zone);
/* Labels without the root: 0 for ".", 2 for "example.com.". */
unsigned dns_name_labels(const struct dns_name *name);
/* The name without its first label; the root stays the root. */
void dns_name_parent(const struct dns_name *name, struct dns_name *ret);
/* ASCII lower case in place. */
void dns_name_lower(struct dns_name *name);

static inline struct slice dns_name_wire(const struct dns_name *name)
{
	return slice_of(name->w, name->n);
}

#endif
