/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acme_job: one certificate from one ACME server (RFC 8555 section 7): account, order, authorizations, challenges,
 * finalization, download. No I/O and no clock: the owner asks what to do next, does it, and says what came of it; so a
 * test can play the CA, and the owner decides how requests travel and where challenges are shown.
 *
 *	for (;;) switch (acme_job_next(job, now, &todo)) {
 *	ACME_TODO_REQUEST: send it, then acme_job_answer or acme_job_no_answer
 *	ACME_TODO_SHOW:    show acme_job_proofs to the CA, then acme_job_shown
 *	ACME_TODO_CONSENT: look whether acme_job_directory may issue for the names, then acme_job_consented
 *	ACME_TODO_WAIT:    come again at todo.until_ms
 *	ACME_TODO_DONE:    acme_job_chain, acme_job_account_url     ACME_TODO_FAILED: acme_job_failure }
 *
 * One thread. Lifetime: the owner's.
 */
#ifndef ACME_ACME_JOB_H
#define ACME_ACME_JOB_H

#include "acme/acme_doc.h"
#include "base/buf.h"
#include "base/p256.h"

struct acme_job;

/* What is wanted. Everything is copied but key, which must outlive the job. */
struct acme_want {
	const char *directory; /* https URL */
	const struct p256 *account_key;
	struct slice account_url;              /* from an earlier job with this key; empty: register or look it up */
	struct slice contact;                  /* "mailto:…", or empty */
	struct slice binding_kid, binding_key; /* external account binding: id and decoded key; empty: none */
	const char *const *names;              /* 1 to ACME_NAMES_MAX canonical names, "*.example.com" for wildcards */
	size_t names_n;
	struct slice csr; /* DER, for exactly these names, by the certificate's key */
	struct slice
		replaces; /* renewal information id of the certificate that this one renews (RFC 9773); empty: none */
	unsigned types;   /* bits 1 << enum acme_type that the owner can show; wildcards need dns-01 */
	bool consent;     /* ask with ACME_TODO_CONSENT before the order is made */
	uint64_t give_up_ms; /* on the scale of now_ms: the job fails then */
};

/* One challenge to be shown. */
struct acme_proof {
	enum acme_type type;
	char name[ACME_NAME_BYTES]; /* of the authorization, without "*." */
	char token[ACME_TOKEN_BYTES];
	char key_authorization[ACME_TOKEN_BYTES + 48]; /* body for http-01; its SHA-256 goes into tls-alpn-01 */
	char txt[44];                                  /* value at _acme-challenge.<name> for dns-01 */
};

enum acme_todo_kind {
	ACME_TODO_REQUEST,
	ACME_TODO_CONSENT,
	ACME_TODO_SHOW,
	ACME_TODO_WAIT,
	ACME_TODO_DONE,
	ACME_TODO_FAILED
};

struct acme_todo {
	const char *method; /* "GET", "HEAD", "POST" */
	const char *url;
	struct slice body; /* application/jose+json; empty unless POST */
	uint64_t until_ms;
};

/* What a server answered. Slices are borrowed for the call; absent fields are empty. */
struct acme_answer {
	unsigned status;
	struct slice body, replay_nonce, location;
	uint64_t retry_after_s; /* 0: none */
};

/* Why a job failed. */
struct acme_failure {
	struct acme_problem problem;
	uint64_t retry_after_s; /* asked for by the CA; 0: nothing said */
};

/* A job that has done nothing yet. errors: ERR_RANGE (names, types) with the reason. Caller frees with acme_job_free.
 */
enum err acme_job_new(const struct acme_want *want, struct acme_job **ret_job, struct diag *d) MUST_USE;
/* NULL is fine. */
void acme_job_free(struct acme_job *job);

/* What to do now. ret is borrowed until the next call for this job. */
enum acme_todo_kind acme_job_next(struct acme_job *job, uint64_t now_ms, struct acme_todo *ret);
/* The answer to the request. */
void acme_job_answer(struct acme_job *job, uint64_t now_ms, const struct acme_answer *answer);
/* There was none (why: one sentence). The request is tried again some times, with growing pauses. */
void acme_job_no_answer(struct acme_job *job, uint64_t now_ms, const char *why);
/* The order may be made (why NULL), or not: the job fails with this sentence. */
void acme_job_consented(struct acme_job *job, const char *why);
/* What to show; borrowed until the job is freed. Take it away when the job has ended. */
const struct acme_proof *acme_job_proofs(const struct acme_job *job, size_t *ret_n);
/* All of it is shown (why NULL), or cannot be. */
void acme_job_shown(struct acme_job *job, const char *why);

/* The account's URL once it is known, for the next job; "" before. */
const char *acme_job_account_url(const struct acme_job *job);
/* The chain in PEM, leaf first, of a job that is done. Borrowed until the job is freed. */
struct slice acme_job_chain(const struct acme_job *job);
/* The reason of a job that failed. */
const struct acme_failure *acme_job_failure(const struct acme_job *job);
/* The current step as a word: "directory", "account", "order" … Process lifetime. */
const char *acme_job_step(const struct acme_job *job);
/* The directory once it was read, or NULL. Borrowed until the job is freed. */
const struct acme_directory *acme_job_directory(const struct acme_job *job);

#endif
