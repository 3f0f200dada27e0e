/* SPDX-License-Identifier: Apache-2.0 */
/* misc: what is asked without a zone or account: the edge's addresses, health, metrics. */
#include "api/api_int.h"
#include "api/routes.h"

#include <stdio.h>

/* The addresses as prefixes of one address each; their text is the version that clients compare. */
static void misc_ips(struct api_call *call)
{
	json_t *v4 = json_array(), *v6 = json_array();
	char text[IP_TEXT_BYTES], prefix[IP_TEXT_BYTES + 8], etag[40];
	uint32_t sum = 0;

	for (size_t i = 0; i < call->node->addresses_n; i++) {
		const struct ip *ip = &call->node->addresses[i];
		ip_print(ip, text);
		snprintf(prefix, sizeof prefix, "%s/%d", text, ip->family == 4 ? 32 : 128);
		json_array_append_new(ip->family == 4 ? v4 : v6, json_string(prefix));
		sum = sum * 31 + hash_check32(slice_str(prefix));
	}
	snprintf(etag, sizeof etag, "%08x", sum);
	api_ok(call, json_pack("{s:o, s:o, s:s}", "ipv4_cidrs", v4, "ipv6_cidrs", v6, "etag", etag));
}

/* Whether the state can be read; a load balancer or a supervisor asks every few seconds. */
static void misc_health(struct api_call *call)
{
	if (store_version(call->state->store) < 0)
		api_text(call, 503, SLICE("text/plain; charset=utf-8"), SLICE("the state cannot be read\n"));
	else
		api_text(call, 200, SLICE("text/plain; charset=utf-8"), SLICE("ok\n"));
}

/* ---- metrics ---- */

enum { MISC__METRICS_BYTES = 256 << 10 };

static int64_t misc__count(struct api_call *call, const char *sql)
{
	struct store_use u = store_use(call->state->store, sql);
	int64_t n = store_next(&u) ? store_int(&u, 0) : 0;

	return store_done(&u) == OK ? n : 0;
}

static void misc__metric(struct buf *b, const char *name, const char *type, const char *help)
{
	buf_printf(b, "# HELP seawall_%s %s\n# TYPE seawall_%s %s\n", name, help, name, type);
}

static void misc__edges(struct api_call *call, struct buf *b)
{
	const struct peer *p;
	size_t n = 0;

	while (call->control && control_edge(call->control, n))
		n++;
	misc__metric(b, "edges", "gauge", "edges connected to control");
	buf_printf(b, "seawall_edges %zu\n", n);
	misc__metric(b, "edge_counter", "counter", "counters of an edge since its start (src/sys/counters.def)");
	for (size_t i = 0; i < n; i++) {
		p = control_edge(call->control, i);
		for (size_t k = 0; k < p->counters_n; k++)
			buf_printf(b, "seawall_edge_counter{pid=\"%u\",generation=\"%u\",name=\"%s\"} %llu\n", p->pid,
				   p->generation, p->counters[k].name, (unsigned long long)p->counters[k].value);
	}
}

static void misc__control(struct api_call *call, struct buf *b)
{
	misc__metric(b, "zones", "gauge", "zones of the state");
	buf_printf(b, "seawall_zones %lld\n", (long long)misc__count(call, "SELECT count(*) FROM zone"));
	misc__metric(b, "plan_items", "gauge", "items that are to be live");
	buf_printf(b, "seawall_plan_items %zu\n", call->control ? control_items(call->control) : 0);
	misc__metric(b, "api_answers", "counter", "answers of the API by class of status");
	for (unsigned i = 1; i < 6; i++)
		buf_printf(b, "seawall_api_answers{class=\"%uxx\"} %llu\n", i,
			   (unsigned long long)api_answered(call->api, i));
}

/* Names of zones do not appear, so that it may be read by whoever watches the machine; still not by strangers. */
static void misc_metrics(struct api_call *call)
{
	struct buf b;

	if (!ip_is_loopback(&call->client)) {
		if (!api_auth_check(call))
			return;
		if (!api_may(call, STATE_RIGHT_ACCOUNT_READ, NULL)) {
			api_fail(call, 403, API_FORBIDDEN, NULL, "Authentication error");
			return;
		}
	}
	buf_init(&b, MISC__METRICS_BYTES);
	misc__control(call, &b);
	misc__edges(call, &b);
	struct slice text = arena_copy(&call->arena, buf_slice(&b));
	buf_fini(&b);
	api_text(call, 200, SLICE("text/plain; version=0.0.4; charset=utf-8"), text);
}

const struct api_route *api_misc_routes(void)
{
	static const struct api_route routes[] = {
		{ METHOD_GET, "ips", misc_ips, STATE_RIGHT_NONE, API_OPEN },
		{ METHOD_GET, "/healthz", misc_health, STATE_RIGHT_NONE, API_OPEN },
		{ METHOD_GET, "/metrics", misc_metrics, STATE_RIGHT_NONE, API_OPEN },
		{ 0 },
	};

	return routes;
}
