/* SPDX-License-Identifier: Apache-2.0 */
/* probe: see probe.h. It asks as for a visitor over https, whatever the way, which an app that redirects looks at. */
#include "control/probe.h"

#include "base/check.h"
#include "base/mem.h"
#include "base/text.h"
#include "sys/sock.h"
#include "wire/h1_head.h"

enum { PROBE__IN_BYTES = 32768, PROBE__OUT_BYTES = 1024, PROBE__FIELDS = 128 };

enum probe__state { PROBE__CONNECTING, PROBE__SHAKING, PROBE__SENDING, PROBE__READING, PROBE__OVER };

struct probe {
	enum probe__state state;
	struct loop *loop;
	struct loop_io io;
	struct loop_timer timer;
	struct loop_task task; /* tells and frees */
	struct tls_client *tls;
	struct tls_session *session;
	struct probe_ask ask;
	struct probe_seen seen;
	probe_done_fn fn; /* NULL: cancelled */
	void *arg;
	size_t sent, in_n, out_n;
	char out[PROBE__OUT_BYTES], in[PROBE__IN_BYTES];
	struct field fields[PROBE__FIELDS];
};

/* ---- the end ---- */

static void probe__task(struct loop_task *t)
{
	struct probe *p = LOOP_OWNER(t, struct probe, task);

	if (p->fn)
		p->fn(p->arg, &p->seen);
	mem_free(p);
}

static void probe__end(struct probe *p, enum err e)
{
	if (p->state == PROBE__OVER)
		return;
	p->state = PROBE__OVER;
	p->seen.error = e;
	loop_timer_cancel(p->loop, &p->timer);
	loop_io_forget(p->loop, &p->io);
	tls_session_free(p->session);
	sock_close(p->io.fd);
	loop_defer(p->loop, &p->task);
}

static void probe__late(struct loop_timer *t)
{
	struct probe *p = LOOP_OWNER(t, struct probe, timer);

	if (p->state == PROBE__SHAKING)
		tls_trouble_set(&p->seen.trouble, TLS_CHECK_TIME, "it did not end the handshake within %llu ms",
				(unsigned long long)p->ask.timeout_ms);
	probe__end(p, p->state == PROBE__CONNECTING ? ERR_ORIGIN_CONNECT_TIMEOUT
		      : p->state == PROBE__SHAKING  ? ERR_ORIGIN_TLS
						    : ERR_ORIGIN_TIMEOUT);
}

/* ---- steps: each returns true when the next one may begin ---- */

static bool probe__connect(struct probe *p)
{
	enum err e = sock_connected(p->io.fd);
	const struct tls_client_how how = { .host = p->ask.host, .also = p->ask.also, .verify = true, .report = true };

	if (e == ERR_AGAIN)
		return false;
	if (e == OK && p->ask.tls)
		e = tls_client_connect(p->tls, p->io.fd, &how, &p->session);
	if (e != OK) {
		probe__end(p, e);
		return false;
	}
	p->state = p->ask.tls ? PROBE__SHAKING : PROBE__SENDING;
	return true;
}

static bool probe__shake(struct probe *p)
{
	enum err e = tls_session_handshake(p->session);

	if (e == ERR_AGAIN)
		return false;
	tls_client_trouble(p->session, e, &p->seen.trouble);
	if (e != OK) {
		probe__end(p, ERR_ORIGIN_TLS);
		return false;
	}
	p->state = PROBE__SENDING;
	return true;
}

static bool probe__send(struct probe *p)
{
	size_t n = 0;
	const char *at = p->out + p->sent;
	enum err e = p->session ? tls_session_send(p->session, at, p->out_n - p->sent, &n)
				: sock_send(p->io.fd, at, p->out_n - p->sent, false, &n);

	if (e == ERR_AGAIN)
		return false;
	if (e != OK) {
		probe__end(p, ERR_ORIGIN_CLOSED);
		return false;
	}
	p->sent += n;
	if (p->sent < p->out_n)
		return false;
	p->state = PROBE__READING;
	return true;
}

/* The first head that is none of 1xx. */
static bool probe__parse(struct probe *p)
{
	const struct h1_bounds bounds = { PROBE__IN_BYTES, 0, PROBE__FIELDS };
	struct slice in = slice_of(p->in, p->in_n);
	struct h1_response r;
	size_t used;
	enum err e;

	while ((e = h1_response_parse(in, &bounds, METHOD_GET, p->fields, &r, &used)) == OK && r.status < 200)
		in = slice_from(in, used);
	if (e == ERR_AGAIN && p->in_n < PROBE__IN_BYTES)
		return false;
	if (e == OK) {
		const struct field *f = field_find(r.fields, r.fields_n, FIELD_LOCATION);
		p->seen.status = r.status;
		if (f && !slice_cstr(f->value, p->seen.location, sizeof p->seen.location))
			p->seen.location[0] = '\0';
	}
	probe__end(p, e == OK ? OK : ERR_ORIGIN_SYNTAX);
	return true;
}

static bool probe__read(struct probe *p)
{
	size_t n = 0, room = PROBE__IN_BYTES - p->in_n;
	bool drained;
	enum err e = p->session ? tls_session_recv(p->session, p->in + p->in_n, room, &n, &drained)
				: sock_recv(p->io.fd, p->in + p->in_n, room, &n);

	if (e == ERR_AGAIN)
		return false;
	if (e == ERR_TLS && p->seen.trouble.check == TLS_CHECK_NONE)
		tls_client_trouble(p->session, e, &p->seen.trouble);
	if (e != OK) {
		probe__end(p, e == ERR_TLS ? ERR_ORIGIN_TLS : ERR_ORIGIN_CLOSED);
		return false;
	}
	p->in_n += n;
	return !probe__parse(p);
}

static void probe__io(struct loop_io *io, uint32_t events)
{
	static bool (*const steps[])(struct probe * p) = {
		[PROBE__CONNECTING] = probe__connect,
		[PROBE__SHAKING] = probe__shake,
		[PROBE__SENDING] = probe__send,
		[PROBE__READING] = probe__read,
	};
	struct probe *p = LOOP_OWNER(io, struct probe, io);

	while (p->state != PROBE__OVER && steps[p->state](p))
		;
}

/* ---- life ---- */

struct probe *probe_start(struct loop *loop, struct tls_client *tls, const struct probe_ask *ask, probe_done_fn fn,
			  void *arg, enum err *ret_error)
{
	struct text out;
	int fd;

	*ret_error = sock_connect(&ask->at, &fd);
	if (*ret_error != OK)
		return NULL;
	struct probe *p = mem_alloc(sizeof *p);
	p->loop = loop;
	p->tls = tls;
	p->ask = *ask;
	p->fn = fn;
	p->arg = arg;
	p->io = (struct loop_io){ .fd = fd, .fn = probe__io };
	p->task.fn = probe__task;
	out = text_of(p->out, sizeof p->out);
	text_printf(&out,
		    "GET / HTTP/1.1\r\nHost: %s\r\nUser-Agent: Seawall-Doctor\r\nAccept: */*\r\nX-Forwarded-Proto: "
		    "https\r\n"
		    "Connection: close\r\n\r\n",
		    ask->host);
	CHECK(!out.bad);
	p->out_n = out.n;
	*ret_error = loop_io_add(loop, &p->io);
	if (*ret_error != OK) {
		sock_close(fd);
		mem_free(p);
		return NULL;
	}
	loop_timer_init(&p->timer, probe__late);
	loop_timer_set(loop, &p->timer, loop_now_ms(loop) + ask->timeout_ms);
	return p;
}

void probe_cancel(struct probe *p)
{
	if (!p)
		return;
	p->fn = NULL;
	probe__end(p, ERR_CLOSED);
}
