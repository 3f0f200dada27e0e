/* SPDX-License-Identifier: Apache-2.0 */
/*
 * setting: the settings of a zone by the names that Cloudflare's API gives them (setting.def). Only values that differ
 * from the default are stored, and only of settings that an edge acts on.
 */
#ifndef STATE_SETTING_H
#define STATE_SETTING_H

#include "state/state.h"

enum { STATE_SETTING_DEVELOPMENT_S = 10800 };

struct state_setting_info;

/* The row of that id, or NULL. Process lifetime. */
const struct state_setting_info *state_setting_find(struct slice id);
/* The id of a row. */
const char *state_setting_id(const struct state_setting_info *info);

/*
 * One setting as clients see it: {id, value, editable, modified_on}, development_mode also time_remaining.
 * out: *ret, the caller's reference. errors: as store_done.
 */
enum err state_setting_get(struct state *st, const char *zone_id, const struct state_setting_info *info,
			   json_t **ret) MUST_USE;
/* All of them, in the order of the table. out: *ret_array, the caller's reference. errors: as store_done. */
enum err state_setting_list(struct state *st, const char *zone_id, json_t **ret_array) MUST_USE;
/*
 * Sets one and touches the zone. errors: ERR_RANGE with what is wrong with the value in d (also when nothing acts on
 * the setting and it is not its default); as store_done.
 */
enum err state_setting_set(struct state *st, const char *zone_id, const struct state_setting_info *info,
			   const json_t *value, struct diag *d) MUST_USE;
/*
 * The `development_mode` of a zone object: seconds that it lasts still, or minus the seconds since it ended, 0: it is
 * off. errors: as store_done.
 */
enum err state_setting_development(struct state *st, const char *zone_id, int64_t *ret_s) MUST_USE;
/* Whether every CNAME of the zone is flattened, not only the one at its own name. errors: as store_done. */
enum err state_setting_flatten_all(struct state *st, const char *zone_id, bool *ret) MUST_USE;
/* Adds the settings as members to a zone plan item. errors: as store_done. */
enum err state_setting_compile(struct state *st, const char *zone_id, json_t *item) MUST_USE;

#endif
