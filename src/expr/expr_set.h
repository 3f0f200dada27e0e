/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expr_set: what stands behind `in`: numbers and their ranges, addresses with networks and ranges, or texts. Filled,
 * then sealed (sorted, overlaps merged); immutable afterwards, any thread may look. A look-up is a binary search.
 */
#ifndef EXPR_SET_H
#define EXPR_SET_H

#include "expr/expr_value.h"

struct expr_set;

/* An empty set of scalar EXPR_INT, EXPR_IP or EXPR_BYTES. Caller frees with expr_set_free. */
struct expr_set *expr_set_new(enum expr_type scalar) __attribute__((returns_nonnull));
/* Frees. NULL is fine. */
void expr_set_free(struct expr_set *s);
/* EXPR_INT, EXPR_IP or EXPR_BYTES. */
enum expr_type expr_set_type(const struct expr_set *s);
/* Adds all numbers from lo to hi, lo <= hi. Not after seal. */
void expr_set_add_ints(struct expr_set *s, int64_t lo, int64_t hi);
/* Adds all addresses from lo to hi: one family, lo <= hi. Not after seal. */
void expr_set_add_ips(struct expr_set *s, const struct ip *lo, const struct ip *hi);
/* Adds the addresses of a network. Not after seal. */
void expr_set_add_prefix(struct expr_set *s, const struct ip_prefix *p);
/*
 * Adds what people write for addresses: one, a network (host bits are ignored), or "from..to".
 * errors: ERR_SYNTAX when it is none of these, ERR_RANGE when a range ends before it begins or mixes families.
 */
enum err expr_set_add_ip_text(struct expr_set *s, struct slice text) MUST_USE;
/* Adds a copy of a text. Not after seal. */
void expr_set_add_text(struct expr_set *s, struct slice text);
/* Sorts and merges. Once, before the first look-up. */
void expr_set_seal(struct expr_set *s);
/* Ranges or texts that are left. After seal. */
size_t expr_set_count(const struct expr_set *s);
/* Whether the scalar is in the set; false for a value of another type. After seal. */
bool expr_set_has(const struct expr_set *s, const struct expr_value *v);

#endif
