/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan_items: what this edge has of the plan: revision and content of each item, kept in step with what is published
 * and with the journal. The plan thread's own (plan.h); one thread.
 */
#ifndef EDGE_PLAN_ITEMS_H
#define EDGE_PLAN_ITEMS_H

#include "base/limits.h"
#include "door/frame.h"
#include "edge/plan_journal.h"
#include "model/kind.h"

struct plan_items;

/* Where the objects of one kind go live. A list of them ends with kind NULL. Functions are called on the plan thread.
 */
struct publisher {
	const struct kind *kind;
	/* Makes the object live in place of the one of its name; takes over the reference. */
	void (*put)(void *where, void *object);
	/* Takes the object of that name away; nothing when there is none. */
	void (*remove)(void *where, struct slice name);
	void *where;
	/* Makes ready what only an edge can, such as sealed keys; a refusal refuses the item. May be NULL: nothing. */
	enum err (*prepare)(void *where, void *object, struct diag *d);
};

/* An empty set over the tables it publishes to. limits and publishers are borrowed. Caller frees with plan_items_free.
 */
struct plan_items *plan_items_new(const struct limits *limits, const struct publisher *publishers)
	__attribute__((returns_nonnull));
/* Closes the journal; what is live stays live. NULL is fine. */
void plan_items_free(struct plan_items *items);
/*
 * Opens the journal in dir and publishes what it holds. Items that this version refuses are reported and left out.
 * errors: ERR_SYSTEM; the items work without a journal then.
 */
enum err plan_items_boot(struct plan_items *items, const char *dir, struct plan_journal_report *ret_report,
			 struct diag *d) MUST_USE;
/* Items that are live. */
size_t plan_items_count(const struct plan_items *items);

/*
 * Builds, publishes and journals one item; snap thread. errors: ERR_PLAN (with the member's path in d), ERR_PLAN_STALE,
 * ERR_MEMORY; the live version stays then.
 */
enum err plan_items_put(struct plan_items *items, const struct frame_put *put, struct diag *d) MUST_USE;
/* Removes one; an item that is not there is fine. errors: ERR_PLAN, ERR_PLAN_STALE. */
enum err plan_items_delete(struct plan_items *items, const struct frame_put *del, struct diag *d) MUST_USE;
/* Makes all of that durable. errors: ERR_SYSTEM: live, but the next boot may miss it. */
enum err plan_items_sync(struct plan_items *items) MUST_USE;
/* The journal of this edge becomes the node's (plan_journal_claim). errors: ERR_SYSTEM. */
enum err plan_items_claim(struct plan_items *items) MUST_USE;

/* The next live item in no order; *at starts at 0; false at the end. Slices live as long as the set is unchanged. */
bool plan_items_next(const struct plan_items *items, size_t *at, struct frame_item *ret);

#endif
