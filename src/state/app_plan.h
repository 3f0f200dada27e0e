/* SPDX-License-Identifier: Apache-2.0 */
/* app_plan: an app with its domains and instances as the plan item of kind "app" (docs/PLAN.md). */
#ifndef STATE_APP_PLAN_H
#define STATE_APP_PLAN_H

#include "state/app.h"

enum { STATE_APP_HOST_BYTES = 256 };

/* The names that the node gives its apps: NAME.region.suffix. Borrowed. */
struct state_app_place {
	const char *region; /* "osc-fr1" */
	const char *suffix; /* "scalingo.io" */
};

/* The app's default domain. */
void state_app_plan_host(const struct state_app *a, const struct state_app_place *place,
			 char ret[static STATE_APP_HOST_BYTES]);
/* The item; NULL: there is no such app. out: *ret, the caller's reference. errors: as store_done. */
enum err state_app_plan_make(struct state *st, const char *id, const struct state_app_place *place,
			     json_t **ret) MUST_USE;

#endif
