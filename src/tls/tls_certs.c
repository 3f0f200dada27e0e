/* SPDX-License-Identifier: Apache-2.0 */
/* tls_certs: see tls_certs.h. Readers see, per host, a small read-only list that the writer replaces as a whole. */
#include "tls/tls_certs.h"

#include "base/check.h"
#include "base/map.h"
#include "base/mem.h"
#include "model/sweep.h"
#include "sys/snap.h"
#include "tls/tls_staples.h"

enum { TLS_CERTS__BUCKETS = 1024, TLS_CERTS__HOST_MAX = 256 };

/* The certificates of one host, best first; holds references. Snapshot. */
struct tls_certs__host {
	struct snap_node node;
	struct snap_head head;
	struct tls_cert *list[TLS_CERTS_OF_A_HOST_MAX + 1];
	size_t n;
	size_t host_n;
	char host[];
};

/* The writer's own: what is in under a name. */
struct tls_certs__known {
	struct tls_cert *cert; /* NULL: taken out */
	char name[CERTIFICATE_NAME_MAX];
	size_t name_n;
};

struct tls_certs {
	struct snap_table *hosts;
	struct hash_key hash;
	struct map by_name;
	const struct tls_staples *staples; /* NULL: not looked at */
	size_t sweep_at;
	_Atomic size_t count;
};

static struct tls_certs__host *tls_certs__of_node(const struct snap_node *node)
{
	return (struct tls_certs__host *)(uintptr_t)((const char *)node - offsetof(struct tls_certs__host, node));
}

static bool tls_certs__match(const struct snap_node *node, struct slice host)
{
	const struct tls_certs__host *h = tls_certs__of_node(node);

	return slice_eq(slice_of(h->host, h->host_n), host);
}

static void tls_certs__host_free(struct snap_head *head)
{
	struct tls_certs__host *h =
		(struct tls_certs__host *)(void *)((char *)head - offsetof(struct tls_certs__host, head));

	for (size_t i = 0; i < h->n; i++)
		tls_cert_unref(h->list[i]);
	mem_free(h);
}

struct tls_certs *tls_certs_new(void)
{
	struct tls_certs *t = mem_alloc(sizeof *t);

	t->hosts = snap_table_new(TLS_CERTS__BUCKETS, tls_certs__match);
	hash_key_random(&t->hash);
	map_init(&t->by_name);
	atomic_init(&t->count, 0);
	return t;
}

static void tls_certs__drop(struct snap_node *node, void *arg)
{
	struct tls_certs *t = arg;

	if (snap_table_del(t->hosts, node))
		snap_later(&tls_certs__of_node(node)->head, tls_certs__host_free);
}

void tls_certs_free(struct tls_certs *t)
{
	struct slice key;
	void *value;

	if (!t)
		return;
	for (size_t at = 0; map_next(&t->by_name, &at, &key, &value);) {
		tls_cert_unref(((struct tls_certs__known *)value)->cert);
		mem_free(value);
	}
	map_fini(&t->by_name);
	snap_table_each(t->hosts, tls_certs__drop, t);
	snap_drain();
	snap_table_free(t->hosts);
	mem_free(t);
}

/* ---- reading ---- */

static const struct tls_certs__host *tls_certs__get(const struct tls_certs *t, struct slice host)
{
	const struct snap_node *node = snap_table_get(t->hosts, hash_bytes(&t->hash, host), host);

	return node ? tls_certs__of_node(node) : NULL;
}

/* The best of each type that is valid now; where there is none, the best that is not. */
static bool tls_certs__good(const struct tls_certs *t, const struct tls_cert *c, int64_t now_s)
{
	if (now_s < c->from_s || now_s >= c->until_s)
		return false;
	return !c->must_staple || !t->staples || tls_staples_find(t->staples, c->leaf, now_s).p;
}

static bool tls_certs__pick(const struct tls_certs *t, const struct tls_certs__host *h, int64_t now_s,
			    struct tls_certs_found *f)
{
	bool valid = false;

	for (int round = 0; round < 2 && !valid; round++) {
		for (size_t i = 0; i < h->n; i++) {
			struct tls_cert *c = h->list[i];
			if (f->of_type[c->type] || (round == 0 && !tls_certs__good(t, c, now_s)))
				continue;
			f->of_type[c->type] = c;
			valid = true;
		}
	}
	return valid;
}

bool tls_certs_find(const struct tls_certs *t, struct slice host, int64_t now_s, struct tls_certs_found *ret)
{
	char wild[TLS_CERTS__HOST_MAX + 1] = "*";
	const struct tls_certs__host *h = tls_certs__get(t, host);

	*ret = (struct tls_certs_found){ 0 };
	if (h)
		return tls_certs__pick(t, h, now_s, ret);
	size_t dot = slice_find(host, '.');
	if (dot == SIZE_MAX || host.n - dot >= TLS_CERTS__HOST_MAX)
		return false;
	memcpy(wild + 1, host.p + dot, host.n - dot);
	h = tls_certs__get(t, slice_of(wild, 1 + host.n - dot));
	return h && tls_certs__pick(t, h, now_s, ret);
}

void tls_certs_staples(struct tls_certs *t, const struct tls_staples *staples)
{
	t->staples = staples;
}

size_t tls_certs_count(const struct tls_certs *t)
{
	return atomic_load_explicit(&t->count, memory_order_relaxed);
}

/* ---- writing ---- */

static bool tls_certs__better(const struct tls_cert *a, const struct tls_cert *b)
{
	if (a->item->priority != b->item->priority)
		return a->item->priority > b->item->priority;
	if (a->from_s != b->from_s)
		return a->from_s > b->from_s;
	return a->revision > b->revision;
}

/* The list of `host` without the certificate of that name and with `add` (NULL: none) in its place by rank. */
static struct tls_certs__host *tls_certs__list(const struct tls_certs__host *old, struct slice host, struct slice name,
					       struct tls_cert *add)
{
	struct tls_certs__host *h = mem_alloc(sizeof *h + host.n);
	size_t at;

	memcpy(h->host, host.p, host.n);
	h->host_n = host.n;
	for (size_t i = 0; old && i < old->n; i++)
		if (!slice_eq(old->list[i]->item->name, name))
			h->list[h->n++] = old->list[i];
	if (add) {
		for (at = 0; at < h->n && !tls_certs__better(add, h->list[at]); at++)
			;
		memmove(&h->list[at + 1], &h->list[at], (h->n - at) * sizeof h->list[0]);
		h->list[at] = add;
		h->n++;
	}
	if (h->n > TLS_CERTS_OF_A_HOST_MAX)
		h->n = TLS_CERTS_OF_A_HOST_MAX;
	for (size_t i = 0; i < h->n; i++)
		tls_cert_ref(h->list[i]);
	return h;
}

static void tls_certs__change(struct tls_certs *t, struct slice host, struct slice name, struct tls_cert *add)
{
	struct tls_certs__host *old = (struct tls_certs__host *)(uintptr_t)tls_certs__get(t, host);
	struct tls_certs__host *h = tls_certs__list(old, host, name, add);

	if (h->n)
		snap_table_put(t->hosts, hash_bytes(&t->hash, host), slice_of(h->host, h->host_n), &h->node);
	else if (old)
		snap_table_del(t->hosts, &old->node);
	if (h->n == 0)
		mem_free(h);
	if (old)
		snap_later(&old->head, tls_certs__host_free);
}

static bool tls_certs__has_host(const struct tls_cert *c, struct slice host)
{
	for (size_t i = 0; i < c->item->hosts_n; i++)
		if (slice_eq(c->item->hosts[i], host))
			return true;
	return false;
}

/* A host stands in the list once, even when the item names it twice. */
static bool tls_certs__first(const struct tls_cert *c, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (slice_eq(c->item->hosts[k], c->item->hosts[i]))
			return false;
	return true;
}

static struct tls_certs__known *tls_certs__known(struct tls_certs *t, struct slice name)
{
	struct tls_certs__known *k = map_get(&t->by_name, name);

	if (k)
		return k;
	k = mem_alloc(sizeof *k);
	CHECK(name.n <= sizeof k->name);
	memcpy(k->name, name.p, name.n);
	k->name_n = name.n;
	map_put(&t->by_name, slice_of(k->name, name.n), k);
	return k;
}

void tls_certs_publish(struct tls_certs *t, struct tls_cert *c)
{
	struct tls_certs__known *k = tls_certs__known(t, c->item->name);
	struct tls_cert *old = k->cert;

	for (size_t i = 0; i < c->item->hosts_n; i++)
		if (tls_certs__first(c, i))
			tls_certs__change(t, c->item->hosts[i], c->item->name, c);
	for (size_t i = 0; old && i < old->item->hosts_n; i++)
		if (!tls_certs__has_host(c, old->item->hosts[i]))
			tls_certs__change(t, old->item->hosts[i], c->item->name, NULL);
	if (!old)
		atomic_fetch_add(&t->count, 1);
	k->cert = c;
	tls_cert_unref(old);
}

static bool tls_certs__is_out(const void *known)
{
	return !((const struct tls_certs__known *)known)->cert;
}

void tls_certs_remove(struct tls_certs *t, struct slice name)
{
	struct tls_certs__known *k = map_get(&t->by_name, name);
	struct tls_cert *c = k ? k->cert : NULL;

	if (!c)
		return;
	for (size_t i = 0; i < c->item->hosts_n; i++)
		tls_certs__change(t, c->item->hosts[i], c->item->name, NULL);
	k->cert = NULL;
	atomic_fetch_sub(&t->count, 1);
	tls_cert_unref(c);
	sweep_map(&t->by_name, &t->sweep_at, tls_certs__is_out, mem_free);
}
