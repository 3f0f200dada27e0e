/* SPDX-License-Identifier: Apache-2.0 */
/* acme_run: see acme_run.h. */
#include "control/acme_run.h"

#include "base/mem.h"
#include "supervisor/say.h"

enum { ACME_RUN__REQUEST_MS = 30000, ACME_RUN__ANSWER_BYTES_MAX = 1 << 20 };

struct acme_run {
	struct loop *loop;
	struct web *web;
	struct acme_job *job;
	struct acme_run_owner owner;
	struct loop_timer timer; /* pauses, and the first step */
	struct web_call *call;   /* under way, or NULL */
	char *ca_file;
};

static void acme_run__step(struct acme_run *run);

static void acme_run__free(struct acme_run *run)
{
	loop_timer_cancel(run->loop, &run->timer);
	if (run->call)
		web_cancel(run->call);
	acme_job_free(run->job);
	mem_free(run->ca_file);
	mem_free(run);
}

/* Tried again with growing pauses; said at once, so that nobody has to wait for the last try. */
static void acme_run__no_answer(struct acme_run *run, uint64_t now, const char *reason)
{
	say("acme", "event=no_answer step=%s reason=\"%s\"", acme_job_step(run->job), reason);
	acme_job_no_answer(run->job, now, reason);
}

static void acme_run__answered(void *arg, const struct web_answer *answer)
{
	struct acme_run *run = arg;
	uint64_t now = loop_now_ms(run->loop);
	struct acme_answer a = {
		.status = answer->status,
		.body = answer->body,
		.replay_nonce = slice_str(answer->replay_nonce),
		.location = slice_str(answer->location),
		.retry_after_s = answer->retry_after_s,
	};

	run->call = NULL;
	if (answer->error == OK)
		acme_job_answer(run->job, now, &a);
	else
		acme_run__no_answer(run, now, answer->reason);
	acme_run__step(run);
}

static void acme_run__send(struct acme_run *run, const struct acme_todo *todo)
{
	struct web_request r = {
		.method = todo->method,
		.url = todo->url,
		.content_type = todo->body.n ? "application/jose+json" : NULL,
		.body = todo->body,
		.ca_file = run->ca_file,
		.timeout_ms = ACME_RUN__REQUEST_MS,
		.body_bytes_max = ACME_RUN__ANSWER_BYTES_MAX,
	};

	run->call = web_send(run->web, &r, acme_run__answered, run);
}

static void acme_run__end(struct acme_run *run, bool good)
{
	struct acme_result r = {
		.chain = good ? acme_job_chain(run->job) : slice_of(NULL, 0),
		.failure = good ? NULL : acme_job_failure(run->job),
		.account_url = acme_job_account_url(run->job),
	};

	run->owner.done(run->owner.arg, &r);
	acme_run__free(run);
}

static void acme_run__step(struct acme_run *run)
{
	struct acme_todo todo;
	const struct acme_proof *proofs;
	size_t n;

	switch (acme_job_next(run->job, loop_now_ms(run->loop), &todo)) {
	case ACME_TODO_REQUEST:
		acme_run__send(run, &todo);
		return;
	case ACME_TODO_CONSENT:
		run->owner.consent(run->owner.arg, run, acme_job_directory(run->job));
		return;
	case ACME_TODO_SHOW:
		proofs = acme_job_proofs(run->job, &n);
		run->owner.show(run->owner.arg, run, proofs, n);
		return;
	case ACME_TODO_WAIT:
		loop_timer_set(run->loop, &run->timer, todo.until_ms);
		return;
	case ACME_TODO_DONE:
		acme_run__end(run, true);
		return;
	case ACME_TODO_FAILED:
		acme_run__end(run, false);
		return;
	}
}

static void acme_run__due(struct loop_timer *t)
{
	acme_run__step(LOOP_OWNER(t, struct acme_run, timer));
}

enum err acme_run_start(const struct acme_run_setup *setup, const struct acme_want *want, struct acme_run **ret_run,
			struct diag *d)
{
	struct acme_job *job;

	TRY(acme_job_new(want, &job, d));
	struct acme_run *run = mem_alloc(sizeof *run);
	run->loop = setup->loop;
	run->web = setup->web;
	run->owner = setup->owner;
	run->job = job;
	if (setup->ca_file && setup->ca_file[0])
		run->ca_file = mem_dup(slice_str(setup->ca_file));
	loop_timer_init(&run->timer, acme_run__due);
	loop_timer_set(run->loop, &run->timer, loop_now_ms(run->loop));
	*ret_run = run;
	return OK;
}

void acme_run_consented(struct acme_run *run, const char *why)
{
	acme_job_consented(run->job, why);
	loop_timer_set(run->loop, &run->timer, loop_now_ms(run->loop)); /* as acme_run_shown */
}

void acme_run_shown(struct acme_run *run, const char *why)
{
	acme_job_shown(run->job, why);
	/* Not from inside the owner's show: the next step comes by the timer. */
	loop_timer_set(run->loop, &run->timer, loop_now_ms(run->loop));
}

void acme_run_cancel(struct acme_run *run)
{
	if (run)
		acme_run__free(run);
}

const char *acme_run_step(const struct acme_run *run)
{
	return acme_job_step(run->job);
}
