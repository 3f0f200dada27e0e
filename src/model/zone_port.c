/* SPDX-License-Identifier: Apache-2.0 */
/* zone_port: see zone_port.h. */
#include "model/zone_port.h"

#include <stddef.h>

/* Those that do not cache stand first: their place is their bit. */
static const uint16_t zone_port__all[] = { 2052, 2053, 2082, 2083, 2086, 2087, 2095, 2096, 8880, 8443, 80, 443, 8080 };

enum {
	ZONE_PORT__COUNT = sizeof zone_port__all / sizeof zone_port__all[0],
	ZONE_PORT__UNCACHED = 10,
	ZONE_PORT__HTTP = 80,
	ZONE_PORT__HTTPS = 443
};

static size_t zone_port__find(uint16_t port)
{
	size_t i = 0;

	while (i < ZONE_PORT__COUNT && zone_port__all[i] != port)
		i++;
	return i;
}

static bool zone_port__is_https(uint16_t port)
{
	return port == 443 || port == 8443 || port == 2053 || port == 2083 || port == 2087 || port == 2096;
}

uint16_t zone_port_origin(uint16_t visitor_port, bool https)
{
	/* Without TLS towards the origin a port of HTTPS would speak another protocol than we do. */
	if (zone_port__find(visitor_port) < ZONE_PORT__COUNT && zone_port__is_https(visitor_port) == https)
		return visitor_port;
	return https ? ZONE_PORT__HTTPS : ZONE_PORT__HTTP;
}

uint16_t zone_port_bit(uint16_t port)
{
	size_t at = zone_port__find(port);

	if (at >= ZONE_PORT__UNCACHED)
		return 0;
	return (uint16_t)(1u << at);
}

bool zone_port_caches(uint16_t visitor_port, uint16_t more)
{
	unsigned bit = zone_port_bit(visitor_port);

	return bit == 0 || (more & bit) != 0;
}
