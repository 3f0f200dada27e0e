/* SPDX-License-Identifier: Apache-2.0 */
/* probe: see probe.h. */
#include "router/probe.h"

#include "base/mem.h"
#include "sys/sock.h"

/* Lifetime: the quarantine of its instance. */
struct probe {
	struct probe_set *all;
	struct probe *next, **prev;
	struct instance *instance; /* with a reference */
	struct loop_timer timer;   /* the pause before a try; during one, its end */
	struct loop_io io;         /* fd -1: none under way */
};

static void probe__close(struct probe *p)
{
	if (p->io.fd < 0)
		return;
	loop_io_forget(p->all->loop, &p->io);
	sock_close(p->io.fd);
	p->io.fd = -1;
}

static void probe__end(struct probe *p)
{
	probe__close(p);
	loop_timer_cancel(p->all->loop, &p->timer);
	*p->prev = p->next;
	if (p->next)
		p->next->prev = p->prev;
	balance_instance_unref(p->instance);
	mem_free(p);
}

static void probe__wait(struct probe *p, uint64_t ms)
{
	loop_timer_set(p->all->loop, &p->timer, loop_now_ms(p->all->loop) + ms);
}

static void probe__result(struct probe *p, bool ok)
{
	const struct limits *l = p->all->limits;
	uint64_t ms = balance_probed(p->instance, ok, l->router_quarantine_ms, l->router_quarantine_ms_max);

	probe__close(p);
	if (ms)
		probe__wait(p, ms);
	else
		probe__end(p);
}

static void probe__io(struct loop_io *io, uint32_t events)
{
	struct probe *p = LOOP_OWNER(io, struct probe, io);
	enum err e = sock_connected(io->fd);

	if (e != ERR_AGAIN)
		probe__result(p, e == OK);
}

static void probe__timer(struct loop_timer *t)
{
	struct probe *p = LOOP_OWNER(t, struct probe, timer);
	int fd;

	if (p->io.fd >= 0) { /* the try took too long */
		probe__result(p, false);
		return;
	}
	if (atomic_load(&p->instance->retired)) {
		probe__end(p);
		return;
	}
	if (sock_connect(&p->instance->at, &fd) != OK) {
		probe__result(p, false);
		return;
	}
	p->io = (struct loop_io){ .fd = fd, .fn = probe__io };
	if (loop_io_add(p->all->loop, &p->io) != OK) {
		sock_close(fd);
		p->io.fd = -1;
		probe__result(p, false);
		return;
	}
	probe__wait(p, p->all->limits->router_connect_ms);
}

void probe_init(struct probe_set *p, struct loop *loop, const struct limits *limits)
{
	*p = (struct probe_set){ .loop = loop, .limits = limits };
}

void probe_cut(struct probe_set *all, struct instance *i)
{
	const struct limits *l = all->limits;
	uint64_t ms = balance_cut(i, l->router_quarantine_ms, l->router_quarantine_ms_max);

	if (!ms)
		return;
	struct probe *p = mem_alloc(sizeof *p);
	*p = (struct probe){ .all = all, .next = all->list, .prev = &all->list, .instance = i };
	p->io.fd = -1;
	if (p->next)
		p->next->prev = &p->next;
	all->list = p;
	balance_instance_ref(i);
	loop_timer_init(&p->timer, probe__timer);
	probe__wait(p, ms);
}

void probe_fini(struct probe_set *p)
{
	while (p->list)
		probe__end(p->list);
}
