/* SPDX-License-Identifier: Apache-2.0 */
/* dial: see dial.h. */
#include "proto/dial.h"

#include "base/check.h"
#include "base/mem.h"
#include "sys/sock.h"
#include "tls/tls_client.h"

struct dial {
	uint32_t magic; /* OBJ_DIAL */
	bool over;      /* done was called */
	struct proto *p;
	struct loop_io io; /* fd -1: taken */
	struct loop_timer timer;
	struct loop_task task; /* frees */
	struct dial_setup setup;
	struct tls_session *tls; /* NULL: TCP is not there yet */
	bool h2, freed;
	char key[]; /* setup.key */
};

static void dial__end(struct dial *d, enum err e, const struct tls_trouble *trouble)
{
	if (d->over)
		return;
	d->over = true;
	loop_timer_cancel(d->p->loop, &d->timer);
	d->setup.done(d, e, trouble);
}

static void dial__late(struct loop_timer *t)
{
	struct dial *d = LOOP_OWNER(t, struct dial, timer);
	struct tls_trouble trouble;

	OBJ(d, OBJ_DIAL);
	if (!d->tls) {
		dial__end(d, ERR_ORIGIN_CONNECT_TIMEOUT, NULL);
		return;
	}
	tls_trouble_set(&trouble, TLS_CHECK_TIME, "it did not end the handshake within %llu ms",
			(unsigned long long)d->setup.connect_ms);
	dial__end(d, ERR_ORIGIN_TLS, &trouble);
}

static void dial__shake(struct dial *d)
{
	enum err e = tls_session_handshake(d->tls);
	struct tls_session_info info;
	struct tls_trouble trouble;

	if (e == ERR_AGAIN)
		return;
	if (e == OK) {
		tls_session_info(d->tls, &info);
		d->h2 = info.h2;
		counter_add(d->p->counters, origin_tls_handshakes, 1);
		counter_add(d->p->counters, origin_tls_resumed, info.resumed);
		dial__end(d, OK, NULL);
		return;
	}
	tls_client_trouble(d->tls, e, &trouble);
	dial__end(d, tls_trouble_is_cert(trouble.check) ? ERR_ORIGIN_CERT : ERR_ORIGIN_TLS, &trouble);
}

static void dial__io(struct loop_io *io, uint32_t events)
{
	struct dial *d = LOOP_OWNER(io, struct dial, io);
	const struct client_to *to = d->setup.to;
	enum err e = d->tls ? OK : sock_connected(d->io.fd);

	OBJ(d, OBJ_DIAL);
	if (e == ERR_AGAIN || d->over)
		return;
	if (e == OK && !d->tls) {
		const struct tls_client_how how = { .host = to->host,
						    .also = to->also,
						    .identity = to->identity,
						    .verify = to->verify,
						    .h2 = to->h2,
						    .resume = d->p->tls_resume,
						    .key = d->setup.key,
						    .now_s = loop_wall_s(d->p->loop) };
		e = tls_client_connect(d->p->tls_client, d->io.fd, &how, &d->tls);
	}
	if (e == OK)
		dial__shake(d);
	else
		dial__end(d, e, NULL);
}

static void dial__task(struct loop_task *t)
{
	struct dial *d = LOOP_OWNER(t, struct dial, task);

	d->magic = OBJ_FREED;
	mem_free(d);
}

enum err dial_start(struct proto *p, const struct dial_setup *setup, struct dial **ret)
{
	int fd;

	TRY(sock_connect(&setup->to->at, &fd));
	struct dial *d = mem_alloc(sizeof *d + setup->key.n + 1);
	*d = (struct dial){ .magic = OBJ_DIAL, .p = p, .setup = *setup };
	d->io = (struct loop_io){ .fd = fd, .fn = dial__io };
	d->task.fn = dial__task;
	memcpy(d->key, setup->key.p, setup->key.n);
	d->setup.key = slice_of(d->key, setup->key.n);
	enum err e = loop_io_add(p->loop, &d->io);
	if (e != OK) {
		sock_close(fd);
		mem_free(d);
		return e;
	}
	loop_timer_init(&d->timer, dial__late);
	loop_timer_set(p->loop, &d->timer, loop_now_ms(p->loop) + setup->connect_ms);
	counter_add(p->counters, origin_conns_opened, 1);
	*ret = d;
	return OK;
}

void *dial_owner(const struct dial *d)
{
	return d->setup.owner;
}

int dial_take(struct dial *d, struct tls_session **ret_tls, bool *ret_h2)
{
	int fd = d->io.fd;

	CHECK(d->over && fd >= 0);
	loop_io_del(d->p->loop, &d->io);
	d->io.fd = -1;
	*ret_tls = d->tls;
	*ret_h2 = d->h2;
	d->tls = NULL;
	return fd;
}

void dial_free(struct dial *d)
{
	if (!d)
		return;
	OBJ(d, OBJ_DIAL);
	CHECK(!d->freed);
	d->over = d->freed = true;
	loop_timer_cancel(d->p->loop, &d->timer);
	if (d->io.fd >= 0) {
		loop_io_forget(d->p->loop, &d->io);
		tls_session_free(d->tls);
		sock_close(d->io.fd);
	}
	loop_defer(d->p->loop, &d->task);
}
