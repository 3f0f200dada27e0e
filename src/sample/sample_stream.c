/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sample_stream: answers that take their time or have no end. All of them stop when the client does not read, and go on
 * in on_room or with the request's timer.
 */
#include "base/check.h"
#include "sample/sample_reply.h"
#include "sample/sample_route.h"

/* Bytes that one download may write before others get their turn. */
enum { STREAM_TURN_BYTES = 1048576, STREAM_EVENT_MS = 1000 };

struct sample_stream {
	uint64_t at, bytes; /* pattern or drip: how far, of how many; events: number and last number */
	uint64_t every_ms, due_ms;
};

static struct sample_request *sample_stream__of(struct loop_timer *t)
{
	return LOOP_OWNER(t, struct sample_request, timer);
}

static struct sample_stream *sample_stream__new(struct sample_request *rq, uint64_t bytes, uint64_t every_ms)
{
	struct sample_stream *st = arena_alloc(rq->x->arena, sizeof *st);

	if (!st) {
		sample_reply_note(rq, 431, SLICE("The request is too large.\n"));
		return NULL;
	}
	*st = (struct sample_stream){ 0, bytes, every_ms, loop_now_ms(sample_site_loop(rq)) };
	rq->state = st;
	return st;
}

static void sample_stream__wait(struct sample_request *rq, loop_timer_fn fn)
{
	struct sample_stream *st = rq->state;

	st->due_ms += st->every_ms;
	if (st->due_ms < loop_now_ms(sample_site_loop(rq)))
		st->due_ms = loop_now_ms(sample_site_loop(rq)); /* the client did not read: no burst afterwards */
	rq->timer.fn = fn;
	loop_timer_set(sample_site_loop(rq), &rq->timer, st->due_ms);
}

/* ---- /download and /stream: the counting pattern */

static void sample_stream__pattern(struct sample_request *rq);

static void sample_stream__pattern_timer(struct loop_timer *t)
{
	sample_stream__pattern(sample_stream__of(t));
}

static void sample_stream__pattern(struct sample_request *rq)
{
	struct sample_stream *st = rq->state;
	size_t written = 0;

	while (st->at < st->bytes) {
		size_t from = (size_t)(st->at % SAMPLE_PATTERN_BYTES), n = SAMPLE_PATTERN_BYTES - from;
		if (n > st->bytes - st->at)
			n = (size_t)(st->bytes - st->at);
		if (written >= STREAM_TURN_BYTES) {
			rq->timer.fn = sample_stream__pattern_timer;
			loop_timer_set(sample_site_loop(rq), &rq->timer, loop_now_ms(sample_site_loop(rq)));
			return;
		}
		size_t taken = rq->x->ops->write(rq->x, slice_of(rq->site->pattern + from, n));
		st->at += taken;
		written += taken;
		if (taken < n)
			return; /* on_room goes on */
	}
	sample_reply_end(rq, NULL, 0);
}

static void sample_stream__send(struct sample_request *rq, enum http_body body)
{
	static const struct sample_flow flow = { .on_room = sample_stream__pattern };
	static const struct sample_range range = { 1048576, 0, 4294967296 };
	uint64_t bytes;

	if (!sample_reply_number(rq, SLICE("bytes"), &range, &bytes) || !sample_stream__new(rq, bytes, 0))
		return;
	if (!sample_reply_head(rq, 200, SLICE("application/octet-stream"), body, bytes))
		return;
	rq->flow = &flow;
	sample_stream__pattern(rq);
}

void sample_route_download(struct sample_request *rq)
{
	sample_stream__send(rq, HTTP_BODY_LENGTH);
}

void sample_route_stream(struct sample_request *rq)
{
	sample_stream__send(rq, HTTP_BODY_STREAM);
}

/* ---- /slow */

static void sample_stream__slow_timer(struct loop_timer *t)
{
	sample_reply_note(sample_stream__of(t), 200, SLICE("Good things take their time.\n"));
}

void sample_route_slow(struct sample_request *rq)
{
	static const struct sample_range range = { 1000, 0, 300000 };
	uint64_t ms;

	if (!sample_reply_number(rq, SLICE("ms"), &range, &ms) || !sample_stream__new(rq, 0, ms))
		return;
	sample_reply_field(rq, SLICE("Cache-Control"), SLICE("no-store"));
	sample_stream__wait(rq, sample_stream__slow_timer);
}

/* ---- /drip */

static void sample_stream__drip(struct sample_request *rq);

static void sample_stream__drip_timer(struct loop_timer *t)
{
	sample_stream__drip(sample_stream__of(t));
}

static void sample_stream__drip(struct sample_request *rq)
{
	struct sample_stream *st = rq->state;

	if (st->at < st->bytes) {
		if (!rq->x->ops->room(rq->x))
			return;
		rq->x->ops->write_all(rq->x, SLICE("."));
		st->at++;
	}
	if (st->at == st->bytes)
		sample_reply_end(rq, NULL, 0);
	else
		sample_stream__wait(rq, sample_stream__drip_timer);
}

void sample_route_drip(struct sample_request *rq)
{
	static const struct sample_flow flow = { .on_room = sample_stream__drip };
	static const struct sample_range bytes_range = { 10, 0, 1048576 }, ms_range = { 100, 1, 60000 };
	uint64_t bytes, ms;

	if (!sample_reply_number(rq, SLICE("bytes"), &bytes_range, &bytes) ||
	    !sample_reply_number(rq, SLICE("ms"), &ms_range, &ms) || !sample_stream__new(rq, bytes, ms))
		return;
	sample_reply_field(rq, SLICE("Cache-Control"), SLICE("no-store"));
	if (!sample_reply_head(rq, 200, SAMPLE_TEXT, HTTP_BODY_LENGTH, bytes))
		return;
	rq->flow = &flow;
	sample_stream__drip(rq);
}

/* ---- /events: server-sent events (WHATWG HTML 9.2) */

static void sample_stream__event(struct sample_request *rq);

static void sample_stream__event_timer(struct loop_timer *t)
{
	sample_stream__event(sample_stream__of(t));
}

static void sample_stream__event(struct sample_request *rq)
{
	struct sample_stream *st = rq->state;
	char event[96];
	struct text t = text_of(event, sizeof event);

	if (!rq->x->ops->room(rq->x))
		return;
	st->at++;
	text_add(&t, SLICE("event: tide\nid: "));
	text_u64(&t, st->at);
	text_add(&t, SLICE("\ndata: "));
	text_u64(&t, st->at);
	text_add(&t, SLICE("\n\n"));
	CHECK(!t.bad);
	rq->x->ops->write_all(rq->x, text_slice(&t));
	if (st->at == st->bytes)
		sample_reply_end(rq, NULL, 0);
	else
		sample_stream__wait(rq, sample_stream__event_timer);
}

void sample_route_events(struct sample_request *rq)
{
	static const struct sample_flow flow = { .on_room = sample_stream__event };
	static const struct sample_range range = { UINT64_MAX, 1, UINT64_MAX };
	uint64_t n;

	if (!sample_reply_number(rq, SLICE("n"), &range, &n) || !sample_stream__new(rq, n, STREAM_EVENT_MS))
		return;
	sample_reply_field(rq, SLICE("Cache-Control"), SLICE("no-cache"));
	if (!sample_reply_head(rq, 200, SLICE("text/event-stream"), HTTP_BODY_STREAM, 0))
		return;
	rq->flow = &flow;
	sample_stream__event(rq);
}

/* ---- /trailers and /early */

void sample_route_trailers(struct sample_request *rq)
{
	const struct slice body = SLICE("The sum of this text comes after it.\n");
	char sum[9], bytes[20];
	struct text s = text_of(sum, sizeof sum), n = text_of(bytes, sizeof bytes);

	sample_reply_field(rq, SLICE("Trailer"), SLICE("X-Sample-Checksum, X-Sample-Bytes"));
	if (!sample_reply_head(rq, 200, SAMPLE_TEXT, HTTP_BODY_STREAM, 0))
		return;
	text_hex(&s, hash_check32(body), 8);
	text_u64(&n, body.n);
	const struct field trailers[] = { { SLICE("X-Sample-Checksum"), text_slice(&s), FIELD_OTHER },
					  { SLICE("X-Sample-Bytes"), text_slice(&n), FIELD_OTHER } };
	rq->x->ops->write_all(rq->x, body);
	sample_reply_end(rq, trailers, sizeof trailers / sizeof *trailers);
}

void sample_route_early(struct sample_request *rq)
{
	const struct field link = { SLICE("Link"), SLICE("</static/style.css>; rel=preload; as=style"), FIELD_OTHER };

	rq->x->ops->interim(rq->x, 103, &link, 1);
	sample_reply_field(rq, link.name, link.value);
	sample_reply_note(rq, 200, SLICE("The style sheet was announced before this line.\n"));
}
