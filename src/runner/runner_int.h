/* SPDX-License-Identifier: Apache-2.0 */
/* runner_int: what runner.c and instance.c share. */
#ifndef RUNNER_RUNNER_INT_H
#define RUNNER_RUNNER_INT_H

#include "base/rng.h"
#include "runner/output.h"
#include "runner/runner_msg.h"
#include "runner/spawn.h"
#include "sys/loop.h"

struct instances;

/* One instance, from START to FORGET. */
struct instance {
	struct instance *next;
	struct instances *owner;
	uint64_t id, generation, memory_bytes;
	char app[RUNNER_APP_BYTES], label[RUNNER_LABEL_BYTES], why[RUNNER_WHY_BYTES];
	enum runner_state state;
	bool web, reaped; /* reaped: the first process is gone; others of its group may go on until kill_at_ms */
	uint16_t port;
	pid_t pid; /* also its session and group; 0: never started */
	uid_t uid;
	int status;             /* of waitpid */
	uint64_t started_ms;    /* wall clock */
	uint64_t started_at_ms; /* monotonic */
	uint64_t kill_at_ms;    /* 0: nobody asked it to end */
	uint64_t used_bytes, cpu_ms;
	bool changed;      /* to be told */
	struct loop_io io; /* its output; fd -1 when closed */
	struct output output;
};

/* All that instances share. */
struct instances {
	struct instance *first;
	size_t n;
	struct loop *loop;
	const struct limits *limits;
	const char *user; /* [platform] user */
	struct rng rng;
	bool changed; /* something is to be told */
};

/* Starts what control wants; a start that fails is an instance that has ended, with the reason. */
void instance_start(struct instances *all, const struct runner_start *start);
/* SIGTERM, and SIGKILL later. No-op when it ends already. */
void instance_stop(struct instance *i);
/* The one of that id, or NULL. */
struct instance *instance_find(const struct instances *all, uint64_t id);
/* Forgets one that has ended. No-op otherwise. */
void instance_forget(struct instances *all, struct instance *i);
/* A process of ours ended. */
void instance_reaped(struct instances *all, pid_t pid, int status);
/* Looks who is ready, who takes too long to start or to end. Returns milliseconds until it wants to look again. */
uint64_t instance_tick(struct instances *all);
/* Memory and processor time of all instances; ends those over their memory. */
void instance_measure(struct instances *all);
/* As control sees it; borrowed. */
struct runner_instance instance_told(const struct instance *i);

#endif
