/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zone_port: the ports that an edge of this kind serves by default, which of them cache, and which one an origin is
 * asked on. Source: Cloudflare, fundamentals/reference/network-ports. Pure.
 */
#ifndef MODEL_ZONE_PORT_H
#define MODEL_ZONE_PORT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The port of an origin that was written without one: the visitor's when it is one of the proxied ports of that scheme
 * (80, 8080, 8880, 2052, 2082, 2086, 2095; with https 443, 2053, 2083, 2087, 2096, 8443), else 80, or 443 with https.
 * https: the scheme towards the origin, which SSL mode Flexible makes another one than the visitor's.
 */
uint16_t zone_port_origin(uint16_t visitor_port, bool https);
/* False for the proxied ports that do not cache by default, unless their bit is in `more` (zone_port_bit). */
bool zone_port_caches(uint16_t visitor_port, uint16_t more);
/* The bit of a port that does not cache by default; 0 for every other port, which caches anyway. */
uint16_t zone_port_bit(uint16_t port);

#endif
