/* SPDX-License-Identifier: Apache-2.0 */
/*
 * edge_main: the edge process: shared cache and routes, the plan thread, one worker thread for each group of listening
 * sockets, and a main thread that only waits for signals.
 */
#include "base/check.h"
#include "base/crypto.h"
#include "base/mem.h"
#include "cache/purge.h"
#include "dns/dns_kind.h"
#include "edge/edge.h"
#include "edge/explain.h"
#include "edge/firewall.h"
#include "edge/plan.h"
#include "edge/purge_command.h"
#include "edge/shield.h"
#include "edge/worker.h"
#include "model/dns_item.h"
#include "model/host_table.h"
#include "model/order.h"
#include "model/zone_waf.h"
#include "router/apps.h"
#include "shield/clearance.h"
#include "shield/ledger.h"
#include "supervisor/supervisor.h"
#include "sys/clock.h"
#include "sys/snap.h"
#include "sys/sock.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

enum {
	EDGE__CACHE_SHARDS = 16,
	EDGE__PLAN_WAIT_MS = 3000,
	EDGE__METRICS_BYTES = 8 << 20,
	EDGE__EVENT_RING_MIN = 65536
};

struct edge;

struct edge_thread {
	struct edge *edge;
	struct worker_setup setup;
	struct worker *worker;
	pthread_t thread;
	enum err result;
};

/* Lifetime: process. */
struct edge {
	const struct edge_setup *setup;
	struct cache *cache;
	struct challenges *challenges;
	struct bans *bans;
	struct host_table *orders; /* of struct order: hosts whose first certificate is on its way */
	struct host_table *trusts; /* of struct tls_trust */
	struct tls_staples *staples;
	struct routes *routes;
	struct purge_command purge;
	struct metrics_names names;
	struct worker **workers; /* of the threads, once all have started */
	struct explain *explain;
	struct dns_zones *dns;
	uint8_t dns_cookie[DNS_COOKIE_SECRET_BYTES]; /* of this edge's life */
	struct rate_table *rate;
	struct ledger *ledger;
	struct shield *shield;
	uint8_t clearance_key[CLEARANCE_KEY_BYTES]; /* the same on every start and on every node with the same key */
	struct tls_certs *certs, *platform_certs;
	struct tls_server *tls, *platform_tls;
	char platform_fallback[16 + NODE_NAME_BYTES + NODE_HOST_BYTES];
	struct apps *apps;
	struct tls_client *tls_client;
	struct logfile *log, *dns_log, *audit_log;
	struct events *events;
	struct firewall *firewall;
	struct plan *plan;
	struct edge_thread *threads;
	size_t threads_n;
	size_t live_n;             /* atomic: threads whose workers may be looked at; 0 until all have started */
	pthread_barrier_t started; /* every worker and the main thread */
};

static void *edge__worker(void *arg)
{
	struct edge_thread *t = arg;
	struct worker *w;

	t->result = worker_new(&t->setup, &w);
	if (t->result == OK)
		t->worker = w;
	snap_offline();
	pthread_barrier_wait(&t->edge->started);
	snap_online();
	if (t->worker)
		worker_run(w);
	/* The others may still read what this worker published: it goes when all have stopped. */
	snap_offline();
	pthread_barrier_wait(&t->edge->started);
	snap_online();
	worker_free(t->worker);
	return NULL;
}

static void edge__counters(struct counters *sum, void *arg)
{
	struct edge *e = arg;

	size_t n = __atomic_load_n(&e->live_n, __ATOMIC_ACQUIRE);

	for (size_t i = 0; i < n; i++)
		if (e->threads[i].worker)
			counters_sum(sum, &e->threads[i].worker->counters);
	const int *maps = e->setup->kernel_maps;
	uint64_t dropped[XDP_COUNTS];
	if (maps && xdp_drop_count(maps[XDP_DROP_COUNTS], dropped) == OK) {
		sum->kernel_banned = dropped[XDP_COUNT_BANNED];
		sum->kernel_paced = dropped[XDP_COUNT_PACED];
	}
}

static void edge__drain(void *arg, struct command *c, struct slice json)
{
	kill(getpid(), SIGTERM);
	command_answer(c, OK, slice_of(NULL, 0), NULL);
}

static void edge__purge(void *arg, struct command *c, struct slice json)
{
	struct edge *e = arg;

	purge_command_run(&e->purge, c, json);
}

/* The workers that may be looked at; 0 until all have started. */
static size_t edge__live(const struct edge *e)
{
	return __atomic_load_n(&e->live_n, __ATOMIC_ACQUIRE);
}

static void edge__explain(void *arg, struct command *c, struct slice json)
{
	const struct edge *e = arg;
	struct diag d;

	diag_init(&d);
	if (edge__live(e))
		explain_run(e->explain, c, json);
	else
		command_answer(c, diag_set(&d, ERR_NOT_FOUND, NULL, "this edge has just begun"), slice_of(NULL, 0), &d);
}

static void edge__metrics(void *arg, struct command *c, struct slice json)
{
	const struct edge *e = arg;
	size_t max = e->names.max;
	struct metrics sum = { .zones_n = max + 1, .zones = mem_alloc_array(max + 1, sizeof *sum.zones) };
	struct buf out;

	for (size_t i = 0; i < edge__live(e); i++)
		if (e->workers[i])
			metrics_add(&sum, &e->workers[i]->metrics);
	buf_init(&out, EDGE__METRICS_BYTES);
	metrics_print(&sum, &e->names, &out);
	command_answer(c, OK, buf_slice(&out), NULL);
	buf_fini(&out);
	metrics_fini(&sum);
}

/* Answers of the name server for one zone since this edge began. On the plan thread, the tables' writer. */
static void edge__dns(void *arg, struct command *c, struct slice json)
{
	const struct edge *e = arg;
	char zone[256];
	struct dns_tally sum;
	struct buf out;
	struct diag d;

	diag_init(&d);
	enum err err = dns_item_read_zone(json, zone, &d);
	if (err == OK && !dns_zones_tally(e->dns, slice_str(zone), &sum))
		err = diag_set(&d, ERR_NOT_FOUND, zone, "is no zone of this edge's name server");
	buf_init(&out, EDGE__METRICS_BYTES);
	if (err == OK)
		dns_tally_json(&sum, &out);
	command_answer(c, err, buf_slice(&out), err == OK ? NULL : &d);
	buf_fini(&out);
}

/* A zone keeps its realm of the cache from version to version; one that comes back later finds nothing stored. */
static void edge__put_zone(void *where, void *object)
{
	struct edge *e = where;
	struct zone *zone = object;
	const struct zone *old = routes_zone(e->routes, zone->name);

	zone->realm = old ? cache_realm_ref(old->realm) : cache_realm_new(e->cache);
	zone->realm_drop = cache_realm_unref;
	if (zone->settings.shield.autopilot != ZONE_AUTOPILOT_OFF) {
		zone->shield =
			old && old->shield ? shield_handle_ref(old->shield) : shield_handle_new(e->shield, zone->name);
		zone->shield_drop = shield_handle_unref;
	}
	zone->slot = old ? old->slot : metrics_slot(&e->names, zone->name);
	for (unsigned level = 0, levels = zone_waf_levels(zone); level <= FIREWALL_LEVELS; level++)
		if (levels >> level & 1)
			firewall_want(e->firewall, level);
	routes_publish(e->routes, zone);
}

static void edge__remove_zone(void *where, struct slice name)
{
	struct edge *e = where;

	routes_remove(e->routes, name);
}

static enum err edge__prepare_dns(void *where, void *object, struct diag *d)
{
	const struct edge *e = where;

	return dns_zone_open_keys(object, e->setup->seal, d);
}

static void edge__put_dns(void *where, void *object)
{
	dns_zones_put(((struct edge *)where)->dns, object);
}

static void edge__remove_dns(void *where, struct slice name)
{
	dns_zones_remove(((struct edge *)where)->dns, name);
}

static void edge__put_certificate(void *where, void *object)
{
	const struct edge *e = where;
	struct tls_cert *cert = object;
	struct tls_certs *to = cert->item->platform ? e->platform_certs : e->certs;

	tls_certs_remove(to == e->certs ? e->platform_certs : e->certs, cert->item->name);
	tls_certs_publish(to, cert);
}

static void edge__remove_certificate(void *where, struct slice name)
{
	const struct edge *e = where;

	tls_certs_remove(e->certs, name);
	tls_certs_remove(e->platform_certs, name);
}

static void edge__put_app(void *where, void *object)
{
	apps_publish(((struct edge *)where)->apps, object);
}

static void edge__remove_app(void *where, struct slice name)
{
	apps_remove(((struct edge *)where)->apps, name);
}

/* In the middle of a handshake, on a worker's thread. */
static void edge__tls_policy(void *arg, struct slice host, struct tls_policy *ret)
{
	const struct edge *e = arg;
	const struct site *site = routes_find(e->routes, host);

	if (!site)
		return;
	const struct zone_tls *z = &site->zone->settings.tls;
	ret->min_version = z->min_1_3 ? TLS_VERSION_1_3 : TLS_VERSION_1_2;
	ret->no_1_3 = z->no_1_3;
	ret->h2 = !z->no_h2;
	ret->early = z->early;
	ret->ciphers = site->zone->ciphers.p;
}

static bool edge__ordered(void *arg, struct slice host)
{
	return host_table_find(((const struct edge *)arg)->orders, host) != NULL;
}

static void edge__put_order(void *where, void *object)
{
	struct order *o = object;

	host_table_publish(where, &(struct host_table_item){ o->name, o->hosts, o->hosts_n, o });
}

static void edge__put_trust(void *where, void *object)
{
	struct tls_trust *t = object;

	host_table_publish(where, &(struct host_table_item){ t->name, t->hosts, t->hosts_n, t });
}

static void edge__remove_hosts(void *where, struct slice name)
{
	host_table_remove(where, name);
}

static void edge__put_staple(void *where, void *object)
{
	tls_staples_publish(where, object);
}

static void edge__remove_staple(void *where, struct slice name)
{
	tls_staples_remove(where, name);
}

/* The same, for who looks at a proof. */
static struct slice edge__tls_challenge(void *arg, struct slice host)
{
	const struct edge *e = arg;

	return challenges_find_tls(e->challenges, host);
}

static void edge__put_waf(void *where, void *object)
{
	firewall_publish(where, object);
}

static void edge__remove_waf(void *where, struct slice name)
{
	firewall_remove(where);
}

static void edge__sweep(const struct edge *e)
{
	for (size_t i = 0; i < edge__live(e); i++)
		worker_sweep(e->workers[i]);
}

static void edge__put_bans(void *where, void *object)
{
	const struct edge *e = where;

	bans_publish(e->bans, object, clock_wall_ms() / 1000, clock_boot_ns());
	edge__sweep(e);
}

static void edge__remove_bans(void *where, struct slice name)
{
	const struct edge *e = where;

	bans_clear(e->bans, clock_boot_ns());
}

static void edge__put_challenge(void *where, void *object)
{
	challenges_publish(where, object);
}

static void edge__remove_challenge(void *where, struct slice name)
{
	challenges_remove(where, name);
}

static void edge__worker_setup(struct edge *e, struct edge_thread *t, uint32_t number)
{
	const struct edge_setup *s = e->setup;

	t->edge = e;
	t->setup = (struct worker_setup){ .number = number,
					  .limits = &s->node->limits,
					  .cache = e->cache,
					  .routes = e->routes,
					  .challenges = e->challenges,
					  .bans = e->bans,
					  .seal = s->seal,
					  .events = events_ring(e->events, number),
					  .firewall = e->firewall,
					  .audit_header = s->node->audit_id_header,
					  .node_name = s->node->name,
					  .dns_zones = e->dns,
					  .dns_cookie_secret = e->dns_cookie,
					  .listens = s->listens,
					  .listens_n = s->listens_n,
					  .rate = e->rate,
					  .ledger = e->ledger,
					  .workers_n = s->node->workers,
					  .clearance_key = e->clearance_key,
					  .tls = e->tls,
					  .tls_client = e->tls_client,
					  .node = s->node,
					  .apps = e->apps,
					  .platform_certs = e->platform_certs,
					  .platform_tls = e->platform_tls,
					  .platform_fallback = slice_str(e->platform_fallback) };
	if (e->log)
		t->setup.log = logfile_ring(e->log, s->node->limits.log_ring_bytes);
	if (e->audit_log)
		t->setup.audit = logfile_ring(e->audit_log, s->node->limits.log_ring_bytes);
	if (e->dns_log)
		t->setup.dns_log = logfile_ring(e->dns_log, s->node->limits.log_ring_bytes);
}

/* Starts every worker thread; they accept when this returns OK. */
static enum err edge__start(struct edge *e)
{
	e->threads_n = e->setup->node->workers;
	e->threads = mem_alloc_array(e->threads_n, sizeof *e->threads);
	pthread_barrier_init(&e->started, NULL, (unsigned)e->threads_n + 1);
	for (size_t i = 0; i < e->threads_n; i++) {
		edge__worker_setup(e, &e->threads[i], (uint32_t)i);
		CHECK(pthread_create(&e->threads[i].thread, NULL, edge__worker, &e->threads[i]) == 0);
	}
	pthread_barrier_wait(&e->started);
	for (size_t i = 0; i < e->threads_n; i++)
		if (e->threads[i].result != OK)
			return e->threads[i].result;
	for (size_t i = 0; i < e->threads_n; i++)
		e->workers[i] = e->threads[i].worker;
	__atomic_store_n(&e->live_n, e->threads_n, __ATOMIC_RELEASE);
	return OK;
}

static void edge__ready(int fd)
{
	if (fd < 0)
		return;
	if (write(fd, "ready\n", 6) < 0)
		fprintf(stderr, "edge: cannot tell the supervisor that it is ready\n");
	sock_close(fd);
}

static void edge__serve(struct edge *e)
{
	sigset_t set;
	int sig;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	for (;;) {
		if (sigwait(&set, &sig) != 0)
			continue;
		if (sig == SIGTERM)
			return;
		if (e->log)
			logfile_reopen(e->log);
		if (e->dns_log)
			logfile_reopen(e->dns_log);
		if (e->audit_log)
			logfile_reopen(e->audit_log);
	}
}

static void edge__stop(struct edge *e)
{
	for (size_t i = 0; i < e->threads_n; i++)
		if (e->threads[i].worker)
			worker_leave(e->threads[i].worker);
	shield_stop(e->shield);
	plan_stop(e->plan); /* the last to look at the workers' counters */
	pthread_barrier_wait(&e->started);
	for (size_t i = 0; i < e->threads_n; i++)
		pthread_join(e->threads[i].thread, NULL);
	plan_delete(e->plan);
	snap_thread_start(); /* what is freed now leaves by grace periods too */
	routes_free(e->routes);
	challenges_free(e->challenges);
	bans_free(e->bans);
	host_table_free(e->orders);
	host_table_free(e->trusts);
	tls_staples_free(e->staples);
	dns_zones_free(e->dns);
	tls_certs_free(e->certs);
	tls_certs_free(e->platform_certs);
	apps_free(e->apps);
	cache_free(e->cache);
	firewall_free(e->firewall);
	snap_drain(); /* zones hold handles of the shield */
	snap_thread_stop();
	tls_server_free(e->tls);
	tls_server_free(e->platform_tls);
	tls_client_free(e->tls_client);
	rate_free(e->rate);
	ledger_free(e->ledger);
	shield_free(e->shield);
	logfile_close(e->log);
	logfile_close(e->dns_log);
	logfile_close(e->audit_log);
	mem_free(e->threads);
	mem_free(e->workers);
	explain_free(e->explain);
	events_free(e->events);
	metrics_names_fini(&e->names);
	pthread_barrier_destroy(&e->started);
}

/* The counters that all workers share, and the key of what visitors show. errors: ERR_SYSTEM. */
static enum err edge__shield(struct edge *e)
{
	struct hash_key secret;

	hash_key_random(&secret);
	e->rate = rate_new(e->setup->node->limits.rate_keys_max, &secret);
	e->ledger = ledger_new(e->setup->node->limits.ledger_visitors_max, &secret);
	return crypto_hmac_sha256(slice_of(e->setup->seal->key, SEAL_KEY_BYTES), SLICE("cf_clearance"),
				  e->clearance_key);
}

static enum err edge__tls(struct edge *e)
{
	const struct tls_server_setup setup = {
		.certs = e->certs,
		.seal = e->setup->seal,
		.policy = edge__tls_policy,
		.ordered = edge__ordered,
		.staples = e->staples,
		.trusts = e->trusts,
		.challenge = edge__tls_challenge,
		.arg = e,
	};

	struct diag d;

	diag_init(&d);
	enum err err = tls_client_new(e->setup->node->origin_ca_file, &e->tls_client, &d);
	if (err != OK)
		fprintf(stderr, "edge: [origin] ca_file: %s: %s\n", d.where, d.text);
	return err == OK ? tls_server_new(&setup, &e->tls) : err;
}

/* What the app router needs: the apps, and TLS with certificates of its own. */
static enum err edge__platform(struct edge *e)
{
	const struct node_config *node = e->setup->node;

	/* Any name that the platform's wildcard covers stands for it. */
	snprintf(e->platform_fallback, sizeof e->platform_fallback, "default.%s.%s", node->platform_region,
		 node->platform_suffix);
	const struct tls_server_setup setup = { .certs = e->platform_certs,
						.seal = e->setup->seal,
						.fallback = slice_str(e->platform_fallback),
						.ordered = edge__ordered,
						.challenge = edge__tls_challenge,
						.arg = e };

	TRY(apps_new(slice_of(e->setup->seal->key, SEAL_KEY_BYTES), &e->apps));
	return tls_server_new(&setup, &e->platform_tls);
}

/* Opens one log, unless it is off. False after a sentence. */
static bool edge__log(const char *key, const char *path, struct logfile **ret)
{
	if (path[0] == '\0' || logfile_open(path, ret) == OK)
		return true;
	fprintf(stderr, "edge: [log] %s = %s: cannot be opened for writing; check the folder and its owner\n", key,
		path);
	return false;
}

static size_t edge__event_ring(const struct node_config *node)
{
	size_t n = EDGE__EVENT_RING_MIN;

	while (n < node->limits.event_ring_bytes)
		n *= 2;
	return n;
}

/* What the threads share, empty. */
static void edge__make(struct edge *e)
{
	const struct node_config *node = e->setup->node;

	e->cache = cache_new(&node->limits, EDGE__CACHE_SHARDS);
	e->routes = routes_new();
	e->challenges = challenges_new();
	e->bans = bans_new(e->setup->kernel_maps);
	e->orders = host_table_new(order_kind.drop);
	e->trusts = host_table_new(tls_trust_kind.drop);
	e->staples = tls_staples_new();
	e->purge = (struct purge_command){ .cache = e->cache, .routes = e->routes };
	metrics_names_init(&e->names, node->limits.metrics_zones_max);
	e->workers = mem_alloc_array(node->workers + 1, sizeof(struct worker *));
	e->explain = explain_new(e->workers, node->workers);
	/* One ring more than workers: the watching thread's. */
	e->events = events_new(node->workers + 1, edge__event_ring(node));
	e->shield = shield_new(node->workers, events_ring(e->events, node->workers));
	e->firewall = firewall_new(node->data, node->workers);
	e->dns = dns_zones_new(node->workers);
	e->certs = tls_certs_new();
	tls_certs_staples(e->certs, e->staples);
	e->platform_certs = tls_certs_new();
}

int edge_run(const struct edge_setup *setup)
{
	struct edge e = { .setup = setup };
	struct plan_setup plan = { .node = setup->node,
				   .generation = setup->generation,
				   .counters = edge__counters,
				   .commands = { [FRAME_COMMAND_DRAIN] = edge__drain,
						 [FRAME_COMMAND_PURGE] = edge__purge,
						 [FRAME_COMMAND_EXPLAIN] = edge__explain,
						 [FRAME_COMMAND_METRICS] = edge__metrics,
						 [FRAME_COMMAND_DNS] = edge__dns },
				   .arg = &e };
	enum err err;

	edge__make(&e);
	plan.events = e.events;
	const struct publisher publishers[] = {
		{ &zone_kind, edge__put_zone, edge__remove_zone, &e, NULL },
		{ &dns_kind, edge__put_dns, edge__remove_dns, &e, edge__prepare_dns },
		{ &tls_cert_kind, edge__put_certificate, edge__remove_certificate, &e, NULL },
		{ &challenge_kind, edge__put_challenge, edge__remove_challenge, e.challenges, NULL },
		{ &waf_rules_kind, edge__put_waf, edge__remove_waf, e.firewall, NULL },
		{ &order_kind, edge__put_order, edge__remove_hosts, e.orders, NULL },
		{ &tls_trust_kind, edge__put_trust, edge__remove_hosts, e.trusts, NULL },
		{ &tls_staple_kind, edge__put_staple, edge__remove_staple, e.staples, NULL },
		{ &ban_list_kind, edge__put_bans, edge__remove_bans, &e, NULL },
		{ &app_kind, edge__put_app, edge__remove_app, &e, NULL },
		{ .kind = NULL },
	};
	if (!edge__log("access", setup->node->access_log, &e.log) ||
	    !edge__log("dns", setup->node->dns_log, &e.dns_log) ||
	    !edge__log("audit", setup->node->audit_log, &e.audit_log))
		return 1;
	plan.publishers = publishers;
	err = crypto_random(e.dns_cookie, sizeof e.dns_cookie);
	if (err == OK)
		err = edge__shield(&e);
	if (err == OK)
		err = edge__tls(&e);
	if (err == OK)
		err = edge__platform(&e);
	if (err == OK)
		err = plan_start(&plan, &e.plan);
	if (err == OK)
		plan_wait_ready(e.plan, EDGE__PLAN_WAIT_MS);
	if (err == OK)
		err = edge__start(&e);
	if (err == OK)
		err = shield_start(e.shield);
	if (err != OK) {
		fprintf(stderr, "edge: cannot start: %s\n", err_text(err));
		return err == ERR_CONFIG ? SUPERVISOR_EXIT_CONFIG : 1;
	}
	edge__ready(setup->ready_fd);
	edge__serve(&e);
	edge__stop(&e);
	return 0;
}
