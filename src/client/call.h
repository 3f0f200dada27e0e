/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call: requests to an API of Cloudflare's form (ours, or the one that an import reads), over libcurl: envelope,
 * errors, pages. Blocks, with bounds: 5 s to connect, 120 s for an answer, CALL_BYTES_MAX of it. One thread.
 */
#ifndef CLIENT_CALL_H
#define CLIENT_CALL_H

#include "base/slice.h"

#include <jansson.h>

enum { CALL_BYTES_MAX = 256 << 20, CALL_ITEMS_MAX = 2000000, CALL_LIVE_BYTES = 96 };

struct cli;
struct call;

/* Where an API is. Borrowed strings, copied by call_new. */
struct call_at {
	const char *base;    /* "http://127.0.0.1:9080/client/v4", no slash at the end */
	const char *token;   /* printable ASCII */
	const char *ca_file; /* NULL: the system's certificates */
	const char *whose;   /* how to call it: "the API of this node" */
};

/* A connection, opened with the first request. The caller frees with call_free. */
struct call *call_new(struct cli *c, const struct call_at *at) __attribute__((returns_nonnull));
/* Closes and frees; NULL is fine. */
void call_free(struct call *call);

/* What is sent along with a request. */
struct call_body {
	json_t *json;         /* borrowed; NULL: no JSON */
	struct slice raw;     /* with type, instead of json */
	const char *raw_type; /* NULL: no raw body */
};

/*
 * One request. path starts with a slash, below base. out: *ret is the member `result` (a new reference, json_null when
 * there is none), or the whole answer as a string for text; NULL ret: not wanted. Returns CLIENT_OK; otherwise the
 * reason was printed on stderr: CLIENT_FAILED when the API refused, CLIENT_AWAY when it could not be asked.
 */
int call_send(struct call *call, const char *method, const char *path, const struct call_body *body, json_t **ret);
/* As call_send without printing: out: *ret is the whole envelope (new reference) whatever it says, NULL when the
 * API was not reached (that was printed). Returns the HTTP status, 0 when there was no answer. */
long call_try(struct call *call, const char *method, const char *path, const struct call_body *body, json_t **ret);
/* Prints what an envelope complains of, with a hint where one is known. Returns CLIENT_FAILED or CLIENT_AWAY. */
int call_complain(struct call *call, const json_t *envelope);
/* call_send of GET. */
int call_get(struct call *call, const char *path, json_t **ret);
/* Sends a JSON body, whose reference is taken over. */
int call_json(struct call *call, const char *method, const char *path, json_t *body, json_t **ret);
/* All pages of a list, in one array (new reference), at most CALL_ITEMS_MAX. path may have a query; per_page and page
 * are added. */
int call_list(struct call *call, const char *path, int per_page, json_t **ret);
/* What the last answer said about when the change is live, "" when nothing. Until the next request. */
const char *call_live(const struct call *call);
/* Location of the last answer, "" when it had none. Until the next request. */
const char *call_location(const struct call *call);
/* The token that requests carry. */
const char *call_token(const struct call *call);
/*
 * GET of another URL, without the token, whose body comes piece by piece for as long as it lasts; fn false: enough.
 * out: *ret_status: the HTTP status; fn gets the body of a 200 only. Returns CLIENT_OK, or CLIENT_AWAY after saying
 * why.
 */
int call_stream(struct call *call, const char *url, bool (*fn)(void *arg, struct slice data), void *arg,
		long *ret_status);
/* The HTTP status of the last answer, 0 when there was none. */
long call_status(const struct call *call);

#endif
