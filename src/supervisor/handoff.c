/* SPDX-License-Identifier: Apache-2.0 */
/* handoff: see handoff.h. */
#include "supervisor/handoff.h"

#include "base/crypto.h"
#include "base/mem.h"
#include "supervisor/nodekey.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define HANDOFF__FIRST_LINE "seawall-handoff 1"

/* The keys of their lines. A program that knows http only skips the others. */
static const char *const handoff__keys[LISTEN_KINDS] = {
	[LISTEN_HTTP] = "listen",
	[LISTEN_HTTPS] = "listen-https",
	[LISTEN_DNS_UDP] = "listen-dns-udp",
	[LISTEN_DNS_TCP] = "listen-dns-tcp",
	[LISTEN_API] = "listen-api",
	[LISTEN_PLATFORM_HTTP] = "listen-platform-http",
	[LISTEN_PLATFORM_HTTPS] = "listen-platform-https",
};

static const char *const handoff__roles[HANDOFF_ROLES] = { "edge", "control", "runner" };

const char *handoff_kind_name(enum listen_kind kind)
{
	return kind == LISTEN_HTTP ? "http" : handoff__keys[kind] + sizeof "listen";
}

struct handoff *handoff_new(void)
{
	struct handoff *h = mem_alloc(sizeof *h);

	h->ready_fd = h->config_fd = h->door_fd = h->pid_fd = h->runner_fd = -1;
	xdp_drop_init(&h->xdp);
	return h;
}

void handoff_free(struct handoff *h)
{
	if (h)
		crypto_wipe(h, sizeof *h);
	mem_free(h);
}

/* ---- writing ---- */

static void handoff__write_fd(struct buf *b, const char *key, int fd)
{
	if (fd >= 0)
		buf_printf(b, "%s %d\n", key, fd);
}

static void handoff__write_listen(struct buf *b, const struct handoff_listen *l)
{
	char configured[IP_PORT_TEXT_BYTES], bound[IP_PORT_TEXT_BYTES];

	ip_port_print(&l->configured, configured);
	ip_port_print(&l->bound, bound);
	buf_printf(b, "%s %s %s", handoff__keys[l->kind], configured, bound);
	for (size_t i = 0; i < l->fds_n; i++)
		buf_printf(b, " %d", l->fds[i]);
	buf_add_byte(b, '\n');
}

static void handoff__write_key(struct buf *b, const struct handoff *h)
{
	char text[NODEKEY_TEXT_BYTES];

	if (!h->has_node_key)
		return;
	nodekey_print(h->node_key, text);
	buf_printf(b, "node_key %s\n", text);
	crypto_wipe(text, sizeof text);
}

static void handoff__write_admin(struct buf *b, const struct handoff *h)
{
	char text[NODEKEY_TEXT_BYTES];

	if (!h->has_admin)
		return;
	nodekey_print(h->admin_hash, text);
	buf_printf(b, "admin %s\n", text);
}

static void handoff__write_xdp(struct buf *b, const struct handoff *h)
{
	if (h->kernel_drop[0])
		buf_printf(b, "kernel-drop %u %s\n", h->kernel_drop_sum, h->kernel_drop);
	if (h->xdp.maps[0] < 0)
		return;
	buf_printf(b, "xdp-maps");
	for (size_t i = 0; i < XDP_DROP_MAPS; i++)
		buf_printf(b, " %d", h->xdp.maps[i]);
	buf_add_byte(b, '\n');
	for (size_t i = 0; i < h->xdp.links_n; i++) {
		const struct xdp_drop_link *l = &h->xdp.links[i];
		buf_printf(b, "xdp-link %d %s %s\n", l->fd, l->driver ? "driver" : "generic", l->name);
	}
}

enum err handoff_write(const struct handoff *h, struct buf *b)
{
	buf_printf(b, HANDOFF__FIRST_LINE "\ngeneration %u\n", h->generation);
	handoff__write_fd(b, "ready", h->ready_fd);
	handoff__write_fd(b, "config", h->config_fd);
	handoff__write_fd(b, "door", h->door_fd);
	handoff__write_fd(b, "pid", h->pid_fd);
	handoff__write_fd(b, "runner", h->runner_fd);
	handoff__write_key(b, h);
	handoff__write_admin(b, h);
	handoff__write_xdp(b, h);
	for (size_t i = 0; i < h->listens_n; i++)
		handoff__write_listen(b, &h->listens[i]);
	for (size_t i = 0; i < h->children_n; i++) {
		const struct handoff_child *c = &h->children[i];
		/* Programs that know no runner refuse such a child and skip such a line. */
		buf_printf(b, "child%s%s %u %d %s\n", c->role == HANDOFF_RUNNER ? "-" : " ", handoff__roles[c->role],
			   c->generation, (int)c->pid, c->ready ? "ready" : "starting");
	}
	return b->full ? ERR_QUEUE_FULL : OK;
}

/* ---- reading ---- */

static bool handoff__number(struct slice s, uint64_t max, uint64_t *ret)
{
	return slice_u64(s, ret) && *ret <= max;
}

static bool handoff__fd(struct slice s, int *ret)
{
	uint64_t v;

	if (!handoff__number(s, INT32_MAX, &v))
		return false;
	*ret = (int)v;
	return true;
}

static bool handoff__generation(struct slice s, struct handoff *h)
{
	uint64_t v;

	if (!handoff__number(s, UINT32_MAX, &v))
		return false;
	h->generation = (uint32_t)v;
	return true;
}

static bool handoff__listen(enum listen_kind kind, struct slice s, struct handoff *h)
{
	if (h->listens_n == HANDOFF_LISTENS_MAX)
		return false;
	struct handoff_listen *l = &h->listens[h->listens_n];
	l->fds_n = 0;
	l->kind = kind;
	if (ip_port_parse(slice_split(&s, ' '), true, &l->configured) != OK ||
	    ip_port_parse(slice_split(&s, ' '), false, &l->bound) != OK)
		return false;
	while (s.p) {
		if (l->fds_n == HANDOFF_FDS_MAX || !handoff__fd(slice_split(&s, ' '), &l->fds[l->fds_n]))
			return false;
		l->fds_n++;
	}
	if (l->fds_n == 0)
		return false;
	h->listens_n++;
	return true;
}

static bool handoff__child(struct slice role, struct slice s, struct handoff *h)
{
	uint64_t generation, pid;

	if (h->children_n == HANDOFF_CHILDREN_MAX)
		return false;
	if (!handoff__number(slice_split(&s, ' '), UINT32_MAX, &generation) ||
	    !handoff__number(slice_split(&s, ' '), INT32_MAX, &pid) || pid == 0)
		return false;
	size_t i = 0;
	while (i < HANDOFF_ROLES && !slice_eq(role, slice_str(handoff__roles[i])))
		i++;
	if (i == HANDOFF_ROLES)
		return false;
	h->children[h->children_n++] = (struct handoff_child){
		.role = (enum handoff_role)i,
		.generation = (uint32_t)generation,
		.pid = (int32_t)pid,
		.ready = slice_eq(s, SLICE("ready")),
	};
	return true;
}

static bool handoff__kernel_drop(struct slice s, struct handoff *h)
{
	uint64_t sum;

	if (!handoff__number(slice_split(&s, ' '), UINT32_MAX, &sum) || s.n >= sizeof h->kernel_drop)
		return false;
	h->kernel_drop_sum = (uint32_t)sum;
	snprintf(h->kernel_drop, sizeof h->kernel_drop, "%.*s", SLICE_ARG(s));
	return true;
}

static bool handoff__xdp_maps(struct slice s, struct handoff *h)
{
	for (size_t i = 0; i < XDP_DROP_MAPS; i++)
		if (!handoff__fd(slice_split(&s, ' '), &h->xdp.maps[i]))
			return false;
	return !s.p;
}

static bool handoff__xdp_link(struct slice s, struct handoff *h)
{
	if (h->xdp.links_n == XDP_DROP_INTERFACES_MAX)
		return false;
	struct xdp_drop_link *l = &h->xdp.links[h->xdp.links_n];
	if (!handoff__fd(slice_split(&s, ' '), &l->fd))
		return false;
	l->driver = slice_eq(slice_split(&s, ' '), SLICE("driver"));
	snprintf(l->name, sizeof l->name, "%.*s", SLICE_ARG(s));
	h->xdp.links_n++;
	return true;
}

/* Lines about what the kernel drops; false: the key is none of theirs. */
static bool handoff__xdp(struct slice key, struct slice line, struct handoff *h, bool *ret_ok)
{
	if (slice_eq(key, SLICE("kernel-drop")))
		*ret_ok = handoff__kernel_drop(line, h);
	else if (slice_eq(key, SLICE("xdp-maps")))
		*ret_ok = handoff__xdp_maps(line, h);
	else if (slice_eq(key, SLICE("xdp-link")))
		*ret_ok = handoff__xdp_link(line, h);
	else
		return false;
	return true;
}

static bool handoff__line(struct slice line, struct handoff *h)
{
	struct slice key = slice_split(&line, ' ');
	bool ok;

	if (handoff__xdp(key, line, h, &ok))
		return ok;

	if (slice_eq(key, SLICE("generation")))
		return handoff__generation(line, h);
	if (slice_eq(key, SLICE("ready")))
		return handoff__fd(line, &h->ready_fd);
	if (slice_eq(key, SLICE("config")))
		return handoff__fd(line, &h->config_fd);
	if (slice_eq(key, SLICE("door")))
		return handoff__fd(line, &h->door_fd);
	if (slice_eq(key, SLICE("runner")))
		return handoff__fd(line, &h->runner_fd);
	if (slice_eq(key, SLICE("pid")))
		return handoff__fd(line, &h->pid_fd);
	if (slice_eq(key, SLICE("node_key")))
		return h->has_node_key = nodekey_parse(line, h->node_key);
	if (slice_eq(key, SLICE("admin")))
		return h->has_admin = nodekey_parse(line, h->admin_hash);
	for (size_t kind = 0; kind < LISTEN_KINDS; kind++)
		if (slice_eq(key, slice_str(handoff__keys[kind])))
			return handoff__listen((enum listen_kind)kind, line, h);
	if (slice_eq(key, SLICE("child")))
		return handoff__child(slice_split(&line, ' '), line, h);
	if (slice_eq(key, SLICE("child-runner")))
		return handoff__child(SLICE("runner"), line, h);
	return true; /* from a newer version */
}

enum err handoff_read(struct slice text, struct handoff *h, struct diag *d)
{
	if (!slice_eq(slice_split(&text, '\n'), SLICE(HANDOFF__FIRST_LINE)))
		return diag_set(d, ERR_CONFIG, "handoff", "does not begin with \"" HANDOFF__FIRST_LINE "\"");
	while (text.p) {
		struct slice line = slice_split(&text, '\n');
		if (line.n == 0 || handoff__line(line, h))
			continue;
		if (slice_starts(line, SLICE("node_key "))) /* never in a message */
			return diag_set(d, ERR_CONFIG, "handoff", "its node key cannot be read");
		return diag_set(d, ERR_CONFIG, "handoff", "cannot be read: %.*s", SLICE_ARG(line));
	}
	return OK;
}

void handoff_for(const struct handoff *h, enum handoff_role role, struct handoff *ret)
{
	*ret = *h;
	ret->pid_fd = -1;
	if (role != HANDOFF_CONTROL) {
		ret->door_fd = -1;
		ret->has_admin = false;
	}
	if (role != HANDOFF_RUNNER)
		ret->runner_fd = -1;
	ret->xdp.links_n = 0;
	for (size_t i = 0; i < XDP_DROP_MAPS && role != HANDOFF_EDGE; i++)
		ret->xdp.maps[i] = -1;
	ret->listens_n = 0;
	for (size_t i = 0; i < h->listens_n; i++)
		if (role != HANDOFF_RUNNER && (h->listens[i].kind == LISTEN_API) == (role == HANDOFF_CONTROL))
			ret->listens[ret->listens_n++] = h->listens[i];
}

/* ---- descriptors ---- */

enum err handoff_to_fd(struct slice bytes, int *ret_fd)
{
	int fd = memfd_create("seawall-handoff", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return ERR_SYSTEM;
	while (bytes.n) {
		ssize_t n = write(fd, bytes.p, bytes.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			close(fd);
			return ERR_SYSTEM;
		}
		bytes = slice_from(bytes, (size_t)n);
	}
	/* Children hold it too; what one of them could write would be read by root at the next upgrade. */
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0) {
		close(fd);
		return ERR_SYSTEM;
	}
	*ret_fd = fd;
	return OK;
}

enum err handoff_from_fd(int fd, struct buf *b)
{
	enum err e = OK;
	off_t at = 0;

	for (;;) {
		char *room = buf_room(b, 4096);
		ssize_t n = room ? pread(fd, room, 4096, at) : -1;
		if (room && n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			e = room ? n == 0 ? OK : ERR_SYSTEM : ERR_QUEUE_FULL;
			break;
		}
		buf_commit(b, (size_t)n);
		at += n;
	}
	close(fd);
	return e;
}

static void handoff__cloexec(int fd, bool on)
{
	if (fd >= 0)
		fcntl(fd, F_SETFD, on ? FD_CLOEXEC : 0);
}

void handoff_cloexec(const struct handoff *h, bool on)
{
	handoff__cloexec(h->ready_fd, on);
	handoff__cloexec(h->config_fd, on);
	handoff__cloexec(h->door_fd, on);
	handoff__cloexec(h->pid_fd, on);
	handoff__cloexec(h->runner_fd, on);
	for (size_t i = 0; i < XDP_DROP_MAPS; i++)
		handoff__cloexec(h->xdp.maps[i], on);
	for (size_t i = 0; i < h->xdp.links_n; i++)
		handoff__cloexec(h->xdp.links[i].fd, on);
	for (size_t i = 0; i < h->listens_n; i++)
		for (size_t k = 0; k < h->listens[i].fds_n; k++)
			handoff__cloexec(h->listens[i].fds[k], on);
}
