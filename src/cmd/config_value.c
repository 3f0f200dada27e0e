/* SPDX-License-Identifier: Apache-2.0 */
/* config_value: see config_value.h. */
#include "cmd/config_value.h"

#include <sched.h>
#include <stdio.h>
#include <sys/un.h>
#include <unistd.h>

#define CONFIG_VALUE__DATA "/var/lib/seawall"
#define CONFIG_VALUE__DOOR "/run/door.sock"

static uint32_t config_value__cores(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof set, &set) != 0)
		return 1;
	int n = CPU_COUNT(&set);
	return n < 1 ? 1 : n > NODE_WORKERS_MAX ? NODE_WORKERS_MAX : (uint32_t)n;
}

/* A path made absolute, without a slash at its end. */
static enum err config_value__path(const struct config_value *v, struct slice s, char *out, struct diag *d)
{
	while (s.n > 1 && s.p[s.n - 1] == '/')
		s.n--;
	if (s.n == 0)
		return diag_set(d, ERR_CONFIG, NULL, "is empty");
	bool absolute = s.p[0] == '/';
	bool root = strcmp(v->base, "/") == 0;
	int n = snprintf(out, NODE_PATH_BYTES, "%s%s%.*s", absolute ? "" : v->base, absolute || root ? "" : "/",
			 SLICE_ARG(s));
	if (n < 0 || n >= NODE_PATH_BYTES)
		return diag_set(d, ERR_CONFIG, NULL, "is longer than %d bytes", NODE_PATH_BYTES - 1);
	return OK;
}

enum err config_value_begin(struct config_value *v, struct node_config *node, const char *file, struct diag *d)
{
	*node = (struct node_config){ .name = "seawall", .data = CONFIG_VALUE__DATA };
	*v = (struct config_value){ .node = node };
	limits_init(&node->limits);
	node->workers = config_value__cores();
	if (!getcwd(v->cwd, sizeof v->cwd))
		return diag_set(d, ERR_CONFIG, file, "the current folder is not known");
	config_value_relative_to_cwd(v);
	size_t slash = slice_rfind(slice_str(file), '/');
	if (slash == SIZE_MAX)
		return OK;
	char folder[NODE_PATH_BYTES];
	TRY(config_value__path(v, slice_of(file, slash ? slash : 1), folder, d));
	memcpy(v->base, folder, sizeof folder);
	return OK;
}

void config_value_relative_to_cwd(struct config_value *v)
{
	memcpy(v->base, v->cwd, sizeof v->base);
}

enum err config_value_end(struct config_value *v, struct diag *d)
{
	struct node_config *node = v->node;
	struct sockaddr_un un;

	if (strlen(node->data) + sizeof CONFIG_VALUE__DOOR > sizeof un.sun_path)
		return diag_set(d, ERR_CONFIG, "[node] data",
				"is longer than %zu bytes, which the path of a socket in it "
				"may not be",
				sizeof un.sun_path - sizeof CONFIG_VALUE__DOOR);
	if (node->plan_folder[0] == '\0')
		snprintf(node->plan_folder, sizeof node->plan_folder, "%.*s/plan", NODE_PATH_BYTES - 8, node->data);
	return OK;
}

static bool config_value__is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

enum err config_value_name(struct config_value *v, struct slice s, struct diag *d)
{
	for (size_t i = 0; i < s.n; i++)
		if (!config_value__is_letter(s.p[i]) && !slice_is_digit(s.p[i]) && s.p[i] != '-')
			return diag_set(d, ERR_CONFIG, NULL, "\"%.*s\" must be of letters, digits and '-'",
					SLICE_ARG(slice_first(s, 80)));
	if (s.n == 0 || !slice_cstr(s, v->node->name, sizeof v->node->name))
		return diag_set(d, ERR_CONFIG, NULL, "must be 1 to %d bytes long", NODE_NAME_BYTES - 1);
	return OK;
}

enum err config_value_data(struct config_value *v, struct slice s, struct diag *d)
{
	return config_value__path(v, s, v->node->data, d);
}

enum err config_value_user(struct config_value *v, struct slice s, struct diag *d)
{
	for (size_t i = 0; i < s.n; i++)
		if (!config_value__is_letter(s.p[i]) && !slice_is_digit(s.p[i]) && !strchr("-_.", s.p[i]))
			return diag_set(d, ERR_CONFIG, NULL, "\"%.*s\" is not a user name",
					SLICE_ARG(slice_first(s, 80)));
	if (s.n == 0 || !slice_cstr(s, v->node->user, sizeof v->node->user))
		return diag_set(d, ERR_CONFIG, NULL, "must be 1 to %d bytes long", NODE_USER_BYTES - 1);
	return OK;
}

enum err config_value_workers(struct config_value *v, struct slice s, struct diag *d)
{
	uint64_t n;

	if (!slice_u64(s, &n) || n < 1 || n > NODE_WORKERS_MAX)
		return diag_set(d, ERR_CONFIG, NULL, "\"%.*s\" is not a number from 1 to %d",
				SLICE_ARG(slice_first(s, 80)), NODE_WORKERS_MAX);
	v->node->workers = (uint32_t)n;
	return OK;
}

static bool config_value__listed(const struct node_config *node, const struct ip_port *a)
{
	for (size_t i = 0; i < node->http_n; i++)
		if (node->http[i].port == a->port && a->port && ip_eq(&node->http[i].ip, &a->ip))
			return true;
	return false;
}

enum err config_value_http(struct config_value *v, struct slice s, struct diag *d)
{
	struct node_config *node = v->node;
	struct ip_port a;

	node->http_n = 0;
	while (s.p) {
		struct slice one = slice_trim(slice_split(&s, ','));
		if (ip_port_parse(one, true, &a) != OK)
			return diag_set(d, ERR_CONFIG, NULL,
					"\"%.*s\" is not an address with a port, like 127.0.0.1:8080 or [::]:80",
					SLICE_ARG(slice_first(one, 80)));
		if (config_value__listed(node, &a))
			return diag_set(d, ERR_CONFIG, NULL, "\"%.*s\" is listed twice", SLICE_ARG(one));
		if (node->http_n == NODE_LISTENS_MAX)
			return diag_set(d, ERR_CONFIG, NULL, "holds more than %d addresses", NODE_LISTENS_MAX);
		node->http[node->http_n++] = a;
	}
	return OK;
}

enum err config_value_plan_folder(struct config_value *v, struct slice s, struct diag *d)
{
	return config_value__path(v, s, v->node->plan_folder, d);
}

enum err config_value_access_log(struct config_value *v, struct slice s, struct diag *d)
{
	if (slice_eq(s, SLICE("-"))) {
		slice_cstr(s, v->node->access_log, sizeof v->node->access_log);
		return OK;
	}
	return config_value__path(v, s, v->node->access_log, d);
}
