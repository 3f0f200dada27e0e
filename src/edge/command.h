/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command: what control asks of this edge besides plan items (door/frame.h, enum frame_command). The plan thread gets
 * the frame and starts the command; whoever carries it out answers once, on any thread; the plan thread sends the
 * answer. An answer that comes after the link to control broke is dropped: control has told who asked.
 */
#ifndef EDGE_COMMAND_H
#define EDGE_COMMAND_H

#include "base/diag.h"
#include "door/frame.h"

struct command_set;
struct command;

/*
 * Carries a command out. json is borrowed for the call. Must lead to one command_answer, now or later.
 * thread: the plan thread; must not block.
 */
typedef void (*command_fn)(void *arg, struct command *c, struct slice json);

struct command_setup {
	command_fn fns[FRAME_COMMAND_COUNT]; /* NULL: this edge does not take it */
	void *arg;
	/* Wakes the plan thread, which then calls command_flush. Any thread. */
	void (*wake)(void *arg);
	void *wake_arg;
};

/* None under way. setup is copied. Caller frees with command_set_free. */
struct command_set *command_set_new(const struct command_setup *setup) __attribute__((returns_nonnull));
/* Frees, also what was never answered; nobody may answer any more. NULL is fine. */
void command_set_free(struct command_set *cs);
/* Starts one; refused with an answer when this edge does not take it or limit edge_commands_max are under way. */
void command_start(struct command_set *cs, const struct frame_command_call *call, size_t max);
/* The link broke: answers to what is under way are dropped. */
void command_forget(struct command_set *cs);
/* Writes the answers that came, as REPLY frames. errors: ERR_QUEUE_FULL. */
enum err command_flush(struct command_set *cs, struct buf *out) MUST_USE;
/* Commands not answered yet. */
size_t command_open(const struct command_set *cs);

/* Ends a command; the caller must not use it any more. json is copied; d (NULL: none) says why e is not OK. Any thread.
 */
void command_answer(struct command *c, enum err e, struct slice json, const struct diag *d);

#endif
