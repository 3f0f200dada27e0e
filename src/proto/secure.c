/* SPDX-License-Identifier: Apache-2.0 */
/* secure: see secure.h. */
#include "proto/secure.h"

#include "base/check.h"
#include "base/mem.h"
#include "proto/h1_server.h"
#include "proto/h2_server.h"
#include "sys/sock.h"
#include "tls/tls_server.h"

enum { SECURE__LOOK_MS = 25 }; /* between two looks for a certificate that is being ordered */

/* Lifetime: connection, until the end of the turn in which the handshake ended. */
struct secure {
	uint32_t magic; /* OBJ_SECURE */
	bool registered, over, waiting;
	int fd;
	struct proto *p;
	struct secure *next, **prev; /* p->secures */
	struct rest rest, shake;     /* p->resting, p->shaking */
	struct tls_session *tls;
	uint64_t due_ms, wait_due_ms; /* of the handshake; of waiting for a certificate */
	struct ip_port peer, local;
	struct loop_io io;
	struct loop_timer timer;
	struct loop_task task;
};

static void secure__free(struct loop_task *t)
{
	struct secure *s = LOOP_OWNER(t, struct secure, task);

	OBJ(s, OBJ_SECURE);
	s->magic = OBJ_FREED;
	mem_free(s);
}

static void secure__wait_over(struct secure *s)
{
	s->p->secures_waiting_n -= (size_t)s->waiting;
	s->waiting = false;
}

/* The struct goes away at the end of the turn; socket and session are somebody else's or closed. */
static void secure__over(struct secure *s)
{
	s->over = true;
	secure__wait_over(s);
	loop_timer_cancel(s->p->loop, &s->timer);
	rest_over(&s->p->resting, &s->rest);
	rest_over(&s->p->shaking, &s->shake);
	*s->prev = s->next;
	if (s->next)
		s->next->prev = s->prev;
	s->p->secures_n--;
	loop_defer(s->p->loop, &s->task);
}

static void secure__close(struct secure *s)
{
	if (s->registered)
		loop_io_forget(s->p->loop, &s->io);
	tls_session_free(s->tls);
	sock_close(s->fd);
	counter_add(s->p->counters, conns_open, -1);
	secure__over(s);
}

static void secure__end_rest(struct rest *r)
{
	secure__close(LOOP_OWNER(r, struct secure, rest));
}

static void secure__end_shake(struct rest *r)
{
	secure__close(LOOP_OWNER(r, struct secure, shake));
}

static void secure__done(struct secure *s)
{
	struct proto *p = s->p;
	struct tls_session_info info;

	tls_session_info(s->tls, &info);
	counter_add(p->counters, tls_handshakes, 1);
	if (info.resumed)
		counter_add(p->counters, tls_resumed, 1);
	if (s->registered)
		loop_io_del(p->loop, &s->io);
	if (info.challenge) { /* the authority has seen what it wanted */
		tls_session_end(s->tls);
		s->registered = false;
		secure__close(s);
		return;
	}
	secure__over(s);
	if (info.h2)
		h2_server_accept(p, s->fd, s->tls, &s->peer, &s->local);
	else
		h1_server_accept_tls(p, s->fd, s->tls, &s->peer, &s->local);
}

/* Looks again in a while; false when it has waited long enough, or too many do. */
static bool secure__wait(struct secure *s)
{
	const struct limits *l = s->p->limits;
	uint64_t now = loop_now_ms(s->p->loop);

	if (!s->waiting) {
		if (s->wait_due_ms || s->p->secures_waiting_n >= l->tls_order_waits_max)
			return false;
		s->waiting = true;
		s->p->secures_waiting_n++;
		s->wait_due_ms = now + l->tls_order_wait_ms;
		counter_add(s->p->counters, tls_order_waits, 1);
	}
	if (now >= s->wait_due_ms)
		return false;
	loop_timer_set(s->p->loop, &s->timer, now + SECURE__LOOK_MS);
	return true;
}

/* A step of the handshake, as often as a certificate that does not come is given up. */
static enum err secure__step(struct secure *s)
{
	enum err e = tls_session_handshake(s->tls);

	if (e == ERR_AGAIN && tls_session_waits(s->tls) && !secure__wait(s)) {
		tls_session_wait_no_more(s->tls);
		e = tls_session_handshake(s->tls);
	}
	if (s->waiting && !tls_session_waits(s->tls)) {
		secure__wait_over(s);
		loop_timer_set(s->p->loop, &s->timer, s->due_ms);
	}
	return e;
}

static void secure__go_on(struct secure *s)
{
	enum err e = secure__step(s);

	if (e == ERR_AGAIN)
		return;
	if (e == OK) {
		secure__done(s);
		return;
	}
	counter_add(s->p->counters, tls_failed, 1);
	secure__close(s);
}

static void secure__io(struct loop_io *io, uint32_t events)
{
	struct secure *s = LOOP_OWNER(io, struct secure, io);

	OBJ(s, OBJ_SECURE);
	if (!s->over)
		secure__go_on(s);
}

static void secure__late(struct loop_timer *t)
{
	struct secure *s = LOOP_OWNER(t, struct secure, timer);

	OBJ(s, OBJ_SECURE);
	if (s->waiting && loop_now_ms(s->p->loop) < s->due_ms) {
		secure__go_on(s);
		return;
	}
	counter_add(s->p->counters, timeouts_tls, 1);
	secure__close(s);
}

void secure_accept(struct proto *p, int fd, const struct ip_port *peer, const struct ip_port *local)
{
	struct tls_session *tls = NULL;

	counter_add(p->counters, conns_accepted, 1);
	if (!proto_make_room(p, true) || tls_server_accept(p->tls, fd, loop_wall_s(p->loop), &tls) != OK) {
		counter_add(p->counters, conns_refused, 1);
		sock_close(fd);
		return;
	}
	counter_add(p->counters, conns_open, 1);
	struct secure *s = mem_alloc(sizeof *s);
	*s = (struct secure){ .magic = OBJ_SECURE, .fd = fd, .p = p, .next = p->secures, .prev = &p->secures };
	s->tls = tls;
	s->peer = *peer;
	s->local = *local;
	s->io = (struct loop_io){ .fd = fd, .fn = secure__io };
	s->task.fn = secure__free;
	if (s->next)
		s->next->prev = &s->next;
	p->secures = s;
	p->secures_n++;
	s->rest.end = secure__end_rest;
	s->shake.end = secure__end_shake;
	rest_begin(&p->resting, &s->rest);
	rest_begin(&p->shaking, &s->shake);
	loop_timer_init(&s->timer, secure__late);
	s->due_ms = loop_now_ms(p->loop) + p->limits->tls_handshake_ms;
	loop_timer_set(p->loop, &s->timer, s->due_ms);
	secure__go_on(s); /* the ClientHello is there already (sock_defer_accept) */
	if (s->over)
		return;
	s->registered = loop_io_add(p->loop, &s->io) == OK;
	if (!s->registered)
		secure__close(s);
}

size_t secure_close_those(struct proto *p, proto_ends_fn fn, void *arg)
{
	struct secure *next;
	size_t n = 0;

	for (struct secure *s = p->secures; s; s = next) {
		next = s->next;
		if (!fn(arg, &s->peer.ip))
			continue;
		secure__close(s);
		n++;
	}
	return n;
}

void secure_close_all(struct proto *p)
{
	while (p->secures)
		secure__close(p->secures);
}
