/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session: sign-ins of the dashboard. A session stands for an API token: what it may do is looked up at each request,
 * so it ends with the token. Its value is random, lives in a cookie, and is kept as SHA-256 only. Who sends a change
 * also sends a second value, which pages of other sites cannot know (the synchronizer token of OWASP's sheet on CSRF).
 */
#ifndef STATE_SESSION_H
#define STATE_SESSION_H

#include "state/token.h"

enum {
	STATE_SESSION_VALUE_BYTES = 41, /* 40 letters and digits (238 random bits) and a NUL */
	STATE_SESSION_CSRF_BYTES = 65,  /* 64 hexadecimal digits and a NUL */
	STATE_SESSION_AGENT_BYTES = 121,
	STATE_SESSIONS_MAX = 64, /* of one token; the one that was used longest ago goes first */
	STATE_SESSION_IDLE_MS = 12 * 3600 * 1000,
	STATE_SESSION_LIFE_MS = 7 * 24 * 3600 * 1000,
};

struct state_session {
	char id[STATE_ID_BYTES];
	char token_id[STATE_ID_BYTES];
	char address[IP_TEXT_BYTES]; /* where it began */
	char agent[STATE_SESSION_AGENT_BYTES];
	int64_t created_ms, seen_ms;
};

/* A new session for s->token_id (address and agent must be set). In a transaction. out: its value, for the only time.
 * errors: as store_done. */
enum err state_session_add(struct state *st, struct state_session *s,
			   char ret_value[static STATE_SESSION_VALUE_BYTES]) MUST_USE;
/* The session with that value, unless it has been idle or old for too long. Time does not depend on how much of a wrong
 * value is right. errors: ERR_NOT_FOUND, as store_done. */
enum err state_session_find(struct state *st, struct slice value, struct state_session *ret) MUST_USE;
/* Remembers that it was used now, when that is not known to the minute. Outside of transactions. errors: as store_done.
 */
enum err state_session_used(struct state *st, struct state_session *s) MUST_USE;
/* Ends it. errors: ERR_NOT_FOUND (also when it is another token's), as store_done. */
enum err state_session_remove(struct state *st, const char *id, const char *token_id) MUST_USE;
/* Ends all of a token's but the one of the id `keep` ("": all). errors: as store_done. */
enum err state_session_end_all(struct state *st, const char *token_id, const char *keep) MUST_USE;
/* Calls fn for each of a token's, the last used first. errors: as store_done. */
enum err state_session_list(struct state *st, const char *token_id,
			    void (*fn)(void *arg, const struct state_session *s), void *arg) MUST_USE;
/* The second value of the session with that value. Nothing is looked up. errors: ERR_SYSTEM. */
enum err state_session_csrf(struct slice value, char ret[static STATE_SESSION_CSRF_BYTES]) MUST_USE;

#endif
