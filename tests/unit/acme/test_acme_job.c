/* SPDX-License-Identifier: Apache-2.0 */
/* test_acme_job: orders from the first request to the certificate against a CA that the test plays, and what goes
 * wrong. */
#include "test_acme.h"

#include "acme/acme_job.h"
#include "base/base64.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static struct p256 *key;

/* The CA: answers by the path of the URL; a test changes what it wants to. */
struct ca {
	const char *order_status; /* what the order is when it is made */
	const char *auth_status;  /* what authorizations are until they were answered */
	const char *after_answer; /* and afterwards */
	const char *problem;      /* body of a refusal, for `refuse_path` */
	const char *refuse_path;
	unsigned refuse_status, refuse_times;
	bool external, no_location;
	int polls_until_valid;
	int nonce, requests, answered;
	char log[600];                /* paths asked for */
	char payload[1000], kid[200]; /* of the last signed request */
};

static void note(struct ca *ca, const char *path)
{
	size_t n = strlen(ca->log);

	snprintf(ca->log + n, sizeof ca->log - n, "%s ", path);
}

/* What a signed body says. */
static void look_inside(struct ca *ca, struct slice body)
{
	json_t *obj = json_loadb(body.p, body.n, 0, NULL);
	struct buf b;

	assert_non_null(obj);
	buf_init(&b, 10000);
	assert_int_equal(base64_read(slice_str(json_string_value(json_object_get(obj, "payload"))), &b), OK);
	slice_cstr(buf_slice(&b), ca->payload, sizeof ca->payload);
	buf_clear(&b);
	assert_int_equal(base64_read(slice_str(json_string_value(json_object_get(obj, "protected"))), &b), OK);
	json_t *head = json_loadb(buf_slice(&b).p, buf_len(&b), 0, NULL);
	const char *kid = json_string_value(json_object_get(head, "kid"));
	snprintf(ca->kid, sizeof ca->kid, "%s", kid ? kid : "");
	assert_non_null(json_string_value(json_object_get(head, "nonce")));
	json_decref(head);
	json_decref(obj);
	buf_fini(&b);
}

static void order_body(const struct ca *ca, const char *status, char *out, size_t cap)
{
	snprintf(out, cap,
		 "{\"status\":\"%s\",\"finalize\":\"https://ca/finalize\",\"certificate\":\"https://ca/cert\","
		 "\"authorizations\":[\"https://ca/auth/0\"]}",
		 status);
}

static void body_of(struct ca *ca, const char *path, char *out, size_t cap)
{
	if (strcmp(path, "dir") == 0) {
		snprintf(out, cap,
			 "{\"newNonce\":\"https://ca/nonce\",\"newAccount\":\"https://ca/"
			 "account\",\"newOrder\":\"https://ca/order\","
			 "\"renewalInfo\":\"https://ca/ari\",\"meta\":{\"externalAccountRequired\":%s}}",
			 ca->external ? "true" : "false");
	} else if (strcmp(path, "order") == 0) {
		order_body(ca, ca->order_status, out, cap);
	} else if (strcmp(path, "finalize") == 0) {
		order_body(ca, "processing", out, cap);
	} else if (strcmp(path, "order/1") == 0) {
		order_body(ca, ca->polls_until_valid-- > 0 ? "processing" : "valid", out, cap);
	} else if (strcmp(path, "auth/0") == 0) {
		snprintf(
			out, cap,
			"{\"status\":\"%s\",\"identifier\":{\"type\":\"dns\",\"value\":\"www.a.test\"},\"challenges\":["
			"{\"type\":\"tls-alpn-01\",\"status\":\"pending\",\"url\":\"https://ca/ch/"
			"a\",\"token\":\"tok\"},"
			"{\"type\":\"http-01\",\"status\":\"pending\",\"url\":\"https://ca/ch/h\",\"token\":\"tok\"},"
			"{\"type\":\"dns-01\",\"status\":\"pending\",\"url\":\"https://ca/ch/d\",\"token\":\"tok\","
			"\"error\":{\"type\":\"urn:ietf:params:acme:error:dns\",\"detail\":\"nothing there\"}}]}",
			ca->answered ? ca->after_answer : ca->auth_status);
	} else if (strcmp(path, "cert") == 0) {
		snprintf(out, cap, "-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n");
	} else {
		snprintf(out, cap, "{}");
	}
}

static void serve(struct ca *ca, struct acme_job *job, const struct acme_todo *todo, uint64_t now)
{
	char body[2000] = "", nonce[20];
	const char *path = todo->url + strlen("https://ca/");
	struct acme_answer a = { .status = 200 };

	assert_true(strncmp(todo->url, "https://ca/", 11) == 0);
	note(ca, path);
	ca->requests++;
	if (todo->body.n)
		look_inside(ca, todo->body);
	snprintf(nonce, sizeof nonce, "n%d", ++ca->nonce);
	if (strcmp(todo->method, "GET") != 0)
		a.replay_nonce = slice_str(nonce);
	if (ca->refuse_times && strcmp(path, ca->refuse_path) == 0) {
		ca->refuse_times--;
		a.status = ca->refuse_status;
		a.retry_after_s = 7;
		snprintf(body, sizeof body, "%s", ca->problem);
	} else {
		body_of(ca, path, body, sizeof body);
		ca->answered += strncmp(path, "ch/", 3) == 0;
		if (!ca->no_location && strcmp(path, "account") == 0)
			a.location = SLICE("https://ca/account/9");
		if (strcmp(path, "order") == 0)
			a.location = SLICE("https://ca/order/1");
	}
	a.body = slice_str(body);
	acme_job_answer(job, now, &a);
}

static const char *const names[] = { "www.a.test" }, *const wild[] = { "*.a.test" };

static struct acme_want plain(void)
{
	return (struct acme_want){
		.directory = "https://ca/dir",
		.account_key = key,
		.contact = SLICE("mailto:ops@a.test"),
		.names = names,
		.names_n = 1,
		.csr = SLICE("csr"),
		.types = 1u << ACME_HTTP_01,
		.give_up_ms = 600000,
	};
}

static struct ca good_ca(void)
{
	return (struct ca){ .order_status = "pending",
			    .auth_status = "pending",
			    .after_answer = "valid",
			    .refuse_path = "",
			    .polls_until_valid = 2 };
}

/* Runs the job to its end; time moves only when it waits. */
static enum acme_todo_kind run(struct ca *ca, struct acme_job *job, uint64_t *now)
{
	for (int i = 0; i < 2000; i++) {
		struct acme_todo todo;
		enum acme_todo_kind kind = acme_job_next(job, *now, &todo);
		if (kind == ACME_TODO_REQUEST)
			serve(ca, job, &todo, *now);
		else if (kind == ACME_TODO_SHOW)
			acme_job_shown(job, NULL);
		else if (kind == ACME_TODO_WAIT)
			*now = todo.until_ms;
		else
			return kind;
	}
	fail_msg("the job does not end: %s", acme_job_step(job));
	return ACME_TODO_FAILED;
}

static struct acme_job *new_job(const struct acme_want *want)
{
	struct acme_job *job;
	struct diag d;

	diag_init(&d);
	assert_int_equal(acme_job_new(want, &job, &d), OK);
	return job;
}

static void a_certificate_arrives(void **state)
{
	struct acme_want want = plain();
	struct ca ca = good_ca();
	uint64_t now = 1000;
	size_t n;

	struct acme_job *job = new_job(&want);
	assert_null(acme_job_directory(job));
	assert_int_equal(run(&ca, job, &now), ACME_TODO_DONE);
	assert_string_equal(ca.log,
			    "dir nonce account order auth/0 ch/h auth/0 finalize order/1 order/1 order/1 cert ");
	assert_string_equal(acme_job_account_url(job), "https://ca/account/9");
	assert_string_equal(ca.kid, "https://ca/account/9");
	assert_true(slice_starts(acme_job_chain(job), SLICE("-----BEGIN CERTIFICATE-----")));
	const struct acme_proof *p = acme_job_proofs(job, &n);
	assert_int_equal(n, 1);
	assert_string_equal(p->name, "www.a.test");
	assert_true(slice_starts(slice_str(p->key_authorization), SLICE("tok.")));
	assert_int_equal(strlen(p->txt), 43);
	assert_true(now < 10000);
	acme_job_free(job);
}

static void the_owner_is_asked_before_an_order_is_made(void **state)
{
	static const char *const answers[] = { NULL, "CAA says no" };

	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
		struct acme_want want = plain();
		struct ca ca = good_ca();
		uint64_t now = 1000;
		want.consent = true;
		struct acme_job *job = new_job(&want);
		assert_int_equal(run(&ca, job, &now), ACME_TODO_CONSENT);
		assert_string_equal(ca.log, "dir nonce account ");
		assert_non_null(acme_job_directory(job));
		acme_job_consented(job, answers[i]);
		assert_int_equal(run(&ca, job, &now), answers[i] ? ACME_TODO_FAILED : ACME_TODO_DONE);
		if (answers[i]) {
			assert_string_equal(ca.log, "dir nonce account ");
			assert_int_equal(acme_job_failure(job)->problem.kind, ACME_PROBLEM_NAME);
			assert_string_equal(acme_job_failure(job)->problem.text, "CAA: CAA says no");
		}
		acme_job_free(job);
	}
}

static void a_known_account_is_not_made_again(void **state)
{
	struct acme_want want = plain();
	struct ca ca = good_ca();
	uint64_t now = 0;

	want.account_url = SLICE("https://ca/account/5");
	want.replaces = SLICE("aki.serial");
	ca.auth_status = "valid"; /* validated not long ago: nothing to show */
	struct acme_job *job = new_job(&want);
	assert_int_equal(run(&ca, job, &now), ACME_TODO_DONE);
	assert_string_equal(ca.log, "dir nonce order auth/0 finalize order/1 order/1 order/1 cert ");
	acme_job_free(job);
}

static void an_account_that_the_ca_forgot_is_made_anew(void **state)
{
	struct acme_want want = plain();
	struct ca ca = good_ca();
	uint64_t now = 0;

	want.account_url = SLICE("https://ca/account/5");
	ca.refuse_path = "order";
	ca.refuse_times = 1;
	ca.refuse_status = 400;
	ca.problem = "{\"type\":\"urn:ietf:params:acme:error:accountDoesNotExist\"}";
	struct acme_job *job = new_job(&want);
	assert_int_equal(run(&ca, job, &now), ACME_TODO_DONE);
	assert_string_equal(acme_job_account_url(job), "https://ca/account/9");
	acme_job_free(job);
}

static void refused_nonces_are_no_harm_up_to_a_point(void **state)
{
	struct acme_want want = plain();
	struct ca ca = good_ca();
	uint64_t now = 0;

	ca.refuse_path = "order";
	ca.refuse_times = 5;
	ca.refuse_status = 400;
	ca.problem = "{\"type\":\"urn:ietf:params:acme:error:badNonce\"}";
	struct acme_job *job = new_job(&want);
	assert_int_equal(run(&ca, job, &now), ACME_TODO_DONE);
	acme_job_free(job);
	ca = good_ca();
	ca.refuse_path = "order";
	ca.refuse_times = 1000;
	ca.refuse_status = 400;
	ca.problem = "{\"type\":\"urn:ietf:params:acme:error:badNonce\"}";
	job = new_job(&want);
	assert_int_equal(run(&ca, job, &now), ACME_TODO_FAILED);
	acme_job_free(job);
}

static void a_failed_validation_says_why(void **state)
{
	struct acme_want want = plain();
	struct ca ca = good_ca();
	uint64_t now = 0;

	ca.after_answer = "invalid";
	struct acme_job *job = new_job(&want);
	assert_int_equal(run(&ca, job, &now), ACME_TODO_FAILED);
	const struct acme_failure *f = acme_job_failure(job);
	assert_int_equal(f->problem.kind, ACME_PROBLEM_REACHING);
	assert_string_equal(f->problem.text, "validation: www.a.test: urn:ietf:params:acme:error:dns: nothing there");
	acme_job_free(job);
}

static void a_rate_limit_ends_the_job_with_its_time(void **state)
{
	struct acme_want want = plain();
	struct ca ca = good_ca();
	uint64_t now = 0;

	ca.refuse_path = "order";
	ca.refuse_times = 1;
	ca.refuse_status = 429;
	ca.problem = "{\"type\":\"urn:ietf:params:acme:error:rateLimited\",\"detail\":\"too many\"}";
	struct acme_job *job = new_job(&want);
	assert_int_equal(run(&ca, job, &now), ACME_TODO_FAILED);
	assert_int_equal(acme_job_failure(job)->problem.kind, ACME_PROBLEM_RATE_LIMITED);
	assert_int_equal(acme_job_failure(job)->retry_after_s, 7);
	acme_job_free(job);
}

static void trouble_of_the_ca_is_tried_again(void **state)
{
	struct acme_want want = plain();
	struct ca ca = good_ca();
	struct acme_todo todo;
	uint64_t now = 0;

	ca.refuse_path = "finalize";
	ca.refuse_times = 3;
	ca.refuse_status = 503;
	ca.problem = "busy";
	struct acme_job *job = new_job(&want);
	assert_int_equal(run(&ca, job, &now), ACME_TODO_DONE);
	assert_true(now >= 7000); /* pauses of 1, 2 and 4 s */
	acme_job_free(job);
	/* A CA that cannot be reached at all. */
	job = new_job(&want);
	for (int i = 0; acme_job_next(job, now, &todo) != ACME_TODO_FAILED; i++) {
		assert_true(i < 20);
		if (todo.url)
			acme_job_no_answer(job, now, "connection refused");
		else
			now = todo.until_ms;
	}
	assert_string_equal(acme_job_failure(job)->problem.text, "directory: connection refused");
	acme_job_free(job);
}

static void wants_are_checked(void **state)
{
	struct acme_want want = plain();
	struct acme_job *job;
	struct diag d;

	diag_init(&d);
	want.names = wild;
	assert_int_equal(acme_job_new(&want, &job, &d), ERR_RANGE);
	assert_string_equal(d.text, "\"*.a.test\" is a wildcard, which a CA validates by DNS only");
	want = plain();
	want.types = 0;
	diag_init(&d);
	assert_int_equal(acme_job_new(&want, &job, &d), ERR_RANGE);
	want = plain();
	want.directory = "http://ca/dir";
	diag_init(&d);
	assert_int_equal(acme_job_new(&want, &job, &d), ERR_RANGE);
	assert_string_equal(d.where, "directory");
	want = plain();
	want.names_n = 0;
	diag_init(&d);
	assert_int_equal(acme_job_new(&want, &job, &d), ERR_RANGE);
	acme_job_free(NULL);
}

static void what_cannot_be_shown_ends_the_job(void **state)
{
	struct acme_want want = plain();
	struct ca ca = good_ca();
	struct acme_todo todo;
	uint64_t now = 0;

	struct acme_job *job = new_job(&want);
	while (acme_job_next(job, now, &todo) == ACME_TODO_REQUEST)
		serve(&ca, job, &todo, now);
	acme_job_shown(job, "no edge is connected");
	assert_int_equal(acme_job_next(job, now, &todo), ACME_TODO_FAILED);
	assert_string_equal(acme_job_failure(job)->problem.text, "show: no edge is connected");
	acme_job_free(job);
	/* A CA that wants a binding, and none was given. */
	ca = good_ca();
	ca.external = true;
	job = new_job(&want);
	assert_int_equal(run(&ca, job, &now), ACME_TODO_FAILED);
	assert_int_equal(acme_job_failure(job)->problem.kind, ACME_PROBLEM_ACCOUNT);
	acme_job_free(job);
	want.binding_kid = SLICE("kid-1");
	want.binding_key = SLICE("secret");
	job = new_job(&want);
	assert_int_equal(run(&ca, job, &now), ACME_TODO_DONE);
	acme_job_free(job);
}

static void time_runs_out(void **state)
{
	struct acme_want want = plain();
	struct ca ca = good_ca();
	uint64_t now = 0;

	ca.polls_until_valid = 1000000;
	struct acme_job *job = new_job(&want);
	assert_int_equal(run(&ca, job, &now), ACME_TODO_FAILED);
	assert_true(now >= 600000 && now < 606000);
	assert_non_null(strstr(acme_job_failure(job)->problem.text, "time"));
	acme_job_free(job);
}

static int make_key(void **state)
{
	return p256_generate(&key) == OK ? 0 : -1;
}

static int drop_key(void **state)
{
	p256_free(key);
	return 0;
}

int test_acme_job(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_certificate_arrives),
		cmocka_unit_test(the_owner_is_asked_before_an_order_is_made),
		cmocka_unit_test(a_known_account_is_not_made_again),
		cmocka_unit_test(an_account_that_the_ca_forgot_is_made_anew),
		cmocka_unit_test(refused_nonces_are_no_harm_up_to_a_point),
		cmocka_unit_test(a_failed_validation_says_why),
		cmocka_unit_test(a_rate_limit_ends_the_job_with_its_time),
		cmocka_unit_test(trouble_of_the_ca_is_tried_again),
		cmocka_unit_test(wants_are_checked),
		cmocka_unit_test(what_cannot_be_shown_ends_the_job),
		cmocka_unit_test(time_runs_out),
	};

	return cmocka_run_group_tests_name("acme_job", tests, make_key, drop_key);
}
