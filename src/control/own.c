/* SPDX-License-Identifier: Apache-2.0 */
/* own: see own.h. */
#include "control/own.h"

#include "base/check.h"
#include "model/ban_list.h"

STATIC_CHECK((int)OWN_NETWORKS_MAX <= (int)BAN_LIST_CONFIGURED_MAX, "the plan item has room for all of them");

static struct ip_prefix own__address(const struct ip *ip)
{
	return (struct ip_prefix){ *ip, ip->family == 4 ? 32 : 128 };
}

/* 0.0.0.0 and ::, which stand for every address that the machine has. */
static bool own__is_any(const struct ip *ip)
{
	const struct ip any = { .family = ip->family };

	return ip_eq(ip, &any);
}

size_t own_networks(const struct node_config *node, struct ip_prefix *ret)
{
	static const struct ip loopback[] = { { .family = 4, .b = { 127, 0, 0, 1 } },
					      { .family = 6, .b = { [15] = 1 } } };
	size_t n = 0;

	for (size_t i = 0; i < 2; i++)
		ret[n++] = own__address(&loopback[i]);
	for (size_t i = 0; i < node->listens_n; i++)
		if (!own__is_any(&node->listens[i].at.ip))
			ret[n++] = own__address(&node->listens[i].at.ip);
	for (size_t i = 0; i < node->addresses_n; i++)
		ret[n++] = own__address(&node->addresses[i]);
	for (size_t i = 0; i < node->trusted_edges_n; i++)
		ret[n++] = node->trusted_edges[i];
	for (size_t i = 0; i < node->shield_allow_n; i++)
		ret[n++] = node->shield_allow[i];
	return n;
}
