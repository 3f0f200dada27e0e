/* SPDX-License-Identifier: Apache-2.0 */
/*
 * variable: the environment of an app's processes. Values are secrets as often as not: they are kept sealed under the
 * node's key, for "variable APP-ID NAME".
 */
#ifndef STATE_VARIABLE_H
#define STATE_VARIABLE_H

#include "base/seal.h"
#include "state/state.h"

enum {
	STATE_VARIABLE_NAME_BYTES = 65,
	STATE_VARIABLE_VALUE_MAX = 32768,
	STATE_VARIABLES_MAX = 1000, /* of an app */
};

/* One row; value is borrowed. */
struct state_variable {
	char id[STATE_APP_ID_BYTES];
	char name[STATE_VARIABLE_NAME_BYTES];
	struct slice value; /* UTF-8 without NUL */
};

/* Why it cannot be a name, as clients know the sentences; NULL: it can. */
const char *state_variable_name_wrong(struct slice name);

/*
 * Stores a value under a name, whether it is there already or not. out: *ret_id. errors: ERR_RANGE (STATE_VARIABLES_MAX
 * of them, or the value too large), as seal_close, as store_done.
 */
enum err state_variable_put(struct state *st, const struct seal *seal, const char *app_id, struct slice name,
			    struct slice value, char ret_id[static STATE_APP_ID_BYTES]) MUST_USE;
/* The name of a variable. errors: ERR_NOT_FOUND, as store_done. */
enum err state_variable_name(struct state *st, const char *app_id, struct slice id,
			     char ret[static STATE_VARIABLE_NAME_BYTES]) MUST_USE;
/* The value under a name, appended to b, which the caller wipes. errors: ERR_NOT_FOUND, as seal_open, as store_done. */
enum err state_variable_value(struct state *st, const struct seal *seal, const char *app_id, struct slice name,
			      struct buf *b) MUST_USE;
/* errors: ERR_NOT_FOUND, as store_done. */
enum err state_variable_remove(struct state *st, const char *app_id, struct slice id) MUST_USE;
/* Calls fn for each of the app, by name; the row is borrowed for the call. A value that cannot be opened ends it.
 * errors: as seal_open, as store_done. */
enum err state_variable_each(struct state *st, const struct seal *seal, const char *app_id,
			     void (*fn)(void *arg, const struct state_variable *v), void *arg) MUST_USE;

#endif
