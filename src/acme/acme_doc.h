/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acme_doc: what an ACME server says, as structs: directory, order, authorization, problem, renewal information
 * (RFC 8555 section 7.1, RFC 7807, RFC 9773 section 4.2). Strict about what is used, blind to the rest, as the protocol
 * asks; every text and list has a bound. Pure.
 */
#ifndef ACME_ACME_DOC_H
#define ACME_ACME_DOC_H

#include "base/diag.h"
#include "base/slice.h"

enum {
	ACME_URL_BYTES = 1024, /* with NUL, as all of these */
	ACME_NAME_BYTES = 256,
	ACME_TOKEN_BYTES = 256,
	ACME_NAMES_MAX = 100, /* of one order; Let's Encrypt's own bound */
	ACME_CHALLENGES_MAX = 16,
	ACME_IDENTITIES_MAX = 8, /* names of a CA in CAA records; more are left out */
};

enum acme_type { ACME_HTTP_01, ACME_DNS_01, ACME_TLS_ALPN_01, ACME_TYPES };

enum acme_status {
	ACME_PENDING,
	ACME_READY,      /* orders only */
	ACME_PROCESSING, /* orders and challenges */
	ACME_VALID,
	ACME_INVALID,
	ACME_GONE /* deactivated, expired, revoked */
};

struct acme_directory {
	char new_nonce[ACME_URL_BYTES], new_account[ACME_URL_BYTES], new_order[ACME_URL_BYTES];
	char renewal_info[ACME_URL_BYTES]; /* empty: the CA has none */
	bool external_account_required;
	char identities[ACME_IDENTITIES_MAX][ACME_NAME_BYTES]; /* who it is in CAA records; none: not said */
	size_t identities_n;
};

struct acme_order {
	enum acme_status status;
	char finalize[ACME_URL_BYTES];
	char certificate[ACME_URL_BYTES]; /* empty until the status is valid */
	char (*authorizations)[ACME_URL_BYTES];
	size_t authorizations_n;
	char problem[DIAG_TEXT_BYTES]; /* of an order that failed, empty when there is none */
};

struct acme_challenge {
	enum acme_type type;
	enum acme_status status;
	char url[ACME_URL_BYTES], token[ACME_TOKEN_BYTES];
};

struct acme_authorization {
	enum acme_status status;
	char name[ACME_NAME_BYTES]; /* without "*." */
	bool wildcard;
	struct acme_challenge challenges[ACME_CHALLENGES_MAX]; /* of the types above; others are left out */
	size_t challenges_n;
	char problem[DIAG_TEXT_BYTES]; /* of a challenge that failed, empty when there is none */
};

/* What a refusal is about, for what to do next. */
enum acme_problem_kind {
	ACME_PROBLEM_OTHER,
	ACME_PROBLEM_BAD_NONCE,
	ACME_PROBLEM_RATE_LIMITED,
	ACME_PROBLEM_ACCOUNT,  /* the account does not exist, or needs something from its owner */
	ACME_PROBLEM_NAME,     /* this CA does not issue for that name, CAA included */
	ACME_PROBLEM_REACHING, /* the CA could not reach or resolve the name, or got a wrong answer */
	ACME_PROBLEM_BUSY      /* the CA's own trouble */
};

struct acme_problem {
	enum acme_problem_kind kind;
	char text[DIAG_TEXT_BYTES]; /* the CA's type and detail, one sentence, printable */
};

struct acme_window {
	int64_t start_s, end_s; /* wall clock, start < end */
	char explanation[ACME_URL_BYTES];
};

/*
 * Readers of whole bodies. out: untouched on failure. errors: ERR_SYNTAX with d->where the member, d->text what is
 * wrong with it. URLs must be https.
 */
enum err acme_doc_directory(struct slice json, struct acme_directory *ret, struct diag *d) MUST_USE;
/* ret->authorizations is the caller's to free with acme_doc_order_free. */
enum err acme_doc_order(struct slice json, struct acme_order *ret, struct diag *d) MUST_USE;
void acme_doc_order_free(struct acme_order *order);
enum err acme_doc_authorization(struct slice json, struct acme_authorization *ret, struct diag *d) MUST_USE;
enum err acme_doc_window(struct slice json, struct acme_window *ret, struct diag *d) MUST_USE;
/* Any body of a refusal; one that is no problem document gives kind OTHER or BUSY by its status. */
void acme_doc_problem(struct slice body, unsigned status, struct acme_problem *ret);

#endif
