/* SPDX-License-Identifier: Apache-2.0 */
/* sockets: see sockets.h. */
#include "supervisor/sockets.h"

#include "base/check.h"
#include "base/mem.h"
#include "sys/sock.h"

enum { SOCKETS__BACKLOG = 4096 };

STATIC_CHECK((int)NODE_LISTENS_MAX <= (int)HANDOFF_LISTENS_MAX && (int)NODE_WORKERS_MAX <= (int)HANDOFF_FDS_MAX,
	     "a handoff holds the sockets of any configuration");

static bool sockets__same(const struct ip_port *a, const struct ip_port *b)
{
	return a->port == b->port && ip_eq(&a->ip, &b->ip);
}

/* Opens sockets until there is one for each worker. More than that stay: connections may wait in them. */
static enum err sockets__fill(struct handoff_listen *l, size_t workers, struct diag *d)
{
	while (l->fds_n < workers) {
		struct ip_port bound;
		TRY(sock_listen_tcp(l->fds_n ? &l->bound : &l->configured, true, SOCKETS__BACKLOG, &l->fds[l->fds_n],
				    &bound, d));
		if (l->fds_n == 0)
			l->bound = bound;
		l->fds_n++;
	}
	return OK;
}

/* Takes the sockets of that configured address out of h; false when there are none. */
static bool sockets__take(struct handoff *h, const struct ip_port *configured, struct handoff_listen *ret)
{
	for (size_t i = 0; i < h->listens_n; i++) {
		if (!sockets__same(&h->listens[i].configured, configured))
			continue;
		*ret = h->listens[i];
		h->listens[i] = h->listens[--h->listens_n];
		return true;
	}
	return false;
}

enum err sockets_open(const struct node_config *node, struct handoff *h, struct handoff *old, struct diag *d)
{
	struct handoff_listen *wanted = mem_alloc_array(node->http_n, sizeof *wanted);
	size_t n = 0;
	enum err result = OK;

	for (size_t i = 0; i < node->http_n; i++) {
		struct handoff_listen *l = &wanted[n];
		if (!sockets__take(h, &node->http[i], l))
			*l = (struct handoff_listen){ .configured = node->http[i] };
		enum err e = sockets__fill(l, node->workers, d);
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
		for (size_t k = 0; k < h->listens[i].fds_n; k++)
			sock_close(h->listens[i].fds[k]);
	h->listens_n = 0;
}

void sockets_json(const struct handoff *h, int pid, struct buf *b)
{
	char text[IP_PORT_TEXT_BYTES];

	buf_printf(b, "{\"pid\":%d,\"generation\":%u,\"http\":[", pid, h->generation);
	for (size_t i = 0; i < h->listens_n; i++) {
		ip_port_print(&h->listens[i].bound, text);
		buf_printf(b, "%s\"%s\"", i ? "," : "", text);
	}
	buf_printf(b, "]}\n");
}
