/* SPDX-License-Identifier: Apache-2.0 */
/* tls_staples: see tls_staples.h. */
#include "tls/tls_staples.h"

#include "base/base64.h"
#include "base/hash.h"
#include "base/mem.h"
#include "model/json_read.h"
#include "sys/snap.h"
#include "tls/tls_ocsp.h"

#include <stdatomic.h>

enum { TLS_STAPLES__BUCKETS = 256, TLS_STAPLES__NAME_BYTES = 2 * CRYPTO_SHA256_BYTES };

/* ---- the kind ---- */

static int tls_staples__digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool tls_staples__hash(struct slice s, uint8_t ret[static CRYPTO_SHA256_BYTES])
{
	if (s.n != TLS_STAPLES__NAME_BYTES)
		return false;
	for (size_t i = 0; i < CRYPTO_SHA256_BYTES; i++) {
		int high = tls_staples__digit(s.p[2 * i]), low = tls_staples__digit(s.p[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		ret[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static enum err tls_staples__read(const json_t *root, struct tls_staple **ret, struct diag *d)
{
	static const struct json_read_member members[] = { { "kind", JSON_READ_STRING, true },
							   { "name", JSON_READ_STRING, true },
							   { "until", JSON_READ_INT, true },
							   { "response", JSON_READ_STRING, true },
							   { NULL, JSON_READ_STRING, false } };
	static const int64_t range[2] = { 0, INT64_MAX };
	struct json_read r = json_read_at_root(d);
	uint8_t leaf[CRYPTO_SHA256_BYTES];
	struct buf der;
	int64_t until_s = 0;

	TRY(json_read_object(&r, root, members));
	TRY(json_read_int(&r, root, "until", range, &until_s));
	struct slice name = json_read_string(json_object_get(root, "name"));
	if (!tls_staples__hash(name, leaf))
		return diag_set(d, ERR_PLAN, "name", "is no SHA-256 in hexadecimal");
	buf_init(&der, TLS_OCSP_ANSWER_BYTES_MAX);
	if (base64_read(json_read_string(json_object_get(root, "response")), &der) != OK || buf_len(&der) == 0) {
		buf_fini(&der);
		return diag_set(d, ERR_PLAN, "response", "is no base64 of 1 to %d bytes", TLS_OCSP_ANSWER_BYTES_MAX);
	}
	struct tls_staple *s = mem_alloc(sizeof *s + name.n + buf_len(&der));
	char *at = (char *)(s + 1);
	memcpy(s->leaf, leaf, sizeof leaf);
	memcpy(at, name.p, name.n);
	memcpy(at + name.n, buf_slice(&der).p, buf_len(&der));
	s->name = slice_of(at, name.n);
	s->der = slice_of(at + name.n, buf_len(&der));
	s->until_s = until_s;
	buf_fini(&der);
	*ret = s;
	return OK;
}

static enum err tls_staples__build(struct slice json, uint64_t revision, const struct limits *limits, void **ret,
				   struct diag *d)
{
	struct tls_staple *s = NULL;
	json_t *root;

	TRY(json_read_parse(json, d, &root));
	enum err e = tls_staples__read(root, &s, d);
	json_decref(root);
	if (e == OK)
		*ret = s;
	return e;
}

static void tls_staples__object_drop(void *object)
{
	mem_free(object);
}

static struct slice tls_staples__name(const void *object)
{
	return ((const struct tls_staple *)object)->name;
}

const struct kind tls_staple_kind = {
	.name = "staple",
	.build = tls_staples__build,
	.drop = tls_staples__object_drop,
	.object_name = tls_staples__name,
};

/* ---- the table ---- */

struct tls_staples__entry {
	struct snap_node node;
	struct snap_head head;
	struct tls_staple *staple;
};

struct tls_staples {
	struct snap_table *by_leaf;
	struct hash_key hash;
	_Atomic size_t count;
};

static struct tls_staples__entry *tls_staples__of_node(const struct snap_node *node)
{
	return (struct tls_staples__entry *)(uintptr_t)((const char *)node - offsetof(struct tls_staples__entry, node));
}

static bool tls_staples__match(const struct snap_node *node, struct slice leaf)
{
	return slice_eq(slice_of(tls_staples__of_node(node)->staple->leaf, CRYPTO_SHA256_BYTES), leaf);
}

static void tls_staples__free_entry(struct snap_head *head)
{
	struct tls_staples__entry *e =
		(struct tls_staples__entry *)(void *)((char *)head - offsetof(struct tls_staples__entry, head));

	mem_free(e->staple);
	mem_free(e);
}

struct tls_staples *tls_staples_new(void)
{
	struct tls_staples *t = mem_alloc(sizeof *t);

	t->by_leaf = snap_table_new(TLS_STAPLES__BUCKETS, tls_staples__match);
	hash_key_random(&t->hash);
	atomic_init(&t->count, 0);
	return t;
}

static void tls_staples__drop(struct snap_node *node, void *arg)
{
	struct tls_staples *t = arg;

	if (snap_table_del(t->by_leaf, node))
		snap_later(&tls_staples__of_node(node)->head, tls_staples__free_entry);
}

void tls_staples_free(struct tls_staples *t)
{
	if (!t)
		return;
	snap_table_each(t->by_leaf, tls_staples__drop, t);
	snap_drain();
	snap_table_free(t->by_leaf);
	mem_free(t);
}

static struct snap_node *tls_staples__get(const struct tls_staples *t, struct slice leaf)
{
	return snap_table_get(t->by_leaf, hash_bytes(&t->hash, leaf), leaf);
}

struct slice tls_staples_find(const struct tls_staples *t, const uint8_t leaf[static CRYPTO_SHA256_BYTES],
			      int64_t now_s)
{
	if (atomic_load_explicit(&t->count, memory_order_relaxed) == 0)
		return slice_of(NULL, 0);
	const struct snap_node *node = tls_staples__get(t, slice_of(leaf, CRYPTO_SHA256_BYTES));
	const struct tls_staple *s = node ? tls_staples__of_node(node)->staple : NULL;
	return s && now_s < s->until_s ? s->der : slice_of(NULL, 0);
}

void tls_staples_publish(struct tls_staples *t, struct tls_staple *s)
{
	struct tls_staples__entry *e = mem_alloc(sizeof *e);
	struct slice leaf = slice_of(s->leaf, CRYPTO_SHA256_BYTES);

	e->staple = s;
	struct snap_node *old = snap_table_put(t->by_leaf, hash_bytes(&t->hash, leaf), leaf, &e->node);
	if (old)
		snap_later(&tls_staples__of_node(old)->head, tls_staples__free_entry);
	else
		atomic_fetch_add_explicit(&t->count, 1, memory_order_relaxed);
}

void tls_staples_remove(struct tls_staples *t, struct slice name)
{
	uint8_t leaf[CRYPTO_SHA256_BYTES];
	struct snap_node *node =
		tls_staples__hash(name, leaf) ? tls_staples__get(t, slice_of(leaf, sizeof leaf)) : NULL;

	if (!node || !snap_table_del(t->by_leaf, node))
		return;
	atomic_fetch_sub_explicit(&t->count, 1, memory_order_relaxed);
	snap_later(&tls_staples__of_node(node)->head, tls_staples__free_entry);
}
