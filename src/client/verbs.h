/* SPDX-License-Identifier: Apache-2.0 */
/* verbs: the nouns, each in the file of its name. A new noun: a file, a line here, a line in verb.c. */
#ifndef CLIENT_VERBS_H
#define CLIENT_VERBS_H

#include "client/verb.h"

extern const struct verb_noun zones_cmd, records_cmd, settings_cmd, rules_cmd, access_cmd, purge_cmd, tokens_cmd,
	users_cmd;
extern const struct verb_noun certificates_cmd;
extern const struct verb_noun analytics_cmd, dnssec_cmd, explain_cmd, audit_cmd, shield_cmd, waf_cmd;
extern const struct verb_noun bans_cmd, bans_cmd_allows;
extern const struct verb_noun ips_cmd, import_cmd, export_cmd, doctor_cmd, complete_cmd, man_cmd;
extern const struct verb_noun login_cmd, login_cmd_logout, login_cmd_self, login_cmd_regions;
extern const struct verb_noun apps_cmd, apps_cmd_info, apps_cmd_create, apps_cmd_destroy, apps_cmd_rename;
extern const struct verb_noun apps_cmd_force_https, apps_cmd_sticky, apps_cmd_router_logs;
extern const struct verb_noun app_domains_cmd, app_domains_cmd_add, app_domains_cmd_remove, app_domains_cmd_ssl;
extern const struct verb_noun app_domains_cmd_canonical, app_domains_cmd_no_canonical;
extern const struct verb_noun app_scale_cmd, app_scale_cmd_ps, app_scale_cmd_restart, app_scale_cmd_instances;
extern const struct verb_noun app_scale_cmd_add, app_scale_cmd_remove;
extern const struct verb_noun app_env_cmd, app_env_cmd_get, app_env_cmd_set, app_env_cmd_unset;
extern const struct verb_noun app_logs_cmd, app_logs_cmd_archives, app_logs_cmd_timeline, app_logs_cmd_user;
extern const struct verb_noun app_logs_cmd_stats;

#endif
