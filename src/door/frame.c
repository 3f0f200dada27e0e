/* SPDX-License-Identifier: Apache-2.0 */
/* frame: see frame.h. Reading goes through the bounded cursor, so no length from outside is trusted. */
#include "door/frame.h"

#include "base/check.h"
#include "base/cursor.h"
#include "base/hash.h"

enum { FRAME__TEXT_MAX = 1000 };

/* ---- reading ---- */

enum err frame_take(struct slice in, size_t payload_max, struct frame *ret, size_t *ret_used)
{
	struct cursor c = cursor_of(in);
	uint32_t n = cursor_u32(&c);
	struct frame f;

	f.version = cursor_u16(&c);
	f.type = cursor_u8(&c);
	f.flags = cursor_u8(&c);
	if (c.bad)
		return ERR_AGAIN;
	if (n > payload_max)
		return ERR_FRAME_LARGE;
	f.payload = cursor_bytes(&c, n);
	if (c.bad)
		return ERR_AGAIN;
	*ret = f;
	*ret_used = FRAME_HEAD_BYTES + (size_t)n;
	return OK;
}

static struct slice frame__text(struct cursor *c)
{
	return cursor_bytes(c, cursor_u16(c));
}

static enum err frame__end(const struct cursor *c)
{
	return c->bad || cursor_left(c) ? ERR_FRAME : OK;
}

static bool frame__names_ok(struct slice kind, struct slice name)
{
	return kind.n && kind.n < FRAME_KIND_BYTES && name.n && name.n < FRAME_NAME_BYTES;
}

static bool frame__event_ok(const struct frame_event *e)
{
	return e->kind.n && e->kind.n < FRAME_KIND_BYTES && e->json.n && e->json.n <= FRAME_EVENT_BYTES;
}

enum err frame_read_hello(struct slice payload, struct frame_hello *ret)
{
	struct cursor c = cursor_of(payload);
	struct frame_hello h;

	h.pid = cursor_u32(&c);
	h.generation = cursor_u32(&c);
	h.name = frame__text(&c);
	h.count = cursor_u32(&c);
	h.items = cursor_bytes(&c, cursor_left(&c));
	TRY(frame__end(&c));
	*ret = h;
	return OK;
}

enum err frame_item_take(struct slice *rest, struct frame_item *ret)
{
	struct cursor c = cursor_of(*rest);
	struct frame_item item = { .kind = frame__text(&c) };

	item.name = frame__text(&c);
	item.revision = cursor_u64(&c);
	item.hash = cursor_u64(&c);
	if (c.bad || !frame__names_ok(item.kind, item.name))
		return ERR_FRAME;
	*rest = slice_from(*rest, c.at);
	*ret = item;
	return OK;
}

enum err frame_read_welcome(struct slice payload, struct frame_welcome *ret)
{
	struct cursor c = cursor_of(payload);
	struct frame_welcome w = { .error = (int32_t)cursor_u32(&c) };

	w.reason = frame__text(&c);
	TRY(frame__end(&c));
	*ret = w;
	return OK;
}

enum err frame_read_put(struct slice payload, bool has_json, struct frame_put *ret)
{
	struct cursor c = cursor_of(payload);
	struct frame_put p = { 0 };

	p.seq = cursor_u64(&c);
	p.revision = cursor_u64(&c);
	p.kind = frame__text(&c);
	p.name = frame__text(&c);
	if (has_json)
		p.json = cursor_bytes(&c, cursor_u32(&c));
	TRY(frame__end(&c));
	if (!frame__names_ok(p.kind, p.name))
		return ERR_FRAME;
	*ret = p;
	return OK;
}

enum err frame_read_ack(struct slice payload, struct frame_ack *ret)
{
	struct cursor c = cursor_of(payload);
	struct frame_ack a;

	a.seq = cursor_u64(&c);
	a.revision = cursor_u64(&c);
	a.error = (int32_t)cursor_u32(&c);
	a.live_us = cursor_u64(&c);
	a.kind = frame__text(&c);
	a.name = frame__text(&c);
	a.where = frame__text(&c);
	a.text = frame__text(&c);
	TRY(frame__end(&c));
	if (!frame__names_ok(a.kind, a.name))
		return ERR_FRAME;
	*ret = a;
	return OK;
}

enum err frame_read_command(struct slice payload, struct frame_command_call *ret)
{
	struct cursor c = cursor_of(payload);
	struct frame_command_call call = { .seq = cursor_u64(&c) };
	uint8_t kind = cursor_u8(&c);

	call.json = cursor_bytes(&c, cursor_u32(&c));
	TRY(frame__end(&c));
	if (kind == 0 || kind >= FRAME_COMMAND_COUNT)
		return ERR_FRAME;
	call.kind = (enum frame_command)kind;
	*ret = call;
	return OK;
}

enum err frame_read_reply(struct slice payload, struct frame_reply *ret)
{
	struct cursor c = cursor_of(payload);
	struct frame_reply r = { .seq = cursor_u64(&c) };

	r.error = (int32_t)cursor_u32(&c);
	r.took_us = cursor_u64(&c);
	r.where = frame__text(&c);
	r.text = frame__text(&c);
	r.json = cursor_bytes(&c, cursor_u32(&c));
	TRY(frame__end(&c));
	*ret = r;
	return OK;
}

enum err frame_read_event(struct slice payload, struct frame_event *ret)
{
	struct cursor c = cursor_of(payload);
	struct frame_event e = { .kind = frame__text(&c) };

	e.json = cursor_bytes(&c, cursor_u32(&c));
	TRY(frame__end(&c));
	if (!frame__event_ok(&e))
		return ERR_FRAME;
	*ret = e;
	return OK;
}

enum err frame_read_counters(struct slice payload, uint32_t *ret_count, struct slice *ret_rest)
{
	struct cursor c = cursor_of(payload);
	uint32_t count = cursor_u16(&c);

	if (c.bad)
		return ERR_FRAME;
	*ret_count = count;
	*ret_rest = slice_from(payload, c.at);
	return OK;
}

enum err frame_counter_take(struct slice *rest, struct frame_counter *ret)
{
	struct cursor c = cursor_of(*rest);
	struct frame_counter one = { .name = frame__text(&c) };

	one.value = cursor_u64(&c);
	if (c.bad)
		return ERR_FRAME;
	*rest = slice_from(*rest, c.at);
	*ret = one;
	return OK;
}

/* ---- writing ---- */

/* Room for a frame of exactly that payload with its header written; bad when the buffer refused. */
static struct cursor_out frame__begin(struct buf *b, enum frame_type type, uint8_t flags, size_t payload_n)
{
	char *at = payload_n > UINT32_MAX ? NULL : buf_room(b, FRAME_HEAD_BYTES + payload_n);
	struct cursor_out c = cursor_out_of(at, at ? FRAME_HEAD_BYTES + payload_n : 0);

	c.bad = at == NULL;
	cursor_put_u32(&c, (uint32_t)payload_n);
	cursor_put_u16(&c, FRAME_VERSION);
	cursor_put_u8(&c, (uint8_t)type);
	cursor_put_u8(&c, flags);
	return c;
}

static enum err frame__commit(struct buf *b, const struct cursor_out *c)
{
	if (c->bad || c->at != c->n)
		return ERR_QUEUE_FULL;
	buf_commit(b, c->n);
	return OK;
}

static void frame__put_text(struct cursor_out *c, struct slice s)
{
	cursor_put_u16(c, (uint16_t)s.n);
	cursor_put_bytes(c, s);
}

enum err frame_write_empty(struct buf *b, enum frame_type type)
{
	struct cursor_out c = frame__begin(b, type, 0, 0);

	return frame__commit(b, &c);
}

enum err frame_write_hello(struct buf *b, const struct frame_hello *h, struct slice items, bool more)
{
	struct slice name = slice_first(h->name, FRAME__TEXT_MAX);
	struct cursor_out c = frame__begin(b, FRAME_HELLO, more ? FRAME_MORE : 0, 14 + name.n + items.n);

	cursor_put_u32(&c, h->pid);
	cursor_put_u32(&c, h->generation);
	frame__put_text(&c, name);
	cursor_put_u32(&c, h->count);
	cursor_put_bytes(&c, items);
	return frame__commit(b, &c);
}

enum err frame_item_write(struct buf *items, const struct frame_item *item)
{
	size_t n = 20 + item->kind.n + item->name.n;
	char *at = buf_room(items, n);
	struct cursor_out c = cursor_out_of(at, at ? n : 0);

	frame__put_text(&c, item->kind);
	frame__put_text(&c, item->name);
	cursor_put_u64(&c, item->revision);
	cursor_put_u64(&c, item->hash);
	return frame__commit(items, &c);
}

enum err frame_write_welcome(struct buf *b, const struct frame_welcome *w)
{
	struct slice reason = slice_first(w->reason, FRAME__TEXT_MAX);
	struct cursor_out c = frame__begin(b, FRAME_WELCOME, 0, 6 + reason.n);

	cursor_put_u32(&c, (uint32_t)w->error);
	frame__put_text(&c, reason);
	return frame__commit(b, &c);
}

static void frame__put_item_head(struct cursor_out *c, const struct frame_put *p)
{
	cursor_put_u64(c, p->seq);
	cursor_put_u64(c, p->revision);
	frame__put_text(c, p->kind);
	frame__put_text(c, p->name);
}

enum err frame_write_put(struct buf *b, const struct frame_put *p)
{
	if (p->json.n > UINT32_MAX - FRAME_OVERHEAD_BYTES)
		return ERR_QUEUE_FULL;
	struct cursor_out c = frame__begin(b, FRAME_PUT, 0, 24 + p->kind.n + p->name.n + p->json.n);
	frame__put_item_head(&c, p);
	cursor_put_u32(&c, (uint32_t)p->json.n);
	cursor_put_bytes(&c, p->json);
	return frame__commit(b, &c);
}

enum err frame_write_delete(struct buf *b, const struct frame_put *p)
{
	struct cursor_out c = frame__begin(b, FRAME_DELETE, 0, 20 + p->kind.n + p->name.n);

	frame__put_item_head(&c, p);
	return frame__commit(b, &c);
}

enum err frame_write_ack(struct buf *b, const struct frame_ack *a)
{
	struct slice where = slice_first(a->where, FRAME__TEXT_MAX), text = slice_first(a->text, FRAME__TEXT_MAX);
	size_t n = 36 + a->kind.n + a->name.n + where.n + text.n;
	struct cursor_out c = frame__begin(b, FRAME_ACK, 0, n);

	cursor_put_u64(&c, a->seq);
	cursor_put_u64(&c, a->revision);
	cursor_put_u32(&c, (uint32_t)a->error);
	cursor_put_u64(&c, a->live_us);
	frame__put_text(&c, a->kind);
	frame__put_text(&c, a->name);
	frame__put_text(&c, where);
	frame__put_text(&c, text);
	return frame__commit(b, &c);
}

enum err frame_write_command(struct buf *b, const struct frame_command_call *call)
{
	if (call->json.n > UINT32_MAX - FRAME_OVERHEAD_BYTES)
		return ERR_QUEUE_FULL;
	struct cursor_out c = frame__begin(b, FRAME_COMMAND, 0, 13 + call->json.n);

	cursor_put_u64(&c, call->seq);
	cursor_put_u8(&c, (uint8_t)call->kind);
	cursor_put_u32(&c, (uint32_t)call->json.n);
	cursor_put_bytes(&c, call->json);
	return frame__commit(b, &c);
}

enum err frame_write_reply(struct buf *b, const struct frame_reply *r)
{
	struct slice where = slice_first(r->where, FRAME__TEXT_MAX), text = slice_first(r->text, FRAME__TEXT_MAX);

	if (r->json.n > UINT32_MAX - FRAME_OVERHEAD_BYTES)
		return ERR_QUEUE_FULL;
	struct cursor_out c = frame__begin(b, FRAME_REPLY, 0, 28 + where.n + text.n + r->json.n);
	cursor_put_u64(&c, r->seq);
	cursor_put_u32(&c, (uint32_t)r->error);
	cursor_put_u64(&c, r->took_us);
	frame__put_text(&c, where);
	frame__put_text(&c, text);
	cursor_put_u32(&c, (uint32_t)r->json.n);
	cursor_put_bytes(&c, r->json);
	return frame__commit(b, &c);
}

enum err frame_write_counters(struct buf *b, const struct frame_counter *counters, size_t n)
{
	size_t bytes = 2;

	for (size_t i = 0; i < n; i++)
		bytes += 10 + counters[i].name.n;
	if (n > UINT16_MAX)
		return ERR_QUEUE_FULL;
	struct cursor_out c = frame__begin(b, FRAME_COUNTERS, 0, bytes);
	cursor_put_u16(&c, (uint16_t)n);
	for (size_t i = 0; i < n; i++) {
		frame__put_text(&c, counters[i].name);
		cursor_put_u64(&c, counters[i].value);
	}
	return frame__commit(b, &c);
}

enum err frame_write_event(struct buf *b, const struct frame_event *e)
{
	CHECK(frame__event_ok(e));
	struct cursor_out c = frame__begin(b, FRAME_EVENT, 0, 6 + e->kind.n + e->json.n);
	frame__put_text(&c, e->kind);
	cursor_put_u32(&c, (uint32_t)e->json.n);
	cursor_put_bytes(&c, e->json);
	return frame__commit(b, &c);
}

uint64_t frame_content_hash(struct slice json)
{
	/* A fixed key: both ends must agree, and whoever writes plan files gains nothing from a collision. */
	static const struct hash_key key = { 0x73656177616c6c31, 0x706c616e6974656d };

	return hash_bytes(&key, json);
}

const char *frame_type_name(uint8_t type)
{
	static const char *const names[] = {
		[FRAME_HELLO] = "HELLO",     [FRAME_WELCOME] = "WELCOME",   [FRAME_PUT] = "PUT",
		[FRAME_DELETE] = "DELETE",   [FRAME_SYNCED] = "SYNCED",     [FRAME_ACK] = "ACK",
		[FRAME_COMMAND] = "COMMAND", [FRAME_COUNTERS] = "COUNTERS", [FRAME_EVENT] = "EVENT",
		[FRAME_PING] = "PING",       [FRAME_PONG] = "PONG",         [FRAME_REPLY] = "REPLY",
	};

	return type < sizeof names / sizeof names[0] && names[type] ? names[type] : "?";
}
