/* SPDX-License-Identifier: Apache-2.0 */
/* config_platform: see config_platform.h. */
#include "cmd/config_platform.h"

#include <stdio.h>

/* Comma-separated addresses and networks, at most `most`. */
static enum err config_platform__networks(struct slice s, size_t most, struct ip_prefix *ret, size_t *ret_n,
					  struct diag *d)
{
	struct ip_prefix p;

	*ret_n = 0;
	while (s.p) {
		struct slice one = slice_trim(slice_split(&s, ','));
		if (ip_prefix_parse(one, &p) != OK)
			return diag_set(d, ERR_CONFIG, NULL,
					"\"%.*s\" is not an address or a network, like 192.0.2.1 or 192.0.2.0/24",
					SLICE_ARG(slice_first(one, 80)));
		if (*ret_n == most)
			return diag_set(d, ERR_CONFIG, NULL, "holds more than %zu networks", most);
		ret[(*ret_n)++] = p;
	}
	return OK;
}

enum err config_platform_trusted_edges(struct config_value *v, struct slice s, struct diag *d)
{
	return config_platform__networks(s, NODE_TRUSTED_EDGES_MAX, v->node->trusted_edges, &v->node->trusted_edges_n,
					 d);
}

enum err config_platform_shield_allow(struct config_value *v, struct slice s, struct diag *d)
{
	return config_platform__networks(s, NODE_SHIELD_ALLOW_MAX, v->node->shield_allow, &v->node->shield_allow_n, d);
}

enum err config_platform_kernel_drop(struct config_value *v, struct slice s, struct diag *d)
{
	struct node_config *node = v->node;

	node->kernel_drop_off = slice_eq(s, SLICE("off"));
	node->kernel_drop_n = 0;
	if (node->kernel_drop_off || slice_eq(s, SLICE("auto")))
		return OK;
	while (s.p) {
		struct slice one = slice_trim(slice_split(&s, ','));
		if (one.n == 0 || one.n >= IF_NAMESIZE)
			return diag_set(d, ERR_CONFIG, NULL,
					"\"%.*s\" is not the name of an interface, like eth0; or write auto or off",
					SLICE_ARG(slice_first(one, 80)));
		if (node->kernel_drop_n == NODE_KERNEL_DROP_MAX)
			return diag_set(d, ERR_CONFIG, NULL, "holds more than %d interfaces", NODE_KERNEL_DROP_MAX);
		snprintf(node->kernel_drop[node->kernel_drop_n++], IF_NAMESIZE, "%.*s", SLICE_ARG(one));
	}
	return OK;
}
