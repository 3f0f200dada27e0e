/* SPDX-License-Identifier: Apache-2.0 */
/* target: see target.h. */
#include "client/target.h"

#include "base/ip.h"
#include "base/mem.h"
#include "client/login.h"

#include <stdlib.h>
#include <unistd.h>

static const char target__default_config[] = "/etc/seawall/seawall.conf";

/* ---- the node ---- */

/* What the login says, unless a node is named. False: there is none. */
static bool target__login(struct cli *c, const char **ret_api, const char **ret_token)
{
	return !cli_text(c, "--config") && !getenv("SEAWALL_CONFIG") && login_read(c, ret_api, ret_token);
}

static const char *target__config(const struct cli *c)
{
	const char *file = cli_text(c, "--config");

	if (!file)
		file = getenv("SEAWALL_CONFIG");
	if (!file && access(target__default_config, F_OK) == 0)
		file = target__default_config;
	return file;
}

int target_node(struct cli *c)
{
	char text[DIAG_TEXT_BYTES + DIAG_WHERE_BYTES + 4];
	const char *file = target__config(c);
	struct diag d;

	if (c->node)
		return CLIENT_OK;
	if (!file)
		return cli_misuse(c, "which node? Give --config FILE of a node on this machine, or --api URL with "
				     "--token-file FILE");
	struct node_config *node = mem_alloc(sizeof *node);
	diag_init(&d);
	if (c->setup->load(file, node, &d) != OK) {
		mem_free(node);
		return cli_fail(c, "%s", diag_print(&d, text, sizeof text));
	}
	c->node = node;
	return CLIENT_OK;
}

/* "0.0.0.0:9080" is reached at 127.0.0.1:9080. */
static const char *target__reach(struct cli *c, const char *listen)
{
	char text[IP_PORT_TEXT_BYTES];
	struct ip_port at;
	static const struct ip any4 = { .family = 4 }, any6 = { .family = 6 };

	if (ip_port_parse(slice_str(listen), false, &at) != OK)
		return NULL;
	if (ip_eq(&at.ip, &any4))
		at.ip.b[0] = 127, at.ip.b[3] = 1;
	else if (ip_eq(&at.ip, &any6))
		at.ip.b[15] = 1;
	ip_port_print(&at, text);
	return cli_format(c, "%s", text);
}

const char *target_listen_at(struct cli *c, const char *kind, const char **ret_why)
{
	const char *path = cli_format(c, "%s/run/listen.json", c->node->data), *at = NULL;
	json_error_t bad;
	json_t *root = json_load_file(path, 0, &bad);
	const char *first = json_string_value(json_array_get(json_object_get(root, kind), 0));

	*ret_why = root ? cli_format(c, "the node has no [listen] %s", kind)
			: cli_format(c, "%s is not there, so the node does not run (or you may not read it)", path);
	if (first)
		at = target__reach(c, first);
	json_decref(root);
	return at;
}

const char *target_listen(struct cli *c, const char **ret_why)
{
	const char *at = target_listen_at(c, "api", ret_why);

	if (at)
		return cli_format(c, "http://%s/client/v4", at);
	if (slice_contains(slice_str(*ret_why), SLICE("[listen] api")))
		*ret_why = "the node listens on no API address; set [listen] api = 127.0.0.1:9080";
	return NULL;
}

/* ---- URL and token ---- */

const char *target_base(struct cli *c, const char *typed)
{
	struct slice s = slice_str(typed), scheme = s, rest;
	size_t colon = slice_find(s, ':');

	if (colon == SIZE_MAX || !slice_starts(slice_from(s, colon), SLICE("://"))) {
		typed = cli_format(c, "http://%s", typed);
		s = slice_str(typed);
		colon = 4;
	}
	scheme = slice_first(s, colon);
	rest = slice_from(s, colon + 3);
	while (rest.n && rest.p[rest.n - 1] == '/')
		rest.n--;
	if ((!slice_eq(scheme, SLICE("http")) && !slice_eq(scheme, SLICE("https"))) || rest.n == 0)
		return NULL;
	for (size_t i = 0; i < rest.n; i++)
		if (rest.p[i] <= ' ' || rest.p[i] == 0x7f || strchr("?#@", rest.p[i]))
			return NULL;
	bool has_path = slice_find(rest, '/') != SIZE_MAX;
	return cli_format(c, "%.*s://%.*s%s", SLICE_ARG(scheme), SLICE_ARG(rest), has_path ? "" : "/client/v4");
}

static bool target__is_token(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~')
			return false;
	return s.n > 0 && s.n <= 512;
}

int target_token_file(struct cli *c, const char *path, const char **ret)
{
	struct slice text;
	int status = cli_read_file(c, path, 4096, &text);

	if (status != CLIENT_OK)
		return status;
	while (text.n && (text.p[text.n - 1] == '\n' || text.p[text.n - 1] == '\r' || text.p[text.n - 1] == ' '))
		text.n--;
	if (!target__is_token(text))
		return cli_fail(c, "%s holds no token: one line of printable characters is expected", path);
	*ret = cli_format(c, "%.*s", SLICE_ARG(text));
	return CLIENT_OK;
}

static int target__token(struct cli *c, const char *option, const char **ret)
{
	const char *file = cli_text(c, option), *api;

	if (file)
		return target_token_file(c, file, ret);
	*ret = getenv("SEAWALL_TOKEN");
	if (*ret && !target__is_token(slice_str(*ret)))
		return cli_fail(c, "SEAWALL_TOKEN holds no token: printable characters without spaces are expected");
	if (*ret)
		return CLIENT_OK;
	if (!c->node && target__login(c, &api, ret))
		return target__is_token(slice_str(*ret))
			       ? CLIENT_OK
			       : cli_fail(c, "the login holds no token; `seawall login` again");
	if (!c->node && !target__config(c))
		return cli_misuse(c,
				  "which token? Give %s FILE or SEAWALL_TOKEN; on the node itself --config FILE finds "
				  "DATA/admin.token",
				  option);
	int status = target_node(c);
	return status == CLIENT_OK ? target_token_file(c, cli_format(c, "%s/admin.token", c->node->data), ret) : status;
}

static int target__base(struct cli *c, const char *option, const char **ret)
{
	const char *typed = cli_text(c, option), *why, *token;

	if (!typed)
		typed = getenv("SEAWALL_API");
	if (!typed && !target__login(c, &typed, &token))
		typed = NULL;
	if (typed) {
		*ret = target_base(c, typed);
		return *ret ? CLIENT_OK
			    : cli_misuse(c, "\"%s\" is no URL of an API; as in http://127.0.0.1:9080",
					 cli_clean(c, typed));
	}
	int status = target_node(c);
	if (status != CLIENT_OK)
		return status;
	*ret = target_listen(c, &why);
	if (*ret)
		return CLIENT_OK;
	cli_fail(c, "%s", why);
	return CLIENT_AWAY;
}

int target_open_as(struct cli *c, const char *api_option, const char *token_option)
{
	struct call_at at = { .ca_file = cli_text(c, "--ca-file"), .whose = "the API" };
	int status = target__base(c, api_option, &at.base);

	if (status == CLIENT_OK)
		status = target__token(c, token_option, &at.token);
	if (status == CLIENT_OK)
		c->call = call_new(c, &at);
	return status;
}

/* The URL of the other API of the same server. */
static const char *target__v1(struct cli *c, const char *base)
{
	struct slice s = slice_str(base);

	if (slice_ends(s, SLICE("/client/v4")))
		s.n -= strlen("/client/v4");
	return slice_ends(s, SLICE("/v1")) ? base : cli_format(c, "%.*s/v1", SLICE_ARG(s));
}

int target_open_with(struct cli *c, const char *token, const char **ret_base)
{
	struct call_at at = { .token = token, .ca_file = cli_text(c, "--ca-file"), .whose = "the API" };
	int status = target__base(c, "--api", ret_base);

	if (status == CLIENT_OK && !token)
		status = target__token(c, "--token-file", &at.token);
	if (status == CLIENT_OK && !target__is_token(slice_str(at.token)))
		status = cli_misuse(c, "the token must be printable characters without spaces");
	if (status != CLIENT_OK)
		return status;
	at.base = target__v1(c, *ret_base);
	c->call = call_new(c, &at);
	return CLIENT_OK;
}

int target_open_v1(struct cli *c)
{
	const char *base;

	return target_open_with(c, NULL, &base);
}

int target_open(struct cli *c)
{
	return target_open_as(c, "--api", "--token-file");
}
