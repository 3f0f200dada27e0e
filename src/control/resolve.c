/* SPDX-License-Identifier: Apache-2.0 */
#include "control/resolve.h"

#include "base/check.h"
#include "base/mem.h"
#include "control/resolve_read.h"
#include "wire/dns_type.h"

#include <ares.h>
#include <poll.h>
#include <stdio.h>

enum {
	RESOLVE__TIMEOUT_MS = 2000,
	RESOLVE__TRIES = 3,
	RESOLVE__SERVERS_BYTES = 1024,
	RESOLVE__READS_MAX = 64, /* of one descriptor in one turn */
};

/* A descriptor of c-ares on the loop. */
struct resolve_socket {
	struct loop_io io;
	struct resolve *owner;
	struct resolve_socket *next;
	bool closed;
};

struct resolve {
	uint32_t magic; /* OBJ_RESOLVE */
	struct loop *loop;
	ares_channel channel;
	struct loop_timer timer;
	struct resolve_socket *sockets;
	size_t waiting_n;
	unsigned depth; /* calls of c-ares under way: sockets that close stay until it is 0 */
	bool freeing, recursive;
};

/* A question under way. */
struct resolve_question {
	struct resolve *owner;
	struct dns_name name;
	uint16_t type;
	resolve_fn fn;
	void *arg;
};

/* ---- c-ares on the loop ---- */

static void resolve__sweep(struct resolve *r)
{
	for (struct resolve_socket **at = &r->sockets; *at;) {
		struct resolve_socket *s = *at;

		if (!s->closed) {
			at = &s->next;
			continue;
		}
		*at = s->next;
		mem_free(s);
	}
}

/* After a call of c-ares: what was closed goes, the timer follows. */
static void resolve__settle(struct resolve *r)
{
	struct timeval tv, *t;

	if (--r->depth)
		return;
	resolve__sweep(r);
	t = ares_timeout(r->channel, NULL, &tv);
	if (t)
		loop_timer_set(r->loop, &r->timer,
			       loop_now_ms(r->loop) + (uint64_t)t->tv_sec * 1000 + (uint64_t)t->tv_usec / 1000 + 1);
	else
		loop_timer_cancel(r->loop, &r->timer);
}

static void resolve__timer(struct loop_timer *t)
{
	struct resolve *r = LOOP_OWNER(t, struct resolve, timer);

	r->depth++;
	ares_process_fd(r->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	resolve__settle(r);
}

/* The loop tells of a change once; c-ares may take a part, so it is called until there is nothing to read. */
static void resolve__io(struct loop_io *io, uint32_t events)
{
	struct resolve_socket *s = LOOP_OWNER(io, struct resolve_socket, io);
	struct resolve *r = s->owner;
	struct pollfd p = { .fd = io->fd, .events = POLLIN };

	r->depth++;
	for (int i = 0; i < RESOLVE__READS_MAX && !s->closed; i++) {
		ares_process_fd(r->channel, io->fd, io->fd);
		if (s->closed || poll(&p, 1, 0) != 1 || !(p.revents & POLLIN))
			break;
	}
	resolve__settle(r);
}

/* c-ares opened, changed or is about to close a descriptor. */
static void resolve__socket(void *arg, ares_socket_t fd, int readable, int writable)
{
	struct resolve *r = arg;
	struct resolve_socket *s = r->sockets;

	while (s && (s->closed || s->io.fd != fd))
		s = s->next;
	if (!readable && !writable) {
		if (s) {
			loop_io_del(r->loop, &s->io);
			s->closed = true;
		}
		return;
	}
	if (s)
		return;
	s = mem_alloc(sizeof(*s));
	s->io.fd = fd;
	s->io.fn = resolve__io;
	s->owner = r;
	if (loop_io_add(r->loop, &s->io) != OK) { /* the question ends by its timeout */
		mem_free(s);
		return;
	}
	s->next = r->sockets;
	r->sockets = s;
}

/* ---- life ---- */

static bool resolve__servers(struct resolve *r, const struct ip_port *servers, size_t n)
{
	char csv[RESOLVE__SERVERS_BYTES];
	struct text t = text_of(csv, sizeof(csv) - 1);

	if (n == 0)
		return true;
	for (size_t i = 0; i < n; i++) {
		char one[IP_PORT_TEXT_BYTES];

		ip_port_print(&servers[i], one);
		text_printf(&t, "%s%s", i ? "," : "", one);
	}
	csv[t.n] = '\0';
	return !t.bad && ares_set_servers_ports_csv(r->channel, csv) == ARES_SUCCESS;
}

enum err resolve_new(struct loop *l, const struct ip_port *servers, size_t n, bool recursive,
		     struct resolve **ret_resolve, struct diag *d)
{
	struct resolve *r = mem_alloc(sizeof(*r));
	struct ares_options o = { .flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_NOCHECKRESP,
				  .timeout = RESOLVE__TIMEOUT_MS,
				  .tries = RESOLVE__TRIES,
				  .sock_state_cb = resolve__socket,
				  .sock_state_cb_data = r };
	int rc;

	r->magic = OBJ_RESOLVE;
	r->loop = l;
	r->recursive = recursive;
	loop_timer_init(&r->timer, resolve__timer);
	if (!recursive)
		o.flags |= ARES_FLAG_NORECURSE;
	rc = ares_library_init(ARES_LIB_INIT_ALL);
	if (rc == ARES_SUCCESS)
		rc = ares_init_options(&r->channel, &o,
				       ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
	if (rc != ARES_SUCCESS) {
		mem_free(r);
		return diag_set(d, ERR_SYSTEM, "resolver", "%s", ares_strerror(rc));
	}
	if (!resolve__servers(r, servers, n)) {
		resolve_free(r);
		return diag_set(d, ERR_SYSTEM, "resolver", "the servers cannot be used");
	}
	*ret_resolve = r;
	return OK;
}

void resolve_free(struct resolve *r)
{
	if (!r)
		return;
	OBJ(r, OBJ_RESOLVE);
	r->freeing = true;
	ares_destroy(r->channel);
	loop_timer_cancel(r->loop, &r->timer);
	resolve__sweep(r); /* c-ares has closed every descriptor */
	CHECK(!r->sockets);
	r->magic = OBJ_FREED;
	mem_free(r);
	ares_library_cleanup();
}

/* ---- questions ---- */

static const char *resolve__reason(int status)
{
	return status == ARES_ETIMEOUT ? "the name servers do not answer" : ares_strerror(status);
}

/* Both families on their way. */
struct resolve_both {
	struct resolve_answer all;
	const char *failed; /* why one of them failed */
	bool no_name, found;
	unsigned waiting;
	resolve_fn fn;
	void *arg;
};

static void resolve__one(void *arg, const struct resolve_answer *a);

static void resolve__answered(void *arg, int status, int timeouts, unsigned char *message, int n)
{
	struct resolve_question *q = arg;
	struct resolve *r = q->owner;
	struct resolve_answer a = { .status = RESOLVE_FAILED };

	r->waiting_n--;
	if (!r->freeing) {
		if (message && n > 0)
			resolve_read(slice_of(message, (size_t)n), &q->name, q->type, r->recursive, &a);
		else
			a.reason = resolve__reason(status);
		q->fn(q->arg, &a);
	} else if (q->fn == resolve__one && --((struct resolve_both *)q->arg)->waiting == 0) {
		mem_free(q->arg);
	}
	mem_free(q);
}

void resolve_ask(struct resolve *r, const char *name, uint16_t type, resolve_fn fn, void *arg)
{
	struct resolve_answer a = { .status = RESOLVE_FAILED, .reason = "too many questions are under way" };
	struct resolve_question *q;
	char absolute[RESOLVE_NAME_BYTES + 1];

	OBJ(r, OBJ_RESOLVE);
	q = mem_alloc(sizeof(*q));
	*q = (struct resolve_question){ .owner = r, .type = type, .fn = fn, .arg = arg };
	if (r->waiting_n >= RESOLVE_WAITING_MAX || dns_name_parse(slice_str(name), &dns_name_root, &q->name) != OK) {
		if (r->waiting_n < RESOLVE_WAITING_MAX)
			a.reason = "not a name";
		fn(arg, &a);
		mem_free(q);
		return;
	}
	r->waiting_n++;
	snprintf(absolute, sizeof(absolute), "%s.", name);
	r->depth++;
	ares_query(r->channel, absolute, 1, type, resolve__answered, q);
	resolve__settle(r);
}

static void resolve__add(struct resolve_both *b, const struct resolve_answer *a)
{
	bool found = a->status == RESOLVE_OK;

	if (a->status == RESOLVE_FAILED) {
		b->failed = a->reason;
		return;
	}
	b->no_name |= a->status == RESOLVE_NO_NAME;
	for (size_t i = 0; i < a->ips_n && b->all.ips_n < RESOLVE_IPS_MAX; i++)
		b->all.ips[b->all.ips_n++] = a->ips[i];
	/* The time of addresses counts; that of their absence only when there are none at all. */
	if (found > b->found || (found == b->found && a->ttl < b->all.ttl))
		b->all.ttl = a->ttl;
	b->found |= found;
}

static void resolve__one(void *arg, const struct resolve_answer *a)
{
	struct resolve_both *b = arg;

	resolve__add(b, a);
	if (--b->waiting)
		return;
	if (b->found)
		b->all.status = RESOLVE_OK;
	else if (b->failed)
		b->all.status = RESOLVE_FAILED;
	else
		b->all.status = b->no_name ? RESOLVE_NO_NAME : RESOLVE_NO_DATA;
	b->all.reason = b->failed;
	b->fn(b->arg, &b->all);
	mem_free(b);
}

void resolve_addresses(struct resolve *r, const char *name, resolve_fn fn, void *arg)
{
	struct resolve_both *b = mem_alloc(sizeof(*b));

	b->waiting = 2;
	b->all.ttl = UINT32_MAX;
	b->fn = fn;
	b->arg = arg;
	resolve_ask(r, name, DNS_TYPE_A, resolve__one, b);
	resolve_ask(r, name, DNS_TYPE_AAAA, resolve__one, b);
}
