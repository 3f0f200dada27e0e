/* SPDX-License-Identifier: Apache-2.0 */
/*
 * instance: where processes of an app run: addresses that somebody registered, or processes that the node started
 * (their states are the starter's to keep). An instance serves requests when its type is web, it has an address, it is
 * "running", and (registered ones) it is among the first of its type's amount.
 */
#ifndef STATE_INSTANCE_H
#define STATE_INSTANCE_H

#include "state/process.h"
#include "state/state.h"

enum {
	STATE_INSTANCE_ADDRESS_BYTES = 272, /* "host:port": a name of 253 bytes or an address, and a NUL */
	STATE_INSTANCE_STATE_BYTES = 12,
	STATE_INSTANCES_MAX = 100, /* registered ones of an app */
};

/* One row. */
struct state_instance {
	char id[STATE_APP_ID_BYTES], app[STATE_APP_ID_BYTES];
	char type[STATE_PROCESS_NAME_BYTES];
	int64_t number;                             /* from 1; "web-1" is type and number */
	char address[STATE_INSTANCE_ADDRESS_BYTES]; /* "" while it has none */
	char state[STATE_INSTANCE_STATE_BYTES];     /* "booting", "running", "stopping", "crashed" */
	bool registered;
	char size[STATE_PROCESS_SIZE_BYTES];
	char command[STATE_PROCESS_COMMAND_BYTES];
	int64_t created_ms;
	bool serving; /* gets requests; from reading only */
};

/* How many there are of an app. */
struct state_instance_counts {
	size_t serving;    /* get requests */
	size_t others;     /* of other types, running */
	size_t registered; /* of type web */
};

/* errors: ERR_NOT_FOUND, as store_done. */
enum err state_instance_get(struct state *st, const char *id, struct state_instance *ret) MUST_USE;
/*
 * A new one: app, type, state and what is known of it must be set; number 0: the lowest that is free; id "": a
 * new one. Touches the app.
 * errors: ERR_RANGE (STATE_INSTANCES_MAX), ERR_EXISTS (registered with that address already), as store_done.
 */
enum err state_instance_add(struct state *st, struct state_instance *i) MUST_USE;
/* Stores address and state. Touches the app. errors: as store_done. */
enum err state_instance_save(struct state *st, const struct state_instance *i) MUST_USE;
/* Deletes it. Touches the app. errors: ERR_NOT_FOUND, as store_done. */
enum err state_instance_remove(struct state *st, const struct state_instance *i) MUST_USE;
/* Calls fn for each of the app, by type (web first) and number; the row is borrowed for the call. errors: as
 * store_done. */
enum err state_instance_each(struct state *st, const char *app_id,
			     void (*fn)(void *arg, const struct state_instance *i), void *arg) MUST_USE;
/* errors: as store_done. */
enum err state_instance_count(struct state *st, const char *app_id, struct state_instance_counts *ret) MUST_USE;

#endif
