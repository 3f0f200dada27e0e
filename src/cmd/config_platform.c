/* SPDX-License-Identifier: Apache-2.0 */
/* config_platform: see config_platform.h. */
#include "cmd/config_platform.h"

enum err config_platform_trusted_edges(struct config_value *v, struct slice s, struct diag *d)
{
	struct node_config *node = v->node;
	struct ip_prefix p;

	node->trusted_edges_n = 0;
	while (s.p) {
		struct slice one = slice_trim(slice_split(&s, ','));
		if (ip_prefix_parse(one, &p) != OK)
			return diag_set(d, ERR_CONFIG, NULL,
					"\"%.*s\" is not an address or a network, like 192.0.2.1 or 192.0.2.0/24",
					SLICE_ARG(slice_first(one, 80)));
		if (node->trusted_edges_n == NODE_TRUSTED_EDGES_MAX)
			return diag_set(d, ERR_CONFIG, NULL, "holds more than %d networks", NODE_TRUSTED_EDGES_MAX);
		node->trusted_edges[node->trusted_edges_n++] = p;
	}
	return OK;
}
