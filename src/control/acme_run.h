/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acme_run: an acme_job on its way: its requests go over web.h, its pauses are timers of the loop, and whoever ordered
 * is asked to show the proofs and told the end. One thread, that of the control loop.
 */
#ifndef CONTROL_ACME_RUN_H
#define CONTROL_ACME_RUN_H

#include "acme/acme_job.h"
#include "control/web.h"

struct acme_run;

/* How it ended. Borrowed for the call. */
struct acme_result {
	struct slice chain;                 /* PEM, leaf first; empty: it failed */
	const struct acme_failure *failure; /* NULL when it did not */
	const char *account_url;            /* "" when it never got one */
};

struct acme_run_owner {
	/* May this CA issue for the names (CAA)? Then call acme_run_consented: now or later. */
	void (*consent)(void *arg, struct acme_run *run, const struct acme_directory *directory);
	/* Make these visible to the CA, then call acme_run_shown: now or later. proofs live until `done` was called. */
	void (*show)(void *arg, struct acme_run *run, const struct acme_proof *proofs, size_t n);
	/* The end; what was shown can go. The run is freed behind this call. */
	void (*done)(void *arg, const struct acme_result *result);
	void *arg;
};

/* Where it runs. loop and web are borrowed for its life; the rest is copied. */
struct acme_run_setup {
	struct loop *loop;
	struct web *web;
	const char *ca_file; /* trust for the CA's own HTTPS; NULL: the system's */
	struct acme_run_owner owner;
};

/*
 * Starts; want->give_up_ms is on the loop's scale (loop_now_ms). Nothing of the owner is called from inside this call.
 * errors: as acme_job_new.
 */
enum err acme_run_start(const struct acme_run_setup *setup, const struct acme_want *want, struct acme_run **ret_run,
			struct diag *d) MUST_USE;
/* The order may be made (why NULL), or not, for this reason. */
void acme_run_consented(struct acme_run *run, const char *why);
/* The proofs are visible (why NULL), or cannot be made so. */
void acme_run_shown(struct acme_run *run, const char *why);
/* Breaks it off; done is not called. */
void acme_run_cancel(struct acme_run *run);
/* The step it is at, as a word for people. */
const char *acme_run_step(const struct acme_run *run);

#endif
