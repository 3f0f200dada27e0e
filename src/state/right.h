/* SPDX-License-Identifier: Apache-2.0 */
/* right: what tokens may be allowed to do, and what a token's policies allow where. */
#ifndef STATE_RIGHT_H
#define STATE_RIGHT_H

#include "state/state.h"

enum state_right {
	STATE_RIGHT_NONE, /* any valid token will do */
#define RIGHT(name, id, text, level) STATE_RIGHT_##name,
#include "state/right.def"
#undef RIGHT
	STATE_RIGHTS
};

enum state_right_level { STATE_RIGHT_OF_ZONE, STATE_RIGHT_OF_ACCOUNT, STATE_RIGHT_OF_USER };

struct state_right_info {
	const char *id, *name;
	enum state_right_level level;
};

/* The row of a right, not of NONE. Process lifetime. */
const struct state_right_info *state_right_info(enum state_right right);
/*
 * Whether policies (a token's, as checked) allow the right. zone: id of the zone that is meant, or NULL for rights of
 * account and user, and for "in any zone at all".
 */
bool state_right_allowed(const json_t *policies, enum state_right right, const char *zone);
/* The zones in which the right is allowed: an array of ids, the caller's reference, or NULL for all zones. */
json_t *state_right_zones(const json_t *policies, enum state_right right);
/*
 * Checks policies that a client sent and gives them back in our form (ids for each, names of groups filled in).
 * out: *ret, the caller's reference. errors: ERR_SYNTAX with the member's path and the reason in d.
 */
enum err state_right_policies(const json_t *given, json_t **ret, struct diag *d) MUST_USE;

#endif
