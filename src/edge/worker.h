/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker: one thread of the edge with everything it owns: loop, sessions, origin connections, counters, log ring,
 * scratch memory. Workers share the cache and the routes, nothing else. Lifetime: process.
 */
#ifndef EDGE_WORKER_H
#define EDGE_WORKER_H

#include "base/rng.h"
#include "cache/store.h"
#include "dns/dns_server.h"
#include "edge/bans.h"
#include "edge/challenges.h"
#include "edge/edge.h"
#include "edge/events.h"
#include "edge/metrics.h"
#include "edge/redirect_loop.h"
#include "edge/routes.h"
#include "edge/trace.h"
#include "expr/expr.h"
#include "origin/pool.h"
#include "proto/h1_server.h"
#include "proto/proto.h"
#include "proto/secure.h"
#include "shield/rate.h"
#include "sys/logring.h"
#include "tls/tls_client.h"
#include "tls/tls_server.h"

enum { WORKER_ROUTES = 64, WORKER_ROUTE_HOST = 80, WORKER_HEAD_BYTES = 262144, WORKER_RR = 256, WORKER_PASSES = 1024 };

struct apps;
struct fill;
struct firewall;
struct request;
struct waf_state;
struct router;
struct worker;

struct worker_listener {
	struct loop_io io;
	struct worker *w;
	struct ip_port local;
	struct proto *proto; /* whose sessions its connections become */
	/* What begins a connection that was accepted here: h1_server_accept, secure_accept. */
	void (*accept)(struct proto *p, int fd, const struct ip_port *peer, const struct ip_port *local);
};

/* A remembered look-up of a Host value as sent; good while the routes' generation is the same. */
struct worker_route {
	uint64_t generation;
	uint32_t host_n;
	char host[WORKER_ROUTE_HOST];
	char canonical[WORKER_ROUTE_HOST];
	uint32_t canonical_n;
	const struct site *site;
};

/* A key whose answer was not storable while others waited for it. */
struct worker_pass {
	uint64_t hash, until_ms;
};

struct worker {
	uint32_t magic; /* OBJ_WORKER */
	unsigned number;
	struct loop *loop;
	const struct limits *limits;
	struct cache *cache;
	struct routes *routes;
	const struct challenges *challenges;
	const struct bans *bans; /* who is not let in; NULL: everybody is */
	const struct seal *seal; /* the node's; NULL in tests */
	struct counters counters;
	struct proto proto;
	struct pool *pool;
	struct rate_table *rate; /* of all workers */
	struct ledger *ledger;   /* likewise */
	bool letting_in;         /* admit.c: requests at a gate are being run */
	unsigned workers_n;
	const uint8_t *clearance_key; /* CLEARANCE_KEY_BYTES */
	struct router *router;        /* of the platform's listeners; NULL: there are none */
	struct dns_server *dns;
	struct logring *log;        /* NULL: off */
	struct events_ring *events; /* to control; NULL: nobody listens */
	struct traffic *traffic;    /* what zones' visitors asked for, on its way there */
	struct firewall *firewall;
	struct waf_state *waf_free; /* kept for reuse */
	struct logring *audit;      /* of the firewall; NULL: off */
	const char *audit_header;   /* whose value is the id of an audit line; "" for none */
	size_t waf_buffered;        /* bytes of bodies that wait for the firewall or for an origin */
	struct metrics metrics;
	struct trace *trace; /* NULL: off */
	struct redirect_loops *redirect_loops;
	struct rng rng;
	struct worker_listener *listeners;
	struct expr_scratch *rules_scratch;
	struct arena rules_arena; /* emptied after each expression */
	size_t listeners_n;
	uint16_t https_port; /* of the first listener for HTTPS; 0: there is none */
	struct worker_route route_cache[WORKER_ROUTES];
	struct worker_pass pass[WORKER_PASSES];
	unsigned rr[WORKER_RR]; /* round robin by site id */
	struct fill *fills;     /* fetches into the cache under way */
	struct request *requests_free;
	size_t requests_n; /* alive */
	char site_code[4]; /* three letters behind the ray id */
	char date[32];     /* IMF-fixdate of date_s */
	int64_t date_s;
	char *key_buf;          /* cache_key_bytes_max */
	char *head_buf;         /* WORKER_HEAD_BYTES: request heads to origins, log lines */
	struct loop_task sweep; /* posted to close connections of who is banned now */
	uint32_t sweep_posted;  /* atomic */
	struct loop_task leave; /* posted to drain */
	struct loop_timer leave_timer;
	bool leaving;
};

struct worker_setup {
	unsigned number;
	const struct limits *limits;
	struct cache *cache;
	struct routes *routes;
	const struct challenges *challenges;
	const struct bans *bans;
	const struct seal *seal;
	struct logring *log;
	struct events_ring *events;
	struct firewall *firewall;
	struct logring *audit;
	const char *audit_header;
	const char *node_name;
	const struct dns_zones *dns_zones;
	const uint8_t *dns_cookie_secret;
	struct logring *dns_log; /* NULL: off */
	struct rate_table *rate;
	struct ledger *ledger;
	unsigned workers_n;
	const uint8_t *clearance_key;
	const struct edge_listen *listens; /* of all workers and kinds; a worker takes its own */
	size_t listens_n;
	struct tls_server *tls; /* for HTTPS */
	struct tls_client *tls_client;
	const struct node_config *node;
	/* For listeners of the platform: the apps, their certificates, and a host that the platform's own covers. */
	const struct apps *apps;
	const struct tls_certs *platform_certs;
	struct tls_server *platform_tls;
	struct slice platform_fallback;
};

/* A worker ready to run on the calling thread. errors: ERR_SYSTEM. Caller frees with worker_free on the same thread. */
enum err worker_new(const struct worker_setup *setup, struct worker **ret_worker) MUST_USE;
/* Runs until worker_leave has been asked and every request is over (or shutdown_ms passed). */
void worker_run(struct worker *w);
/* Asks it to close connections of addresses that are banned by now. Any thread, while the worker is alive. */
void worker_sweep(struct worker *w);
/* Asks the worker to stop accepting, finish and return. Any thread. */
void worker_leave(struct worker *w);
/* Frees. NULL is fine. */
void worker_free(struct worker *w);
/* True when the calling thread runs this worker. */
bool worker_is_here(const struct worker *w);
/* "Date" value of this turn, 29 bytes. */
struct slice worker_date(struct worker *w);

#endif
