/* SPDX-License-Identifier: Apache-2.0 */
/* dns_kind: DNS zones as a kind of plan item (model/kind.h). */
#ifndef DNS_DNS_KIND_H
#define DNS_DNS_KIND_H

#include "model/kind.h"

/* The kind "dns": dns/dns_zone.h. Objects are made live by dns_zones_put. */
extern const struct kind dns_kind;

#endif
