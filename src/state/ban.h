/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ban: networks that edges do not let in, each until a time, and networks that can never be banned. They belong to the
 * node, not to a zone. Bans that are over are not seen any more, and go with the next change.
 */
#ifndef STATE_BAN_H
#define STATE_BAN_H

#include "base/ip.h"
#include "state/state.h"

enum { STATE_BAN_NETWORK_BYTES = IP_TEXT_BYTES + 4, STATE_BAN_REASON_BYTES = 201, STATE_BAN_SOURCE_BYTES = 17 };

struct state_ban {
	char id[STATE_ID_BYTES];
	struct ip_prefix net;
	bool allowed;
	char reason[STATE_BAN_REASON_BYTES];
	char source[STATE_BAN_SOURCE_BYTES]; /* "admin", "autopilot" */
	int64_t created_ms;
	int64_t until_ms; /* wall clock; 0 when allowed */
};

/* "192.0.2.0/24"; a single address without its length. out: ret holds STATE_BAN_NETWORK_BYTES. */
void state_ban_print(const struct ip_prefix *net, char ret[static STATE_BAN_NETWORK_BYTES]);
/* As clients see it, the caller's reference. */
json_t *state_ban_json(const struct state_ban *b);

/*
 * Keeps one, in the place of the one of the same network and list (whose id and time of creation stay), and touches the
 * list. in: net, allowed, reason, source, until_ms; out: id, created_ms. errors: as store_done.
 */
enum err state_ban_keep(struct state *st, struct state_ban *b) MUST_USE;
/* One by its id or its network as text. errors: ERR_NOT_FOUND; as store_done. */
enum err state_ban_get(struct state *st, bool allowed, struct slice id, struct state_ban *ret) MUST_USE;
/* Forgets one, and touches the list. errors: as store_done. */
enum err state_ban_delete(struct state *st, const char *id) MUST_USE;
/* How many there are. errors: as store_done. */
enum err state_ban_count(struct state *st, bool allowed, int64_t *ret) MUST_USE;
/*
 * Calls fn for those from offset on, newest first, at most `most`; -1: all. b is borrowed; fn false: enough.
 * errors: as store_done.
 */
enum err state_ban_each(struct state *st, bool allowed, int64_t offset, int64_t most,
			bool (*fn)(void *arg, const struct state_ban *b), void *arg) MUST_USE;
/* Adds the members bans and allow to the plan item. errors: as store_done. */
enum err state_ban_compile(struct state *st, json_t *item) MUST_USE;

#endif
