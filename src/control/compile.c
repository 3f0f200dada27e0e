/* SPDX-License-Identifier: Apache-2.0 */
/* compile: see compile.h. */
#include "control/compile.h"

#include "base/mem.h"
#include "control/kinds.h"
#include "model/json_write.h"
#include "state/zone.h"

#include <stdio.h>

enum { COMPILE__JSON_BYTES_MAX = 256 << 20 };

struct compile__item {
	char source[PUBLISH_SOURCE_BYTES];
	struct buf json; /* empty: not wanted */
};

struct compile {
	struct state *st;
	const struct node_config *node;
	struct compile__item *items;
	struct publish_item *view;
	size_t n, cap;
};

struct compile *compile_new(struct state *st, const struct node_config *node)
{
	struct compile *c = mem_alloc(sizeof *c);

	c->st = st;
	c->node = node;
	return c;
}

void compile_clear(struct compile *c)
{
	for (size_t i = 0; i < c->n; i++)
		buf_fini(&c->items[i].json);
	c->n = 0;
}

void compile_free(struct compile *c)
{
	if (!c)
		return;
	compile_clear(c);
	mem_free(c->items);
	mem_free(c->view);
	mem_free(c);
}

size_t compile_count(const struct compile *c)
{
	return c->n;
}

const struct publish_item *compile_items(struct compile *c)
{
	c->view = mem_resize(c->view, (c->n + 1) * sizeof *c->view);
	for (size_t i = 0; i < c->n; i++) {
		struct slice json = buf_slice(&c->items[i].json);
		c->view[i] = (struct publish_item){ c->items[i].source, json.n ? json : slice_of(NULL, 0) };
	}
	return c->view;
}

/* Adds one item; v NULL: not wanted. Takes the reference over. */
static enum err compile__add(struct compile *c, const char *kind, const char *zone_id, json_t *v, struct diag *d)
{
	enum err e = OK;

	if (c->n == c->cap) {
		c->cap = c->cap ? c->cap * 2 : 8;
		c->items = mem_resize(c->items, c->cap * sizeof *c->items);
	}
	struct compile__item *item = &c->items[c->n++];
	snprintf(item->source, sizeof item->source, "api/%s/%s", kind, zone_id);
	buf_init(&item->json, COMPILE__JSON_BYTES_MAX);
	if (v)
		e = json_write(v, &item->json);
	json_decref(v);
	return e == OK ? OK : diag_set(d, ERR_PLAN, zone_id, "its %s item is too large", kind);
}

enum err compile_zone(struct compile *c, const char *zone_id, struct diag *d)
{
	struct state_zone z;
	enum err e = state_zone_get(c->st, slice_str(zone_id), &z);

	if (e != OK && e != ERR_NOT_FOUND)
		return e;
	return compile__add(c, "zone", zone_id, NULL, d);
}
