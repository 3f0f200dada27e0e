/* SPDX-License-Identifier: Apache-2.0 */
/* peer: see peer.h. */
#include "control/peer.h"

#include "base/mem.h"
#include "model/sweep.h"
#include "sys/clock.h"

#include <jansson.h>
#include <poll.h>
#include <stdio.h>

enum { PEER__WINDOW_BYTES = 4 << 20, PEER__PING_MS = 5000, PEER__SILENCE_MS = 15000 };

struct peer *peer_new(int fd, const struct limits *limits, struct desired *desired, uint64_t now_ms)
{
	struct peer *p = mem_alloc(sizeof *p);

	link_init(&p->link, fd, limits->plan_item_bytes_max, limits->door_queue_bytes_max);
	p->limits = limits;
	p->desired = desired;
	p->heard_ms = now_ms;
	p->ping_at_ms = now_ms + PEER__PING_MS;
	p->counters = mem_alloc_array(PEER_COUNTERS_MAX, sizeof *p->counters);
	p->commands = mem_alloc_array(PEER_COMMANDS_MAX, sizeof *p->commands);
	map_init(&p->items);
	return p;
}

/* Takes the command out of its slot and tells who asked. */
static void peer__answered(struct peer *p, struct peer_command *slot, const struct peer_reply *reply)
{
	struct peer_command c = *slot;

	slot->seq = 0;
	c.fn(c.arg, p, reply);
}

void peer_free(struct peer *p)
{
	const struct peer_reply left = { .error = ERR_CLOSED, .text = SLICE("the edge left") };
	struct slice key;
	void *value;

	if (!p)
		return;
	p->welcome = false; /* whoever is told now cannot ask this edge again */
	for (size_t i = 0; i < PEER_COMMANDS_MAX; i++)
		if (p->commands[i].seq)
			peer__answered(p, &p->commands[i], &left);
	for (size_t at = 0; map_next(&p->items, &at, &key, &value);) {
		struct peer_item *it = value;
		mem_free(it->reason);
		mem_free(it);
	}
	map_fini(&p->items);
	link_fini(&p->link);
	mem_free(p->counters);
	mem_free(p->commands);
	mem_free(p);
}

const struct peer_item *peer_find(const struct peer *p, struct slice key)
{
	return map_get(&p->items, key);
}

static struct peer_item *peer__item(struct peer *p, struct slice kind, struct slice name)
{
	char text[KIND_KEY_BYTES];
	struct slice key = kind_key(text, kind, name);
	struct peer_item *it = map_get(&p->items, key);

	if (it)
		return it;
	it = mem_alloc(sizeof *it + key.n);
	it->key_n = key.n;
	it->kind_n = kind.n;
	memcpy(it->key, key.p, key.n);
	map_put(&p->items, slice_of(it->key, it->key_n), it);
	p->extras_at = 0; /* the table may have grown under the walk */
	return it;
}

/* ---- what the edge says ---- */

static enum err peer__refuse(struct peer *p, const char *reason)
{
	struct frame_welcome w = { ERR_FRAME, slice_str(reason) };

	/* It is told as far as the socket takes it, then closed. */
	if (frame_write_welcome(&p->link.out, &w) == OK && link_write(&p->link) != OK)
		return ERR_CLOSED;
	return ERR_FRAME;
}

static enum err peer__on_hello(struct peer *p, const struct frame *f)
{
	char reason[160];
	struct frame_hello h;
	struct frame_item item;

	if (f->version != FRAME_VERSION) {
		snprintf(reason, sizeof reason, "this control speaks version %d of the door, not %u: upgrade both ends",
			 FRAME_VERSION, f->version);
		return peer__refuse(p, reason);
	}
	TRY(frame_read_hello(f->payload, &h));
	p->pid = h.pid;
	p->generation = h.generation;
	for (uint32_t i = 0; i < h.count; i++) {
		TRY(frame_item_take(&h.items, &item));
		if (p->items.count > p->limits->plan_items_max * 2)
			return ERR_FRAME;
		struct peer_item *it = peer__item(p, item.kind, item.name);
		it->revision = item.revision;
		it->hash = item.hash;
		it->live = true;
		desired_saw_revision(p->desired, item.revision);
	}
	if (h.items.n)
		return ERR_FRAME;
	if (f->flags & FRAME_MORE)
		return OK;
	p->welcome = true;
	p->extras = true;
	p->extras_at = 0;
	p->next = desired_oldest(p->desired);
	p->changed = true;
	struct frame_welcome w = { OK, SLICE("") };
	return frame_write_welcome(&p->link.out, &w);
}

static void peer__accepted(struct peer *p, struct peer_item *it)
{
	it->live = !it->sent_delete;
	it->revision = it->sent_revision;
	it->hash = it->sent_hash;
	it->refused_hash = 0;
	mem_free(it->reason);
	it->reason = NULL;
}

static void peer__rejected(struct peer *p, struct peer_item *it, const struct frame_ack *a)
{
	char reason[DIAG_WHERE_BYTES + DIAG_TEXT_BYTES], name[KIND_KEY_BYTES];

	snprintf(reason, sizeof reason, "%.*s%s%.*s", SLICE_ARG(a->where), a->where.n ? ": " : "", SLICE_ARG(a->text));
	kind_key(name, a->kind, a->name);
	it->refused_hash = it->sent_hash;
	mem_free(it->reason);
	it->reason = mem_dup(slice_str(reason));
	if (p->refused)
		p->refused(p, name, reason);
}

static enum err peer__on_ack(struct peer *p, const struct frame *f)
{
	char key[KIND_KEY_BYTES];
	struct frame_ack a;

	TRY(frame_read_ack(f->payload, &a));
	struct peer_item *it = map_get(&p->items, kind_key(key, a.kind, a.name));
	if (!it || a.revision != it->sent_revision)
		return OK; /* of something that was overtaken by a newer one */
	it->ack_us = (clock_mono_ns() - it->sent_ns) / 1000;
	p->ack_us_last = it->ack_us;
	if (a.error == OK)
		peer__accepted(p, it);
	else
		peer__rejected(p, it, &a);
	it->sent_revision = 0;
	p->changed = true;
	/* The edge has something newer than we knew: begin anew from what it says it has. */
	return a.error == ERR_PLAN_STALE ? ERR_CLOSED : OK;
}

static enum err peer__on_reply(struct peer *p, const struct frame *f)
{
	struct frame_reply r;

	TRY(frame_read_reply(f->payload, &r));
	for (size_t i = 0; i < PEER_COMMANDS_MAX; i++) {
		struct peer_command *c = &p->commands[i];
		if (c->seq != r.seq || c->seq == 0)
			continue;
		struct peer_reply reply = {
			.error = r.error == OK ? OK : (enum err)r.error,
			.took_us = (clock_mono_ns() - c->sent_ns) / 1000,
			.where = r.where,
			.text = r.text,
			.json = r.json,
		};
		peer__answered(p, c, &reply);
		return OK;
	}
	return ERR_FRAME;
}

static enum err peer__on_counters(struct peer *p, const struct frame *f)
{
	struct frame_counter one;
	struct slice rest;
	uint32_t count;
	size_t n = 0;

	TRY(frame_read_counters(f->payload, &count, &rest));
	for (uint32_t i = 0; i < count; i++) {
		TRY(frame_counter_take(&rest, &one));
		if (n == PEER_COUNTERS_MAX)
			break;
		struct peer_counter *c = &p->counters[n++];
		slice_cstr(one.name, c->name, sizeof c->name);
		p->changed |= c->value != one.value;
		c->value = one.value;
	}
	p->counters_n = n;
	return OK;
}

/* {"text": "…"}: a sentence for the status file. */
static void peer__on_text(struct peer *p, struct slice json)
{
	json_t *root = json_loadb(json.p, json.n, JSON_REJECT_DUPLICATES, NULL);
	const char *text = json_string_value(json_object_get(root, "text"));

	if (text)
		slice_cstr(slice_str(text), p->event, sizeof p->event);
	p->changed |= text != NULL;
	json_decref(root);
}

static enum err peer__on_event(struct peer *p, const struct frame *f)
{
	struct frame_event e;

	TRY(frame_read_event(f->payload, &e));
	if (slice_eq(e.kind, SLICE("text")))
		peer__on_text(p, e.json);
	if (p->heard)
		p->heard(p->heard_arg, p, &e);
	return OK;
}

static enum err peer__on_frame(void *arg, const struct frame *f)
{
	struct peer *p = arg;

	if (!p->welcome)
		return f->type == FRAME_HELLO ? peer__on_hello(p, f) : ERR_FRAME;
	switch (f->type) {
	case FRAME_ACK:
		return peer__on_ack(p, f);
	case FRAME_REPLY:
		return peer__on_reply(p, f);
	case FRAME_COUNTERS:
		return peer__on_counters(p, f);
	case FRAME_EVENT:
		return peer__on_event(p, f);
	case FRAME_PING:
		return frame_write_empty(&p->link.out, FRAME_PONG);
	default:
		return f->type == FRAME_PONG ? OK : ERR_FRAME;
	}
}

enum err peer_event(struct peer *p, short events, uint64_t now_ms)
{
	if (events & (POLLIN | POLLHUP | POLLERR)) {
		TRY(link_read(&p->link, peer__on_frame, p));
		p->heard_ms = now_ms;
	}
	return link_write(&p->link);
}

/* ---- what the edge is sent ---- */

static enum err peer__put(struct peer *p, struct desired_item *item)
{
	struct peer_item *it = peer__item(p, slice_str(item->kind->name), slice_str(item->name));

	if ((it->live && it->hash == item->hash) || it->refused_hash == item->hash)
		return OK;
	/* After a clock that went back, what the edge has may look newer than what we gave it since. */
	if (item->revision <= it->revision)
		item->revision = desired_next_revision(p->desired, 0);
	it->sent_revision = item->revision;
	it->sent_hash = item->hash;
	it->sent_delete = false;
	it->sent_ns = clock_mono_ns();
	struct frame_put put = {
		.seq = ++p->seq,
		.revision = item->revision,
		.kind = slice_str(item->kind->name),
		.name = slice_str(item->name),
		.json = slice_of(item->json, item->json_n),
	};
	return frame_write_put(&p->link.out, &put);
}

static enum err peer__delete(struct peer *p, struct peer_item *it)
{
	it->sent_revision = desired_next_revision(p->desired, 0);
	it->sent_hash = 0;
	it->sent_delete = true;
	it->sent_ns = clock_mono_ns();
	struct frame_put del = {
		.seq = ++p->seq,
		.revision = it->sent_revision,
		.kind = slice_of(it->key, it->kind_n),
		.name = slice_from(slice_of(it->key, it->key_n), it->kind_n + 1),
	};
	return frame_write_delete(&p->link.out, &del);
}

/* Deletes what the edge has and nobody wants, as far as the window allows. */
static enum err peer__pump_extras(struct peer *p, bool may_delete)
{
	struct slice key;
	void *value;

	while (link_queued(&p->link) < PEER__WINDOW_BYTES) {
		if (!map_next(&p->items, &p->extras_at, &key, &value)) {
			p->extras = false;
			p->held = !may_delete;
			return OK;
		}
		struct peer_item *it = value;
		bool there = it->sent_revision ? !it->sent_delete : it->live;
		bool wanted = desired_find(p->desired, key) != NULL;
		it->removed &= there && !wanted;
		if (!there || wanted || !(may_delete || it->removed))
			continue;
		TRY(peer__delete(p, it));
	}
	return OK;
}

static bool peer__item_is_dead(const void *item)
{
	const struct peer_item *it = item;

	return !it->live && !it->sent_revision && !it->refused_hash;
}

static void peer__drop_item(void *item)
{
	mem_free(((struct peer_item *)item)->reason);
	mem_free(item);
}

static void peer__look_for_extras(struct peer *p)
{
	p->extras = true;
	p->held = false;
	p->extras_at = 0;
}

enum err peer_pump(struct peer *p, bool may_delete, uint64_t now_ms)
{
	if (!p->welcome)
		return OK;
	while (p->next && link_queued(&p->link) < PEER__WINDOW_BYTES) {
		struct desired_item *item = p->next;
		p->next = item->newer;
		TRY(peer__put(p, item));
	}
	if (may_delete && p->held)
		peer__look_for_extras(p);
	if (!p->next && p->extras)
		TRY(peer__pump_extras(p, may_delete));
	if (!p->next && !p->extras && !p->synced) {
		TRY(frame_write_empty(&p->link.out, FRAME_SYNCED));
		p->synced = true;
		p->changed = true;
	}
	if (!p->extras)
		sweep_map(&p->items, &p->sweep_at, peer__item_is_dead, peer__drop_item);
	return link_write(&p->link);
}

enum err peer_tick(struct peer *p, uint64_t now_ms)
{
	if (now_ms - p->heard_ms > PEER__SILENCE_MS)
		return ERR_CLOSED;
	if (!p->welcome || now_ms < p->ping_at_ms)
		return OK;
	p->ping_at_ms = now_ms + PEER__PING_MS;
	return frame_write_empty(&p->link.out, FRAME_PING);
}

void peer_leaving(struct peer *p, const struct desired_item *item)
{
	if (p->next == item)
		p->next = item->newer;
}

void peer_entering(struct peer *p, struct desired_item *item)
{
	if (p->welcome && !p->next)
		p->next = item;
}

void peer_removed(struct peer *p, const char *key)
{
	struct peer_item *it = map_get(&p->items, slice_str(key));

	if (it)
		it->removed = true;
	peer__look_for_extras(p);
}

enum err peer_command(struct peer *p, enum frame_command kind, struct slice json, peer_reply_fn fn, void *arg)
{
	if (!p->welcome)
		return ERR_CLOSED;
	for (size_t i = 0; i < PEER_COMMANDS_MAX; i++) {
		struct peer_command *c = &p->commands[i];
		if (c->seq)
			continue;
		struct frame_command_call call = { .seq = p->seq + 1, .kind = kind, .json = json };
		TRY(frame_write_command(&p->link.out, &call));
		*c = (struct peer_command){ ++p->seq, clock_mono_ns(), fn, arg };
		return OK;
	}
	return ERR_QUEUE_FULL;
}
