/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attempts: how often sign-ins went wrong lately, by person and by address, and how long the next one has to wait. An
 * attempt counts as wrong from its begin until it was right, so that many at a time are no way around. The first five
 * of a person and twenty of an address (a /64 of IPv6) are free; then the wait doubles from a second on, up to a minute
 * for a person (nobody is locked out by others for longer) and a quarter of an hour for an address. An hour without
 * one, and all is forgotten. In memory: a restart of control forgets. Bounded: whoever tried longest ago gives way.
 * One thread.
 */
#ifndef API_ATTEMPTS_H
#define API_ATTEMPTS_H

#include "base/hash.h"
#include "base/ip.h"

enum { ATTEMPTS_ROWS = 1024 };

struct attempts_row {
	uint64_t key; /* 0: unused */
	uint32_t wrong;
	int64_t at_ms; /* the last wrong one */
};

struct attempts {
	struct hash_key hash;
	struct attempts_row people[ATTEMPTS_ROWS], addresses[ATTEMPTS_ROWS];
};

/* Nobody tried anything. */
void attempts_init(struct attempts *a);
/*
 * One attempt of that person (an id or address in lower case, whether there is such a person or not) from there.
 * Returns 0: go on, it counts as wrong until attempts_right; or the milliseconds to wait, and it does not count.
 */
int64_t attempts_begin(struct attempts *a, struct slice person, const struct ip *from, int64_t now_ms);
/* An attempt that begun was wrong: the wait begins now. */
void attempts_wrong(struct attempts *a, struct slice person, const struct ip *from, int64_t now_ms);
/* It was right: the person's are forgotten, of the address this one. */
void attempts_right(struct attempts *a, struct slice person, const struct ip *from);

#endif
