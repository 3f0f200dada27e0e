/* SPDX-License-Identifier: Apache-2.0 */
/*
 * list: named lists of an account, what `in $name` looks into. Their items go with the zones whose rules name them.
 * Objects are JSON as clients see them.
 */
#ifndef STATE_LIST_H
#define STATE_LIST_H

#include "state/state.h"

/* All lists of an account by name, without items. out: *ret_array, the caller's reference. errors: as store_done. */
enum err state_list_all(struct state *st, const char *account_id, json_t **ret_array) MUST_USE;
/* One of them. out: the caller's reference. errors: ERR_NOT_FOUND; as store_done. */
enum err state_list_get(struct state *st, const char *account_id, const char *id, json_t **ret) MUST_USE;
/*
 * A new list of {name, kind, description}, without items. out: *ret, the caller's reference. errors: ERR_EXISTS (the
 * name); as store_done.
 */
enum err state_list_make(struct state *st, const char *account_id, const json_t *list, json_t **ret) MUST_USE;
/* Another description. errors: as store_done. */
enum err state_list_describe(struct state *st, const char *id, const char *description) MUST_USE;
/* Deletes it. errors: as store_done. */
enum err state_list_delete(struct state *st, const char *id) MUST_USE;

/* The items, in their order. out: the caller's reference. errors: ERR_NOT_FOUND; as store_done. */
enum err state_list_items(struct state *st, const char *id, json_t **ret_array) MUST_USE;
/*
 * Keeps items in the place of what there was, and touches the zones whose rules name the list. errors: as store_done.
 * out: ret_operation, an id that state_list_operation knows.
 */
enum err state_list_keep(struct state *st, const char *id, const json_t *items,
			 char ret_operation[static STATE_ID_BYTES]) MUST_USE;
/* When the operation of that id was done. errors: ERR_NOT_FOUND; as store_done. */
enum err state_list_operation(struct state *st, const char *operation, int64_t *ret_ms) MUST_USE;

/* {name: {kind, items: []}} of an account, for checking rules. out: the caller's reference. errors: as store_done. */
enum err state_list_names(struct state *st, const char *account_id, json_t **ret) MUST_USE;
/* Adds the member `lists` to a zone plan item whose `rulesets` are there: those that rules name. errors: as store_done.
 */
enum err state_list_compile(struct state *st, const char *account_id, json_t *item) MUST_USE;

#endif
