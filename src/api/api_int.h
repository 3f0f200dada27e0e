/* SPDX-License-Identifier: Apache-2.0 */
/* api_int: what the files of the framework share. */
#ifndef API_API_INT_H
#define API_API_INT_H

#include "api/api_call.h"
#include "api/attempts.h"
#include "base/buf.h"

/* Codes that this room gives by itself; Cloudflare's where clients look at them. */
enum {
	API_BROKEN = 1,
	API_BAD_QUERY = 1006,
	API_BAD_HEADERS = 6003,
	API_BAD_JSON = 6007,
	API_BAD_BODY = 6008,
	API_TOO_LARGE = 6009,
	API_REFUSED_BY_EDGE = 6010,
	API_BUSY = 6011,
	API_BAD_METHOD = 7001,
	API_NO_ROUTE = 7003,
	API_UNKNOWN_KEY = 9103,
	API_MISSING_AUTH = 9106,
	API_BAD_TOKEN = 9109,
	API_FORBIDDEN = 10000,
};

enum {
	API__ARENA_BYTES = 16 << 20,
	API__OUT_BYTES_MAX = 512 << 20,
	API__QUEUE_MAX = 1024,  /* requests that wait for their turn */
	API__PUBLISH_MS = 5000, /* edges that do not answer are not waited for longer */
};

struct api {
	uint32_t magic; /* OBJ_API */
	struct api_setup setup;
	struct arena_pool arenas;
	struct api_call *first, **last; /* waiting for their turn, in order */
	size_t waiting_n;
	struct api_call *writing; /* its transaction is open; nobody else's turn comes */
	struct api_call *later;   /* of API_LATER, without an answer yet; by next */
	size_t later_n;
	void (*committed)(void *arg); /* or NULL */
	void *committed_arg;
	struct firewall_events *firewall_events; /* NULL in tests without control */
	struct attempts attempts;                /* to sign in */
	uint64_t answered[6];
	bool running; /* inside api__run */
};

/* Percent-decoding; plus: '+' is a space. out has room for s.n bytes. False on a malformed escape, a NUL, or what is no
 * UTF-8. */
bool api_routes_decode(struct slice s, bool plus, char *out, size_t *ret_n);
/* A zone as clients see it, the caller's reference. */
json_t *api_zones_json(struct api_call *call, const struct state_zone *z);
/* Who asks: fills call->token. False after api_fail. */
bool api_auth_check(struct api_call *call);
/* A session for that token, its cookie, its audit row, and the answer that says who is signed in. In a transaction. */
void api_sessions_begin(struct api_call *call, const struct state_token *t);
/* The id of the session that asks; "" when it was another way. */
void api_sessions_own(const struct api_call *call, char ret[static STATE_ID_BYTES]);
/* Whether who asks may do all that these policies allow: nobody gives away more than they have. False after api_fail.
 */
bool api_tokens_within(struct api_call *call, const json_t *policies);
/* Status, times, condition and policies of a body go into t; policies are within what who asks may do. False after
 * api_fail. */
bool api_tokens_read(struct api_call *call, const json_t *body, struct state_token *t);
/* The token behind the credentials, without judging it. errors: ERR_NOT_FOUND, as store_done. */
enum err api_auth_find(struct state *st, const struct api_request *rq, struct state_token *ret);
/* The answer as text. errors: ERR_QUEUE_FULL, ERR_MEMORY. */
enum err api_envelope_write(const struct api_call *call, struct buf *out);

#endif
