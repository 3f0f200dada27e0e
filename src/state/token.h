/* SPDX-License-Identifier: Apache-2.0 */
/*
 * token: API tokens. Their values are random and kept as SHA-256 only: a stolen database gives nobody access. What a
 * token may do is in its policies (right.h); the administrator's may do everything.
 */
#ifndef STATE_TOKEN_H
#define STATE_TOKEN_H

#include "base/crypto.h"
#include "base/ip.h"
#include "state/right.h"
#include "state/state.h"

enum {
	STATE_TOKEN_VALUE_BYTES = 41, /* 40 letters and digits (238 random bits) and a NUL */
	STATE_TOKEN_NAME_BYTES = 121,
};

/* One row. Own references; state_token_fini gives them up. Times are ms since 1970, 0: none. */
struct state_token {
	char id[STATE_ID_BYTES];
	char name[STATE_TOKEN_NAME_BYTES];
	char status[12]; /* "active", "disabled" */
	bool admin;      /* may do everything */
	bool login; /* a person's (login.h): nobody knows its value, and it is not among the tokens that are shown */
	json_t *policies;  /* array */
	json_t *condition; /* object or NULL: request_ip.in, request_ip.not_in */
	int64_t issued_ms, modified_ms, used_ms, not_before_ms, expires_ms;
};

/* Why a token cannot be used now. */
enum state_token_use {
	STATE_TOKEN_USABLE,
	STATE_TOKEN_DISABLED,
	STATE_TOKEN_EXPIRED,
	STATE_TOKEN_EARLY,
	STATE_TOKEN_PLACE
};

/* Gives up what t refers to. */
void state_token_fini(struct state_token *t);
/* The token with that value. Time does not depend on how much of a wrong value is right. errors: ERR_NOT_FOUND, as
 * store_done. */
enum err state_token_find(struct state *st, struct slice value, struct state_token *ret) MUST_USE;
/* The token of that id. errors: ERR_NOT_FOUND, as store_done. */
enum err state_token_get(struct state *st, struct slice id, struct state_token *ret) MUST_USE;
/* A new token: name, status, policies, condition and times must be set. out: its value, for the only time. errors: as
 * store_done. */
enum err state_token_add(struct state *st, struct state_token *t,
			 char ret_value[static STATE_TOKEN_VALUE_BYTES]) MUST_USE;
/* Stores name, status, policies, condition, not_before_ms, expires_ms. errors: as store_done. */
enum err state_token_save(struct state *st, struct state_token *t) MUST_USE;
/* Another value; the old one is void. errors: as store_done. */
enum err state_token_roll(struct state *st, struct state_token *t,
			  char ret_value[static STATE_TOKEN_VALUE_BYTES]) MUST_USE;
/* Deletes it, unless it is the administrator's or a person's. errors: ERR_NOT_FOUND, as store_done. */
enum err state_token_remove(struct state *st, const char *id) MUST_USE;
/* Calls fn for each but the administrator's and those of people, by name. errors: as store_done. */
enum err state_token_list(struct state *st, int64_t offset, int64_t limit,
			  void (*fn)(void *arg, const struct state_token *t), void *arg, int64_t *ret_total) MUST_USE;
/* Remembers that it was used now, when that is not known to the minute. Outside of transactions. errors: as
 * store_done. */
enum err state_token_used(struct state *st, struct state_token *t) MUST_USE;
/* The administrator's token is the one whose value has this SHA-256; what was it before is void. Outside of
 * transactions. errors: as store_done. */
enum err state_token_admin(struct state *st, const uint8_t hash[static CRYPTO_SHA256_BYTES]) MUST_USE;

/* Whether it can be used now from that address. */
enum state_token_use state_token_check(const struct state_token *t, int64_t now_ms, const struct ip *from);
/* Whether it allows the right in that zone (NULL: see state_right_allowed). */
bool state_token_allows(const struct state_token *t, enum state_right right, const char *zone);
/* Checks a condition that a client sent. errors: ERR_SYNTAX with the member's path in d. */
enum err state_token_condition(const json_t *given, struct diag *d) MUST_USE;

#endif
