/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process: the types of process of an app ("web", "worker"), how many there are to be, and how they are started. The
 * type web gets requests. A type without a command is not started by the node: its instances are registered
 * (instance.h), and the amount says how many of them, in the order of their numbers, get requests.
 */
#ifndef STATE_PROCESS_H
#define STATE_PROCESS_H

#include "state/state.h"

enum {
	STATE_PROCESS_NAME_BYTES = 25, /* letters and digits, at most 24 */
	STATE_PROCESS_SIZE_BYTES = 8,
	STATE_PROCESS_COMMAND_BYTES = 4097,
	STATE_PROCESS_TYPES_MAX = 50,
	STATE_PROCESS_AMOUNT_MAX = 10,
};
#define STATE_PROCESS_SIZE_DEFAULT "M"

/* One row. */
struct state_process {
	char name[STATE_PROCESS_NAME_BYTES];
	int64_t amount;
	char size[STATE_PROCESS_SIZE_BYTES];
	char command[STATE_PROCESS_COMMAND_BYTES]; /* of a shell; "": registered instances */
};

/* A size that a container may have. Process lifetime. */
struct state_process_size {
	const char *name, *human; /* "2XL", "Double extra large" */
	int64_t memory_bytes;
};
/* The i-th size, the smallest first; NULL past the last. */
const struct state_process_size *state_process_size_at(size_t i);
/* The size of that name, or NULL. */
const struct state_process_size *state_process_size(struct slice name);
/* Whether it can be the name of a type. */
bool state_process_name_ok(struct slice name);

/* errors: ERR_NOT_FOUND, as store_done. */
enum err state_process_get(struct state *st, const char *app_id, struct slice name, struct state_process *ret) MUST_USE;
/* Stores or replaces. Touches the app. errors: ERR_RANGE (too many types), as store_done. */
enum err state_process_put(struct state *st, const char *app_id, const struct state_process *p) MUST_USE;
/* Deletes it. Touches the app. errors: ERR_NOT_FOUND, as store_done. */
enum err state_process_remove(struct state *st, const char *app_id, const char *name) MUST_USE;
/* Calls fn for each of the app, web first; the row is borrowed for the call. errors: as store_done. */
enum err state_process_each(struct state *st, const char *app_id, void (*fn)(void *arg, const struct state_process *p),
			    void *arg) MUST_USE;
/* Calls fn for the id of each app that has a type with a command. errors: as store_done. */
enum err state_process_apps(struct state *st, void (*fn)(void *arg, const char *app_id), void *arg) MUST_USE;
/* Whether a type of the app is started by the node and is to run. errors: as store_done. */
enum err state_process_started(struct state *st, const char *app_id, bool *ret) MUST_USE;

#endif
