/* SPDX-License-Identifier: Apache-2.0 */
/*
 * h2_guard: looks at the head of each frame before nghttp2 gets it. Two reasons: frames that cost us more than the
 * client are paid from a budget (rapid resets, CVE-2023-44487, and those that it provokes, CVE-2025-8671; CONTINUATION
 * floods; header blocks that grow when they are decoded, CVE-2016-6581; empty frames, settings, pings and tiny windows,
 * CVE-2019-9511 and its neighbours), and frames on streams that have closed, which nghttp2 drops in
 * silence, end the connection as RFC 9113 section 5.1 asks.
 */
#include "proto/h2_conn.h"

enum {
	H2_GUARD__PREFACE = 24,
	H2_GUARD__THOUSAND = 1000,
	H2_GUARD__EARN_ANSWER = 8,
	H2_GUARD__EARN_DATA = 4, /* a client that is sent much opens its window often */
	H2_GUARD__DATA_BYTES = 1024,
	/* What a frame costs. The budget is limit h2_points_max, and 1/10 of it comes back in a second. */
	H2_GUARD__RESET = 4,
	H2_GUARD__SETTINGS = 20,
	H2_GUARD__PING = 5,
	H2_GUARD__EMPTY = 10,
	H2_GUARD__CONTINUATION = 10,
	H2_GUARD__OTHER = 2,
	H2_GUARD__DECODED_BYTES = 8192, /* one point for so many bytes of fields */
	H2_GUARD__DECODED_TIMES = 4     /* a block may become so many times the largest head; more is no mistake */
};

struct h2_guard__frame {
	size_t n;
	uint8_t type, flags;
	int32_t id;
};

void h2_guard_init(struct h2_guard *g, uint64_t now_ms)
{
	*g = (struct h2_guard){ .preface_left = H2_GUARD__PREFACE, .points = INT64_MAX, .points_ms = now_ms };
}

void h2_guard_ended(struct h2_guard *g, int32_t id)
{
	g->ended[g->ended_n++ % H2_ENDED_KEPT] = id;
}

static void h2_guard__earn(struct h2_guard *g, int64_t points)
{
	if (g->points < INT64_MAX - points * H2_GUARD__THOUSAND)
		g->points += points * H2_GUARD__THOUSAND;
}

void h2_guard_answered(struct h2_guard *g)
{
	h2_guard__earn(g, H2_GUARD__EARN_ANSWER);
}

void h2_guard_sent(struct h2_guard *g, size_t n)
{
	if (n >= H2_GUARD__DATA_BYTES)
		h2_guard__earn(g, H2_GUARD__EARN_DATA);
}

/* False when the budget is used up. */
static bool h2_guard__pay(struct h2_conn *c, unsigned points)
{
	struct h2_guard *g = &c->guard;
	int64_t max = (int64_t)c->p->limits->h2_points_max * H2_GUARD__THOUSAND;
	uint64_t now = loop_now_ms(c->p->loop);

	if (points == 0)
		return true;
	if (now > g->points_ms && g->points < max)
		g->points += (int64_t)(now - g->points_ms) * (int64_t)c->p->limits->h2_points_max / 10;
	g->points_ms = now;
	if (g->points > max)
		g->points = max;
	g->points -= (int64_t)points * H2_GUARD__THOUSAND;
	return g->points >= 0;
}

bool h2_guard_field(struct h2_conn *c, size_t n)
{
	c->guard.decoded += n;
	return c->guard.decoded <= H2_GUARD__DECODED_TIMES * c->p->limits->head_bytes_max;
}

bool h2_guard_block_done(struct h2_conn *c)
{
	unsigned points = (unsigned)(c->guard.decoded / H2_GUARD__DECODED_BYTES);

	c->guard.decoded = 0;
	return h2_guard__pay(c, points);
}

bool h2_guard_fault(struct h2_conn *c)
{
	return h2_guard__pay(c, H2_GUARD__RESET);
}

static unsigned h2_guard__cost(const struct h2_guard__frame *f)
{
	bool ends = f->flags & NGHTTP2_FLAG_END_STREAM;

	switch (f->type) {
	case NGHTTP2_DATA:
		return f->n == 0 && !ends ? H2_GUARD__EMPTY : 0;
	case NGHTTP2_HEADERS:
		return f->n == 0 ? H2_GUARD__EMPTY : 0;
	case NGHTTP2_CONTINUATION:
		return H2_GUARD__CONTINUATION;
	case NGHTTP2_RST_STREAM:
		return H2_GUARD__RESET;
	case NGHTTP2_SETTINGS:
		return f->flags & NGHTTP2_FLAG_ACK ? H2_GUARD__OTHER : H2_GUARD__SETTINGS;
	case NGHTTP2_PING:
		return H2_GUARD__PING;
	default:
		return H2_GUARD__OTHER;
	}
}

/* A header block is bounded as it comes, before it is decoded. */
static bool h2_guard__block(struct h2_conn *c, const struct h2_guard__frame *f)
{
	struct h2_guard *g = &c->guard;

	if (f->type != NGHTTP2_HEADERS && f->type != NGHTTP2_CONTINUATION)
		return true;
	if (f->type == NGHTTP2_HEADERS) {
		g->block_bytes = 0;
		c->block_ms = loop_now_ms(c->p->loop);
	}
	g->block_bytes += f->n + sizeof g->head;
	if (g->block_bytes > c->p->limits->head_bytes_max)
		return false;
	if (f->flags & NGHTTP2_FLAG_END_HEADERS)
		g->block_bytes = 0;
	return true;
}

static bool h2_guard__we_ended(const struct h2_guard *g, int32_t id)
{
	size_t n = g->ended_n < H2_ENDED_KEPT ? g->ended_n : H2_ENDED_KEPT;

	for (size_t i = 0; i < n; i++)
		if (g->ended[i] == id)
			return true;
	return false;
}

/* HEADERS and DATA on a stream that was open and is no more. */
static uint32_t h2_guard__stream(struct h2_conn *c, const struct h2_guard__frame *f)
{
	struct h2_guard *g = &c->guard;

	if (f->id % 2 == 0 || (f->type != NGHTTP2_HEADERS && f->type != NGHTTP2_DATA))
		return NGHTTP2_NO_ERROR;
	if (f->id > g->last_id) {
		if (f->type == NGHTTP2_HEADERS)
			g->last_id = f->id;
		return NGHTTP2_NO_ERROR;
	}
	if (nghttp2_session_get_stream_user_data(c->session, f->id) || h2_guard__we_ended(g, f->id))
		return NGHTTP2_NO_ERROR;
	return NGHTTP2_STREAM_CLOSED;
}

static uint32_t h2_guard__judge(struct h2_conn *c)
{
	struct h2_guard *g = &c->guard;
	const uint8_t *h = g->head;
	const struct h2_guard__frame f = { (size_t)h[0] << 16 | (size_t)h[1] << 8 | h[2], h[3], h[4],
					   (int32_t)((uint32_t)(h[5] & 0x7f) << 24 | (uint32_t)h[6] << 16 |
						     (uint32_t)h[7] << 8 | h[8]) };

	g->payload_left = f.n;
	if (!h2_guard__pay(c, h2_guard__cost(&f)) || !h2_guard__block(c, &f)) {
		counter_add(c->p->counters, h2_calmed, 1);
		return NGHTTP2_ENHANCE_YOUR_CALM;
	}
	if (f.type == NGHTTP2_PRIORITY && f.id == 0)
		return NGHTTP2_PROTOCOL_ERROR; /* RFC 9113 6.3; with priorities off nghttp2 does not look */
	return h2_guard__stream(c, &f);
}

size_t h2_guard_next(struct h2_conn *c, struct slice in, uint32_t *ret_code)
{
	struct h2_guard *g = &c->guard;
	size_t n;

	*ret_code = NGHTTP2_NO_ERROR;
	if (g->preface_left) {
		n = in.n < g->preface_left ? in.n : g->preface_left;
		g->preface_left -= n;
		return n;
	}
	if (g->payload_left) {
		n = in.n < g->payload_left ? in.n : g->payload_left;
		g->payload_left -= n;
		return n;
	}
	n = sizeof g->head - g->head_n;
	n = in.n < n ? in.n : n;
	memcpy(g->head + g->head_n, in.p, n);
	g->head_n += n;
	if (g->head_n < sizeof g->head)
		return n;
	g->head_n = 0;
	*ret_code = h2_guard__judge(c);
	return n;
}
