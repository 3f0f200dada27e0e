/* SPDX-License-Identifier: Apache-2.0 */
/* routes: all routes of the API, as tables of their nouns. */
#ifndef API_ROUTES_H
#define API_ROUTES_H

#include "api/api_call.h"

/* Each ends with fn NULL. Process lifetime. */
const struct api_route *api_access_routes(void);
const struct api_route *api_bans_routes(void);
const struct api_route *api_dns_records_routes(void);
const struct api_route *api_dns_analytics_routes(void);
const struct api_route *api_dnssec_routes(void);
const struct api_route *api_explain_routes(void);
const struct api_route *api_firewall_events_routes(void);
const struct api_route *api_graphql_routes(void);
const struct api_route *api_kernel_drop_routes(void);
const struct api_route *api_lists_routes(void);
const struct api_route *api_logins_routes(void);
const struct api_route *api_metrics_routes(void);
const struct api_route *api_misc_routes(void);
const struct api_route *api_origin_pull_routes(void);
const struct api_route *api_purge_routes(void);
const struct api_route *api_rulesets_routes(void);
const struct api_route *api_sessions_routes(void);
const struct api_route *api_settings_routes(void);
const struct api_route *api_shield_routes(void);
const struct api_route *api_ssl_doctor_routes(void);
const struct api_route *api_tokens_routes(void);
const struct api_route *api_tops_routes(void);
const struct api_route *api_traffic_routes(void);
const struct api_route *api_users_routes(void);
const struct api_route *api_certificate_packs_routes(void);
const struct api_route *api_client_cas_routes(void);
const struct api_route *api_custom_certificates_routes(void);
const struct api_route *api_zones_routes(void);

/*
 * Splits the path into call->segments and finds the route. out: *ret_other: there is one with another method.
 * Returns NULL when there is none, or the path is malformed.
 */
const struct api_route *api_routes_find(struct api_call *call, bool *ret_other);
/* All of them, for lists: api_routes_count rows in the order of the tables. */
size_t api_routes_count(void);
const struct api_route *api_routes_at(size_t i);
/* The index of ":name" in the route's path, or SIZE_MAX. */
size_t api_routes_segment(const struct api_route *route, const char *name);

#endif
