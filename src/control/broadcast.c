/* SPDX-License-Identifier: Apache-2.0 */
/* broadcast: see broadcast.h. */
#include "control/broadcast.h"

#include "base/check.h"
#include "base/mem.h"

/* One command on its way to several edges. It lives until its last edge is accounted for, also when the answer to who
 * asked was given before because of the time. */
struct broadcast {
	struct broadcast *next;
	broadcast_done_fn fn; /* NULL: the time was up, late answers are dropped */
	void *arg;
	uint64_t due_ms;
	size_t n, waiting;
	struct broadcast_slot {
		struct broadcast *owner;
		struct broadcast_result result;
	} slots[BROADCAST_EDGES_MAX];
};

struct broadcasts {
	struct broadcast *first;
};

struct broadcasts *broadcast_new(void)
{
	return mem_alloc(sizeof(struct broadcasts));
}

static void broadcast__free(struct broadcast *c)
{
	for (size_t i = 0; i < c->n; i++) {
		mem_free(c->slots[i].result.text);
		mem_free(c->slots[i].result.json);
	}
	mem_free(c);
}

/* Tells who asked, once. */
static void broadcast__tell(struct broadcast *c)
{
	struct broadcast_result results[BROADCAST_EDGES_MAX];
	broadcast_done_fn fn = c->fn;

	if (!fn)
		return;
	c->fn = NULL;
	for (size_t i = 0; i < c->n; i++)
		results[i] = c->slots[i].result;
	fn(c->arg, results, c->n);
}

void broadcast_free(struct broadcasts *bs)
{
	if (!bs)
		return;
	for (struct broadcast *c = bs->first, *next; c; c = next) {
		next = c->next;
		CHECK(c->waiting == 0);
		broadcast__tell(c);
		broadcast__free(c);
	}
	mem_free(bs);
}

static void broadcast__on_reply(void *arg, const struct peer *p, const struct peer_reply *reply)
{
	struct broadcast_slot *slot = arg;
	struct broadcast_result *r = &slot->result;

	CHECK(slot->owner->waiting > 0);
	slot->owner->waiting--;
	r->answered = reply->error != ERR_CLOSED;
	r->error = reply->error;
	r->took_us = reply->took_us;
	r->text = mem_dup(reply->text);
	r->json = mem_dup(reply->json);
	r->json_n = reply->json.n;
}

void broadcast_send(struct broadcasts *bs, struct peer *const *peers, size_t n, const struct broadcast_call *call)
{
	struct broadcast *c = mem_alloc(sizeof *c);

	CHECK(n <= BROADCAST_EDGES_MAX);
	c->fn = call->fn;
	c->arg = call->arg;
	c->due_ms = call->due_ms;
	c->n = n;
	c->next = bs->first;
	bs->first = c;
	for (size_t i = 0; i < n; i++) {
		struct broadcast_slot *slot = &c->slots[i];
		slot->owner = c;
		slot->result.pid = peers[i]->pid;
		slot->result.error = ERR_TIMEOUT;
		enum err e = peer_command(peers[i], call->kind, call->json, broadcast__on_reply, slot);
		if (e == OK)
			c->waiting++;
		else
			slot->result.error = e;
	}
}

uint64_t broadcast_tick(struct broadcasts *bs, uint64_t now_ms)
{
	uint64_t next = UINT64_MAX;

	for (struct broadcast **at = &bs->first; *at;) {
		struct broadcast *c = *at;
		if (c->fn && (c->waiting == 0 || now_ms >= c->due_ms))
			broadcast__tell(c);
		if (c->waiting == 0) {
			/* Telling may have put new ones in front: find the place again. */
			for (at = &bs->first; *at != c; at = &(*at)->next)
				;
			*at = c->next;
			broadcast__free(c);
			continue;
		}
		if (c->fn && c->due_ms < next)
			next = c->due_ms;
		at = &c->next;
	}
	return next;
}
