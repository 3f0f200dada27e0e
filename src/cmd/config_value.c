/* SPDX-License-Identifier: Apache-2.0 */
/* config_value: see config_value.h. */
#include "cmd/config_value.h"

#include <sched.h>
#include <stdio.h>
#include <sys/un.h>
#include <unistd.h>

#define CONFIG_VALUE__DATA "/var/lib/seawall"

enum { CONFIG_VALUE__SUFFIX_MAX = 128 }; /* an app of 48 and a region of 63 characters go in front */
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
	*node = (struct node_config){ .name = "seawall",
				      .data = CONFIG_VALUE__DATA,
				      .platform_region = "local",
				      .platform_suffix = "localhost" };
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
	if (node->nameservers_n == 0) {
		char name[NODE_NAME_BYTES];
		memcpy(name, node->name, sizeof name);
		for (int i = 1; i <= 2; i++)
			snprintf(node->nameservers[node->nameservers_n++], NODE_HOST_BYTES, "ns%d.%s.internal", i,
				 name);
	}
	if (node->acme_n && node->acme_challenge == NODE_CHALLENGE_DNS && node_listens(node, LISTEN_DNS_UDP) == 0)
		return diag_set(d, ERR_CONFIG, "[acme] challenge",
				"is dns, but there is no [listen] dns that could answer; set challenge = http");
	if (!node->acme_eab_kid[0] != !node->acme_eab_key_file[0])
		return diag_set(d, ERR_CONFIG, "[acme] eab_kid",
				"and eab_hmac_key_file go together: the authority gives both, the key in base64url");
	if (node->acme_eab_kid[0] && node->acme_n == 0)
		return diag_set(d, ERR_CONFIG, "[acme] eab_kid", "is of no use without [acme] directory");
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

static enum err config_value__user(struct slice s, char ret[static NODE_USER_BYTES], struct diag *d)
{
	for (size_t i = 0; i < s.n; i++)
		if (!config_value__is_letter(s.p[i]) && !slice_is_digit(s.p[i]) && !strchr("-_.", s.p[i]))
			return diag_set(d, ERR_CONFIG, NULL, "\"%.*s\" is not a user name",
					SLICE_ARG(slice_first(s, 80)));
	if (s.n == 0 || !slice_cstr(s, ret, NODE_USER_BYTES))
		return diag_set(d, ERR_CONFIG, NULL, "must be 1 to %d bytes long", NODE_USER_BYTES - 1);
	return OK;
}

enum err config_value_user(struct config_value *v, struct slice s, struct diag *d)
{
	return config_value__user(s, v->node->user, d);
}

enum err config_value_platform_user(struct config_value *v, struct slice s, struct diag *d)
{
	return config_value__user(s, v->node->platform_user, d);
}

enum err config_value_platform_check_port(struct config_value *v, struct slice s, struct diag *d)
{
	uint64_t n;

	if (!slice_u64(s, &n) || n < 1 || n > UINT16_MAX)
		return diag_set(d, ERR_CONFIG, NULL, "\"%.*s\" is not a port from 1 to 65535",
				SLICE_ARG(slice_first(s, 80)));
	v->node->platform_check_port = (uint16_t)n;
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

/* ---- [listen] ---- */

static bool config_value__listed(const struct node_config *node, enum listen_kind kind, const struct ip_port *a)
{
	for (size_t i = 0; i < node->listens_n; i++) {
		const struct node_listen *l = &node->listens[i];
		if (l->kind == kind && l->at.port == a->port && a->port && ip_eq(&l->at.ip, &a->ip))
			return true;
	}
	return false;
}

static void config_value__drop_kind(struct node_config *node, enum listen_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < node->listens_n; i++)
		if (node->listens[i].kind != kind)
			node->listens[n++] = node->listens[i];
	node->listens_n = n;
}

/* The addresses of one setting; with `also` each is listened on in that way too. */
static enum err config_value__listens(struct config_value *v, struct slice s, enum listen_kind kind,
				      enum listen_kind also, struct diag *d)
{
	struct node_config *node = v->node;
	struct ip_port a;

	config_value__drop_kind(node, kind);
	config_value__drop_kind(node, also);
	while (s.p) {
		struct slice one = slice_trim(slice_split(&s, ','));
		if (ip_port_parse(one, true, &a) != OK)
			return diag_set(d, ERR_CONFIG, NULL,
					"\"%.*s\" is not an address with a port, like 127.0.0.1:8080 or [::]:80",
					SLICE_ARG(slice_first(one, 80)));
		if (config_value__listed(node, kind, &a))
			return diag_set(d, ERR_CONFIG, NULL, "\"%.*s\" is listed twice", SLICE_ARG(one));
		if (node_listens(node, kind) == NODE_LISTENS_MAX)
			return diag_set(d, ERR_CONFIG, NULL, "holds more than %d addresses", NODE_LISTENS_MAX);
		node->listens[node->listens_n++] = (struct node_listen){ kind, a };
		if (also != kind)
			node->listens[node->listens_n++] = (struct node_listen){ also, a };
	}
	return OK;
}

enum err config_value_http(struct config_value *v, struct slice s, struct diag *d)
{
	return config_value__listens(v, s, LISTEN_HTTP, LISTEN_HTTP, d);
}

enum err config_value_https(struct config_value *v, struct slice s, struct diag *d)
{
	return config_value__listens(v, s, LISTEN_HTTPS, LISTEN_HTTPS, d);
}

enum err config_value_dns(struct config_value *v, struct slice s, struct diag *d)
{
	return config_value__listens(v, s, LISTEN_DNS_UDP, LISTEN_DNS_TCP, d);
}

enum err config_value_api(struct config_value *v, struct slice s, struct diag *d)
{
	return config_value__listens(v, s, LISTEN_API, LISTEN_API, d);
}

enum err config_value_platform_http(struct config_value *v, struct slice s, struct diag *d)
{
	return config_value__listens(v, s, LISTEN_PLATFORM_HTTP, LISTEN_PLATFORM_HTTP, d);
}

enum err config_value_platform_https(struct config_value *v, struct slice s, struct diag *d)
{
	return config_value__listens(v, s, LISTEN_PLATFORM_HTTPS, LISTEN_PLATFORM_HTTPS, d);
}

/* ---- [edge], [origin] ---- */

enum err config_value_addresses(struct config_value *v, struct slice s, struct diag *d)
{
	struct node_config *node = v->node;
	struct ip ip;

	node->addresses_n = 0;
	while (s.p) {
		struct slice one = slice_trim(slice_split(&s, ','));
		if (ip_parse(one, &ip) != OK)
			return diag_set(d, ERR_CONFIG, NULL,
					"\"%.*s\" is not an address, like 192.0.2.1 or 2001:db8::1",
					SLICE_ARG(slice_first(one, 80)));
		for (size_t i = 0; i < node->addresses_n; i++)
			if (ip_eq(&node->addresses[i], &ip))
				return diag_set(d, ERR_CONFIG, NULL, "\"%.*s\" is listed twice", SLICE_ARG(one));
		if (node->addresses_n == NODE_ADDRESSES_MAX)
			return diag_set(d, ERR_CONFIG, NULL, "holds more than %d addresses", NODE_ADDRESSES_MAX);
		node->addresses[node->addresses_n++] = ip;
	}
	return OK;
}

/* An address, or an address and a port; the port of DNS when there is none. */
static bool config_value__server(struct slice s, struct ip_port *ret)
{
	enum { DNS_PORT = 53 };

	if (ip_parse(s, &ret->ip) != OK)
		return ip_port_parse(s, false, ret) == OK;
	ret->port = DNS_PORT;
	return true;
}

enum err config_value_resolvers(struct config_value *v, struct slice s, struct diag *d)
{
	struct node_config *node = v->node;
	struct ip_port at;

	node->resolvers_n = 0;
	while (s.p) {
		struct slice one = slice_trim(slice_split(&s, ','));
		if (!config_value__server(one, &at))
			return diag_set(d, ERR_CONFIG, NULL,
					"\"%.*s\" is not an address, like 192.0.2.1 or 192.0.2.1:5353",
					SLICE_ARG(slice_first(one, 80)));
		if (node->resolvers_n == NODE_RESOLVERS_MAX)
			return diag_set(d, ERR_CONFIG, NULL, "holds more than %d servers", NODE_RESOLVERS_MAX);
		node->resolvers[node->resolvers_n++] = at;
	}
	return OK;
}

static bool config_value__label(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!config_value__is_letter(s.p[i]) && !slice_is_digit(s.p[i]) && s.p[i] != '-' && s.p[i] != '_')
			return false;
	return s.n > 0 && s.n <= 63;
}

/* A host name of at least two labels, lower case, its final dot dropped. */
static bool config_value__host(struct slice s, char ret[static NODE_HOST_BYTES])
{
	size_t labels = 0;

	if (slice_ends(s, SLICE(".")))
		s.n--;
	if (s.n >= NODE_HOST_BYTES)
		return false;
	for (size_t i = 0; i < s.n; i++)
		ret[i] = slice_lower(s.p[i]);
	ret[s.n] = '\0';
	while (s.p) {
		if (!config_value__label(slice_split(&s, '.')))
			return false;
		labels++;
	}
	return labels >= 2;
}

enum err config_value_nameservers(struct config_value *v, struct slice s, struct diag *d)
{
	struct node_config *node = v->node;
	char host[NODE_HOST_BYTES];

	node->nameservers_n = 0;
	while (s.p) {
		struct slice one = slice_trim(slice_split(&s, ','));
		if (!config_value__host(one, host))
			return diag_set(d, ERR_CONFIG, NULL, "\"%.*s\" is not a host name, like ns1.example.net",
					SLICE_ARG(slice_first(one, 80)));
		for (size_t i = 0; i < node->nameservers_n; i++)
			if (strcmp(node->nameservers[i], host) == 0)
				return diag_set(d, ERR_CONFIG, NULL, "\"%s\" is listed twice", host);
		if (node->nameservers_n == NODE_NAMESERVERS_MAX)
			return diag_set(d, ERR_CONFIG, NULL, "holds more than %d names", NODE_NAMESERVERS_MAX);
		memcpy(node->nameservers[node->nameservers_n++], host, sizeof host);
	}
	return OK;
}

enum err config_value_platform_region(struct config_value *v, struct slice s, struct diag *d)
{
	char name[NODE_NAME_BYTES];

	for (size_t i = 0; i < s.n && i < sizeof name; i++)
		name[i] = slice_lower(s.p[i]);
	if (s.n >= sizeof name || !config_value__label(slice_of(name, s.n)))
		return diag_set(d, ERR_CONFIG, NULL, "must be one label of a host name, like osc-fr1");
	slice_cstr(slice_of(name, s.n), v->node->platform_region, sizeof v->node->platform_region);
	return OK;
}

enum err config_value_platform_suffix(struct config_value *v, struct slice s, struct diag *d)
{
	char name[NODE_HOST_BYTES], host[NODE_HOST_BYTES];

	/* With the longest name of an app and the region in front it is still a host name. */
	snprintf(name, sizeof name, "x.%.*s", SLICE_ARG(slice_first(s, 200)));
	if (s.n > CONFIG_VALUE__SUFFIX_MAX || !config_value__host(slice_str(name), host))
		return diag_set(d, ERR_CONFIG, NULL, "must be a host name of at most %d characters, like example.net",
				CONFIG_VALUE__SUFFIX_MAX);
	snprintf(v->node->platform_suffix, sizeof v->node->platform_suffix, "%s", host + 2);
	return OK;
}

enum err config_value_acme_directory(struct config_value *v, struct slice s, struct diag *d)
{
	struct node_config *node = v->node;

	node->acme_n = 0;
	if (slice_eq(s, SLICE("internal")))
		return OK;
	while (s.p) {
		struct slice one = slice_trim(slice_split(&s, ','));
		if (!slice_starts(one, SLICE("https://")) || one.n < sizeof "https://x")
			return diag_set(d, ERR_CONFIG, NULL,
					"\"%.*s\" is neither internal nor a URL like "
					"https://ca.example/directory",
					SLICE_ARG(slice_first(one, 80)));
		if (node->acme_n == NODE_ACME_MAX)
			return diag_set(d, ERR_CONFIG, NULL, "holds more than %d directories", NODE_ACME_MAX);
		if (!slice_cstr(one, node->acme[node->acme_n++], NODE_PATH_BYTES))
			return diag_set(d, ERR_CONFIG, NULL, "holds a URL of more than %d bytes", NODE_PATH_BYTES - 1);
	}
	return OK;
}

enum err config_value_acme_ca_file(struct config_value *v, struct slice s, struct diag *d)
{
	return config_value__path(v, s, v->node->acme_ca_file, d);
}

enum err config_value_acme_contact(struct config_value *v, struct slice s, struct diag *d)
{
	size_t at = slice_find(s, '@');

	if (at == 0 || at == SIZE_MAX || at + 1 == s.n || slice_find(s, ' ') != SIZE_MAX ||
	    !slice_cstr(s, v->node->acme_contact, sizeof v->node->acme_contact))
		return diag_set(d, ERR_CONFIG, NULL, "must be an e-mail address");
	return OK;
}

enum err config_value_acme_challenge(struct config_value *v, struct slice s, struct diag *d)
{
	static const struct slice words[] = { [NODE_CHALLENGE_DNS] = SLICE_INIT("dns"),
					      [NODE_CHALLENGE_HTTP] = SLICE_INIT("http"),
					      [NODE_CHALLENGE_TLS_ALPN] = SLICE_INIT("tls-alpn") };

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (!slice_eq(s, words[i]))
			continue;
		v->node->acme_challenge = (enum node_challenge)i;
		return OK;
	}
	return diag_set(d, ERR_CONFIG, NULL, "must be dns, http or tls-alpn");
}

enum err config_value_acme_eab_kid(struct config_value *v, struct slice s, struct diag *d)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~')
			return diag_set(d, ERR_CONFIG, NULL, "must be printable ASCII without spaces");
	if (s.n == 0 || !slice_cstr(s, v->node->acme_eab_kid, sizeof v->node->acme_eab_kid))
		return diag_set(d, ERR_CONFIG, NULL, "must be 1 to %zu bytes long", sizeof v->node->acme_eab_kid - 1);
	return OK;
}

enum err config_value_acme_eab_key_file(struct config_value *v, struct slice s, struct diag *d)
{
	return config_value__path(v, s, v->node->acme_eab_key_file, d);
}

enum err config_value_activation(struct config_value *v, struct slice s, struct diag *d)
{
	bool immediate = slice_eq(s, SLICE("immediate"));

	if (!immediate && !slice_eq(s, SLICE("delegation")))
		return diag_set(d, ERR_CONFIG, NULL, "must be delegation or immediate");
	v->node->activate_at_once = immediate;
	return OK;
}

static enum err config_value__yes(struct slice s, bool *ret, struct diag *d)
{
	bool yes = slice_eq(s, SLICE("yes")) || slice_eq(s, SLICE("true"));

	if (!yes && !slice_eq(s, SLICE("no")) && !slice_eq(s, SLICE("false")))
		return diag_set(d, ERR_CONFIG, NULL, "must be yes or no");
	*ret = yes;
	return OK;
}

enum err config_value_allow_private(struct config_value *v, struct slice s, struct diag *d)
{
	return config_value__yes(s, &v->node->allow_private, d);
}

enum err config_value_platform_processes(struct config_value *v, struct slice s, struct diag *d)
{
	return config_value__yes(s, &v->node->platform_processes, d);
}

/* ---- paths ---- */

enum err config_value_plan_folder(struct config_value *v, struct slice s, struct diag *d)
{
	return config_value__path(v, s, v->node->plan_folder, d);
}

enum err config_value_ca_file(struct config_value *v, struct slice s, struct diag *d)
{
	return config_value__path(v, s, v->node->origin_ca_file, d);
}

static enum err config_value__log(struct config_value *v, struct slice s, char *path, struct diag *d)
{
	if (slice_eq(s, SLICE("-"))) {
		slice_cstr(s, path, NODE_PATH_BYTES);
		return OK;
	}
	return config_value__path(v, s, path, d);
}

enum err config_value_access_log(struct config_value *v, struct slice s, struct diag *d)
{
	return config_value__log(v, s, v->node->access_log, d);
}

enum err config_value_audit_log(struct config_value *v, struct slice s, struct diag *d)
{
	return config_value__log(v, s, v->node->audit_log, d);
}

enum err config_value_audit_id_header(struct config_value *v, struct slice s, struct diag *d)
{
	for (size_t i = 0; i < s.n; i++)
		if (!config_value__is_letter(s.p[i]) && !slice_is_digit(s.p[i]) && s.p[i] != '-' && s.p[i] != '_')
			return diag_set(d, ERR_CONFIG, NULL, "is not the name of a header field, like X-Request-Id");
	if (s.n == 0 || !slice_cstr(s, v->node->audit_id_header, sizeof v->node->audit_id_header))
		return diag_set(d, ERR_CONFIG, NULL, "must have 1 to %d letters", NODE_HEADER_BYTES - 1);
	return OK;
}

enum err config_value_waf_rules(struct config_value *v, struct slice s, struct diag *d)
{
	struct node_config *node = v->node;

	node->waf_rules_n = 0;
	while (s.p) {
		struct slice one = slice_trim(slice_split(&s, ','));
		if (node->waf_rules_n == NODE_WAF_RULES_MAX)
			return diag_set(d, ERR_CONFIG, NULL, "holds more than %d paths", NODE_WAF_RULES_MAX);
		TRY(config_value__path(v, one, node->waf_rules[node->waf_rules_n++], d));
	}
	return OK;
}

enum err config_value_dns_log(struct config_value *v, struct slice s, struct diag *d)
{
	return config_value__log(v, s, v->node->dns_log, d);
}
