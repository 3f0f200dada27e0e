/* SPDX-License-Identifier: Apache-2.0 */
/* xdp_drop: see xdp_drop.h. */
#include "xdp/xdp_drop.h"

#include "base/buf.h"
#include "base/check.h"
#include "base/mem.h"
#include "xdp/xdp_program.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <stdarg.h>
#include <unistd.h>

enum { XDP_DROP__NS = 1000000000, XDP_DROP__PROCESSORS_MAX = 8192 /* the most that a kernel of x86 or ARM can have */ };

static const char *const xdp_drop__names[XDP_DROP_MAPS] = { "bans4", "bans6", "allows4", "allows6", "counts" };

/* Reasons are told by errno; libbpf's own lines would go to stderr. */
static int xdp_drop__quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	return 0;
}

void xdp_drop_init(struct xdp_drop *x)
{
	*x = (struct xdp_drop){ .program = -1 };
	for (size_t i = 0; i < XDP_DROP_MAPS; i++)
		x->maps[i] = -1;
}

/* ---- opening ---- */

static enum err xdp_drop__refused(struct diag *d, const char *what)
{
	return diag_set(d, ERR_SYSTEM, NULL, "%s: %s", what, strerrordesc_np(errno));
}

static bool xdp_drop__size(struct bpf_object *o, const char *name, uint32_t n)
{
	struct bpf_map *m = bpf_object__find_map_by_name(o, name);

	return m && bpf_map__set_max_entries(m, n) == 0;
}

/* Sizes and pace, before the program is loaded. */
static bool xdp_drop__prepare(struct bpf_object *o, const struct xdp_drop_setup *s)
{
	struct bpf_map *constants = bpf_object__find_map_by_name(o, ".rodata");
	struct xdp_pace pace = { .interval_ns = s->opens_per_s ? XDP_DROP__NS / s->opens_per_s : 0 };

	pace.burst_ns = pace.interval_ns * (s->opens_at_once ? s->opens_at_once - 1 : 0);
	if (!constants || bpf_map__set_initial_value(constants, &pace, sizeof pace) != 0)
		return false;
	for (size_t i = 0; i < XDP_DROP_COUNTS; i++)
		if (!xdp_drop__size(o, xdp_drop__names[i], s->nets_max))
			return false;
	return xdp_drop__size(o, "clients", s->clients_max);
}

/* The object closes its own. */
static bool xdp_drop__keep(int fd, int *ret)
{
	*ret = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return *ret >= 0;
}

static bool xdp_drop__ports(struct bpf_object *o, const struct xdp_drop_setup *s)
{
	int fd = bpf_object__find_map_fd_by_name(o, "ports");

	for (size_t i = 0; i < s->ports_n; i++) {
		uint32_t key = s->ports[i].port;
		uint8_t takes = 0;
		if (bpf_map_lookup_elem(fd, &key, &takes) != 0)
			return false;
		takes |= s->ports[i].takes;
		if (bpf_map_update_elem(fd, &key, &takes, BPF_ANY) != 0)
			return false;
	}
	return fd >= 0;
}

static enum err xdp_drop__load(struct bpf_object *o, const struct xdp_drop_setup *s, struct xdp_drop *x, struct diag *d)
{
	if (!xdp_drop__prepare(o, s))
		return diag_set(d, ERR_SYSTEM, NULL, "the program for the kernel does not fit this build");
	if (bpf_object__load(o) != 0)
		return xdp_drop__refused(d, "the kernel does not load the program");
	bool ok = xdp_drop__ports(o, s);
	for (size_t i = 0; i < XDP_DROP_MAPS; i++)
		ok = ok && xdp_drop__keep(bpf_object__find_map_fd_by_name(o, xdp_drop__names[i]), &x->maps[i]);
	struct bpf_program *p = bpf_object__find_program_by_name(o, "seawall_drop");
	ok = ok && p && xdp_drop__keep(bpf_program__fd(p), &x->program);
	return ok ? OK : xdp_drop__refused(d, "the maps of the kernel's program");
}

enum err xdp_drop_open(const struct xdp_drop_setup *setup, struct xdp_drop *x, struct diag *d)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "seawall");

	CHECK(setup->nets_max > 0 && setup->clients_max > 0 && setup->ports_n <= XDP_DROP_PORTS_MAX);
	libbpf_set_print(xdp_drop__quiet);
	struct bpf_object *o = bpf_object__open_mem(xdp_program, sizeof xdp_program, &opts);
	if (!o)
		return xdp_drop__refused(d, "the program for the kernel cannot be read");
	enum err e = xdp_drop__load(o, setup, x, d);
	bpf_object__close(o);
	return e;
}

/* ---- attaching ---- */

static int xdp_drop__link(const struct xdp_drop *x, unsigned interface, uint32_t mode)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = mode);

	return bpf_link_create(x->program, (int)interface, BPF_XDP, &opts);
}

enum err xdp_drop_attach(struct xdp_drop *x, const char *interface, struct diag *d)
{
	unsigned number = if_nametoindex(interface);
	bool driver = true;

	if (x->links_n == XDP_DROP_INTERFACES_MAX)
		return diag_set(d, ERR_RANGE, NULL, "more than %d interfaces", XDP_DROP_INTERFACES_MAX);
	if (!number)
		return diag_set(d, ERR_NOT_FOUND, NULL, "there is no such interface");
	int fd = xdp_drop__link(x, number, XDP_FLAGS_DRV_MODE);
	if (fd < 0 && errno != EBUSY && errno != EPERM) {
		driver = false;
		fd = xdp_drop__link(x, number, XDP_FLAGS_SKB_MODE);
	}
	if (fd < 0 && (errno == EBUSY || errno == EEXIST))
		return diag_set(d, ERR_EXISTS, NULL, "another XDP program is attached to it");
	if (fd < 0)
		return xdp_drop__refused(d, "the kernel does not attach the program");
	struct xdp_drop_link *l = &x->links[x->links_n++];
	*l = (struct xdp_drop_link){ .fd = fd, .driver = driver };
	CHECK(if_indextoname(number, l->name) || snprintf(l->name, sizeof l->name, "%.15s", interface) > 0);
	return OK;
}

static void xdp_drop__close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void xdp_drop_close(struct xdp_drop *x)
{
	while (x->links_n)
		xdp_drop__close(&x->links[--x->links_n].fd);
	xdp_drop__close(&x->program);
	for (size_t i = 0; i < XDP_DROP_MAPS; i++)
		xdp_drop__close(&x->maps[i]);
}

/* ---- what is banned ---- */

static enum err xdp_drop__put(const int maps[static XDP_DROP_MAPS], const struct xdp_drop_net *n,
			      const struct xdp_ban *ban)
{
	struct xdp_net4 k4 = { .bits = n->net.bits };
	struct xdp_net6 k6 = { .bits = n->net.bits };
	bool v4 = n->net.ip.family == 4;

	memcpy(k4.addr, n->net.ip.b, sizeof k4.addr);
	memcpy(k6.addr, n->net.ip.b, sizeof k6.addr);
	int fd = maps[n->allowed ? v4 ? XDP_DROP_ALLOWS4 : XDP_DROP_ALLOWS6 : v4 ? XDP_DROP_BANS4 : XDP_DROP_BANS6];
	if (bpf_map_update_elem(fd, v4 ? (const void *)&k4 : &k6, ban, BPF_ANY) == 0)
		return OK;
	return errno == ENOSPC || errno == ENOMEM ? ERR_RANGE : ERR_SYSTEM;
}

/* Takes out what is of another round. Keys are collected first: taking one out while walking would start again. */
static enum err xdp_drop__clean(int fd, size_t key_bytes, uint64_t round)
{
	struct xdp_net6 key, next;
	struct xdp_ban ban;
	struct buf old;
	enum err e = OK;

	buf_init(&old, SIZE_MAX / 2);
	for (const void *at = NULL; bpf_map_get_next_key(fd, at, &next) == 0; at = &key) {
		if (bpf_map_lookup_elem(fd, &next, &ban) == 0 && ban.round != round)
			buf_add(&old, slice_of(&next, key_bytes));
		key = next;
	}
	for (size_t i = 0; i < buf_len(&old); i += key_bytes)
		if (bpf_map_delete_elem(fd, buf_slice(&old).p + i) != 0)
			e = ERR_SYSTEM;
	buf_fini(&old);
	return e;
}

enum err xdp_drop_sync(const int maps[static XDP_DROP_MAPS], const struct xdp_drop_net *nets, size_t n, int64_t now_s,
		       uint64_t boot_ns)
{
	static const size_t key_bytes[XDP_DROP_COUNTS] = { sizeof(struct xdp_net4), sizeof(struct xdp_net6),
							   sizeof(struct xdp_net4), sizeof(struct xdp_net6) };
	struct xdp_ban ban = { .round = boot_ns };
	enum err e = OK;

	/* Those that leave make room first, unless they come back: what is in both rounds must not be let in between.
	 */
	for (int pass = 0; pass < 2; pass++) {
		e = OK;
		for (size_t i = 0; i < n; i++) {
			uint64_t left = nets[i].until_s > now_s ? (uint64_t)(nets[i].until_s - now_s) : 0;
			if (!nets[i].allowed && !left)
				continue;
			if (left > UINT64_MAX / 2 / XDP_DROP__NS)
				left = UINT64_MAX / 2 / XDP_DROP__NS;
			ban.until_ns = boot_ns + left * XDP_DROP__NS;
			enum err one = xdp_drop__put(maps, &nets[i], &ban);
			e = one != OK ? one : e;
		}
		for (size_t i = 0; i < XDP_DROP_COUNTS; i++) {
			enum err one = xdp_drop__clean(maps[i], key_bytes[i], boot_ns);
			e = one != OK ? one : e;
		}
		if (e != ERR_RANGE)
			break;
	}
	return e;
}

/* ---- asking ---- */

/*
 * The kernel fills in as many numbers as it has processors; the others stay 0. How many it has stands in /sys, which
 * not every container has.
 */
enum err xdp_drop_count(int counts, uint64_t ret[static XDP_COUNTS])
{
	uint64_t *each = mem_alloc_array(XDP_DROP__PROCESSORS_MAX, sizeof *each);
	enum err e = OK;

	for (uint32_t row = 0; row < XDP_COUNTS && e == OK; row++) {
		ret[row] = 0;
		if (bpf_map_lookup_elem(counts, &row, each) != 0)
			e = ERR_SYSTEM;
		for (size_t i = 0; i < XDP_DROP__PROCESSORS_MAX && e == OK; i++)
			ret[row] += each[i];
	}
	mem_free(each);
	return e;
}

enum err xdp_drop_try(const struct xdp_drop *x, const void *packet, size_t n, unsigned times, bool *ret_dropped,
		      uint32_t *ret_ns)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = (uint32_t)n, .repeat = (int)times);

	if (bpf_prog_test_run_opts(x->program, &opts) != 0)
		return ERR_SYSTEM;
	*ret_dropped = opts.retval == XDP_DROP;
	if (ret_ns)
		*ret_ns = opts.duration;
	return OK;
}
