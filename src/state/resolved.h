/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resolved: what is known of names elsewhere that records point to: their addresses, for how long, since when.
 * Compiling a zone asks here (and by asking makes a name wanted); the resolver of control asks the world and tells it
 * here. Kept in the database, so that the last good answer outlives a restart.
 */
#ifndef STATE_RESOLVED_H
#define STATE_RESOLVED_H

#include "base/ip.h"
#include "state/state.h"

enum {
	STATE_RESOLVED_ADDRESSES = 32,      /* of each family; more are dropped */
	STATE_RESOLVED_STALE_MS = 86400000, /* a good answer serves so long through failures (RFC 8767 style) */
	STATE_RESOLVED_STALE_TTL_S = 30,
};

/* What is known of one name. */
struct state_resolved {
	char name[STATE_NAME_BYTES];
	bool known;         /* false: never answered, or its last good answer is too old */
	uint32_t ttl;       /* the least of the chain, 0 to 2^31-1 */
	size_t a_n, aaaa_n; /* both 0 with known: it has no addresses */
	struct ip a[STATE_RESOLVED_ADDRESSES], aaaa[STATE_RESOLVED_ADDRESSES];
	int64_t good_ms;   /* of the last answer that was one */
	int64_t due_ms;    /* when to ask again */
	uint32_t failures; /* in a row, since then */
};

/* What is known of the name, without making it wanted. errors: ERR_NOT_FOUND, as store_done. */
enum err state_resolved_get(struct state *st, const char *name, struct state_resolved *ret) MUST_USE;
/* What is known of the name (ASCII, lower case); when nothing is, it becomes wanted at once. errors: as store_done. */
enum err state_resolved_want(struct state *st, const char *name, struct state_resolved *ret) MUST_USE;
/* Stores what was learned. errors: as store_done. */
enum err state_resolved_save(struct state *st, const struct state_resolved *r) MUST_USE;
/*
 * Names that are due by now_ms, the most urgent first, at most cap. out: *ret_next_ms when the first of the others will
 * be (INT64_MAX: never). Returns how many.
 */
size_t state_resolved_due(struct state *st, int64_t now_ms, char (*ret_names)[STATE_NAME_BYTES], size_t cap,
			  int64_t *ret_next_ms);
/* Asks again for everything at once: the resolvers or the network changed. errors: as store_done. */
enum err state_resolved_hurry(struct state *st) MUST_USE;
/*
 * Looks who points to the name: with `touch`, every zone with such a record is touched. *ret_used: whether there is
 * one; when not, the name is forgotten. errors: as store_done.
 */
enum err state_resolved_used(struct state *st, const char *name, bool touch, bool *ret_used) MUST_USE;
/* True when both answer the same addresses, whatever their order. TTLs do not count. */
bool state_resolved_same(const struct state_resolved *a, const struct state_resolved *b);

#endif
