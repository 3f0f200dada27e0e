/* SPDX-License-Identifier: Apache-2.0 */
/*
 * processes: makes the processes of apps be what the state wants: types with a command are run by the runner
 * (runner/formation.h decides what is next), their rows of instances follow what runs, and the operations "scale",
 * "restart", "start" and "stop" are taken, done and ended. Every look is a job of the api: in a transaction, published
 * before it is committed, so an instance is asked to end only when every edge has acknowledged that it gets nothing.
 *
 * Where [platform] processes is off, operations on such apps end with that reason. One thread, that of control.
 */
#ifndef PLATFORM_PROCESSES_H
#define PLATFORM_PROCESSES_H

#include "api/api.h"
#include "sys/loop.h"

struct platform_processes;

/* A line for the log of an app. source: "web-1", "manager". Borrowed for the call. */
typedef void (*platform_processes_log_fn)(void *arg, const char *app_id, const char *source, int64_t wall_ms,
					  struct slice line);

/* Everything is borrowed for its life. */
struct platform_processes_setup {
	struct api *api;
	struct state *state;
	struct loop *loop;
	const struct node_config *node;
	const struct seal *seal;
	platform_processes_log_fn log; /* NULL: nobody keeps logs */
	void *log_arg;
};

/* Starts looking. The caller frees with platform_processes_free, after the api. */
struct platform_processes *platform_processes_new(const struct platform_processes_setup *setup)
	__attribute__((returns_nonnull));
/* What runs goes on. Jobs that wait in the api must have ended. NULL is fine. */
void platform_processes_free(struct platform_processes *p);
/* Something was stored. Cheap. */
void platform_processes_wake(struct platform_processes *p);

/* What a process of the node uses. */
struct platform_processes_use {
	uint64_t memory_bytes, cpu_ms; /* at the last look; cpu since its start */
	int64_t started_ms;            /* wall clock */
};
/* Of the instance with that row id; false when the node runs none of that id. */
bool platform_processes_use(const struct platform_processes *p, const char *instance_id,
			    struct platform_processes_use *ret);

#endif
