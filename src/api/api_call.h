/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api_call: what a handler sees of one request, and how it answers. A handler is a function in the table of its noun
 * (api/zones.c exports api_zones_routes); routes.c lists the tables.
 *
 * Rules: a handler does not block. It answers exactly once, by api_ok, api_list, api_text or api_fail; the answer is
 * kept until the transaction is decided. A route with API_WRITE runs inside a transaction of the state: after a failure
 * it is rolled back; after success the zones that were touched (state_touch_zone) are compiled and published, and the
 * transaction commits when the edges have acknowledged. A route with API_LATER may answer in a later turn; it has no
 * transaction.
 */
#ifndef API_API_CALL_H
#define API_API_CALL_H

#include "api/api.h"
#include "base/arena.h"
#include "base/buf.h"
#include "state/token.h"
#include "state/zone.h"

enum {
	API_WRITE = 1,      /* in a transaction, audited, published */
	API_OPEN = 2,       /* no token needed */
	API_RAW = 4,        /* the body is not JSON: the handler reads call->raw */
	API_LATER = 8,      /* may answer in a later turn */
	API_ANY_TOKEN = 16, /* an expired or disabled token will do */
	API_PARAMS_MAX = 4,
	API_SEGMENTS_MAX = 12,
	API_TEXT_BYTES = 1024, /* of a message */
	API_MESSAGES_MAX = 8,
};

typedef void (*api_fn)(struct api_call *call);

struct api_route {
	enum method method;
	/* Below /client/v4/ unless it begins with a slash. ":name" is a parameter; ":zone" is an id or a name of a
	 * zone, looked up before the handler; ":account" is the account's id. */
	const char *path;
	api_fn fn; /* NULL: end of the table */
	enum state_right right;
	unsigned flags;
};

/*
 * Another API on the same server, with its own paths, authorization and form of answers; turns, transactions and
 * publishing are the same. Process lifetime.
 */
struct api_dialect {
	struct slice prefix; /* "/v1": paths that are this or below it */
	/* Tables of routes (paths in full, "/v1/apps"), ends with NULL. */
	const struct api_route *(*const *tables)(void);
	/* Who asks: fills call->token. False after an answer. */
	bool (*auth)(struct api_call *call);
	/* The token behind the authorization, without judging it. errors: ERR_NOT_FOUND, as store_done. */
	enum err (*find)(const struct api_dialect *of, struct state *st, const struct api_request *rq,
			 struct state_token *ret);
	/* The answer as JSON text. errors: ERR_QUEUE_FULL, ERR_MEMORY. */
	enum err (*write)(const struct api_call *call, struct buf *out);
	void *arg; /* its own */
};

struct api_call {
	uint32_t magic; /* OBJ_API_CALL */
	struct api *api;
	const struct api_dialect *dialect; /* NULL: Cloudflare's */
	struct state *state;
	const struct node_config *node;
	struct control *control;   /* NULL in tests */
	const struct seal *seal;   /* NULL in tests */
	struct ssl_doctor *doctor; /* NULL in tests */
	const struct api_route *route;
	struct arena arena; /* lives as long as the call */

	enum method method;
	struct slice path, query;                /* as sent, in the arena */
	struct slice segments[API_SEGMENTS_MAX]; /* of the path, decoded */
	size_t segments_n;
	struct ip client;
	char address[IP_TEXT_BYTES];
	struct slice raw, content_type, host;
	bool secure, dry_run, foreign;
	json_t *body; /* NULL: there was none */
	void *held;   /* of the handler, in the arena, for its later turns; NULL at first */

	struct state_token token; /* id "" without one */
	struct state_zone zone;   /* when the route has ":zone" */

	/* private: the answer */
	bool answered, gone, writing;
	uint16_t status;
	json_t *result, *errors, *messages, *info;
	struct slice text, text_type, location, cookie;
	char live[64];
	struct api_job job;            /* fn NULL: a request */
	const struct api_route *again; /* api_again; NULL: the path decides */
	bool waiting;                  /* among those of API_LATER */
	/* private: bookkeeping */
	struct api_call *next;
	api_done_fn done;
	void *done_arg;
	struct slice bearer, basic, email, key, session, csrf, agent;
	bool bad_authorization, body_too_large;
};

/* ---- what was asked ---- */

/* The argument of a job (api_do). */
static inline void *api_call_arg(const struct api_call *call)
{
	return call->job.arg;
}

/* The parameter ":name" of the route, decoded; empty when the route has none of that name. */
struct slice api_param(const struct api_call *call, const char *name);
/* The first value of a member of the query, decoded, NUL-terminated, in the arena; NULL when it is not there. */
const char *api_query(struct api_call *call, const char *name);
/* The i-th value of a member that may be repeated; NULL past the last. */
const char *api_query_at(struct api_call *call, const char *name, size_t i);

/* page and per_page of the query. */
struct api_page {
	int64_t page, per_page, offset;
};
/* Reads them: page from 1; per_page clamped to 1 … max. False after api_fail when they are no numbers. */
bool api_page(struct api_call *call, int64_t per_page_default, int64_t per_page_max, struct api_page *ret) MUST_USE;

/* The body as an object; NULL after api_fail when there is none or it is something else. */
json_t *api_object(struct api_call *call);
/*
 * Members of an object of the body; at is its JSON pointer ("" for the body itself). They return true when the member
 * is absent (*ret untouched) or good, false after api_fail. Absent and null are the same; `required` refuses them.
 */
struct api_member {
	const json_t *object;
	const char *at;
	const char *name;
	bool required;
};
bool api_string(struct api_call *call, struct api_member m, size_t bytes_max, const char **ret) MUST_USE;
bool api_bool(struct api_call *call, struct api_member m, bool *ret) MUST_USE;
bool api_int(struct api_call *call, struct api_member m, int64_t min, int64_t max, int64_t *ret) MUST_USE;
bool api_array(struct api_call *call, struct api_member m, size_t count_max, json_t **ret) MUST_USE;
/* A date and time as milliseconds since 1970. */
bool api_date(struct api_call *call, struct api_member m, int64_t *ret) MUST_USE;

/* Whether the token has the right in that zone (NULL: see state_right_allowed). */
bool api_may(const struct api_call *call, enum state_right right, const char *zone);

/*
 * The token behind the session of a request. errors: ERR_NOT_FOUND, ERR_BLOCKED (a change without the session's second
 * value: a page of another site may have sent it), as store_done.
 */
enum err api_auth_session(struct state *st, const struct api_request *rq, struct state_token *ret) MUST_USE;
/* Remembers that the session that a request was allowed by was used; nothing when it was another way. Outside of
 * transactions. */
void api_auth_session_used(const struct api_call *call);

/* ---- answers ---- */

/* Success with this result, whose reference is taken over. */
void api_ok(struct api_call *call, json_t *result);
/* Success with a list, whose reference is taken over. total: of all pages. */
void api_list(struct api_call *call, json_t *list, const struct api_page *page, int64_t total);
/* Success with text instead of an envelope. Both slices must last as long as the call (arena, static). */
void api_text(struct api_call *call, uint16_t status, struct slice type, struct slice text);
/* An answer of any status whose form is the handler's own (a dialect's); v NULL: no body. The reference is taken over.
 */
void api_json(struct api_call *call, uint16_t status, json_t *v);
/* Adds the header Location to the answer. Lives as long as the call (arena, static). */
void api_location(struct api_call *call, struct slice url);
/* Adds the header Set-Cookie to the answer. Lives as long as the call (arena, static). */
void api_cookie(struct api_call *call, struct slice cookie);
/*
 * Failure: status (400 to 599, never 409, which clients repeat), Cloudflare's code, the JSON pointer to the member
 * (NULL: none is to blame; "" is the whole body), and a sentence that says what to do.
 */
void api_fail(struct api_call *call, uint16_t status, int code, const char *pointer, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
/* The same with a cause behind it, for codes that clients look for in error_chain. */
void api_fail_chain(struct api_call *call, uint16_t status, int code, const char *text, int cause,
		    const char *cause_text);
/* A second code for the failure that was just answered, for clients that know the cause by that one. */
void api_fail_also(struct api_call *call, int code, const char *text);
/* Failure of the database: 500, or 503 when it is full or cannot be written; what it said goes to the log, not out. */
void api_fail_store(struct api_call *call, enum err e);
/* A message beside a success. */
void api_say(struct api_call *call, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Adds a member to result_info; the reference is taken over. */
void api_info(struct api_call *call, const char *member, json_t *value);
/* An API_LATER handler has answered in a later turn: sends it. Right after the answer; the call is gone then. */
void api_resume(struct api_call *call);

/*
 * The same call once more as that route (process lifetime; with API_WRITE its turn comes in a transaction), with the
 * messages that it has so far. For a handler of API_LATER that looked at something before a change; it has not
 * answered.
 */
void api_again(struct api_call *call, const struct api_route *route);
/* Writes the audit row of this call's change; zone: the call's own. False after api_fail. */
bool api_audit(struct api_call *call, const char *action, const char *noun, const char *object, const json_t *before,
	       const json_t *after) MUST_USE;

#endif
