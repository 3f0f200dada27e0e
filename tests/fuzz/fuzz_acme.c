/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_acme: a certificate authority that answers with anything. Each answer is taken from the input: a byte that picks
 * the status, one that picks the fields, two of length, then the body. A job always ends, and never asks for what is no
 * https URL; a job that is done has a certificate.
 */
#include "acme/acme_job.h"
#include "fuzz.h"

static struct p256 *key;

/* The next answer of the input; none when it is used up. */
static bool take(struct slice *in, struct acme_answer *ret)
{
	static const unsigned statuses[] = { 200, 201, 200, 400, 403, 409, 429, 500, 503 };

	if (in->n < 4)
		return false;
	const uint8_t *p = (const uint8_t *)in->p;
	size_t n = (size_t)p[2] << 8 | p[3];
	*ret = (struct acme_answer){ .status = statuses[p[0] % 9], .retry_after_s = p[1] >> 4 };
	if (p[1] & 1)
		ret->replay_nonce = SLICE("nonce");
	if (p[1] & 2)
		ret->location = SLICE("https://ca/location");
	ret->body = slice_first(slice_from(*in, 4), n);
	*in = slice_from(*in, 4 + ret->body.n);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char *const names[] = { "a.test", "*.a.test" };
	struct slice in = slice_of(data, n);
	struct acme_want want = {
		.directory = "https://ca/dir",
		.names = names,
		.names_n = 2,
		.csr = SLICE("csr"),
		.types = 7,
		.give_up_ms = 300000,
	};
	struct acme_answer answer;
	struct acme_job *job;
	struct acme_todo todo;
	struct diag d;
	uint64_t now = 0;
	enum acme_todo_kind kind;

	if (!key)
		FUZZ_CHECK(p256_generate(&key) == OK);
	want.account_key = key;
	diag_init(&d);
	FUZZ_CHECK(acme_job_new(&want, &job, &d) == OK);
	while ((kind = acme_job_next(job, now, &todo)) < ACME_TODO_DONE) {
		if (kind == ACME_TODO_REQUEST) {
			FUZZ_CHECK(slice_starts_nocase(slice_str(todo.url), SLICE("https://")));
			if (take(&in, &answer))
				acme_job_answer(job, now, &answer);
			else
				acme_job_no_answer(job, now, "the input is used up");
		} else if (kind == ACME_TODO_SHOW) {
			acme_job_shown(job, NULL);
		} else {
			FUZZ_CHECK(todo.until_ms > now);
			now = todo.until_ms;
		}
	}
	if (kind == ACME_TODO_DONE)
		FUZZ_CHECK(acme_job_chain(job).n > 0);
	else
		FUZZ_CHECK(acme_job_failure(job)->problem.text[0] != '\0');
	acme_job_free(job);
	return 0;
}
