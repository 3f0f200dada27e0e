/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app: the apps of the node. What belongs to one has its own noun: process.h (types and how many), instance.h (where
 * they run), domain.h, variable.h, operation.h, event.h; app_plan.h makes the plan item of all of it.
 */
#ifndef STATE_APP_H
#define STATE_APP_H

#include "state/state.h"

enum {
	STATE_APP_NAME_BYTES = 49,   /* 6 to 48 characters and a NUL */
	STATE_APP_OWNER_BYTES = 201, /* an e-mail address */
	STATE_APP_STATUS_BYTES = 12,
	STATE_APP_BY_BYTES = 121, /* name of a token */
};

/* One row. Times are ms since 1970, 0: never. */
struct state_app {
	char id[STATE_APP_ID_BYTES];
	char name[STATE_APP_NAME_BYTES];
	char owner[STATE_APP_OWNER_BYTES];
	char status[STATE_APP_STATUS_BYTES]; /* "new" "running" "stopped" "crashed" "restarting" "scaling" "booting" */
	bool force_https, sticky_session, router_logs;
	int64_t generation; /* changes with what requests are routed to: cookies of sticky sessions end */
	int64_t created_ms, updated_ms, deployed_ms;
	char deployed_by[STATE_APP_BY_BYTES];
	char deployment_id[STATE_APP_ID_BYTES]; /* "" before the first */
};

/* Why a name cannot be one of an app, as clients know the sentences; NULL: it can. */
const char *state_app_name_wrong(struct slice name);
/* The app of that id or name. errors: ERR_NOT_FOUND, as store_done. */
enum err state_app_get(struct state *st, struct slice id_or_name, struct state_app *ret) MUST_USE;
/* A new app, status "new", with its type web at one; name and owner must be set. Touches it. errors: ERR_EXISTS (the
 * name), as store_done. */
enum err state_app_add(struct state *st, struct state_app *a) MUST_USE;
/* Stores everything but id, created_ms; sets updated_ms; touches it. errors: ERR_EXISTS (the name), as store_done. */
enum err state_app_save(struct state *st, struct state_app *a) MUST_USE;
/* Deletes it with everything that belongs to it but its events; touches it and its domains. errors: ERR_NOT_FOUND, as
 * store_done. */
enum err state_app_remove(struct state *st, const char *id) MUST_USE;
/* Calls fn for each, by name; the row is borrowed for the call. errors: as store_done. */
enum err state_app_each(struct state *st, void (*fn)(void *arg, const struct state_app *a), void *arg) MUST_USE;
/*
 * Sets the status that follows from its instances ("running", "stopped"; "new" stays until something was deployed),
 * unless an operation is under way, and counts a new generation: after each change of instances. Touches it.
 * errors: as store_done.
 */
enum err state_app_settle(struct state *st, struct state_app *a) MUST_USE;
/* Code was put in place by the transaction's actor: deployed_ms, deployed_by, deployment_id. errors: as store_done. */
enum err state_app_deployed(struct state *st, struct state_app *a) MUST_USE;

#endif
