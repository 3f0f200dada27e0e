/* SPDX-License-Identifier: Apache-2.0 */
/*
 * apps: which app answers for a host: the apps that are live. One writer (the plan thread), any number of readers
 * (workers) that take no lock. A reader that wants to keep an app across a loop turn takes a reference. Lifetime:
 * process.
 */
#ifndef ROUTER_APPS_H
#define ROUTER_APPS_H

#include "router/balance.h"
#include "router/sticky.h"

struct apps;

/* What the router knows of one version of an app beside the plan; goes with it. */
struct app_live {
	uint32_t magic; /* OBJ_APP_LIVE */
	struct balance *balance;
	char (*sticky)[STICKY_VALUE_BYTES]; /* one for each instance; NULL: no sticky sessions */
};

/* An empty table. key: secret of the node, of which the one for cookies is derived; errors: ERR_SYSTEM. Caller frees
 * with apps_free. */
enum err apps_new(struct slice key, struct apps **ret_apps) MUST_USE;
/* Frees the table and drops what it holds; no reader may be left. NULL is fine. Snap thread. */
void apps_free(struct apps *t);

/*
 * The app for a canonical host (lower case, no final dot): the one that names it, else the one whose wildcard covers it
 * as its one level; NULL: none. thread: any snap thread; valid until its next quiescent state. cost: two hashes and
 * look-ups at most.
 */
const struct app *apps_find(const struct apps *t, struct slice host);
/* Apps that are live. Any thread. */
size_t apps_count(const struct apps *t);
/* The index of the instance whose sticky value that is, or BALANCE_ANY. In constant time of the value. */
int apps_sticky(const struct app *app, struct slice value);

/*
 * Puts an app in, or in place of the one of its name, whose instances it continues; takes over the reference. Writer
 * only, snap thread.
 */
void apps_publish(struct apps *t, struct app *app);
/* Takes the app of that name out; nothing when there is none. Writer only, snap thread. */
void apps_remove(struct apps *t, struct slice name);

#endif
