/* SPDX-License-Identifier: Apache-2.0 */
/* explain: see explain.h. */
#include "edge/explain.h"

#include "base/check.h"
#include "base/mem.h"

#include <stdatomic.h>

enum { EXPLAIN__JOBS = 8, EXPLAIN__BYTES = 8192, EXPLAIN__RAY_DIGITS = 16 };

struct explain__job;

struct explain__ask {
	struct loop_task task; /* posted to the worker */
	struct explain__job *job;
	struct worker *worker;
};

/* One question under way. */
struct explain__job {
	_Atomic bool busy, found;
	atomic_size_t pending;
	struct command *command;
	uint64_t ray;
	struct explain__ask *asks;
	struct text text; /* written by the one worker that finds it */
	char mem[EXPLAIN__BYTES];
};

struct explain {
	struct worker *const *workers;
	size_t n;
	struct explain__job jobs[EXPLAIN__JOBS];
};

struct explain *explain_new(struct worker *const *workers, size_t n)
{
	struct explain *x = mem_alloc(sizeof *x);

	x->workers = workers;
	x->n = n;
	for (size_t i = 0; i < EXPLAIN__JOBS; i++)
		x->jobs[i].asks = mem_alloc_array(n + 1, sizeof *x->jobs[i].asks);
	return x;
}

void explain_free(struct explain *x)
{
	if (!x)
		return;
	for (size_t i = 0; i < EXPLAIN__JOBS; i++)
		mem_free(x->jobs[i].asks);
	mem_free(x);
}

static void explain__end(struct explain__job *job)
{
	struct diag d;

	if (atomic_load(&job->found)) {
		command_answer(job->command, OK, text_slice(&job->text), NULL);
	} else {
		diag_init(&d);
		command_answer(job->command,
			       diag_set(&d, ERR_NOT_FOUND, NULL, "this edge does not remember such a request"),
			       slice_of(NULL, 0), &d);
	}
	atomic_store(&job->busy, false);
}

static void explain__look(struct loop_task *task)
{
	struct explain__ask *ask = LOOP_OWNER(task, struct explain__ask, task);
	struct explain__job *job = ask->job;
	char mem[EXPLAIN__BYTES];
	struct text t = text_of(mem, sizeof mem);

	if (trace_explain(ask->worker->trace, job->ray, ask->worker->metrics.scale, &t) &&
	    !atomic_exchange(&job->found, true)) {
		job->text = text_of(job->mem, sizeof job->mem);
		text_add(&job->text, text_slice(&t));
	}
	if (atomic_fetch_sub(&job->pending, 1) == 1)
		explain__end(job);
}

/* The digits behind {"ray":". */
static bool explain__ray(struct slice json, uint64_t *ret)
{
	struct slice head = SLICE("{\"ray\":\""), digits = slice_first(slice_from(json, head.n), EXPLAIN__RAY_DIGITS);
	uint64_t ray = 0;

	if (!slice_starts(json, head) || digits.n != EXPLAIN__RAY_DIGITS)
		return false;
	for (size_t i = 0; i < digits.n; i++) {
		char c = slice_lower(digits.p[i]);
		if (!slice_is_digit(c) && (c < 'a' || c > 'f'))
			return false;
		ray = ray << 4 | (uint64_t)(slice_is_digit(c) ? c - '0' : c - 'a' + 10);
	}
	*ret = ray;
	return true;
}

static struct explain__job *explain__free_job(struct explain *x)
{
	for (size_t i = 0; i < EXPLAIN__JOBS; i++)
		if (!atomic_load(&x->jobs[i].busy))
			return &x->jobs[i];
	return NULL;
}

void explain_run(struct explain *x, struct command *c, struct slice json)
{
	struct explain__job *job = explain__free_job(x);
	struct diag d;
	size_t asked = 0;

	diag_init(&d);
	if (!job) {
		command_answer(c, diag_set(&d, ERR_OVERLOAD, NULL, "too many questions at once; ask again"),
			       slice_of(NULL, 0), &d);
		return;
	}
	if (!explain__ray(json, &job->ray)) {
		command_answer(c, diag_set(&d, ERR_SYNTAX, "ray", "must begin with 16 hexadecimal digits"),
			       slice_of(NULL, 0), &d);
		return;
	}
	job->command = c;
	atomic_store(&job->busy, true);
	atomic_store(&job->found, false);
	for (size_t i = 0; i < x->n; i++) {
		if (!x->workers[i])
			continue;
		job->asks[asked] = (struct explain__ask){ { .fn = explain__look }, job, x->workers[i] };
		asked++;
	}
	/* One more than there are workers, so that it is not over before all were asked. */
	atomic_store(&job->pending, asked + 1);
	for (size_t i = 0; i < asked; i++)
		loop_post(job->asks[i].worker->loop, &job->asks[i].task);
	if (atomic_fetch_sub(&job->pending, 1) == 1)
		explain__end(job);
}
