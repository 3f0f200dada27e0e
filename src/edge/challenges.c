/* SPDX-License-Identifier: Apache-2.0 */
/* challenges: see challenges.h. */
#include "edge/challenges.h"

#include "base/hash.h"
#include "base/mem.h"
#include "sys/snap.h"

enum { CHALLENGES__BUCKETS = 64 };

/* What the table holds for a token; freed with its reference after the grace period. */
struct challenges_entry {
	struct snap_node node; /* in by_token */
	struct snap_node by_host_node;
	struct snap_head head;
	struct challenge *challenge;
};

struct challenges {
	struct snap_table *by_token;
	struct snap_table *by_host; /* those for handshakes; the newest of a host */
	struct hash_key hash;
	_Atomic size_t count;
};

static struct challenges_entry *challenges__of_node(const struct snap_node *node)
{
	return (struct challenges_entry *)(uintptr_t)((const char *)node - offsetof(struct challenges_entry, node));
}

static bool challenges__match(const struct snap_node *node, struct slice token)
{
	return slice_eq(challenges__of_node(node)->challenge->token, token);
}

static struct challenges_entry *challenges__of_host_node(const struct snap_node *node)
{
	return (struct challenges_entry *)(uintptr_t)((const char *)node -
						      offsetof(struct challenges_entry, by_host_node));
}

static bool challenges__match_host(const struct snap_node *node, struct slice host)
{
	return slice_eq(challenges__of_host_node(node)->challenge->host, host);
}

static void challenges__entry_free(struct snap_head *head)
{
	struct challenges_entry *e =
		(struct challenges_entry *)(void *)((char *)head - offsetof(struct challenges_entry, head));

	challenge_unref(e->challenge);
	mem_free(e);
}

struct challenges *challenges_new(void)
{
	struct challenges *t = mem_alloc(sizeof *t);

	t->by_token = snap_table_new(CHALLENGES__BUCKETS, challenges__match);
	t->by_host = snap_table_new(CHALLENGES__BUCKETS, challenges__match_host);
	hash_key_random(&t->hash);
	atomic_init(&t->count, 0);
	return t;
}

/* It is not in by_token any more: perhaps in the other table still. */
static void challenges__let_go(struct challenges *t, struct challenges_entry *e)
{
	if (e->challenge->tls)
		snap_table_del(t->by_host, &e->by_host_node);
	snap_later(&e->head, challenges__entry_free);
}

static void challenges__drop(struct snap_node *node, void *arg)
{
	struct challenges *t = arg;

	if (snap_table_del(t->by_token, node))
		challenges__let_go(t, challenges__of_node(node));
}

void challenges_free(struct challenges *t)
{
	if (!t)
		return;
	snap_table_each(t->by_token, challenges__drop, t);
	snap_drain();
	snap_table_free(t->by_token);
	snap_table_free(t->by_host);
	mem_free(t);
}

struct slice challenges_find(const struct challenges *t, struct slice host, struct slice token)
{
	if (atomic_load_explicit(&t->count, memory_order_relaxed) == 0)
		return slice_of(NULL, 0);
	const struct snap_node *node = snap_table_get(t->by_token, hash_bytes(&t->hash, token), token);
	const struct challenge *c = node ? challenges__of_node(node)->challenge : NULL;
	return c && !c->tls && slice_eq(c->host, host) ? c->answer : slice_of(NULL, 0);
}

struct slice challenges_find_tls(const struct challenges *t, struct slice host)
{
	if (atomic_load_explicit(&t->count, memory_order_relaxed) == 0)
		return slice_of(NULL, 0);
	const struct snap_node *node = snap_table_get(t->by_host, hash_bytes(&t->hash, host), host);
	return node ? challenges__of_host_node(node)->challenge->answer : slice_of(NULL, 0);
}

void challenges_publish(struct challenges *t, struct challenge *c)
{
	struct challenges_entry *e = mem_alloc(sizeof *e);

	e->challenge = c;
	struct snap_node *old = snap_table_put(t->by_token, hash_bytes(&t->hash, c->token), c->token, &e->node);
	if (c->tls) /* who is replaced here stays in by_token, until it is taken out there */
		snap_table_put(t->by_host, hash_bytes(&t->hash, c->host), c->host, &e->by_host_node);
	if (old)
		challenges__let_go(t, challenges__of_node(old));
	else
		atomic_fetch_add_explicit(&t->count, 1, memory_order_relaxed);
}

void challenges_remove(struct challenges *t, struct slice token)
{
	struct snap_node *node = snap_table_get(t->by_token, hash_bytes(&t->hash, token), token);

	if (!node || !snap_table_del(t->by_token, node))
		return;
	atomic_fetch_sub_explicit(&t->count, 1, memory_order_relaxed);
	challenges__let_go(t, challenges__of_node(node));
}
