/* SPDX-License-Identifier: Apache-2.0 */
/*
 * purge_order: what is to be purged of a zone, read from the body of an API call (Cloudflare's purge_cache) or from the
 * command that control sends to edges, which is that body with three members more: zone, id, soft.
 * Lifetime: the caller's, between read and purge_order_free.
 */
#ifndef MODEL_PURGE_ORDER_H
#define MODEL_PURGE_ORDER_H

#include "base/arena.h"
#include "base/diag.h"
#include "wire/field.h"

#include <stdint.h>

enum { PURGE_ORDER_ITEMS_MAX = 500, PURGE_ORDER_HEADERS_MAX = 32 };

enum purge_order_by {
	PURGE_ORDER_EVERYTHING,
	PURGE_ORDER_FILES,
	PURGE_ORDER_TAGS,
	PURGE_ORDER_HOSTS,
	PURGE_ORDER_PREFIXES
};

struct purge_order_item {
	struct slice host;          /* canonical; files, hosts, prefixes */
	struct slice path;          /* files: path and query as a browser sends them; prefixes: empty or a path */
	struct slice tag;           /* tags */
	const struct field *fields; /* files with headers */
	size_t fields_n;
};

struct purge_order {
	struct arena_pool pool;
	struct arena arena; /* everything below */
	enum purge_order_by by;
	struct slice zone; /* canonical */
	uint64_t id;       /* of the purge in control's log; 0: none */
	bool soft;         /* keep it, stale */
	struct purge_order_item *items;
	size_t items_n; /* 0 with EVERYTHING */
};

struct json_t;

/*
 * Reads the body of an API call for a zone: exactly one of purge_everything (true), files, tags, hosts, prefixes, with
 * 1 to PURGE_ORDER_ITEMS_MAX elements; names must lie inside the zone. out: *ret, the caller's. errors: ERR_PLAN with
 * the member's path ("files[2].url") and what to do; ERR_MEMORY.
 */
enum err purge_order_of_body(const struct json_t *body, struct slice zone, struct purge_order **ret,
			     struct diag *d) MUST_USE;
/* Reads a command. errors: as purge_order_of_body. */
enum err purge_order_of_command(struct slice json, struct purge_order **ret, struct diag *d) MUST_USE;
/* Frees. NULL is fine. */
void purge_order_free(struct purge_order *o);

#endif
