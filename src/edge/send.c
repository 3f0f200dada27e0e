/* SPDX-License-Identifier: Apache-2.0 */
/*
 * send: the step that moves the body, at the visitor's pace: from a stored object (complete, or still being filled by a
 * fetch that may be our own), in ranges of it, or from a page made here. What comes straight from an origin is moved by
 * fetch.c.
 */
#include "edge/request.h"
#include "edge/waf.h"

/* Until the session takes no more (false) or the text is out. */
static bool send__text(struct request *r, struct slice text, size_t *at)
{
	while (*at < text.n) {
		size_t n = r->x->ops->write(r->x, slice_from(text, *at));
		if (n == 0)
			return false;
		*at += n;
	}
	return true;
}

static enum flow send__over(struct request *r)
{
	answer_finish(r, NULL, 0);
	return request_go(r, STEP_DONE);
}

/* Waits for more of the object than `seen` bytes, unless there is more already; it was still being filled when we
 * looked. */
static enum flow send__wait_object(struct request *r, uint64_t seen)
{
	if (request_keep(r) != OK)
		return request_go(r, STEP_DONE); /* cannot happen before the head is out; abort */
	if (!r->object_held) {
		if (!cache_ref(r->object))
			return request_go(r, STEP_DONE);
		r->object_held = true;
	}
	cache_wait_cancel(&r->waiter);
	return cache_wait(r->object, &r->waiter, CACHE_FILLING, seen) ? FLOW_WAIT : FLOW_NEXT;
}

static enum flow send__wait_room(struct request *r)
{
	if (!r->object_held) {
		if (!cache_ref(r->object))
			return request_go(r, STEP_DONE);
		r->object_held = true;
	}
	return request_keep(r) == OK ? FLOW_WAIT : request_go(r, STEP_DONE);
}

/* The object ended before the answer did: the rest comes straight from the origin, or never. */
static enum flow send__object_failed(struct request *r)
{
	size_t zero = 0;

	if (!r->overflowed) {
		if (r->error == OK)
			r->error = ERR_ORIGIN_CUT;
		return request_go(r, STEP_DONE);
	}
	r->x->ops->write_all(r->x, slice_from(r->rest, zero));
	r->source = SOURCE_ORIGIN;
	answer_drop_object(r);
	if (r->client)
		client_read(r->client, true);
	return FLOW_WAIT;
}

static enum flow send__whole(struct request *r)
{
	for (;;) {
		bool end, failed;
		struct slice run = cache_body_at(r->object, r->sent, &end, &failed);
		size_t n = run.n ? r->x->ops->write(r->x, run) : 0;

		r->sent += n;
		if (n < run.n)
			return send__wait_room(r);
		if (end)
			return send__over(r);
		if (run.n)
			continue;
		if (failed)
			return send__object_failed(r);
		return send__wait_object(r, r->sent);
	}
}

static enum flow send__ranges(struct request *r)
{
	uint64_t size = cache_size(r->object);

	while (r->range_at < r->ranges_n) {
		const struct byte_range *g = &r->ranges[r->range_at];
		bool end, failed;

		if (!send__text(r, r->part, &r->part_sent))
			return send__wait_room(r);
		while (r->sent <= g->to) {
			uint64_t filled = cache_filled(r->object); /* before looking, so that no progress is missed */
			struct slice run = cache_body_at(r->object, r->sent, &end, &failed);
			run = slice_first(run, (size_t)(g->to - r->sent + 1));
			size_t n = run.n ? r->x->ops->write(r->x, run) : 0;
			r->sent += n;
			if (n < run.n)
				return send__wait_room(r);
			if (!run.n)
				return failed ? request_go(r, STEP_DONE) : send__wait_object(r, filled);
		}
		r->range_at++;
		r->part_sent = 0;
		if (r->range_at < r->ranges_n)
			r->sent = r->ranges[r->range_at].from;
		if (r->ranges_n > 1)
			r->part = answer_part(r, r->range_at, size);
	}
	if (!send__text(r, r->part, &r->part_sent))
		return send__wait_room(r);
	return send__over(r);
}

static enum flow send__page(struct request *r)
{
	size_t at = r->sent;
	bool done = send__text(r, r->page, &at);

	r->sent = at;
	return done ? send__over(r) : FLOW_WAIT;
}

/* fetch.c moves the bytes; those that the firewall held back go first. */
static enum flow send__through(struct request *r)
{
	bool ended;

	if (!waf_answer_held(r))
		return FLOW_WAIT;
	r->x->ops->write_all(r->x, waf_answer_take(r, &ended));
	if (ended)
		return send__over(r);
	if (r->client && r->x->ops->room(r->x))
		client_read(r->client, true);
	return FLOW_WAIT;
}

enum flow step_send(struct request *r)
{
	switch ((enum request_source)r->source) {
	case SOURCE_NONE:
		return send__over(r);
	case SOURCE_PAGE:
		return send__page(r);
	case SOURCE_ORIGIN:
		return send__through(r);
	case SOURCE_OBJECT:
		return r->ranges_n ? send__ranges(r) : send__whole(r);
	}
	return FLOW_WAIT;
}
