/* SPDX-License-Identifier: Apache-2.0 */
/*
 * router: the app router: what the request machine does differently for a request of [listen] platform_http and
 * platform_https; private to the edge room. The rooms below decide (src/router), this glues them to the machine: step
 * app (router.c) finds the app and redirects, step instance (router_instance.c) finds who answers; then steps fetch,
 * filter, send and error are those of every request, with another head for the instance (router_upstream.c), other
 * fields and pages for the visitor (router_answer.c) and a log line of its own (router_log.c). Cache, rules and
 * firewall never see these requests. One for each worker, its thread.
 */
#ifndef EDGE_ROUTER_H
#define EDGE_ROUTER_H

#include "edge/request.h"
#include "edge/router_count.h"
#include "router/apps.h"
#include "router/probe.h"
#include "router/request_id.h"
#include "router/squeeze.h"
#include "supervisor/node.h"
#include "tls/tls_certs.h"

enum { ROUTER_HOST_BYTES = 256, ROUTER_CALLS_KEPT = 1024 };

/* What a worker has for the platform's listeners. Lifetime: process. */
struct router {
	struct worker *w;
	const struct node_config *node;
	const struct apps *apps;
	const struct tls_certs *certs; /* of the platform */
	struct limits limits;          /* the node's, with the router's bounds for its sessions and connections */
	struct proto proto;
	struct pool *pool;
	struct probe_set probes;
	struct squeeze_pool squeezes;
	struct slice fallback; /* a host that the platform's own certificate covers */
	struct router_call *calls_free;
	struct router_count count;
};

/* What a request of the platform has besides struct request. */
struct router_call {
	struct router_call *next_free;
	const struct app *app; /* NULL: none found */
	struct app *pinned;    /* keeps it across turns */
	struct balance_seat seat;
	struct loop_timer late;    /* the end of waiting for an instance */
	struct instance *instance; /* the last one asked, with a reference */
	struct squeeze *squeeze;   /* the answer is compressed */
	bool squeeze_now;          /* each piece leaves as it comes */
	bool retried;              /* an instance had refused the connection */
	bool trusted;              /* the peer is one of our edges: its X-Forwarded fields count */
	int64_t begin_ms;          /* wall clock */
	uint8_t id_n;
	char id[REQUEST_ID_MOST];
	char host[ROUTER_HOST_BYTES];
};

/* For worker.c: NULL when there are no listeners of the platform. */
struct router *router_new(struct worker *w, const struct worker_setup *setup);
/* Closes its connections; a turn of the loop, then router_free. NULL is fine for both. */
void router_close(struct router *t);
void router_free(struct router *t);

/* For machine.c: a request of the platform begins: gives it a call and an id. errors: ERR_MEMORY never; cost: none
 * once calls are recycled. */
void router_begin(struct request *r, struct router *t);
/* For machine.c: gives everything back. */
void router_release(struct request *r);
/* For machine.c: what the call points to lives until done. */
void router_keep(struct request *r);

/* The steps of step.def, and the branches of others. */
enum flow router_step_app(struct request *r);
enum flow router_step_instance(struct request *r);
enum flow router_filter(struct request *r);
enum flow router_error(struct request *r);

/* router_upstream.c: the request head as the instance gets it, in w->head_buf; empty: it does not fit. */
struct slice router_upstream(struct request *r);
/* router_instance.c: the times that an instance has. */
struct client_timeouts router_timeouts(const struct request *r);
/*
 * router_instance.c: the exchange with the instance failed before an answer began, or in the middle of one
 * (r->answered). kept: the connection had been used before and no byte came. Sets the next step.
 */
void router_failed(struct request *r, enum err e, bool kept);
/* router_instance.c: the app at this moment, in place of the version at hand; why there is nobody to ask, or OK. */
enum err router_current(struct request *r) MUST_USE;

/* router_answer.c: 301 to https, to the canonical host, or to both in one. */
enum flow router_redirect(struct request *r);
/* router_answer.c: body bytes of the instance on their way to the visitor; end: the last. */
void router_body(struct request *r, struct slice data, bool end);

/* The router's own word for the log: fields of the access row, and the line of router logs. router_log.c. */
void router_log_row(const struct request *r, struct text *t);
void router_log_line(struct request *r);
/* The status that logs show: 499 for a visitor who left before the answer. */
uint16_t router_log_status(const struct request *r);

#endif
