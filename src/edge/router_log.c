/* SPDX-License-Identifier: Apache-2.0 */
/*
 * router_log: what is written down of a request of the platform: members of its access row, and for apps that want it
 * a line of the router's log, which goes to control as an event of kind "router": {"app", "id", "time" (milliseconds
 * since 1970), "line"}.
 */
#include "base/text.h"
#include "edge/events.h"
#include "edge/router.h"

enum { ROUTER__LINE_BYTES = 12288, ROUTER__STATUS_GONE = 499, ROUTER__PART_MAX = 2048 };

uint16_t router_log_status(const struct request *r)
{
	bool gone = !r->answered && !r->x;

	return gone ? ROUTER__STATUS_GONE : r->answered;
}

static struct slice router__container(const struct request *r)
{
	return r->call->instance ? r->call->instance->name : SLICE("-");
}

void router_log_row(const struct request *r, struct text *t)
{
	const struct router_call *c = r->call;

	text_add(t, SLICE(",\"request_id\":"));
	text_json(t, slice_of(c->id, c->id_n));
	if (!c->app)
		return;
	text_add(t, SLICE(",\"app\":"));
	text_json(t, c->app->name);
	if (c->instance) {
		text_add(t, SLICE(",\"instance\":"));
		text_json(t, c->instance->name);
	}
}

/* In quotes; '"' and '\' with a backslash before them; what is too long is cut. */
static void router__quoted(struct text *t, const char *key, struct slice s)
{
	text_byte(t, ' ');
	text_add(t, slice_str(key));
	text_add(t, SLICE("=\""));
	if (s.n > ROUTER__PART_MAX)
		s.n = ROUTER__PART_MAX;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			text_byte(t, '\\');
		text_byte(t, s.p[i]);
	}
	text_byte(t, '"');
}

static void router__field(struct text *t, const char *key, const struct request *r, enum field_id id)
{
	const struct field *f = field_find(r->q->fields, r->q->fields_n, id);

	router__quoted(t, key, f && f->value.n ? f->value : SLICE("-"));
}

static void router__line(const struct request *r, struct text *t)
{
	const struct http_request *q = r->q;
	int64_t took = loop_wall_ms(r->w->loop) - r->call->begin_ms;
	char from[IP_TEXT_BYTES];

	text_add(t, SLICE("method="));
	text_add(t, slice_first(q->method, ROUTER__PART_MAX));
	router__quoted(t, "path", q->path);
	text_add(t, SLICE(" host="));
	text_add(t, slice_first(q->host, ROUTER__PART_MAX));
	text_add(t, SLICE(" request_id="));
	text_add(t, slice_of(r->call->id, r->call->id_n));
	text_add(t, SLICE(" container="));
	text_add(t, router__container(r));
	router__quoted(t, "from", slice_of(from, ip_print(&q->client.ip, from)));
	text_printf(t, " protocol=%s status=%u duration=", q->tls ? "https" : "http", router_log_status(r));
	text_ms(t, took > 0 ? (uint64_t)took : 0);
	text_printf(t, "s bytes=%llu", (unsigned long long)r->body_out);
	router__field(t, "referer", r, FIELD_REFERER);
	router__field(t, "user_agent", r, FIELD_USER_AGENT);
	if (r->error != OK && r->source != SOURCE_ORIGIN)
		router__quoted(t, "error", slice_str(err_text(r->error)));
}

void router_log_line(struct request *r)
{
	const struct app *app = r->call->app;
	char line[ROUTER__LINE_BYTES], json[FRAME_EVENT_BYTES];
	struct text t = text_of(line, sizeof line), j = text_of(json, sizeof json);

	if (!app)
		return;
	router_count_add(&r->w->router->count, app->id, router_log_status(r));
	if (!app->router_logs)
		return;
	router__line(r, &t);
	text_add(&j, SLICE("{\"app\":"));
	text_json(&j, app->name);
	text_add(&j, SLICE(",\"id\":"));
	text_json(&j, app->id);
	text_printf(&j, ",\"time\":%lld,\"line\":", (long long)loop_wall_ms(r->w->loop));
	text_json(&j, text_slice(&t));
	text_byte(&j, '}');
	if (t.bad || j.bad)
		counter_add(&r->w->counters, events_dropped, 1);
	else
		events_send(r->w, "router", text_slice(&j));
}
