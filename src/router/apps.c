/* SPDX-License-Identifier: Apache-2.0 */
/* apps: see apps.h. Readers see a table from host to app; the writer's own map knows the apps by name. */
#include "router/apps.h"

#include "base/check.h"
#include "base/crypto.h"
#include "base/map.h"
#include "base/mem.h"
#include "model/sweep.h"
#include "sys/snap.h"

enum { APPS__BUCKETS = 1024, APPS__HOST_MAX = 256 };

/* What the table holds for a host; freed with its reference after the grace period. */
struct apps_host {
	struct snap_node node;
	struct snap_head head;
	struct app *app;
	size_t host_n;
	char host[];
};

/* The writer's own: the version that is in under a name. */
struct apps_known {
	struct app *app; /* NULL: taken out */
	size_t name_n;
	char name[APP_NAME_MAX];
};

struct apps {
	struct snap_table *hosts;
	struct hash_key hash;
	struct map by_name;
	size_t sweep_at;
	_Atomic size_t count;
	uint8_t key[CRYPTO_SHA256_BYTES]; /* of sticky sessions */
};

static struct apps_host *apps__of_node(const struct snap_node *node)
{
	return (struct apps_host *)(uintptr_t)((const char *)node - offsetof(struct apps_host, node));
}

static bool apps__match(const struct snap_node *node, struct slice host)
{
	const struct apps_host *h = apps__of_node(node);

	return slice_eq(slice_of(h->host, h->host_n), host);
}

static void apps__host_free(struct snap_head *head)
{
	struct apps_host *h = (struct apps_host *)(void *)((char *)head - offsetof(struct apps_host, head));

	app_unref(h->app);
	mem_free(h);
}

enum err apps_new(struct slice key, struct apps **ret_apps)
{
	struct apps *t = mem_alloc(sizeof *t);

	enum err e = crypto_hmac_sha256(key, SLICE("router: sticky sessions"), t->key);
	if (e != OK) {
		mem_free(t);
		return e;
	}
	t->hosts = snap_table_new(APPS__BUCKETS, apps__match);
	hash_key_random(&t->hash);
	map_init(&t->by_name);
	atomic_init(&t->count, 0);
	*ret_apps = t;
	return OK;
}

static void apps__drop(struct snap_node *node, void *arg)
{
	struct apps *t = arg;

	if (snap_table_del(t->hosts, node))
		snap_later(&apps__of_node(node)->head, apps__host_free);
}

void apps_free(struct apps *t)
{
	struct slice key;
	void *value;

	if (!t)
		return;
	for (size_t at = 0; map_next(&t->by_name, &at, &key, &value);) {
		app_unref(((struct apps_known *)value)->app);
		mem_free(value);
	}
	map_fini(&t->by_name);
	snap_table_each(t->hosts, apps__drop, t);
	snap_drain();
	snap_table_free(t->hosts);
	crypto_wipe(t->key, sizeof t->key);
	mem_free(t);
}

/* ---- reading ---- */

static const struct apps_host *apps__get(const struct apps *t, struct slice host)
{
	const struct snap_node *node = snap_table_get(t->hosts, hash_bytes(&t->hash, host), host);

	return node ? apps__of_node(node) : NULL;
}

const struct app *apps_find(const struct apps *t, struct slice host)
{
	char wild[APPS__HOST_MAX + 1] = "*";
	const struct apps_host *h = apps__get(t, host);
	size_t dot = slice_find(host, '.');

	if (h)
		return h->app;
	if (dot == SIZE_MAX || host.n - dot >= APPS__HOST_MAX)
		return NULL;
	memcpy(wild + 1, host.p + dot, host.n - dot);
	h = apps__get(t, slice_of(wild, 1 + host.n - dot));
	return h ? h->app : NULL;
}

size_t apps_count(const struct apps *t)
{
	return atomic_load_explicit(&t->count, memory_order_relaxed);
}

static bool apps__same(const char *a, const char *b)
{
	unsigned char differ = 0;

	for (size_t i = 0; i < STICKY_VALUE_BYTES; i++)
		differ |= (unsigned char)(a[i] ^ b[i]);
	return differ == 0;
}

int apps_sticky(const struct app *app, struct slice value)
{
	const struct app_live *live = app->live;
	int found = BALANCE_ANY;

	if (!live->sticky || value.n != STICKY_VALUE_BYTES)
		return BALANCE_ANY;
	for (size_t i = 0; i < app->instances_n; i++)
		if (apps__same(live->sticky[i], value.p))
			found = (int)i;
	return found;
}

/* ---- writing ---- */

static void apps__live_drop(struct app_live *live)
{
	OBJ(live, OBJ_APP_LIVE);
	balance_free(live->balance);
	live->magic = OBJ_FREED;
	mem_free(live->sticky);
	mem_free(live);
}

static void apps__make_live(const struct apps *t, struct app *app, const struct app *old)
{
	struct app_live *live = mem_alloc(sizeof *live);

	live->magic = OBJ_APP_LIVE;
	live->balance = balance_new(app, old ? old->live->balance : NULL);
	if (app->sticky_session && app->instances_n)
		live->sticky = mem_alloc_array(app->instances_n, sizeof *live->sticky);
	for (size_t i = 0; live->sticky && i < app->instances_n; i++) {
		if (sticky_value(slice_of(t->key, sizeof t->key), app, &app->instances[i], live->sticky[i]) == OK)
			continue;
		mem_free(live->sticky); /* without the library's HMAC there are no sticky sessions */
		live->sticky = NULL;
	}
	app->live = live;
	app->live_drop = apps__live_drop;
}

static void apps__put_host(struct apps *t, struct app *app, struct slice host)
{
	struct apps_host *h = mem_alloc(sizeof *h + host.n);

	memcpy(h->host, host.p, host.n);
	h->host_n = host.n;
	h->app = app;
	app_ref(app);
	struct snap_node *old = snap_table_put(t->hosts, hash_bytes(&t->hash, host), host, &h->node);
	if (old)
		snap_later(&apps__of_node(old)->head, apps__host_free);
}

/* Takes the hosts out that still lead to `old`. */
static void apps__drop_hosts(struct apps *t, const struct app *old)
{
	for (size_t i = 0; i < old->hosts_n; i++) {
		struct apps_host *h = (struct apps_host *)(uintptr_t)apps__get(t, old->hosts[i]);
		if (!h || h->app != old)
			continue;
		snap_table_del(t->hosts, &h->node);
		snap_later(&h->head, apps__host_free);
	}
}

static struct apps_known *apps__known(struct apps *t, struct slice name)
{
	struct apps_known *k = map_get(&t->by_name, name);

	if (k)
		return k;
	k = mem_alloc(sizeof *k);
	CHECK(name.n <= sizeof k->name);
	memcpy(k->name, name.p, name.n);
	k->name_n = name.n;
	map_put(&t->by_name, slice_of(k->name, name.n), k);
	return k;
}

void apps_publish(struct apps *t, struct app *app)
{
	struct apps_known *k = apps__known(t, app->name);
	struct app *old = k->app;

	OBJ(app, OBJ_APP);
	apps__make_live(t, app, old);
	for (size_t i = 0; i < app->hosts_n; i++)
		apps__put_host(t, app, app->hosts[i]);
	k->app = app;
	if (!old) {
		atomic_fetch_add(&t->count, 1);
		return;
	}
	apps__drop_hosts(t, old);
	balance_replaced(old->live->balance, app->live->balance);
	app_unref(old);
}

static bool apps__is_out(const void *known)
{
	return !((const struct apps_known *)known)->app;
}

void apps_remove(struct apps *t, struct slice name)
{
	struct apps_known *k = map_get(&t->by_name, name);
	struct app *app = k ? k->app : NULL;

	if (!app)
		return;
	apps__drop_hosts(t, app);
	balance_replaced(app->live->balance, NULL);
	k->app = NULL;
	atomic_fetch_sub(&t->count, 1);
	app_unref(app);
	sweep_map(&t->by_name, &t->sweep_at, apps__is_out, mem_free);
}
