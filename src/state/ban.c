/* SPDX-License-Identifier: Apache-2.0 */
/* ban: see ban.h. */
#include "state/ban.h"

#include <stdio.h>

enum { BAN__MS_PER_S = 1000 };

#define BAN__COLUMNS "id, network, allowed, reason, source, created_ms, until_ms"
/* With the time as ?1 and the list as ?2. */
#define BAN__LIST "allowed = ?2 AND (allowed OR until_ms > ?1)"

void state_ban_print(const struct ip_prefix *net, char ret[static STATE_BAN_NETWORK_BYTES])
{
	size_t n = ip_print(&net->ip, ret);

	if (net->bits != (net->ip.family == 4 ? 32 : 128))
		snprintf(ret + n, STATE_BAN_NETWORK_BYTES - n, "/%u", net->bits);
}

json_t *state_ban_json(const struct state_ban *b)
{
	char network[STATE_BAN_NETWORK_BYTES];

	state_ban_print(&b->net, network);
	json_t *v = json_pack("{s:s, s:s, s:s, s:s, s:o}", "id", b->id, "network", network, "reason", b->reason,
			      "source", b->source, "created_on", state_time(b->created_ms));
	if (!b->allowed)
		json_object_set_new(v, "expires_on", state_time(b->until_ms));
	return v;
}

static void ban__read(const struct store_use *u, struct state_ban *ret)
{
	char network[STATE_BAN_NETWORK_BYTES];

	state_column(u, 0, ret->id, sizeof ret->id);
	state_column(u, 1, network, sizeof network);
	if (ip_prefix_parse(slice_str(network), &ret->net) != OK)
		ret->net = (struct ip_prefix){ 0 };
	ret->allowed = store_int(u, 2) != 0;
	state_column(u, 3, ret->reason, sizeof ret->reason);
	state_column(u, 4, ret->source, sizeof ret->source);
	ret->created_ms = store_int(u, 5);
	ret->until_ms = store_int(u, 6);
}

static enum err ban__forget_old(struct state *st)
{
	struct store_use u = store_use(st->store, "DELETE FROM ban WHERE NOT allowed AND until_ms <= ?1");

	store_put_int(&u, st->now_ms);
	return store_done(&u);
}

enum err state_ban_keep(struct state *st, struct state_ban *b)
{
	char network[STATE_BAN_NETWORK_BYTES], id[STATE_ID_BYTES];

	TRY(ban__forget_old(st));
	state_new_id(id);
	state_ban_print(&b->net, network);
	struct store_use u =
		store_use(st->store, "INSERT INTO ban(" BAN__COLUMNS ") VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) "
				     "ON CONFLICT(allowed, network) DO UPDATE SET reason = excluded.reason, "
				     "source = excluded.source, until_ms = excluded.until_ms");
	store_put_text(&u, slice_str(id));
	store_put_text(&u, slice_str(network));
	store_put_int(&u, b->allowed);
	store_put_text(&u, slice_str(b->reason));
	store_put_text(&u, slice_str(b->source));
	store_put_int(&u, st->now_ms);
	store_put_int(&u, b->allowed ? 0 : b->until_ms);
	TRY(store_done(&u));
	state_touch_bans(st);
	return state_ban_get(st, b->allowed, slice_str(network), b);
}

enum err state_ban_get(struct state *st, bool allowed, struct slice id, struct state_ban *ret)
{
	struct store_use u = store_use(st->store, "SELECT " BAN__COLUMNS " FROM ban WHERE " BAN__LIST
						  " AND (id = ?3 OR network = ?4)");
	char network[STATE_BAN_NETWORK_BYTES];
	struct ip_prefix net;

	slice_cstr(id, network, sizeof network);
	if (ip_prefix_parse(id, &net) == OK)
		state_ban_print(&net, network);
	store_put_int(&u, st->now_ms);
	store_put_int(&u, allowed);
	store_put_text(&u, id);
	store_put_text(&u, slice_str(network));
	bool found = store_next(&u);
	if (found)
		ban__read(&u, ret);
	TRY(store_done(&u));
	return found ? OK : ERR_NOT_FOUND;
}

enum err state_ban_delete(struct state *st, const char *id)
{
	struct store_use u = store_use(st->store, "DELETE FROM ban WHERE id = ?1");

	store_put_text(&u, slice_str(id));
	TRY(store_done(&u));
	state_touch_bans(st);
	return ban__forget_old(st);
}

enum err state_ban_count(struct state *st, bool allowed, int64_t *ret)
{
	struct store_use u = store_use(st->store, "SELECT count(*) FROM ban WHERE " BAN__LIST);

	store_put_int(&u, st->now_ms);
	store_put_int(&u, allowed);
	*ret = store_next(&u) ? store_int(&u, 0) : 0;
	return store_done(&u);
}

enum err state_ban_each(struct state *st, bool allowed, int64_t offset, int64_t most,
			bool (*fn)(void *arg, const struct state_ban *b), void *arg)
{
	struct store_use u = store_use(st->store, "SELECT " BAN__COLUMNS " FROM ban WHERE " BAN__LIST
						  " ORDER BY created_ms DESC, id LIMIT ?3 OFFSET ?4");
	struct state_ban b;
	bool more = true;

	store_put_int(&u, st->now_ms);
	store_put_int(&u, allowed);
	store_put_int(&u, most);
	store_put_int(&u, offset);
	while (more && store_next(&u)) {
		ban__read(&u, &b);
		/* A damaged row is nobody's network. */
		more = b.net.ip.family == 0 || fn(arg, &b);
	}
	return store_done(&u);
}

static bool ban__compile(void *arg, const struct state_ban *b)
{
	char network[STATE_BAN_NETWORK_BYTES];

	state_ban_print(&b->net, network);
	/* Rounded up: never shorter than was promised. */
	json_int_t until_s = (b->until_ms + BAN__MS_PER_S - 1) / BAN__MS_PER_S;
	json_array_append_new(arg, b->allowed ? json_string(network)
					      : json_pack("{s:s, s:I}", "network", network, "until", until_s));
	return true;
}

enum err state_ban_compile(struct state *st, json_t *item)
{
	json_t *bans = json_array(), *allow = json_array();

	json_object_set_new(item, "bans", bans);
	json_object_set_new(item, "allow", allow);
	TRY(state_ban_each(st, false, 0, -1, ban__compile, bans));
	return state_ban_each(st, true, 0, -1, ban__compile, allow);
}
