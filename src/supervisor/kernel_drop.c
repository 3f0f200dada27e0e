/* SPDX-License-Identifier: Apache-2.0 */
/* kernel_drop: see kernel_drop.h. */
#include "supervisor/kernel_drop.h"

#include "base/hash.h"
#include "base/mem.h"
#include "supervisor/say.h"

#include <fcntl.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <unistd.h>

enum { KERNEL_DROP__ROUTES_BYTES = 1 << 20, KERNEL_DROP__WORDS = 10 };

/* What is wanted: worked out before anything is opened, so that it can be compared with what is open. */
struct kernel_drop__plan {
	char names[XDP_DROP_INTERFACES_MAX][IF_NAMESIZE];
	size_t names_n;
	struct xdp_drop_setup setup;
	const char *off; /* why nothing is wanted; NULL: it is */
};

/* ---- where ---- */

static void kernel_drop__name(struct slice name, size_t max, char (*ret)[IF_NAMESIZE], size_t *n)
{
	if (name.n == 0 || name.n >= IF_NAMESIZE || *n == max)
		return;
	for (size_t i = 0; i < *n; i++)
		if (slice_eq(name, slice_str(ret[i])))
			return;
	memcpy(ret[*n], name.p, name.n);
	ret[(*n)++][name.n] = '\0';
}

/* Words of a line, however many blanks are between them. */
static size_t kernel_drop__words(struct slice line, struct slice words[static KERNEL_DROP__WORDS])
{
	size_t n = 0;

	for (size_t i = 0; i < line.n && n < KERNEL_DROP__WORDS;) {
		size_t from = i;
		while (i < line.n && line.p[i] != ' ' && line.p[i] != '\t')
			i++;
		if (i > from)
			words[n++] = slice_of(line.p + from, i - from);
		while (i < line.n && (line.p[i] == ' ' || line.p[i] == '\t'))
			i++;
	}
	return n;
}

size_t kernel_drop_routes(struct slice text, int family, size_t max, char (*ret)[IF_NAMESIZE])
{
	size_t n = 0;

	while (text.p) {
		struct slice w[KERNEL_DROP__WORDS];
		size_t words = kernel_drop__words(slice_split(&text, '\n'), w);
		/* Interface, destination, …, mask; or destination, its length, …, interface. A route of the kernel to
		 * nowhere leads over "lo". */
		if (family == 4 && words >= 8 && slice_eq(w[1], SLICE("00000000")) && slice_eq(w[7], SLICE("00000000")))
			kernel_drop__name(w[0], max, ret, &n);
		if (family == 6 && words == 10 && slice_eq(w[1], SLICE("00")) && !slice_eq(w[9], SLICE("lo")))
			kernel_drop__name(w[9], max, ret, &n);
	}
	return n;
}

static void kernel_drop__default(const char *path, int family, struct kernel_drop__plan *p)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct buf text;

	if (fd < 0)
		return;
	buf_init(&text, KERNEL_DROP__ROUTES_BYTES);
	for (char *room; (room = buf_room(&text, 4096));) {
		ssize_t n = read(fd, room, 4096);
		if (n <= 0)
			break;
		buf_commit(&text, (size_t)n);
	}
	close(fd);
	char names[XDP_DROP_INTERFACES_MAX][IF_NAMESIZE];
	size_t n = kernel_drop_routes(buf_slice(&text), family, XDP_DROP_INTERFACES_MAX, names);
	for (size_t i = 0; i < n; i++)
		kernel_drop__name(slice_str(names[i]), XDP_DROP_INTERFACES_MAX, p->names, &p->names_n);
	buf_fini(&text);
}

/* The interface that has this address. */
static void kernel_drop__holder(const struct ifaddrs *all, const struct ip *ip, struct kernel_drop__plan *p)
{
	for (const struct ifaddrs *a = all; a; a = a->ifa_next) {
		struct sockaddr_storage at = { 0 };
		struct ip_port have;
		if (!a->ifa_addr || (a->ifa_addr->sa_family != AF_INET && a->ifa_addr->sa_family != AF_INET6))
			continue;
		memcpy(&at, a->ifa_addr,
		       a->ifa_addr->sa_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
		if (ip_from_sockaddr(&at, &have) && ip_eq(&have.ip, ip))
			kernel_drop__name(slice_str(a->ifa_name), XDP_DROP_INTERFACES_MAX, p->names, &p->names_n);
	}
}

static bool kernel_drop__any(const struct ip *ip)
{
	static const struct ip none[] = { { .family = 4 }, { .family = 6 } };

	return ip_eq(ip, &none[0]) || ip_eq(ip, &none[1]);
}

/* The interfaces over which visitors come: those of the addresses that are listened on, or of the default routes. */
static void kernel_drop__find(const struct handoff *h, struct kernel_drop__plan *p)
{
	struct ifaddrs *all = NULL;
	bool any = false;

	if (getifaddrs(&all) != 0)
		all = NULL;
	for (size_t i = 0; i < h->listens_n; i++) {
		const struct handoff_listen *l = &h->listens[i];
		if (l->kind == LISTEN_API || ip_is_loopback(&l->bound.ip))
			continue;
		if (kernel_drop__any(&l->bound.ip))
			any = true;
		else
			kernel_drop__holder(all, &l->bound.ip, p);
	}
	if (all)
		freeifaddrs(all);
	if (any) {
		kernel_drop__default("/proc/net/route", 4, p);
		kernel_drop__default("/proc/net/ipv6_route", 6, p);
	}
	if (p->names_n == 0)
		p->off = any ? "there is no default route; name the interfaces in [shield] kernel_drop"
			     : "nothing listens but on loopback addresses";
}

/* ---- what ---- */

/* The API's port is left out: a wrong ban must not lock out who can lift it. */
static void kernel_drop__ports(const struct handoff *h, struct xdp_drop_setup *s)
{
	for (size_t i = 0; i < h->listens_n && s->ports_n < XDP_DROP_PORTS_MAX; i++) {
		const struct handoff_listen *l = &h->listens[i];
		if (l->kind == LISTEN_API)
			continue;
		uint8_t takes = l->kind == LISTEN_DNS_UDP ? XDP_PORT_UDP : XDP_PORT_TCP;
		s->ports[s->ports_n++] = (struct xdp_drop_port){ l->bound.port, takes };
	}
}

static void kernel_drop__plan(const struct node_config *node, const struct handoff *h, struct kernel_drop__plan *p)
{
	uint64_t nets = node->limits.bans_max, allows = node->limits.ban_allows_max + NODE_SHIELD_ALLOW_MAX;

	if (node->kernel_drop_off) {
		p->off = "[shield] kernel_drop = off";
		return;
	}
	for (size_t i = 0; i < node->kernel_drop_n; i++)
		kernel_drop__name(slice_str(node->kernel_drop[i]), XDP_DROP_INTERFACES_MAX, p->names, &p->names_n);
	if (p->names_n == 0)
		kernel_drop__find(h, p);
	kernel_drop__ports(h, &p->setup);
	p->setup.nets_max = (uint32_t)(nets > allows ? nets : allows);
	p->setup.clients_max = (uint32_t)node->limits.kernel_clients_max;
	p->setup.opens_per_s = (uint32_t)node->limits.kernel_opens_per_s;
	p->setup.opens_at_once = (uint32_t)node->limits.kernel_opens_at_once;
}

/* The same number for the same plan; never 0. */
static uint32_t kernel_drop__sum(const struct kernel_drop__plan *p)
{
	return hash_check32(slice_of(p, sizeof *p)) | 1;
}

/* ---- telling ---- */

static void kernel_drop__tell(struct handoff *h, const struct buf *text)
{
	snprintf(h->kernel_drop, sizeof h->kernel_drop, "%.*s", SLICE_ARG(buf_slice(text)));
	say("supervisor", "event=kernel_drop %s", h->kernel_drop);
}

/* For text of ours, of errno and of names of interfaces, which may hold anything but blanks and slashes. */
static void kernel_drop__string(struct buf *b, const char *key, const char *s)
{
	buf_printf(b, "\"%s\":\"", key);
	for (; *s; s++)
		buf_add_byte(b, *s < ' ' || *s == '"' || *s == '\\' || *s == 0x7f || *s & (char)0x80 ? '?' : *s);
	buf_add_byte(b, '"');
}

static void kernel_drop__off(struct handoff *h, const char *why)
{
	struct buf b;

	buf_init(&b, sizeof h->kernel_drop - 1);
	buf_printf(&b, "{\"state\":\"off\",");
	kernel_drop__string(&b, "reason", why);
	buf_printf(&b, ",\"interfaces\":[]}");
	kernel_drop__tell(h, &b);
	buf_fini(&b);
}

/* ---- doing ---- */

static void kernel_drop__attach(const struct kernel_drop__plan *p, struct xdp_drop *x, struct buf *list)
{
	struct diag d;

	for (size_t i = 0; i < p->names_n; i++) {
		diag_init(&d);
		bool ok = xdp_drop_attach(x, p->names[i], &d) == OK;
		buf_printf(list, "%s{", i ? "," : "");
		kernel_drop__string(list, "name", p->names[i]);
		buf_add_byte(list, ',');
		kernel_drop__string(list, ok ? "mode" : "reason",
				    !ok                               ? d.text
				    : x->links[x->links_n - 1].driver ? "driver"
								      : "generic");
		buf_add_byte(list, '}');
	}
}

static void kernel_drop__start(const struct kernel_drop__plan *p, struct handoff *h)
{
	struct buf b, list;
	struct diag d;

	diag_init(&d);
	if (xdp_drop_open(&p->setup, &h->xdp, &d) != OK) {
		xdp_drop_close(&h->xdp);
		kernel_drop__off(h, d.text);
		return;
	}
	buf_init(&list, sizeof h->kernel_drop);
	buf_init(&b, sizeof h->kernel_drop - 1);
	kernel_drop__attach(p, &h->xdp, &list);
	bool attached = h->xdp.links_n > 0;
	buf_printf(&b, "{\"state\":\"%s\",", attached ? "xdp" : "off");
	if (!attached) {
		kernel_drop__string(&b, "reason", "it could not be attached to any interface");
		buf_add_byte(&b, ',');
	}
	buf_printf(&b, "\"interfaces\":[%.*s]}", SLICE_ARG(buf_slice(&list)));
	kernel_drop__tell(h, &b);
	buf_fini(&b);
	buf_fini(&list);
	if (!attached)
		xdp_drop_close(&h->xdp);
}

void kernel_drop_open(const struct node_config *node, struct handoff *h)
{
	struct kernel_drop__plan *p = mem_alloc(sizeof *p);

	kernel_drop__plan(node, h, p);
	uint32_t sum = p->off ? 0 : kernel_drop__sum(p);
	if (!sum || sum != h->kernel_drop_sum || h->xdp.links_n == 0) {
		xdp_drop_close(&h->xdp);
		if (p->off)
			kernel_drop__off(h, p->off);
		else
			kernel_drop__start(p, h);
	}
	h->kernel_drop_sum = sum;
	mem_free(p);
}
