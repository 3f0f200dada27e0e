/* SPDX-License-Identifier: Apache-2.0 */
/* command: see command.h. */
#include "edge/command.h"

#include "base/mem.h"
#include "sys/clock.h"

#include <pthread.h>

struct command {
	struct command_set *set;
	struct command *next, **at; /* in the list of the open or of the answered, and the link that points here */
	uint64_t seq, epoch, begin_ns, took_us;
	enum err error;
	struct diag why;
	char *json;
	size_t json_n;
};

struct command_set {
	struct command_setup setup;
	uint64_t epoch; /* of the link; the plan thread's own */
	pthread_mutex_t lock;
	struct command *open, *answered, **answered_end; /* answered in the order of answers */
	size_t open_n;
};

struct command_set *command_set_new(const struct command_setup *setup)
{
	struct command_set *cs = mem_alloc(sizeof *cs);

	cs->setup = *setup;
	cs->answered_end = &cs->answered;
	pthread_mutex_init(&cs->lock, NULL);
	return cs;
}

static void command__free_list(struct command *c)
{
	for (struct command *next; c; c = next) {
		next = c->next;
		mem_free(c->json);
		mem_free(c);
	}
}

static struct command *command__take_answered(struct command_set *cs)
{
	pthread_mutex_lock(&cs->lock);
	struct command *first = cs->answered;
	cs->answered = NULL;
	cs->answered_end = &cs->answered;
	pthread_mutex_unlock(&cs->lock);
	return first;
}

void command_set_free(struct command_set *cs)
{
	if (!cs)
		return;
	command__free_list(command__take_answered(cs));
	command__free_list(cs->open);
	pthread_mutex_destroy(&cs->lock);
	mem_free(cs);
}

size_t command_open(const struct command_set *cs)
{
	struct command_set *m = (struct command_set *)(uintptr_t)cs;

	pthread_mutex_lock(&m->lock);
	size_t n = m->open_n;
	pthread_mutex_unlock(&m->lock);
	return n;
}

void command_start(struct command_set *cs, const struct frame_command_call *call, size_t max)
{
	struct command *c = mem_alloc(sizeof *c);
	struct diag d;

	diag_init(&d);
	diag_init(&c->why);
	c->set = cs;
	c->seq = call->seq;
	c->epoch = cs->epoch;
	c->begin_ns = clock_mono_ns();
	pthread_mutex_lock(&cs->lock);
	size_t open = cs->open_n++;
	c->next = cs->open;
	c->at = &cs->open;
	if (c->next)
		c->next->at = &c->next;
	cs->open = c;
	pthread_mutex_unlock(&cs->lock);
	if (open >= max)
		command_answer(c, diag_set(&d, ERR_OVERLOAD, NULL, "%zu commands are under way already", open),
			       slice_of(NULL, 0), &d);
	else if (!cs->setup.fns[call->kind])
		command_answer(c, diag_set(&d, ERR_NOT_FOUND, NULL, "this edge takes no such command"),
			       slice_of(NULL, 0), &d);
	else
		cs->setup.fns[call->kind](cs->setup.arg, c, call->json);
}

void command_forget(struct command_set *cs)
{
	cs->epoch++;
}

static enum err command__write(const struct command *c, struct buf *out)
{
	struct frame_reply r = {
		.seq = c->seq,
		.took_us = c->took_us,
		.error = c->error,
		.where = slice_str(c->why.where),
		.text = slice_str(c->why.text),
		.json = slice_of(c->json, c->json_n),
	};

	return frame_write_reply(out, &r);
}

enum err command_flush(struct command_set *cs, struct buf *out)
{
	enum err e = OK;

	struct command *first = command__take_answered(cs);

	for (const struct command *c = first; c && e == OK; c = c->next)
		if (c->epoch == cs->epoch)
			e = command__write(c, out);
	command__free_list(first);
	return e;
}

void command_answer(struct command *c, enum err e, struct slice json, const struct diag *d)
{
	struct command_set *cs = c->set;

	c->error = e;
	if (d)
		c->why = *d;
	c->json = mem_dup(json);
	c->json_n = json.n;
	c->took_us = (clock_mono_ns() - c->begin_ns) / 1000;
	pthread_mutex_lock(&cs->lock);
	*c->at = c->next;
	if (c->next)
		c->next->at = c->at;
	c->next = NULL;
	*cs->answered_end = c;
	cs->answered_end = &c->next;
	cs->open_n--;
	pthread_mutex_unlock(&cs->lock);
	cs->setup.wake(cs->setup.wake_arg);
}
