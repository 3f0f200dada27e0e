/* SPDX-License-Identifier: Apache-2.0 */
/* kinds: see kinds.h. A new kind is a line here and one in edge/edge_main.c. */
#include "control/kinds.h"

#include "dns/dns_kind.h"
#include "model/app.h"
#include "model/ban_list.h"
#include "model/challenge.h"
#include "model/order.h"
#include "tls/tls_cert.h"
#include "tls/tls_staples.h"
#include "tls/tls_trust.h"
#include "waf/waf_rules.h"

const struct kind *const *kinds_all(void)
{
	static const struct kind *const all[] = {
		&zone_kind,      &dns_kind,       &tls_cert_kind, &challenge_kind, &order_kind, &tls_staple_kind,
		&tls_trust_kind, &waf_rules_kind, &app_kind,      &ban_list_kind,  NULL
	};

	return all;
}
