/* SPDX-License-Identifier: Apache-2.0 */
/*
 * runner_link: control's end of the connection to the runner: connects, connects again when it is lost, sends orders
 * and tells what comes. On a loop, one thread. Lifetime: the owner's.
 */
#ifndef RUNNER_RUNNER_LINK_H
#define RUNNER_RUNNER_LINK_H

#include "runner/runner_msg.h"
#include "sys/loop.h"

struct runner_link;

/* What is told. Slices are borrowed for the call. */
struct runner_link_owner {
	void (*lost)(void *arg);   /* what the runner has is unknown from now on; also before the first connection */
	void (*listed)(void *arg); /* everything it has was told */
	void (*instance)(void *arg, const struct runner_instance *i);
	void (*output)(void *arg, const struct runner_output *o);
	void *arg;
};

/* path: DATA/run/runner.sock, copied. Tries to connect from the next turn on. The caller frees with runner_link_free.
 */
struct runner_link *runner_link_new(struct loop *loop, const char *path, const struct runner_link_owner *owner)
	__attribute__((returns_nonnull));
/* NULL is fine. Nothing is told. */
void runner_link_free(struct runner_link *l);
/* Orders. Without a connection they are dropped: what the runner has is told anew, and the owner decides again. */
void runner_link_start(struct runner_link *l, const struct runner_start *s, const struct runner_variable *variables);
void runner_link_stop(struct runner_link *l, uint64_t id);
void runner_link_forget(struct runner_link *l, uint64_t id);

#endif
