/* SPDX-License-Identifier: Apache-2.0 */
/* publish: see publish.h. */
#include "control/publish.h"

#include "base/check.h"
#include "base/mem.h"
#include "sys/clock.h"

/* One item of a publication, and how to undo it. */
struct publish__entry {
	char source[PUBLISH_SOURCE_BYTES];
	char *before; /* content that the source had; NULL: none */
	size_t before_n;
	char *key;     /* of the item that is or was there; NULL: neither */
	bool removed;  /* it is to go */
	uint64_t hash; /* of the content to be live */
};

struct publish {
	struct publish *next;
	publish_done_fn fn;
	void *arg;
	uint64_t due_ms, started_ns;
	size_t n;
	struct publish__entry *entries;
	struct publish_result result;
	bool refused; /* by desired, at once */
};

struct publishes {
	struct desired *desired;
	struct publish *first;
};

struct publishes *publish_new(struct desired *desired)
{
	struct publishes *ps = mem_alloc(sizeof *ps);

	ps->desired = desired;
	return ps;
}

/* Tells who waits and forgets. */
static void publish__end(struct publish *p)
{
	p->result.took_us = (clock_mono_ns() - p->started_ns) / 1000;
	p->fn(p->arg, &p->result);
	for (size_t i = 0; i < p->n; i++) {
		mem_free(p->entries[i].before);
		mem_free(p->entries[i].key);
	}
	mem_free(p->entries);
	mem_free(p);
}

void publish_free(struct publishes *ps)
{
	if (!ps)
		return;
	while (ps->first) {
		struct publish *p = ps->first;
		ps->first = p->next;
		publish__end(p);
	}
	mem_free(ps);
}

bool publish_waiting(const struct publishes *ps)
{
	return ps->first != NULL;
}

/* ---- doing and undoing ---- */

static enum err publish__do(struct publishes *ps, struct publish__entry *e, const struct publish_item *item,
			    uint64_t wall_us, struct diag *why)
{
	const struct desired_file *f = desired_file(ps->desired, item->source);

	if (f && f->item) {
		e->before = mem_dup(slice_of(f->item->json, f->item->json_n));
		e->before_n = f->item->json_n;
		e->key = mem_dup(slice_str(f->item->key));
	}
	slice_cstr(slice_str(item->source), e->source, sizeof e->source);
	e->removed = item->json.p == NULL;
	if (e->removed) {
		desired_remove(ps->desired, item->source, wall_us);
		return OK;
	}
	if (desired_put(ps->desired, item->source, item->json, wall_us) != OK) {
		f = desired_file(ps->desired, item->source);
		*why = *f->refused;
		return ERR_PLAN;
	}
	f = desired_file(ps->desired, item->source);
	mem_free(e->key);
	e->key = mem_dup(slice_str(f->item->key));
	e->hash = f->item->hash;
	return OK;
}

/* Everything as it was; the newest change first. */
static void publish__undo(struct publishes *ps, struct publish *p, uint64_t wall_us)
{
	for (size_t i = p->n; i-- > 0;) {
		struct publish__entry *e = &p->entries[i];
		/* What was good once is good again: nothing else may have taken its names meanwhile, or it waits for
		 * them as files do. */
		if (e->before)
			(void)!desired_put(ps->desired, e->source, slice_of(e->before, e->before_n), wall_us);
		else
			desired_remove(ps->desired, e->source, wall_us);
	}
}

void publish_start(struct publishes *ps, const struct publish_call *call, uint64_t wall_us)
{
	struct publish *p = mem_alloc(sizeof *p), **at = &ps->first;

	CHECK(call->n <= PUBLISH_ITEMS_MAX);
	p->fn = call->fn;
	p->arg = call->arg;
	p->due_ms = call->due_ms;
	p->started_ns = clock_mono_ns();
	p->entries = mem_alloc_array(call->n + 1, sizeof *p->entries);
	diag_init(&p->result.why);
	while (*at)
		at = &(*at)->next;
	*at = p;
	for (; p->n < call->n && !p->refused; p->n++)
		p->refused = publish__do(ps, &p->entries[p->n], &call->items[p->n], wall_us, &p->result.why) != OK;
	if (p->refused)
		publish__undo(ps, p, wall_us);
}

/* ---- looking ---- */

enum publish__answer { PUBLISH__LIVE, PUBLISH__WAIT, PUBLISH__REFUSED };

static enum publish__answer publish__entry_at(const struct publish__entry *e, const struct peer *peer, struct diag *why)
{
	const struct peer_item *it = e->key ? peer_find(peer, slice_str(e->key)) : NULL;

	if (e->removed)
		return it && (it->live || it->sent_revision) ? PUBLISH__WAIT : PUBLISH__LIVE;
	if (it && it->refused_hash == e->hash && !it->sent_revision) {
		diag_set(why, ERR_PLAN, NULL, "edge %u: %s", peer->pid, it->reason ? it->reason : "refused");
		return PUBLISH__REFUSED;
	}
	return it && it->live && it->hash == e->hash ? PUBLISH__LIVE : PUBLISH__WAIT;
}

static enum publish__answer publish__at(struct publish *p, const struct peer *peer)
{
	enum publish__answer all = PUBLISH__LIVE;

	for (size_t i = 0; i < p->n; i++) {
		enum publish__answer one = publish__entry_at(&p->entries[i], peer, &p->result.why);
		if (one == PUBLISH__REFUSED)
			return one;
		if (one == PUBLISH__WAIT)
			all = one;
	}
	return all;
}

/* True when it is decided. */
static bool publish__look(struct publishes *ps, struct publish *p, struct peer *const *peers, size_t n,
			  uint64_t wall_us)
{
	p->result.edges = p->result.late = 0;
	for (size_t i = 0; i < n; i++) {
		enum publish__answer a = peers[i]->welcome ? publish__at(p, peers[i]) : PUBLISH__LIVE;
		if (a == PUBLISH__REFUSED) {
			publish__undo(ps, p, wall_us);
			p->result.error = ERR_PLAN;
			return true;
		}
		p->result.edges += a == PUBLISH__LIVE && peers[i]->welcome;
		p->result.late += a == PUBLISH__WAIT;
	}
	return p->result.late == 0;
}

uint64_t publish_tick(struct publishes *ps, struct peer *const *peers, size_t peers_n, uint64_t now_ms,
		      uint64_t wall_us)
{
	uint64_t next = UINT64_MAX;

	for (struct publish **at = &ps->first; *at;) {
		struct publish *p = *at;
		if (p->refused)
			p->result.error = ERR_PLAN;
		if (!p->refused && !publish__look(ps, p, peers, peers_n, wall_us) && now_ms < p->due_ms) {
			next = p->due_ms < next ? p->due_ms : next;
			at = &p->next;
			continue;
		}
		*at = p->next;
		publish__end(p); /* may start another, at the end of the list */
	}
	return next;
}
