/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ban_list: the plan item of kind "bans": which networks an edge does not let in, each until a time, and which it never
 * bans. There is one item, "all". Immutable after it was built; whoever holds it frees it.
 */
#ifndef MODEL_BAN_LIST_H
#define MODEL_BAN_LIST_H

#include "base/ip.h"
#include "model/kind.h"

#define BAN_LIST_NAME "all"

/* Allowed networks that come from the configuration, at most. */
enum { BAN_LIST_CONFIGURED_MAX = 1280 };

struct ban_list_ban {
	struct ip_prefix net;
	int64_t until_s; /* wall clock; over from this second on */
};

struct ban_list {
	struct ban_list_ban *bans;
	size_t bans_n; /* <= limit bans_max */
	struct ip_prefix *allow;
	size_t allow_n; /* <= limit ban_allows_max plus those of the configuration */
};

/*
 * Reads {"kind":"bans","name":"all","bans":[{"network":NETWORK,"until":SECONDS}],"allow":[NETWORK]} strictly. out:
 * *ret, the caller's (ban_list_free). errors: ERR_PLAN with the member's path, or line:column. Any thread, allocates.
 */
enum err ban_list_from_json(struct slice json, const struct limits *limits, struct ban_list **ret,
			    struct diag *d) MUST_USE;
/* NULL is fine. */
void ban_list_free(struct ban_list *l);

/* The kind for control and edge. */
extern const struct kind ban_list_kind;

#endif
