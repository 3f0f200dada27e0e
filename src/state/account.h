/* SPDX-License-Identifier: Apache-2.0 */
/* account: the account that owns the zones and the user whose tokens there are. One of each, made with the database. */
#ifndef STATE_ACCOUNT_H
#define STATE_ACCOUNT_H

#include "state/state.h"

enum { STATE_LABEL_BYTES = 201 }; /* names that people give: up to 200 bytes of UTF-8 */

struct state_account {
	char id[STATE_ID_BYTES];
	char name[STATE_LABEL_BYTES];
	char type[16]; /* "standard" */
	int64_t created_ms;
};

struct state_user {
	char id[STATE_ID_BYTES];
	char email[STATE_LABEL_BYTES];
	json_t *profile; /* first_name, last_name, country, telephone, zipcode: strings; own reference */
	int64_t created_ms, modified_ms;
};

/* Makes account and user when there are none. errors: as store_done. */
enum err state_account_ensure(struct state *st) MUST_USE;
/* The account. errors: as store_done; ERR_NOT_FOUND. */
enum err state_account_get(struct state *st, struct state_account *ret) MUST_USE;
/* Stores its name. errors: as store_done. */
enum err state_account_save(struct state *st, const struct state_account *a) MUST_USE;
/* The user; give ret->profile up with json_decref. errors: as store_done; ERR_NOT_FOUND. */
enum err state_account_user(struct state *st, struct state_user *ret) MUST_USE;
/* Stores email and profile. errors: as store_done. */
enum err state_account_save_user(struct state *st, const struct state_user *u) MUST_USE;

#endif
