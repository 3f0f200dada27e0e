/* SPDX-License-Identifier: Apache-2.0 */
/* processes_int: what processes.c and processes_app.c share. */
#ifndef PLATFORM_PROCESSES_INT_H
#define PLATFORM_PROCESSES_INT_H

#include "platform/processes.h"
#include "runner/formation.h"
#include "runner/runner_link.h"
#include "state/instance.h"
#include "state/operation.h"

/* An app of which the node runs something, or did. */
struct processes_app {
	struct processes_app *next;
	struct platform_processes *owner;
	char id[STATE_APP_ID_BYTES];
	struct formation formation;
	struct state_process types[STATE_PROCESS_TYPES_MAX]; /* with a command, as they were read last */
	size_t types_n;
	char op[STATE_APP_ID_BYTES]; /* under way; "": none */
	bool op_ended;               /* by the job that runs now */
	uint64_t publishing;         /* version that the job publishes; 0: none */
	bool gone;                   /* the app is deleted */
};

struct platform_processes {
	uint32_t magic; /* OBJ_PROCESSES */
	struct platform_processes_setup to;
	struct runner_link *link; /* NULL: this node runs none */
	struct loop_timer timer;
	struct processes_app *apps;
	uint64_t next_id;
	bool busy;  /* a job waits or runs */
	bool again; /* something came that the job has not seen */
	bool connected;
};

/* One look at an app inside a job: reads what is wanted, does what is due, stores what runs. errors: as store_done. */
enum err processes_app_look(struct processes_app *a, struct state *st) MUST_USE;
/* Takes an operation that is pending on it. errors: as store_done. */
enum err processes_app_begin(struct processes_app *a, struct state *st, struct state_operation *o) MUST_USE;
/* The id of an instance's row. */
void processes_app_row_id(uint64_t id, char ret[static STATE_APP_ID_BYTES]);
/* A line of the manager about an instance. */
void processes_say(const struct processes_app *a, const char *label, uint64_t id, const char *what, const char *why);

#endif
