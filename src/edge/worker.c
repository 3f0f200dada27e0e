/* SPDX-License-Identifier: Apache-2.0 */
/* worker: see worker.h. Accepts a bounded number of connections a turn, so that those that are here get theirs too. */
#include "edge/worker.h"

#include "base/check.h"
#include "base/mem.h"
#include "edge/fill.h"
#include "edge/machine.h"
#include "edge/router.h"
#include "edge/traffic.h"
#include "edge/waf.h"
#include "sys/snap.h"
#include "sys/sock.h"
#include "wire/date.h"

enum { WORKER__ACCEPTS_A_TURN = 32 };

static _Thread_local const struct worker *worker__here;

bool worker_is_here(const struct worker *w)
{
	return worker__here == w;
}

struct slice worker_date(struct worker *w)
{
	int64_t now = loop_wall_s(w->loop);

	if (now != w->date_s) {
		date_print(now, w->date);
		w->date_s = now;
	}
	return slice_of(w->date, DATE_BYTES);
}

static bool worker__is_banned(void *arg, const struct ip *peer)
{
	const struct worker *w = arg;

	return bans_hold(w->bans, peer, loop_wall_s(w->loop));
}

static void worker__accept(struct loop_io *io, uint32_t events)
{
	struct worker_listener *at = LOOP_OWNER(io, struct worker_listener, io);
	struct worker *w = at->w;
	struct ip_port peer;
	int fd;

	OBJ(w, OBJ_WORKER);
	for (int i = 0; i < WORKER__ACCEPTS_A_TURN; i++) {
		enum err e = sock_accept(io->fd, &fd, &peer);
		if (e == ERR_CLOSED)
			continue;
		if (e != OK)
			return; /* none waiting, or no descriptors: the listener stays readable and is asked again next
				   turn */
		if (worker__is_banned(w, &peer.ip)) {
			counter_add(&w->counters, bans_dropped, 1);
			sock_reset(fd);
			continue;
		}
		at->accept(at->proto, fd, &peer, &at->local);
	}
}

static void worker__stop_if_idle(struct worker *w)
{
	size_t n = w->proto.conns_n + w->proto.secures_n + dns_server_connections(w->dns);

	if (w->router)
		n += w->router->proto.conns_n + w->router->proto.secures_n;
	if (w->leaving && n == 0)
		loop_stop(w->loop);
}

static void worker__turn(void *arg)
{
	worker__stop_if_idle(arg);
}

static void worker__late(struct loop_timer *t)
{
	struct worker *w = LOOP_OWNER(t, struct worker, leave_timer);
	loop_stop(w->loop);
}

static void worker__leave(struct loop_task *t)
{
	struct worker *w = LOOP_OWNER(t, struct worker, leave);

	if (w->leaving)
		return;
	w->leaving = true;
	for (size_t i = 0; i < w->listeners_n; i++)
		loop_io_del(w->loop, &w->listeners[i].io);
	proto_drain(&w->proto);
	if (w->router)
		proto_drain(&w->router->proto);
	dns_server_drain(w->dns);
	loop_timer_set(w->loop, &w->leave_timer, loop_now_ms(w->loop) + w->limits->shutdown_ms);
	worker__stop_if_idle(w);
}

/* Who was banned while a connection of his was open. Asked for again meanwhile, it comes again. */
static void worker__sweep(struct loop_task *t)
{
	struct worker *w = LOOP_OWNER(t, struct worker, sweep);

	__atomic_store_n(&w->sweep_posted, 0, __ATOMIC_RELEASE);
	size_t n = proto_close_those(&w->proto, worker__is_banned, w) + dns_server_close_banned(w->dns);
	if (w->router)
		n += proto_close_those(&w->router->proto, worker__is_banned, w);
	counter_add(&w->counters, bans_closed, n);
}

void worker_sweep(struct worker *w)
{
	OBJ(w, OBJ_WORKER);
	if (!__atomic_exchange_n(&w->sweep_posted, 1, __ATOMIC_ACQ_REL))
		loop_post(w->loop, &w->sweep);
}

void worker_leave(struct worker *w)
{
	OBJ(w, OBJ_WORKER);
	loop_post(w->loop, &w->leave);
}

/* Three letters out of the node's name for the ray id, as the seed edge's site codes. */
static void worker__site_code(struct worker *w, const char *name)
{
	size_t n = 0;

	memcpy(w->site_code, "SEA", 4);
	for (; *name && n < 3; name++) {
		char c = *name;
		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		if (c >= 'A' && c <= 'Z')
			w->site_code[n++] = c;
	}
}

/* What speaks on a socket of that kind; false: it is none for HTTP. */
static bool worker__speaks(struct worker *w, enum listen_kind kind, struct worker_listener *at)
{
	bool platform = kind == LISTEN_PLATFORM_HTTP || kind == LISTEN_PLATFORM_HTTPS;

	at->proto = platform ? &w->router->proto : &w->proto;
	at->accept = kind == LISTEN_HTTPS || kind == LISTEN_PLATFORM_HTTPS ? secure_accept : h1_server_accept;
	return platform || kind == LISTEN_HTTP || kind == LISTEN_HTTPS;
}

static enum err worker__listen(struct worker *w, const struct worker_setup *setup)
{
	w->listeners = mem_alloc_array(setup->listens_n + 1, sizeof *w->listeners);
	for (size_t i = 0; i < setup->listens_n; i++) {
		const struct edge_listen *l = &setup->listens[i];
		struct worker_listener *at = &w->listeners[w->listeners_n];
		if (l->worker != setup->number || !worker__speaks(w, l->kind, at))
			continue;
		at->io = (struct loop_io){ .fd = l->fd, .fn = worker__accept };
		at->w = w;
		at->local = l->addr;
		sock_defer_accept(at->io.fd);
		enum err e = loop_io_add_level(w->loop, &at->io);
		if (e != OK)
			return e;
		if (l->kind == LISTEN_HTTPS && !w->https_port)
			w->https_port = l->addr.port;
		w->listeners_n++;
	}
	return OK;
}

/* The name server with this worker's sockets. */
static enum err worker__dns(struct worker *w, const struct worker_setup *setup)
{
	struct dns_server_setup dns = { .loop = w->loop,
					.limits = w->limits,
					.counters = &w->counters,
					.zones = setup->dns_zones,
					.worker = setup->number,
					.nsid = setup->node_name,
					.cookie_secret = setup->dns_cookie_secret,
					.log = setup->dns_log,
					.banned = worker__is_banned,
					.banned_arg = w };

	w->dns = dns_server_new(&dns);
	for (size_t i = 0; i < setup->listens_n; i++) {
		const struct edge_listen *l = &setup->listens[i];
		if (l->worker != setup->number)
			continue;
		if (l->kind == LISTEN_DNS_UDP)
			TRY(dns_server_add_udp(w->dns, l->fd));
		if (l->kind == LISTEN_DNS_TCP)
			TRY(dns_server_add_tcp(w->dns, l->fd));
	}
	return OK;
}

enum err worker_new(const struct worker_setup *setup, struct worker **ret_worker)
{
	struct worker *w = mem_alloc(sizeof *w);
	enum err e;

	w->magic = OBJ_WORKER;
	w->number = setup->number;
	w->limits = setup->limits;
	w->cache = setup->cache;
	w->routes = setup->routes;
	w->challenges = setup->challenges;
	w->bans = setup->bans;
	w->seal = setup->seal;
	w->rate = setup->rate;
	w->ledger = setup->ledger;
	w->workers_n = setup->workers_n;
	w->clearance_key = setup->clearance_key;
	w->log = setup->log;
	w->events = setup->events;
	w->firewall = setup->firewall;
	w->audit = setup->audit;
	w->audit_header = setup->audit_header;
	w->date_s = -1;
	metrics_init(&w->metrics, w->limits->metrics_zones_max);
	w->trace = trace_new(w->limits->explain_requests_max);
	e = loop_new(&w->loop);
	if (e != OK) {
		metrics_fini(&w->metrics);
		trace_free(w->trace);
		mem_free(w);
		return e;
	}
	rng_init(&w->rng);
	worker__site_code(w, setup->node_name);
	w->key_buf = mem_alloc(w->limits->cache_key_bytes_max);
	w->head_buf = mem_alloc(WORKER_HEAD_BYTES);
	w->leave.fn = worker__leave;
	w->sweep.fn = worker__sweep;
	loop_timer_init(&w->leave_timer, worker__late);
	proto_init(&w->proto, w->loop, w->limits, &w->counters, machine_handler(), w);
	w->proto.tls = setup->tls;
	w->proto.tls_client = setup->tls_client;
	w->proto.tls_resume = tls_resume_new(w->limits->origin_tls_sessions_max);
	w->pool = pool_new(&w->proto);
	w->router = router_new(w, setup);
	w->traffic = traffic_new(w);
	w->redirect_loops = redirect_loop_new();
	w->rules_scratch = expr_scratch_new();
	arena_init(&w->rules_arena, &w->proto.arenas, w->limits->request_arena_bytes);
	loop_on_turn(w->loop, worker__turn, w);
	e = worker__dns(w, setup);
	if (e == OK)
		e = worker__listen(w, setup);
	if (e != OK) {
		worker_free(w);
		return e;
	}
	*ret_worker = w;
	return OK;
}

void worker_run(struct worker *w)
{
	OBJ(w, OBJ_WORKER);
	worker__here = w;
	loop_run(w->loop);
	worker__here = NULL;
}

void worker_free(struct worker *w)
{
	if (!w)
		return;
	OBJ(w, OBJ_WORKER);
	worker__here = w;
	loop_timer_cancel(w->loop, &w->leave_timer);
	for (size_t i = 0; i < w->listeners_n && !w->leaving; i++)
		loop_io_del(w->loop, &w->listeners[i].io);
	dns_server_free(w->dns);
	w->dns = NULL;
	proto_close_all(&w->proto);
	router_close(w->router);
	fill_end_all(w);
	for (int i = 0; i < 3; i++)
		loop_turn(w->loop, 0);
	pool_free(w->pool);
	if (w->router)
		pool_free(w->router->pool);
	for (int i = 0; i < 3; i++)
		loop_turn(w->loop, 0);
	router_free(w->router);
	traffic_free(w->traffic);
	proto_fini(&w->proto);
	tls_resume_free(w->proto.tls_resume);
	machine_free_kept(w);
	waf_free_kept(w);
	loop_free(w->loop);
	mem_free(w->listeners);
	metrics_fini(&w->metrics);
	trace_free(w->trace);
	redirect_loop_free(w->redirect_loops);
	expr_scratch_free(w->rules_scratch);
	mem_free(w->key_buf);
	mem_free(w->head_buf);
	w->magic = OBJ_FREED;
	mem_free(w);
	worker__here = NULL;
}
