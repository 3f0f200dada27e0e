/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns_tcp: the server's connections (RFC 7766): messages behind their length, any number one after the other, answered
 * in order. A connection costs its struct, and a buffer only while there is a part of a query or an answer that the
 * client does not take. Time: so long as there are few connections, dns_tcp_idle_ms from one query to the next; the
 * fuller the table, the less; a new one in a full table takes the place of the one that was of no use for longest. So
 * who only holds connections open cannot keep others out.
 */
#include "base/buf.h"
#include "base/check.h"
#include "base/mem.h"
#include "dns/dns_server_int.h"
#include "sys/sock.h"

enum {
	DNS_TCP__ACCEPTS_A_TURN = 32,
	DNS_TCP__QUERIES_A_TURN = 64, /* of one connection, then others get theirs */
	DNS_TCP__TRANSFER_COST = 16,  /* a message of a transfer counts as so many queries */
	DNS_TCP__IN_BYTES = 2 * (2 + DNS_SERVER_QUERY_BYTES),
	DNS_TCP__OUT_BYTES = 2 * (2 + DNS_MSG_BYTES_MAX),
	DNS_TCP__IDLE_MS_MIN = 200,
	DNS_TCP__BUSY_SHARE = 2, /* time begins to shrink when one in so many places is taken */
	DNS_TCP__KEEPALIVE_MAX = 65535,
};

/* Lifetime: connection. */
struct dns_tcp {
	uint32_t magic; /* OBJ_DNS_TCP */
	struct loop_io io;
	struct loop_timer timer;
	struct loop_task again;
	struct dns_server *server;
	struct dns_tcp *older, *newer;
	struct ip_port peer;
	struct buf in, out;
	bool ended;          /* the client sends no more */
	struct dns_xfr *xfr; /* the answer under way is a whole zone */
};

/* ---- the list, by use ---- */

static void dns_tcp__unlink(struct dns_tcp *c)
{
	struct dns_server *s = c->server;

	*(c->older ? &c->older->newer : &s->oldest) = c->newer;
	*(c->newer ? &c->newer->older : &s->newest) = c->older;
}

static void dns_tcp__link(struct dns_tcp *c)
{
	struct dns_server *s = c->server;

	c->newer = NULL;
	c->older = s->newest;
	*(s->newest ? &s->newest->newer : &s->oldest) = c;
	s->newest = c;
}

/* How long a connection may be quiet now. */
static uint64_t dns_tcp__idle_ms(const struct dns_server *s)
{
	uint64_t most = s->setup.limits->dns_tcp_conns_max, idle = s->setup.limits->dns_tcp_idle_ms;
	uint64_t free = most > s->tcp_n ? most - s->tcp_n : 0;

	if (s->tcp_n * DNS_TCP__BUSY_SHARE > most)
		idle = idle * free * DNS_TCP__BUSY_SHARE / (most * (DNS_TCP__BUSY_SHARE - 1) + 1);
	return idle > DNS_TCP__IDLE_MS_MIN ? idle : DNS_TCP__IDLE_MS_MIN;
}

static void dns_tcp__of_use(struct dns_tcp *c)
{
	struct loop *l = c->server->setup.loop;

	dns_tcp__unlink(c);
	dns_tcp__link(c);
	loop_timer_set(l, &c->timer, loop_now_ms(l) + dns_tcp__idle_ms(c->server));
}

static void dns_tcp__end_transfer(struct dns_tcp *c)
{
	if (!c->xfr)
		return;
	dns_xfr_free(c->xfr);
	c->xfr = NULL;
	c->server->transfers_n--;
}

static void dns_tcp__close(struct dns_tcp *c)
{
	struct dns_server *s = c->server;

	OBJ(c, OBJ_DNS_TCP);
	dns_tcp__unlink(c);
	s->tcp_n--;
	dns_tcp__end_transfer(c);
	loop_timer_cancel(s->setup.loop, &c->timer);
	loop_io_del(s->setup.loop, &c->io);
	sock_close(c->io.fd);
	buf_fini(&c->in);
	buf_fini(&c->out);
	c->io.fd = -1;
	/* Work may still be deferred: it frees then. */
	if (c->again.queued)
		return;
	c->magic = OBJ_FREED;
	mem_free(c);
}

/* ---- queries ---- */

/* Sends what waits. False: the connection is gone. */
static bool dns_tcp__flush(struct dns_tcp *c)
{
	size_t n;

	while (buf_len(&c->out)) {
		struct slice s = buf_slice(&c->out);
		enum err e = sock_send(c->io.fd, s.p, s.n, false, &n);
		if (e == ERR_AGAIN)
			return true;
		if (e != OK)
			return false;
		buf_consume(&c->out, n);
	}
	return true;
}

/* The answer of n bytes in the server's buffer is to be sent. */
static void dns_tcp__queue(struct dns_tcp *c, size_t n)
{
	struct dns_server *s = c->server;

	s->tcp_out[0] = (uint8_t)(n >> 8);
	s->tcp_out[1] = (uint8_t)n;
	CHECK(buf_add(&c->out, slice_of(s->tcp_out, n + 2)));
}

/* Answers one message; there is room for the longest answer. */
static void dns_tcp__answer(struct dns_tcp *c, struct slice message)
{
	struct dns_server *s = c->server;
	uint64_t idle = dns_tcp__idle_ms(s) / 100;
	struct dns_server_from from = { .peer = c->peer,
					.tcp = true,
					.keepalive_100ms =
						(int)(idle < DNS_TCP__KEEPALIVE_MAX ? idle : DNS_TCP__KEEPALIVE_MAX) };

	counter_add(s->setup.counters, dns_tcp_queries, 1);
	c->xfr = dns_server_transfer(s, message, &from);
	if (c->xfr)
		return;
	size_t n = dns_server_answer(s, message, &from, s->tcp_out + 2, DNS_MSG_BYTES_MAX);
	if (n)
		dns_tcp__queue(c, n);
}

/* Nothing else is answered before the transfer is over. False: it cannot go on. */
static bool dns_tcp__transfer(struct dns_tcp *c)
{
	struct dns_server *s = c->server;
	size_t n;

	if (dns_xfr_next(c->xfr, s->signer, loop_wall_s(s->setup.loop), s->tcp_out + 2, DNS_MSG_BYTES_MAX, &n) != OK)
		return false;
	if (n == 0)
		dns_tcp__end_transfer(c);
	else
		dns_tcp__queue(c, n);
	return true;
}

/* The next whole message in the buffer. False: there is none yet. *ret_bad: there never will be. */
static bool dns_tcp__next(struct dns_tcp *c, struct slice *ret, bool *ret_bad)
{
	struct slice in = buf_slice(&c->in);

	if (in.n < 2)
		return false;
	size_t n = (size_t)(uint8_t)in.p[0] << 8 | (uint8_t)in.p[1];
	*ret_bad = n > DNS_SERVER_QUERY_BYTES;
	if (*ret_bad || in.n < 2 + n)
		return false;
	*ret = slice_of(in.p + 2, n);
	return true;
}

/* Reads once. */
static enum err dns_tcp__read(struct dns_tcp *c)
{
	size_t room = DNS_TCP__IN_BYTES - buf_len(&c->in), n;
	char *p = buf_room(&c->in, room);

	CHECK(p && room);
	TRY(sock_recv(c->io.fd, p, room, &n));
	buf_commit(&c->in, n);
	return OK;
}

/* Answers the messages that are there, as far as answers may wait. Returns how many. */
static int dns_tcp__answer_all(struct dns_tcp *c, int most, bool *ret_bad)
{
	struct slice message;
	int done = 0;

	while (done < most && !c->xfr && buf_len(&c->out) <= DNS_TCP__OUT_BYTES / 2 &&
	       dns_tcp__next(c, &message, ret_bad)) {
		dns_tcp__answer(c, message);
		buf_consume(&c->in, message.n + 2);
		done++;
	}
	if (done)
		dns_tcp__of_use(c);
	return done;
}

/* Answers what is there and reads on, until the kernel has no more. False: the connection is over. */
static bool dns_tcp__serve(struct dns_tcp *c)
{
	bool bad = false;

	for (int left = DNS_TCP__QUERIES_A_TURN; left > 0;) {
		int done = dns_tcp__answer_all(c, left, &bad);
		left -= done;
		if (c->xfr && buf_len(&c->out) == 0) {
			if (!dns_tcp__transfer(c))
				return false;
			done = 1;
			left -= DNS_TCP__TRANSFER_COST;
			dns_tcp__of_use(c);
		}
		if (!dns_tcp__flush(c))
			return false;
		if (buf_len(&c->out))
			return true; /* who does not take answers gets no more of them */
		if (done || c->xfr)
			continue;
		if (bad || c->ended)
			return false;
		enum err e = dns_tcp__read(c);
		if (e == ERR_AGAIN)
			return !c->server->draining || buf_len(&c->in);
		if (e == ERR_CLOSED)
			c->ended = true; /* what came before still gets its answer */
		else if (e != OK)
			return false;
	}
	loop_defer(c->server->setup.loop, &c->again);
	return true;
}

static void dns_tcp__work(struct dns_tcp *c)
{
	if (!dns_tcp__serve(c)) {
		dns_tcp__close(c);
		return;
	}
	/* A quiet connection holds no buffer. */
	if (buf_len(&c->in) == 0)
		buf_fini(&c->in);
	if (buf_len(&c->out) == 0)
		buf_fini(&c->out);
}

static void dns_tcp__event(struct loop_io *io, uint32_t events)
{
	dns_tcp__work(LOOP_OWNER(io, struct dns_tcp, io));
}

static void dns_tcp__again(struct loop_task *t)
{
	struct dns_tcp *c = LOOP_OWNER(t, struct dns_tcp, again);

	if (c->io.fd < 0) {
		c->magic = OBJ_FREED;
		mem_free(c);
		return;
	}
	dns_tcp__work(c);
}

static void dns_tcp__late(struct loop_timer *t)
{
	struct dns_tcp *c = LOOP_OWNER(t, struct dns_tcp, timer);

	counter_add(c->server->setup.counters, dns_tcp_idle, 1);
	dns_tcp__close(c);
}

/* ---- connections ---- */

static void dns_tcp__open(struct dns_server *s, int fd, const struct ip_port *peer)
{
	if (s->tcp_n >= s->setup.limits->dns_tcp_conns_max) {
		counter_add(s->setup.counters, dns_tcp_evicted, 1);
		dns_tcp__close(s->oldest);
	}
	struct dns_tcp *c = mem_alloc(sizeof *c);
	c->magic = OBJ_DNS_TCP;
	c->server = s;
	c->peer = *peer;
	c->io = (struct loop_io){ .fd = fd, .fn = dns_tcp__event };
	c->again.fn = dns_tcp__again;
	loop_timer_init(&c->timer, dns_tcp__late);
	buf_init(&c->in, DNS_TCP__IN_BYTES);
	buf_init(&c->out, DNS_TCP__OUT_BYTES);
	if (loop_io_add(s->setup.loop, &c->io) != OK) {
		sock_close(fd);
		mem_free(c);
		return;
	}
	dns_tcp__link(c);
	s->tcp_n++;
	counter_add(s->setup.counters, dns_tcp_conns, 1);
	loop_timer_set(s->setup.loop, &c->timer, loop_now_ms(s->setup.loop) + dns_tcp__idle_ms(s));
	/* Its first query is usually here already. */
	dns_tcp__work(c);
}

void dns_tcp_accept(struct loop_io *io, uint32_t events)
{
	struct dns_server *s = LOOP_OWNER(io, struct dns_server_socket, io)->server;
	struct ip_port peer;
	int fd;

	OBJ(s, OBJ_DNS_SERVER);
	for (int i = 0; i < DNS_TCP__ACCEPTS_A_TURN; i++) {
		enum err e = sock_accept(io->fd, &fd, &peer);
		if (e == ERR_CLOSED)
			continue;
		if (e != OK)
			return;
		if (dns_server_is_banned(s, &peer.ip))
			sock_reset(fd);
		else
			dns_tcp__open(s, fd, &peer);
	}
}

void dns_tcp_close_all(struct dns_server *s)
{
	while (s->oldest)
		dns_tcp__close(s->oldest);
}

size_t dns_tcp_close_those(struct dns_server *s, bool (*fn)(void *arg, const struct ip *peer), void *arg)
{
	struct dns_tcp *next;
	size_t n = 0;

	for (struct dns_tcp *c = s->oldest; c; c = next) {
		next = c->newer;
		if (!fn(arg, &c->peer.ip))
			continue;
		dns_tcp__close(c);
		n++;
	}
	return n;
}

void dns_tcp_drain(struct dns_server *s)
{
	struct dns_tcp *next;

	for (struct dns_tcp *c = s->oldest; c; c = next) {
		next = c->newer;
		if (buf_len(&c->in) == 0 && buf_len(&c->out) == 0)
			dns_tcp__close(c);
	}
}
