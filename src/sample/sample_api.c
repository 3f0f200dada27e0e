/* SPDX-License-Identifier: Apache-2.0 */
/* sample_api: JSON about the app and about what reached it; uploads are summed up as they pass, never collected. */
#include "sample/sample_reply.h"
#include "sample/sample_route.h"

/* JSON makes at most six bytes of one ("\u00e4"), and each header costs its quotes and brackets. */
enum { API_JSON_FACTOR = 6, API_HEADER_BYTES = 16, API_COUNT_BYTES = 32, API_BYTES = 2048 };

static void sample_api__send(struct sample_request *rq, struct text *t)
{
	sample_reply_field(rq, SLICE("Cache-Control"), SLICE("no-store"));
	sample_reply_text(rq, 200, SAMPLE_JSON, t);
}

void sample_route_time(struct sample_request *rq)
{
	struct text t = sample_reply_room(rq, API_BYTES);
	char date[DATE_BYTES];

	date_print(loop_wall_s(sample_site_loop(rq)), date);
	text_add(&t, SLICE("{\"time\":"));
	text_json(&t, slice_of(date, sizeof date));
	text_add(&t, SLICE(",\"unix_ms\":"));
	text_i64(&t, loop_wall_ms(sample_site_loop(rq)));
	text_add(&t, SLICE(",\"name\":"));
	text_json(&t, rq->site->name);
	text_add(&t, SLICE(",\"count\":"));
	text_u64(&t, rq->count->answers);
	text_add(&t, SLICE("}\n"));
	sample_api__send(rq, &t);
}

void sample_route_headers(struct sample_request *rq)
{
	const struct http_request *q = &rq->x->req;
	size_t bytes = q->path.n + q->method.n;
	char client[IP_PORT_TEXT_BYTES];

	for (size_t i = 0; i < q->fields_n; i++)
		bytes += q->fields[i].name.n + q->fields[i].value.n + API_HEADER_BYTES;
	struct text t = sample_reply_room(rq, API_BYTES + bytes * API_JSON_FACTOR);
	text_add(&t, SLICE("{\"name\":"));
	text_json(&t, rq->site->name);
	text_add(&t, SLICE(",\"client\":"));
	text_json(&t, slice_of(client, ip_port_print(&q->client, client)));
	text_add(&t, SLICE(",\"version\":"));
	text_json(&t, q->version == 10 ? SLICE("1.0") : SLICE("1.1"));
	text_add(&t, SLICE(",\"method\":"));
	text_json(&t, q->method);
	text_add(&t, SLICE(",\"target\":"));
	text_json(&t, q->path);
	text_add(&t, SLICE(",\"headers\":["));
	for (size_t i = 0; i < q->fields_n; i++) {
		text_add(&t, i ? SLICE(",\n[") : SLICE("\n["));
		text_json(&t, q->fields[i].name);
		text_byte(&t, ',');
		text_json(&t, q->fields[i].value);
		text_byte(&t, ']');
	}
	text_add(&t, SLICE("\n]}\n"));
	sample_api__send(rq, &t);
}

void sample_route_counter(struct sample_request *rq)
{
	const struct sample_site *s = rq->site;
	size_t bytes = 0;
	uint64_t total = 0;

	for (const struct sample_count *c = s->first; c; c = c->next) {
		bytes += c->path.n * API_JSON_FACTOR + API_COUNT_BYTES;
		total += c->answers;
	}
	struct text t = sample_reply_room(rq, API_BYTES + bytes);
	text_add(&t, SLICE("{\"name\":"));
	text_json(&t, s->name);
	text_add(&t, SLICE(",\"uptime_s\":"));
	text_i64(&t, loop_wall_s(sample_site_loop(rq)) - s->started_s);
	text_add(&t, SLICE(",\"total\":"));
	text_u64(&t, total);
	text_add(&t, SLICE(",\"paths\":{"));
	for (const struct sample_count *c = s->first; c; c = c->next) {
		text_add(&t, c == s->first ? SLICE("\n") : SLICE(",\n"));
		text_json(&t, c->path);
		text_byte(&t, ':');
		text_u64(&t, c->answers);
	}
	text_add(&t, SLICE("\n}}\n"));
	sample_api__send(rq, &t);
}

/* ---- uploads */

struct sample_api_sum {
	uint64_t bytes, fnv;
};

/* FNV-1a, byte by byte as the body passes; folded at the end it equals hash_check32 of the whole. */
static void sample_api__upload_body(struct sample_request *rq, struct slice data, bool end)
{
	struct sample_api_sum *sum = rq->state;
	uint64_t h = sum->fnv;

	for (size_t i = 0; i < data.n; i++)
		h = (h ^ (uint8_t)data.p[i]) * 0x100000001b3ULL;
	sum->fnv = h;
	sum->bytes += data.n;
	if (!end)
		return;
	struct text t = sample_reply_room(rq, API_BYTES);
	text_add(&t, SLICE("{\"bytes\":"));
	text_u64(&t, sum->bytes);
	text_add(&t, SLICE(",\"checksum\":\""));
	text_hex(&t, (uint32_t)(h ^ (h >> 32)), 8);
	text_add(&t, SLICE("\",\"name\":"));
	text_json(&t, rq->site->name);
	text_add(&t, SLICE("}\n"));
	sample_api__send(rq, &t);
}

void sample_route_upload(struct sample_request *rq)
{
	static const struct sample_flow flow = { .on_body = sample_api__upload_body };
	struct sample_api_sum *sum = arena_alloc(rq->x->arena, sizeof *sum);

	if (!sum) {
		sample_reply_note(rq, 431, SLICE("The request is too large.\n"));
		return;
	}
	*sum = (struct sample_api_sum){ 0, 0xcbf29ce484222325ULL };
	rq->state = sum;
	if (rq->x->req.has_body)
		sample_reply_read(rq, &flow);
	else
		sample_api__upload_body(rq, slice_of(NULL, 0), true);
}
