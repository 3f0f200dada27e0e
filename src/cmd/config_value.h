/* SPDX-License-Identifier: Apache-2.0 */
/* config_value: what each setting's value must be; the rows of config.c's table point here. Private to this room. */
#ifndef CMD_CONFIG_VALUE_H
#define CMD_CONFIG_VALUE_H

#include "supervisor/node.h"

/* What values are read into and against. */
struct config_value {
	struct node_config *node;
	int line;
	char cwd[NODE_PATH_BYTES];
	char base[NODE_PATH_BYTES]; /* where relative paths start now */
};

/* Reads one trimmed value. errors: ERR_CONFIG with the reason; where is the caller's. */
typedef enum err (*config_value_fn)(struct config_value *v, struct slice s, struct diag *d);

/* Fills *node with defaults; relative paths start at the folder of file. errors: ERR_CONFIG. */
enum err config_value_begin(struct config_value *v, struct node_config *node, const char *file,
			    struct diag *d) MUST_USE;
/* From now on relative paths start at the current folder (--set). */
void config_value_relative_to_cwd(struct config_value *v);
/* Fills in what depends on other settings. errors: ERR_CONFIG. */
enum err config_value_end(struct config_value *v, struct diag *d) MUST_USE;

/* One for each setting, named as it. */
enum err config_value_name(struct config_value *v, struct slice s, struct diag *d) MUST_USE;
enum err config_value_data(struct config_value *v, struct slice s, struct diag *d) MUST_USE;
enum err config_value_user(struct config_value *v, struct slice s, struct diag *d) MUST_USE;
enum err config_value_workers(struct config_value *v, struct slice s, struct diag *d) MUST_USE;
enum err config_value_http(struct config_value *v, struct slice s, struct diag *d) MUST_USE;
enum err config_value_https(struct config_value *v, struct slice s, struct diag *d) MUST_USE;
enum err config_value_dns(struct config_value *v, struct slice s, struct diag *d) MUST_USE;
enum err config_value_platform_http(struct config_value *v, struct slice s, struct diag *d) MUST_USE;
enum err config_value_platform_https(struct config_value *v, struct slice s, struct diag *d) MUST_USE;
enum err config_value_api(struct config_value *v, struct slice s, struct diag *d) MUST_USE;
enum err config_value_resolvers(struct config_value *v, struct slice s, struct diag *d) MUST_USE;
enum err config_value_addresses(struct config_value *v, struct slice s, struct diag *d) MUST_USE;
enum err config_value_nameservers(struct config_value *v, struct slice s, struct diag *d) MUST_USE;
enum err config_value_acme_directory(struct config_value *v, struct slice s, struct diag *d) MUST_USE;
enum err config_value_acme_ca_file(struct config_value *v, struct slice s, struct diag *d) MUST_USE;
enum err config_value_acme_contact(struct config_value *v, struct slice s, struct diag *d) MUST_USE;
enum err config_value_acme_challenge(struct config_value *v, struct slice s, struct diag *d) MUST_USE;
enum err config_value_acme_eab_kid(struct config_value *v, struct slice s, struct diag *d) MUST_USE;
enum err config_value_acme_eab_key_file(struct config_value *v, struct slice s, struct diag *d) MUST_USE;
enum err config_value_activation(struct config_value *v, struct slice s, struct diag *d) MUST_USE;
enum err config_value_allow_private(struct config_value *v, struct slice s, struct diag *d) MUST_USE;
enum err config_value_platform_region(struct config_value *v, struct slice s, struct diag *d) MUST_USE;
enum err config_value_platform_suffix(struct config_value *v, struct slice s, struct diag *d) MUST_USE;
enum err config_value_plan_folder(struct config_value *v, struct slice s, struct diag *d) MUST_USE;
enum err config_value_platform_processes(struct config_value *v, struct slice s, struct diag *d) MUST_USE;
enum err config_value_platform_check_port(struct config_value *v, struct slice s, struct diag *d) MUST_USE;
enum err config_value_platform_user(struct config_value *v, struct slice s, struct diag *d) MUST_USE;
enum err config_value_ca_file(struct config_value *v, struct slice s, struct diag *d);
enum err config_value_access_log(struct config_value *v, struct slice s, struct diag *d) MUST_USE;
enum err config_value_dns_log(struct config_value *v, struct slice s, struct diag *d) MUST_USE;
enum err config_value_audit_log(struct config_value *v, struct slice s, struct diag *d) MUST_USE;
enum err config_value_audit_id_header(struct config_value *v, struct slice s, struct diag *d) MUST_USE;
enum err config_value_waf_rules(struct config_value *v, struct slice s, struct diag *d) MUST_USE;

#endif
