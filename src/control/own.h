/* SPDX-License-Identifier: Apache-2.0 */
/* own: which networks a node can never ban, because it would ban itself, its fleet, or whom its configuration names. */
#ifndef CONTROL_OWN_H
#define CONTROL_OWN_H

#include "supervisor/node.h"

enum { OWN_NETWORKS_MAX = NODE_LISTENS_ALL + NODE_ADDRESSES_MAX + NODE_TRUSTED_EDGES_MAX + NODE_SHIELD_ALLOW_MAX + 2 };

/*
 * 127.0.0.1 and ::1, the addresses that are listened on, [edge] addresses, [platform] trusted_edges and [shield] allow.
 * out: ret has room for OWN_NETWORKS_MAX. Returns how many; some may be there twice.
 */
size_t own_networks(const struct node_config *node, struct ip_prefix *ret);

#endif
