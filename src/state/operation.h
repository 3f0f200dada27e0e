/* SPDX-License-Identifier: Apache-2.0 */
/*
 * operation: what an app is asked to do that takes time: "scale", "restart", "start", "stop". One at a time of an app.
 * What concerns registered instances only is done at once; whoever starts processes takes the "pending" ones
 * (state_operation_next), makes them "running", and ends them.
 */
#ifndef STATE_OPERATION_H
#define STATE_OPERATION_H

#include "state/app.h"

enum { STATE_OPERATION_TYPE_BYTES = 12, STATE_OPERATION_ERROR_BYTES = 400, STATE_OPERATIONS_MAX = 200 };

/* One row; the reference of scope is the struct's (state_operation_fini). */
struct state_operation {
	char id[STATE_APP_ID_BYTES], app[STATE_APP_ID_BYTES];
	char type[STATE_OPERATION_TYPE_BYTES];
	char status[STATE_OPERATION_TYPE_BYTES]; /* "pending", "running", "done", "error" */
	int64_t created_ms, finished_ms;         /* finished 0: not yet */
	char error[STATE_OPERATION_ERROR_BYTES]; /* "" unless "error" */
	json_t *scope;                           /* array of "web", "web-1"; empty: everything */
};

/* Gives up what it refers to. */
void state_operation_fini(struct state_operation *o);
/* A new one with app, type, status and scope; the oldest past STATE_OPERATIONS_MAX of an app leave. errors: as
 * store_done. */
enum err state_operation_add(struct state *st, struct state_operation *o) MUST_USE;
/* errors: ERR_NOT_FOUND, as store_done. */
enum err state_operation_get(struct state *st, const char *app_id, struct slice id,
			     struct state_operation *ret) MUST_USE;
/* Whether one of the app is pending or running. errors: as store_done. */
enum err state_operation_busy(struct state *st, const char *app_id, bool *ret) MUST_USE;
/* The oldest of that status of any app. errors: ERR_NOT_FOUND, as store_done. */
enum err state_operation_next(struct state *st, const char *status, struct state_operation *ret) MUST_USE;
/* It is under way now. errors: as store_done. */
enum err state_operation_begin(struct state *st, struct state_operation *o) MUST_USE;
/* It has ended, error NULL or "": well. The app's status follows its instances again (state_app_settle); a = its app,
 * read before. errors: as store_done. */
enum err state_operation_end(struct state *st, struct state_operation *o, struct state_app *a,
			     const char *error) MUST_USE;

#endif
