/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acme_job: see acme_job.h. The steps stand in one table: what to ask in each (ask), and what to do with the answer
 * (take). Whatever goes wrong ends in acme_job__fail with a sentence, or in another try after a pause.
 */
#include "acme/acme_job.h"

#include "acme/acme_jws.h"
#include "base/base64.h"
#include "base/check.h"
#include "base/crypto.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>

enum {
	ACME_JOB__BODY_MAX = 1 << 18,
	ACME_JOB__CHAIN_MAX = 1 << 18,
	ACME_JOB__TRIES_MAX = 6,      /* of one request, with pauses of 1, 2, 4 … s */
	ACME_JOB__NONCES_MAX = 10,    /* nonces refused in a row */
	ACME_JOB__POLL_MS = 50,       /* first pause between looks at an authorization or order, growing by half */
	ACME_JOB__POLL_MS_MAX = 5000, /* unless the CA asks for longer */
	ACME_JOB__RETRY_S_MAX = 60,   /* a longer Retry-After while polling is taken for this */
};

enum acme_job__step {
	STEP__DIRECTORY,
	STEP__ACCOUNT,
	STEP__CONSENT,
	STEP__ORDER,
	STEP__AUTHORIZATION,
	STEP__SHOW,
	STEP__RESPOND,
	STEP__POLL_AUTHORIZATION,
	STEP__FINALIZE,
	STEP__POLL_ORDER,
	STEP__CERTIFICATE,
	STEP__DONE,
	STEP__FAILED
};

struct acme_job {
	const struct p256 *key;
	char directory_url[ACME_URL_BYTES], account_url[ACME_URL_BYTES], order_url[ACME_URL_BYTES];
	char contact[ACME_NAME_BYTES], binding_kid[ACME_NAME_BYTES], replaces[ACME_NAME_BYTES];
	struct buf binding_key, csr;
	char (*names)[ACME_NAME_BYTES];
	size_t names_n;
	unsigned types;
	bool consent; /* the owner is still to be asked */
	uint64_t give_up_ms;

	enum acme_job__step step;
	struct acme_directory directory;
	bool has_directory;
	struct acme_order order;
	struct acme_proof *proofs;              /* one for each authorization that is not valid yet */
	char (*challenge_urls)[ACME_URL_BYTES]; /* of the proofs */
	size_t *proof_authorizations;           /* index of each proof's authorization in the order */
	size_t proofs_n, at;                    /* at: authorization or proof being worked on */
	char nonce[ACME_TOKEN_BYTES];           /* empty: one must be fetched first */
	bool asks_nonce;                        /* the request under way is for a nonce */
	bool asked;                             /* a request is under way */
	unsigned tries, nonces_refused;
	uint64_t until_ms, poll_ms;
	struct buf body, payload, chain;
	char thumbprint[ACME_JWS_THUMBPRINT_CHARS + 1];
	struct acme_failure failure;
};

/* ---- life ---- */

static enum err acme_job__names(struct acme_job *job, const struct acme_want *want, struct diag *d)
{
	if (want->names_n == 0 || want->names_n > ACME_NAMES_MAX)
		return diag_set(d, ERR_RANGE, "names", "must be 1 to %d", ACME_NAMES_MAX);
	job->names = mem_alloc_array(want->names_n, sizeof *job->names);
	job->names_n = want->names_n;
	for (size_t i = 0; i < want->names_n; i++) {
		bool wild = slice_starts(slice_str(want->names[i]), SLICE("*."));
		if (!want->names[i][0] || !slice_cstr(slice_str(want->names[i]), job->names[i], ACME_NAME_BYTES))
			return diag_set(d, ERR_RANGE, "names", "\"%.60s\" is no name", want->names[i]);
		if (wild && !(want->types & 1u << ACME_DNS_01))
			return diag_set(d, ERR_RANGE, "names",
					"\"%.200s\" is a wildcard, which a CA validates by DNS only", want->names[i]);
	}
	return OK;
}

static enum err acme_job__fill(struct acme_job *job, const struct acme_want *want, struct diag *d)
{
	bool fits = slice_cstr(slice_str(want->directory), job->directory_url, ACME_URL_BYTES) &
		    slice_cstr(want->account_url, job->account_url, ACME_URL_BYTES) &
		    slice_cstr(want->contact, job->contact, sizeof job->contact) &
		    slice_cstr(want->binding_kid, job->binding_kid, sizeof job->binding_kid) &
		    slice_cstr(want->replaces, job->replaces, sizeof job->replaces) &
		    buf_add(&job->binding_key, want->binding_key) & buf_add(&job->csr, want->csr);

	if (!fits)
		return diag_set(d, ERR_RANGE, NULL, "a URL, contact or key of this order is too long");
	if (!slice_starts_nocase(slice_str(want->directory), SLICE("https://")))
		return diag_set(d, ERR_RANGE, "directory", "\"%.200s\" must begin with https://", want->directory);
	if (!(want->types & ((1u << ACME_TYPES) - 1)))
		return diag_set(d, ERR_RANGE, "types", "no challenge can be shown");
	TRY(acme_job__names(job, want, d));
	return acme_jws_thumbprint(want->account_key, job->thumbprint) == OK
		       ? OK
		       : diag_set(d, ERR_RANGE, NULL, "the account's key cannot be used");
}

enum err acme_job_new(const struct acme_want *want, struct acme_job **ret_job, struct diag *d)
{
	struct acme_job *job = mem_alloc(sizeof *job);

	job->key = want->account_key;
	job->types = want->types;
	job->consent = want->consent;
	job->give_up_ms = want->give_up_ms;
	job->poll_ms = ACME_JOB__POLL_MS;
	buf_init(&job->binding_key, ACME_TOKEN_BYTES);
	buf_init(&job->csr, ACME_JOB__BODY_MAX / 2);
	buf_init(&job->body, ACME_JOB__BODY_MAX);
	buf_init(&job->payload, ACME_JOB__BODY_MAX);
	buf_init(&job->chain, ACME_JOB__CHAIN_MAX);
	enum err e = acme_job__fill(job, want, d);
	if (e == OK)
		*ret_job = job;
	else
		acme_job_free(job);
	return e;
}

void acme_job_free(struct acme_job *job)
{
	if (!job)
		return;
	crypto_wipe(job->binding_key.p, job->binding_key.cap);
	buf_fini(&job->binding_key);
	buf_fini(&job->csr);
	buf_fini(&job->body);
	buf_fini(&job->payload);
	buf_fini(&job->chain);
	acme_doc_order_free(&job->order);
	mem_free(job->names);
	mem_free(job->proofs);
	mem_free(job->challenge_urls);
	mem_free(job->proof_authorizations);
	mem_free(job);
}

/* ---- ends and pauses ---- */

static void acme_job__go(struct acme_job *job, enum acme_job__step step)
{
	job->step = step;
	job->tries = 0;
	job->until_ms = 0;
	job->poll_ms = ACME_JOB__POLL_MS;
}

/* The account is there. */
static void acme_job__go_to_order(struct acme_job *job)
{
	acme_job__go(job, job->consent ? STEP__CONSENT : STEP__ORDER);
}

static void acme_job__fail(struct acme_job *job, enum acme_problem_kind kind, const char *text)
{
	job->failure.problem.kind = kind;
	snprintf(job->failure.problem.text, sizeof job->failure.problem.text, "%s: %.290s", acme_job_step(job), text);
	job->step = STEP__FAILED;
}

static void acme_job__fail_diag(struct acme_job *job, const struct diag *d)
{
	char text[DIAG_TEXT_BYTES];

	acme_job__fail(job, ACME_PROBLEM_BUSY, diag_print(d, text, sizeof text));
}

/* The same request again after a pause, or the end when that was tried often enough. */
static void acme_job__again(struct acme_job *job, uint64_t now_ms, const char *why)
{
	if (++job->tries >= ACME_JOB__TRIES_MAX)
		acme_job__fail(job, ACME_PROBLEM_BUSY, why);
	else
		job->until_ms = now_ms + (500ull << job->tries);
}

/* Looks again later, as the CA asks or a little later each time. */
static void acme_job__poll_later(struct acme_job *job, uint64_t now_ms, const struct acme_answer *a)
{
	uint64_t asked_s = a->retry_after_s < ACME_JOB__RETRY_S_MAX ? a->retry_after_s : ACME_JOB__RETRY_S_MAX;

	job->until_ms = now_ms + (asked_s ? asked_s * 1000 : job->poll_ms);
	job->poll_ms += job->poll_ms / 2;
	if (job->poll_ms > ACME_JOB__POLL_MS_MAX)
		job->poll_ms = ACME_JOB__POLL_MS_MAX;
}

/* ---- asking: each fills job->payload and returns the URL ---- */

static void acme_job__json(struct buf *b, struct slice s)
{
	size_t cap = s.n * 6 + 2;
	char *at = buf_room(b, cap);
	struct text t = text_of(at, at ? cap : 0);

	text_json(&t, s);
	if (at && !t.bad)
		buf_commit(b, t.n);
}

static const char *acme_job__ask_account(struct acme_job *job)
{
	buf_printf(&job->payload, "{\"termsOfServiceAgreed\":true");
	if (job->contact[0]) {
		buf_printf(&job->payload, ",\"contact\":[");
		acme_job__json(&job->payload, slice_str(job->contact));
		buf_add_byte(&job->payload, ']');
	}
	if (job->binding_kid[0]) {
		buf_printf(&job->payload, ",\"externalAccountBinding\":");
		if (acme_jws_binding(slice_str(job->binding_kid), buf_slice(&job->binding_key),
				     slice_str(job->directory.new_account), job->key, &job->payload) != OK)
			return NULL;
	}
	buf_add_byte(&job->payload, '}');
	return job->directory.new_account;
}

static const char *acme_job__ask_order(struct acme_job *job)
{
	buf_printf(&job->payload, "{\"identifiers\":[");
	for (size_t i = 0; i < job->names_n; i++) {
		buf_printf(&job->payload, "%s{\"type\":\"dns\",\"value\":", i ? "," : "");
		acme_job__json(&job->payload, slice_str(job->names[i]));
		buf_add_byte(&job->payload, '}');
	}
	buf_add_byte(&job->payload, ']');
	if (job->replaces[0] && job->directory.renewal_info[0]) {
		buf_printf(&job->payload, ",\"replaces\":");
		acme_job__json(&job->payload, slice_str(job->replaces));
	}
	buf_add_byte(&job->payload, '}');
	return job->directory.new_order;
}

static const char *acme_job__ask_authorization(struct acme_job *job)
{
	return job->order.authorizations[job->at];
}

static const char *acme_job__ask_respond(struct acme_job *job)
{
	buf_printf(&job->payload, "{}");
	return job->challenge_urls[job->at];
}

static const char *acme_job__ask_poll_authorization(struct acme_job *job)
{
	return job->order.authorizations[job->proof_authorizations[job->at]];
}

static const char *acme_job__ask_finalize(struct acme_job *job)
{
	buf_printf(&job->payload, "{\"csr\":\"");
	if (base64_write_url(buf_slice(&job->csr), &job->payload) != OK)
		return NULL;
	buf_printf(&job->payload, "\"}");
	return job->order.finalize;
}

static const char *acme_job__ask_poll_order(struct acme_job *job)
{
	return job->order_url;
}

static const char *acme_job__ask_certificate(struct acme_job *job)
{
	return job->order.certificate;
}

/* ---- taking answers ---- */

static void acme_job__take_directory(struct acme_job *job, uint64_t now_ms, const struct acme_answer *a)
{
	struct diag d;

	diag_init(&d);
	if (acme_doc_directory(a->body, &job->directory, &d) != OK) {
		acme_job__fail_diag(job, &d);
		return;
	}
	job->has_directory = true;
	if (job->directory.external_account_required && !job->binding_kid[0] && !job->account_url[0])
		acme_job__fail(job, ACME_PROBLEM_ACCOUNT,
			       "this CA wants an external account binding: key id and HMAC key from its web site");
	else if (job->account_url[0])
		acme_job__go_to_order(job);
	else
		acme_job__go(job, STEP__ACCOUNT);
}

static void acme_job__take_account(struct acme_job *job, uint64_t now_ms, const struct acme_answer *a)
{
	if (a->location.n == 0 || !slice_cstr(a->location, job->account_url, ACME_URL_BYTES)) {
		job->account_url[0] = '\0';
		acme_job__fail(job, ACME_PROBLEM_BUSY, "the CA gave the account no URL");
		return;
	}
	acme_job__go_to_order(job);
}

/* Reads an order into job->order; false when that failed (and the job with it). */
static bool acme_job__order(struct acme_job *job, const struct acme_answer *a)
{
	struct acme_order order;
	struct diag d;

	diag_init(&d);
	if (acme_doc_order(a->body, &order, &d) != OK) {
		acme_job__fail_diag(job, &d);
		return false;
	}
	if (job->order.authorizations_n && order.authorizations_n != job->order.authorizations_n) {
		acme_doc_order_free(&order);
		acme_job__fail(job, ACME_PROBLEM_BUSY, "the order has other authorizations than before");
		return false;
	}
	acme_doc_order_free(&job->order);
	job->order = order;
	return true;
}

/* What comes next for the order as it is. */
static void acme_job__order_next(struct acme_job *job, uint64_t now_ms, const struct acme_answer *a)
{
	switch (job->order.status) {
	case ACME_PENDING:
		job->at = 0;
		acme_job__go(job, STEP__AUTHORIZATION);
		return;
	case ACME_READY:
		acme_job__go(job, STEP__FINALIZE);
		return;
	case ACME_PROCESSING:
		if (job->step != STEP__POLL_ORDER)
			acme_job__go(job, STEP__POLL_ORDER);
		acme_job__poll_later(job, now_ms, a);
		return;
	case ACME_VALID:
		if (job->order.certificate[0])
			acme_job__go(job, STEP__CERTIFICATE);
		else
			acme_job__fail(job, ACME_PROBLEM_BUSY, "the order is valid, but has no certificate");
		return;
	case ACME_INVALID:
	case ACME_GONE:
		acme_job__fail(job, ACME_PROBLEM_OTHER,
			       job->order.problem[0] ? job->order.problem : "the CA has given the order up");
		return;
	}
}

static void acme_job__take_order(struct acme_job *job, uint64_t now_ms, const struct acme_answer *a)
{
	if (a->location.n == 0 || !slice_cstr(a->location, job->order_url, ACME_URL_BYTES)) {
		acme_job__fail(job, ACME_PROBLEM_BUSY, "the CA gave the order no URL");
		return;
	}
	if (!acme_job__order(job, a))
		return;
	size_t n = job->order.authorizations_n;
	job->proofs = mem_alloc_array(n, sizeof *job->proofs);
	job->challenge_urls = mem_alloc_array(n, sizeof *job->challenge_urls);
	job->proof_authorizations = mem_alloc_array(n, sizeof *job->proof_authorizations);
	acme_job__order_next(job, now_ms, a);
}

static void acme_job__take_order_again(struct acme_job *job, uint64_t now_ms, const struct acme_answer *a)
{
	if (!acme_job__order(job, a))
		return;
	/* Authorizations are done; a CA that still says pending has not noticed yet. */
	if (job->order.status == ACME_PENDING) {
		job->step = STEP__POLL_ORDER;
		acme_job__poll_later(job, now_ms, a);
		return;
	}
	acme_job__order_next(job, now_ms, a);
}

/* The value for _acme-challenge: base64url of the SHA-256 of the key authorization (RFC 8555 section 8.4). */
static enum err acme_job__txt(const char *key_authorization, char ret[static 44])
{
	uint8_t digest[CRYPTO_SHA256_BYTES];
	struct buf b;

	buf_init(&b, 64);
	enum err e = crypto_sha256(slice_str(key_authorization), digest);
	if (e == OK)
		e = base64_write_url(slice_of(digest, sizeof digest), &b);
	if (e == OK)
		slice_cstr(buf_slice(&b), ret, 44);
	buf_fini(&b);
	return e;
}

/* The challenge to use: DNS for wildcards, else the first that can be shown in the order http, dns, tls-alpn. */
static const struct acme_challenge *acme_job__choose(const struct acme_job *job, const struct acme_authorization *a)
{
	unsigned types = a->wildcard ? job->types & 1u << ACME_DNS_01 : job->types;

	for (int type = 0; type < ACME_TYPES; type++)
		for (size_t i = 0; i < a->challenges_n; i++)
			if ((int)a->challenges[i].type == type && (types & 1u << type))
				return &a->challenges[i];
	return NULL;
}

static bool acme_job__add_proof(struct acme_job *job, const struct acme_authorization *a)
{
	const struct acme_challenge *c = acme_job__choose(job, a);
	struct acme_proof *p = &job->proofs[job->proofs_n];

	if (!c) {
		acme_job__fail(job, ACME_PROBLEM_OTHER, "the CA offers no challenge that this node can show");
		return false;
	}
	p->type = c->type;
	snprintf(p->name, sizeof p->name, "%s", a->name);
	snprintf(p->token, sizeof p->token, "%s", c->token);
	snprintf(p->key_authorization, sizeof p->key_authorization, "%s.%s", c->token, job->thumbprint);
	if (acme_job__txt(p->key_authorization, p->txt) != OK) {
		acme_job__fail(job, ACME_PROBLEM_OTHER, "the digest of a token cannot be made");
		return false;
	}
	memcpy(job->challenge_urls[job->proofs_n], c->url, ACME_URL_BYTES);
	job->proof_authorizations[job->proofs_n++] = job->at;
	return true;
}

/* All authorizations are known: show what is missing, or go on when nothing is. */
static void acme_job__after_authorizations(struct acme_job *job)
{
	job->at = 0;
	acme_job__go(job, job->proofs_n ? STEP__SHOW : STEP__FINALIZE);
}

/* Reads one; NULL (and a failed job) when it cannot be. The caller frees it. */
static struct acme_authorization *acme_job__authorization(struct acme_job *job, const struct acme_answer *a)
{
	struct acme_authorization *ret = mem_alloc(sizeof *ret);
	struct diag d;

	diag_init(&d);
	if (acme_doc_authorization(a->body, ret, &d) == OK)
		return ret;
	acme_job__fail_diag(job, &d);
	mem_free(ret);
	return NULL;
}

static void acme_job__take_authorization(struct acme_job *job, uint64_t now_ms, const struct acme_answer *a)
{
	struct acme_authorization *auth = acme_job__authorization(job, a);

	if (!auth)
		return;
	bool go_on = true;
	if (auth->status == ACME_PENDING)
		go_on = acme_job__add_proof(job, auth);
	else if (auth->status != ACME_VALID)
		acme_job__fail(job, ACME_PROBLEM_OTHER, "the CA has given an authorization up");
	go_on &= job->step == STEP__AUTHORIZATION;
	mem_free(auth);
	if (go_on && ++job->at == job->order.authorizations_n)
		acme_job__after_authorizations(job);
}

static void acme_job__take_respond(struct acme_job *job, uint64_t now_ms, const struct acme_answer *a)
{
	if (++job->at < job->proofs_n)
		return;
	job->at = 0;
	acme_job__go(job, STEP__POLL_AUTHORIZATION);
	acme_job__poll_later(job, now_ms, a);
}

static void acme_job__take_poll_authorization(struct acme_job *job, uint64_t now_ms, const struct acme_answer *a)
{
	struct acme_authorization *auth = acme_job__authorization(job, a);
	char text[DIAG_TEXT_BYTES];

	if (!auth)
		return;
	if (auth->status == ACME_PENDING || auth->status == ACME_PROCESSING) {
		acme_job__poll_later(job, now_ms, a);
	} else if (auth->status == ACME_VALID) {
		if (++job->at == job->proofs_n)
			acme_job__go(job, STEP__FINALIZE);
	} else {
		snprintf(text, sizeof text, "%.100s: %.190s", auth->name,
			 auth->problem[0] ? auth->problem : "the CA does not say why");
		acme_job__fail(job, ACME_PROBLEM_REACHING, text);
	}
	mem_free(auth);
}

static void acme_job__take_certificate(struct acme_job *job, uint64_t now_ms, const struct acme_answer *a)
{
	if (!slice_contains(slice_first(a->body, 4096), SLICE("-----BEGIN CERTIFICATE-----")) ||
	    !buf_add(&job->chain, a->body))
		acme_job__fail(job, ACME_PROBLEM_BUSY, "what came is not a certificate in PEM");
	else
		acme_job__go(job, STEP__DONE);
}

/* ---- the table ---- */

typedef const char *(*acme_job__ask_fn)(struct acme_job *job);
typedef void (*acme_job__take_fn)(struct acme_job *job, uint64_t now_ms, const struct acme_answer *a);

struct acme_job__row {
	const char *name;
	acme_job__ask_fn ask; /* NULL: no signed request in this step */
	acme_job__take_fn take;
};

static const struct acme_job__row acme_job__rows[] = {
	[STEP__DIRECTORY] = { "directory", NULL, acme_job__take_directory },
	[STEP__ACCOUNT] = { "account", acme_job__ask_account, acme_job__take_account },
	[STEP__CONSENT] = { "CAA", NULL, NULL },
	[STEP__ORDER] = { "order", acme_job__ask_order, acme_job__take_order },
	[STEP__AUTHORIZATION] = { "authorization", acme_job__ask_authorization, acme_job__take_authorization },
	[STEP__SHOW] = { "show", NULL, NULL },
	[STEP__RESPOND] = { "challenge", acme_job__ask_respond, acme_job__take_respond },
	[STEP__POLL_AUTHORIZATION] = { "validation", acme_job__ask_poll_authorization,
				       acme_job__take_poll_authorization },
	[STEP__FINALIZE] = { "finalize", acme_job__ask_finalize, acme_job__take_order_again },
	[STEP__POLL_ORDER] = { "issuance", acme_job__ask_poll_order, acme_job__take_order_again },
	[STEP__CERTIFICATE] = { "certificate", acme_job__ask_certificate, acme_job__take_certificate },
	[STEP__DONE] = { "done", NULL, NULL },
	[STEP__FAILED] = { "failed", NULL, NULL },
};

const char *acme_job_step(const struct acme_job *job)
{
	return acme_job__rows[job->step].name;
}

/* ---- what to do ---- */

/* The signed request of this step. */
static enum acme_todo_kind acme_job__signed(struct acme_job *job, struct acme_todo *ret)
{
	buf_clear(&job->payload);
	buf_clear(&job->body);
	const char *url = acme_job__rows[job->step].ask(job);
	struct acme_jws_head head = {
		.url = slice_str(url),
		.nonce = slice_str(job->nonce),
		.kid = job->step == STEP__ACCOUNT ? slice_of(NULL, 0) : slice_str(job->account_url),
	};

	if (!url || job->payload.full || acme_jws_sign(&head, buf_slice(&job->payload), job->key, &job->body) != OK) {
		acme_job__fail(job, ACME_PROBLEM_OTHER, "the request cannot be signed, or is too large");
		return ACME_TODO_FAILED;
	}
	job->nonce[0] = '\0';
	*ret = (struct acme_todo){ .method = "POST", .url = url, .body = buf_slice(&job->body) };
	return ACME_TODO_REQUEST;
}

static enum acme_todo_kind acme_job__request(struct acme_job *job, struct acme_todo *ret)
{
	job->asked = true;
	job->asks_nonce = false;
	if (job->step == STEP__DIRECTORY) {
		*ret = (struct acme_todo){ .method = "GET", .url = job->directory_url };
		return ACME_TODO_REQUEST;
	}
	if (!job->nonce[0]) {
		job->asks_nonce = true;
		*ret = (struct acme_todo){ .method = "HEAD", .url = job->directory.new_nonce };
		return ACME_TODO_REQUEST;
	}
	return acme_job__signed(job, ret);
}

enum acme_todo_kind acme_job_next(struct acme_job *job, uint64_t now_ms, struct acme_todo *ret)
{
	CHECK(!job->asked);
	*ret = (struct acme_todo){ .method = NULL };
	if (job->step == STEP__DONE)
		return ACME_TODO_DONE;
	if (job->step != STEP__FAILED && now_ms >= job->give_up_ms)
		acme_job__fail(job, ACME_PROBLEM_BUSY, "the time for this order is up");
	if (job->step == STEP__FAILED)
		return ACME_TODO_FAILED;
	if (now_ms < job->until_ms) {
		ret->until_ms = job->until_ms < job->give_up_ms ? job->until_ms : job->give_up_ms;
		return ACME_TODO_WAIT;
	}
	if (job->step == STEP__CONSENT)
		return ACME_TODO_CONSENT;
	if (job->step == STEP__SHOW)
		return ACME_TODO_SHOW;
	return acme_job__request(job, ret);
}

/* ---- what came ---- */

static void acme_job__refused(struct acme_job *job, uint64_t now_ms, const struct acme_answer *a)
{
	struct acme_problem problem;

	acme_doc_problem(a->body, a->status, &problem);
	/* A nonce that is refused is nobody's fault; the answer brought a new one (RFC 8555 section 6.5). */
	if (problem.kind == ACME_PROBLEM_BAD_NONCE && ++job->nonces_refused < ACME_JOB__NONCES_MAX)
		return;
	/* An account that the CA has forgotten is made again, once. */
	if (problem.kind == ACME_PROBLEM_ACCOUNT && job->step == STEP__ORDER && job->account_url[0] &&
	    slice_contains(slice_str(problem.text), SLICE("accountDoesNotExist"))) {
		job->account_url[0] = '\0';
		acme_job__go(job, STEP__ACCOUNT);
		return;
	}
	/* A CA that no longer knows what the new certificate replaces still issues it without saying so (RFC 9773 5).
	 */
	if (job->step == STEP__ORDER && job->replaces[0] && a->status < 500 &&
	    (a->status == 409 || slice_contains(slice_str(problem.text), SLICE("replace")))) {
		job->replaces[0] = '\0';
		return;
	}
	if (a->status >= 500 && problem.kind == ACME_PROBLEM_BUSY) {
		acme_job__again(job, now_ms, problem.text);
		return;
	}
	acme_job__fail(job, problem.kind, problem.text);
	job->failure.retry_after_s = a->retry_after_s;
}

void acme_job_answer(struct acme_job *job, uint64_t now_ms, const struct acme_answer *a)
{
	CHECK(job->asked);
	job->asked = false;
	if (!slice_cstr(a->replay_nonce, job->nonce, sizeof job->nonce))
		job->nonce[0] = '\0';
	if (a->status < 200 || a->status > 299) {
		acme_job__refused(job, now_ms, a);
		return;
	}
	if (job->asks_nonce) {
		if (!job->nonce[0])
			acme_job__again(job, now_ms, "the CA gave no nonce");
		return;
	}
	job->tries = 0;
	job->nonces_refused = 0;
	job->until_ms = 0;
	acme_job__rows[job->step].take(job, now_ms, a);
}

void acme_job_no_answer(struct acme_job *job, uint64_t now_ms, const char *why)
{
	CHECK(job->asked);
	job->asked = false;
	acme_job__again(job, now_ms, why);
}

void acme_job_consented(struct acme_job *job, const char *why)
{
	if (job->step != STEP__CONSENT)
		return;
	job->consent = false;
	if (why)
		acme_job__fail(job, ACME_PROBLEM_NAME, why);
	else
		acme_job__go(job, STEP__ORDER);
}

const struct acme_proof *acme_job_proofs(const struct acme_job *job, size_t *ret_n)
{
	*ret_n = job->proofs_n;
	return job->proofs;
}

void acme_job_shown(struct acme_job *job, const char *why)
{
	if (job->step != STEP__SHOW)
		return;
	job->at = 0;
	if (why)
		acme_job__fail(job, ACME_PROBLEM_OTHER, why);
	else
		acme_job__go(job, STEP__RESPOND);
}

const char *acme_job_account_url(const struct acme_job *job)
{
	return job->account_url;
}

struct slice acme_job_chain(const struct acme_job *job)
{
	return buf_slice(&job->chain);
}

const struct acme_failure *acme_job_failure(const struct acme_job *job)
{
	return &job->failure;
}

const struct acme_directory *acme_job_directory(const struct acme_job *job)
{
	return job->has_directory ? &job->directory : NULL;
}
