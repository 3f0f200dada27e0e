/* SPDX-License-Identifier: Apache-2.0 */
/* bans: see bans.h. */
#include "edge/bans.h"

#include "base/mem.h"
#include "shield/ban_set.h"
#include "sys/snap.h"
#include "xdp/xdp_drop.h"

#include <stdio.h>

/* What readers see; freed after the grace period. */
struct bans__live {
	struct snap_head head;
	struct ban_set *set;
};

struct bans {
	struct hash_key secret;
	const int *kernel_maps;
	struct bans__live *live; /* atomic; NULL: nobody is banned */
};

struct bans *bans_new(const int *kernel_maps)
{
	struct bans *b = mem_alloc(sizeof *b);

	hash_key_random(&b->secret);
	b->kernel_maps = kernel_maps;
	return b;
}

static void bans__free_live(struct snap_head *head)
{
	struct bans__live *live = (struct bans__live *)(void *)((char *)head - offsetof(struct bans__live, head));

	ban_set_free(live->set);
	mem_free(live);
}

/* live NULL: none. */
static void bans__swap(struct bans *b, struct bans__live *live)
{
	struct bans__live *old = snap_swap(&b->live, live);

	if (old)
		snap_later(&old->head, bans__free_live);
}

void bans_free(struct bans *b)
{
	if (!b)
		return;
	bans__swap(b, NULL);
	snap_drain();
	mem_free(b);
}

bool bans_hold(const struct bans *b, const struct ip *ip, int64_t now_s)
{
	const struct bans__live *live = b ? snap_read(&b->live) : NULL;

	return live && ban_set_holds(live->set, ip, now_s);
}

/* ---- the kernel ---- */

static void bans__kernel(const struct bans *b, const struct xdp_drop_net *nets, size_t n, int64_t now_s,
			 uint64_t boot_ns)
{
	enum err e = b->kernel_maps ? xdp_drop_sync(b->kernel_maps, nets, n, now_s, boot_ns) : OK;

	if (e != OK)
		fprintf(stderr,
			"edge: event=kernel_drop_incomplete reason=\"%s\" networks=%zu: what the kernel lets "
			"through is dropped here\n",
			err_text(e), n);
}

static void bans__tell_kernel(const struct bans *b, const struct ban_list *list, int64_t now_s, uint64_t boot_ns)
{
	size_t n = list->bans_n + list->allow_n;

	if (!b->kernel_maps)
		return;
	struct xdp_drop_net *nets = mem_alloc_array(n + 1, sizeof *nets);
	for (size_t i = 0; i < list->bans_n; i++)
		nets[i] = (struct xdp_drop_net){ list->bans[i].net, list->bans[i].until_s, false };
	for (size_t i = 0; i < list->allow_n; i++)
		nets[list->bans_n + i] = (struct xdp_drop_net){ list->allow[i], 0, true };
	bans__kernel(b, nets, n, now_s, boot_ns);
	mem_free(nets);
}

/* ---- publishing ---- */

void bans_publish(struct bans *b, struct ban_list *list, int64_t now_s, uint64_t boot_ns)
{
	struct bans__live *live = NULL;

	/* Without bans nothing has to be asked, whoever is allowed. */
	if (list->bans_n) {
		size_t n = list->bans_n + list->allow_n;
		struct ban_set_net *nets = mem_alloc_array(n, sizeof *nets);
		for (size_t i = 0; i < list->bans_n; i++)
			nets[i] = (struct ban_set_net){ list->bans[i].net, list->bans[i].until_s, false };
		for (size_t i = 0; i < list->allow_n; i++)
			nets[list->bans_n + i] = (struct ban_set_net){ list->allow[i], 0, true };
		live = mem_alloc(sizeof *live);
		live->set = ban_set_new(nets, n, &b->secret);
		mem_free(nets);
	}
	bans__tell_kernel(b, list, now_s, boot_ns);
	ban_list_free(list);
	bans__swap(b, live);
}

void bans_clear(struct bans *b, uint64_t boot_ns)
{
	bans__kernel(b, NULL, 0, 0, boot_ns);
	bans__swap(b, NULL);
}
