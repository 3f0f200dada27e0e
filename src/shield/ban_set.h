/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ban_set: which addresses are not let in: networks of both families, each with the second at which its ban ends, and
 * networks that can never be banned. Immutable after it was made: any number of threads may ask; whoever replaces a set
 * frees the old one when nobody reads it any more. Pure.
 *
 * One hash table by network and length. A look-up asks once for each length that the set holds, longest first: at most
 * 33 times for IPv4 and 129 for IPv6 however many networks there are, in practice two or three times.
 */
#ifndef SHIELD_BAN_SET_H
#define SHIELD_BAN_SET_H

#include "base/hash.h"
#include "base/ip.h"

/* One network. Allowed: whatever else is said of addresses in it, they are let in. */
struct ban_set_net {
	struct ip_prefix net;
	int64_t until_s; /* wall clock, seconds since 1970: the first second in which it is not banned any more */
	bool allowed;
};

struct ban_set;

/*
 * A set of n networks, copied. One that is given twice is banned until the later time, and allowed if either is.
 * secret: because strangers have a say in which networks are banned. Caller frees with ban_set_free. Allocates.
 */
struct ban_set *ban_set_new(const struct ban_set_net *nets, size_t n, const struct hash_key *secret)
	__attribute__((returns_nonnull));
/* NULL is fine. */
void ban_set_free(struct ban_set *s);
/*
 * Whether the address is banned at that second: it lies in a banned network whose time is not over, and in no allowed
 * one. Any thread. cost: nothing for a family without networks; else a hash for each length. NULL: no.
 */
bool ban_set_holds(const struct ban_set *s, const struct ip *ip, int64_t now_s);
/* How many networks are in it, those of ended bans too. */
size_t ban_set_count(const struct ban_set *s);

#endif
