/* SPDX-License-Identifier: Apache-2.0 */
/* sockets: see sockets.h. */
#include "supervisor/sockets.h"

#include "base/check.h"
#include "base/mem.h"
#include "sys/sock.h"
#include "sys/udp.h"

enum { SOCKETS__BACKLOG = 4096, SOCKETS__PORT_TRIES = 16 };

STATIC_CHECK((int)NODE_LISTENS_ALL <= (int)HANDOFF_LISTENS_MAX && (int)NODE_WORKERS_MAX <= (int)HANDOFF_FDS_MAX,
	     "a handoff holds the sockets of any configuration");

static bool sockets__same(const struct ip_port *a, const struct ip_port *b)
{
	return a->port == b->port && ip_eq(&a->ip, &b->ip);
}

/* Control is one thread; everything else has a socket for each worker. */
static size_t sockets__wanted(enum listen_kind kind, const struct node_config *node)
{
	return kind == LISTEN_API ? 1 : node->workers;
}

static enum err sockets__one(enum listen_kind kind, const struct ip_port *at, int *ret_fd, struct ip_port *ret_bound,
			     struct diag *d)
{
	if (kind == LISTEN_DNS_UDP) {
		TRY(sock_bind_udp(at, ret_fd, ret_bound, d));
		udp_prepare(*ret_fd); /* here, where larger buffers than usual are allowed */
		return OK;
	}
	return sock_listen_tcp(at, true, SOCKETS__BACKLOG, ret_fd, ret_bound, d);
}

/* Opens sockets until there are enough. More than that stay: connections may wait in them. */
static enum err sockets__fill(struct handoff_listen *l, size_t wanted, struct diag *d)
{
	while (l->fds_n < wanted) {
		struct ip_port bound;
		TRY(sockets__one(l->kind, l->fds_n ? &l->bound : &l->configured, &l->fds[l->fds_n], &bound, d));
		if (l->fds_n == 0)
			l->bound = bound;
		l->fds_n++;
	}
	return OK;
}

/* Takes the sockets of that kind and configured address out of h; false when there are none. */
static bool sockets__take(struct handoff *h, const struct node_listen *wanted, struct handoff_listen *ret)
{
	for (size_t i = 0; i < h->listens_n; i++) {
		if (h->listens[i].kind != wanted->kind || !sockets__same(&h->listens[i].configured, &wanted->at))
			continue;
		*ret = h->listens[i];
		h->listens[i] = h->listens[--h->listens_n];
		return true;
	}
	return false;
}

static void sockets__close_one(struct handoff_listen *l)
{
	while (l->fds_n)
		sock_close(l->fds[--l->fds_n]);
}

/* DNS over TCP is on the port of DNS over UDP also where the kernel picked that one: another is picked when it is taken
 * there. udp: the listen before l, the same address. */
static enum err sockets__fill_pair(struct handoff_listen *udp, struct handoff_listen *l, size_t wanted, struct diag *d)
{
	for (int tries = 1;; tries++) {
		struct diag why;
		struct ip_port configured = l->configured;
		diag_init(&why);
		l->configured.port = udp->bound.port;
		enum err e = sockets__fill(l, wanted, &why);
		l->configured = configured;
		if (e == OK || l->fds_n || configured.port || tries == SOCKETS__PORT_TRIES) {
			if (e != OK)
				diag_set(d, e, why.where, "%s", why.text);
			return e;
		}
		sockets__close_one(udp);
		TRY(sockets__fill(udp, wanted, d));
	}
}

enum err sockets_open(const struct node_config *node, struct handoff *h, struct handoff *old, struct diag *d)
{
	struct handoff_listen *wanted = mem_alloc_array(node->listens_n, sizeof *wanted);
	size_t n = 0;
	enum err result = OK;

	for (size_t i = 0; i < node->listens_n; i++) {
		const struct node_listen *one = &node->listens[i];
		struct handoff_listen *l = &wanted[n];
		size_t count = sockets__wanted(one->kind, node);
		if (!sockets__take(h, one, l))
			*l = (struct handoff_listen){ .kind = one->kind, .configured = one->at };
		bool pair = n && one->kind == LISTEN_DNS_TCP && wanted[n - 1].kind == LISTEN_DNS_UDP &&
			    sockets__same(&wanted[n - 1].configured, &one->at);
		enum err e = pair ? sockets__fill_pair(&wanted[n - 1], l, count, d) : sockets__fill(l, count, d);
		if (e != OK)
			result = e;
		n += l->fds_n != 0;
	}
	for (size_t i = 0; i < h->listens_n && old->listens_n < HANDOFF_LISTENS_MAX; i++)
		old->listens[old->listens_n++] = h->listens[i];
	memcpy(h->listens, wanted, n * sizeof *wanted);
	h->listens_n = n;
	mem_free(wanted);
	return result;
}

void sockets_close(struct handoff *h)
{
	for (size_t i = 0; i < h->listens_n; i++)
		sockets__close_one(&h->listens[i]);
	h->listens_n = 0;
}

/* Appends the addresses of one kind; false when there are none. */
static bool sockets__json_kind(const struct handoff *h, enum listen_kind kind, const char *name, struct buf *b)
{
	char text[IP_PORT_TEXT_BYTES];
	size_t n = 0;

	for (size_t i = 0; i < h->listens_n; i++) {
		if (h->listens[i].kind != kind)
			continue;
		ip_port_print(&h->listens[i].bound, text);
		if (n == 0)
			buf_printf(b, ",\"%s\":[", name);
		buf_printf(b, "%s\"%s\"", n++ ? "," : "", text);
	}
	if (n)
		buf_add_byte(b, ']');
	return n != 0;
}

void sockets_json(const struct handoff *h, int pid, struct buf *b)
{
	buf_printf(b, "{\"pid\":%d,\"generation\":%u", pid, h->generation);
	sockets__json_kind(h, LISTEN_HTTP, "http", b);
	sockets__json_kind(h, LISTEN_HTTPS, "https", b);
	/* One address of the configuration, two sockets; UDP may be missing when it could not be opened. */
	if (!sockets__json_kind(h, LISTEN_DNS_UDP, "dns", b))
		sockets__json_kind(h, LISTEN_DNS_TCP, "dns", b);
	sockets__json_kind(h, LISTEN_API, "api", b);
	sockets__json_kind(h, LISTEN_PLATFORM_HTTP, "platform_http", b);
	sockets__json_kind(h, LISTEN_PLATFORM_HTTPS, "platform_https", b);
	buf_printf(b, "}\n");
}
