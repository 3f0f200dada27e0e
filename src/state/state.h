/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state: what admins want: accounts, zones, tokens, and what they changed, in one database (DATA/state/state.db). Each
 * noun has its file pair in this room; this one is what they share: the database, the transaction with its author, the
 * zones that it touched, ids and the time.
 *
 * One thread. Lifetime: process. Only control holds one; edges see the plan that is compiled from it.
 */
#ifndef STATE_STATE_H
#define STATE_STATE_H

#include "store/store.h"

#include <jansson.h>

enum {
	STATE_ID_BYTES = 33,     /* 32 lower-case hexadecimal digits and a NUL */
	STATE_NAME_BYTES = 256,  /* a host name in ASCII, and a NUL */
	STATE_APP_ID_BYTES = 25, /* of an app and what belongs to it: 24 hexadecimal digits and a NUL */
};

/* What a transaction touched: something of which plan items are made. */
enum state_touch { STATE_TOUCH_ZONE, STATE_TOUCH_APP, STATE_TOUCH_DOMAIN, STATE_TOUCH_BANS };
struct state_touched {
	enum state_touch what;
	char id[STATE_ID_BYTES];
};

/* Who makes a change, for the audit log. Borrowed for the transaction. */
struct state_actor {
	const char *token;   /* id of the token, or "" */
	const char *name;    /* its name, or "system" */
	const char *address; /* of the client, or "" */
};

struct state {
	uint32_t magic; /* OBJ_STATE */
	struct store *store;
	int64_t now_ms; /* wall clock of the call under way; state_at sets it */
	struct state_actor actor;
	struct state_touched *touched; /* by this transaction */
	size_t touched_n, touched_cap;
};

/* ---- life ---- */

/*
 * Opens the database (":memory:" for tests), brings its schema up to date, and makes the account and user of a new one.
 * errors: as store_open and store_migrate, with the reason in d.
 */
enum err state_open(const char *path, int64_t now_ms, struct state **ret_state, struct diag *d) MUST_USE;
/* NULL is fine. */
void state_close(struct state *st);
/* The version of the schema that this program knows. */
int state_version_max(void);
/* The wall clock of what follows. */
void state_at(struct state *st, int64_t now_ms);

/* ---- transactions ---- */

/* Begins one in the name of actor, whose strings must last as long. errors: ERR_SYSTEM. */
enum err state_begin(struct state *st, const struct state_actor *actor) MUST_USE;
/* Makes it durable. errors: ERR_SYSTEM; rolled back then. */
enum err state_commit(struct state *st) MUST_USE;
/* Undoes it. No-op without one. */
void state_rollback(struct state *st);
/*
 * The zone's plan items are to be compiled and published before this transaction is committed. Verbs that change what
 * an edge sees call it; also for a zone that was deleted. Once for each zone is enough.
 */
void state_touch_zone(struct state *st, const char *zone_id);
/* The same for an app, and for a domain of an app (its certificate). */
void state_touch_app(struct state *st, const char *app_id);
void state_touch_domain(struct state *st, const char *domain_id);
/* The same for the list of bans. */
void state_touch_bans(struct state *st);
/* The same for everything of which there are plan items. errors: as store_done. */
enum err state_touch_all(struct state *st) MUST_USE;

/* ---- small things that the nouns share ---- */

/* A new id from the kernel's random source. */
void state_new_id(char ret[static STATE_ID_BYTES]);
/* A new id of an app or of what belongs to it. */
void state_new_app_id(char ret[static STATE_APP_ID_BYTES]);
/* Whether text has the form of such an id. */
bool state_is_app_id(struct slice text);
/* Whether text has the form of an id. */
bool state_is_id(struct slice text);
/* A column as a string in cap bytes; NULL is "". Cut when it is longer. */
void state_column(const struct store_use *u, int column, char *ret, size_t cap);
/* A JSON column; NULL when the column is NULL or damaged. The caller's reference. */
json_t *state_column_json(const struct store_use *u, int column);
/* Gives the next parameter the compact text of v; NULL: NULL. */
void state_put_json(struct store_use *u, const json_t *v);
/* The time as clients see it, or null for 0. */
json_t *state_time(int64_t ms);

#endif
