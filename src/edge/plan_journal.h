/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan_journal: the last good plan of an edge on disk, so that it boots and serves with the control process dead.
 *
 * File DATA/edge/plan.journal, appended only:
 *	record := magic u32, length u32, check u32 (hash_check32 of the body), body          integers big-endian
 *	body   := type u8 (1 put, 2 delete), revision u64, kind text, name text, json         text: u16 length, bytes
 * The last record of a (kind, name) counts. A torn tail is cut off; a damaged stretch in the middle is stepped over.
 * When dead bytes pass both 1 MiB and the live ones, the live ones are copied to a new file that is renamed over the
 *old.
 *
 * Two edges of one node (an upgrade): the file is locked by its edge. Who finds it locked works on a copy of its own
 * and renames that over the name at plan_journal_claim, when it is ready to serve; the elder goes on with a file that
 * has no name any more.
 *
 * One thread. Lifetime: process.
 */
#ifndef EDGE_PLAN_JOURNAL_H
#define EDGE_PLAN_JOURNAL_H

#include "base/diag.h"
#include "base/slice.h"

struct plan_journal;

/* One live item; slices are borrowed for the call. */
struct plan_journal_item {
	struct slice kind, name, json;
	uint64_t revision;
};
typedef void (*plan_journal_fn)(void *arg, const struct plan_journal_item *item);

/* What opening found. */
struct plan_journal_report {
	size_t items;         /* live ones */
	size_t torn_bytes;    /* cut off at the end */
	size_t damaged_bytes; /* stepped over in the middle */
	bool copied;          /* another edge holds the file; this is a copy until claimed */
};

/*
 * Opens or creates the journal in the folder dir (which must exist) and calls each for every live item.
 * out: *ret_journal the caller's (plan_journal_close); *ret_report. errors: ERR_SYSTEM with the reason.
 */
enum err plan_journal_open(const char *dir, plan_journal_fn each, void *arg, struct plan_journal **ret_journal,
			   struct plan_journal_report *ret_report, struct diag *d) MUST_USE;
/* Closes; NULL is fine. A copy that was not claimed is removed. */
void plan_journal_close(struct plan_journal *j);
/* A copy becomes the journal of the node. No-op otherwise. errors: ERR_SYSTEM. */
enum err plan_journal_claim(struct plan_journal *j) MUST_USE;

/* Appends; durable after plan_journal_sync. errors: ERR_SYSTEM (disk full …): the file is as before. */
enum err plan_journal_put(struct plan_journal *j, const struct plan_journal_item *item) MUST_USE;
/* Appends a deletion; item->json is not looked at. */
enum err plan_journal_delete(struct plan_journal *j, const struct plan_journal_item *item) MUST_USE;
/* Makes what was appended durable and compacts when it is worth it. errors: ERR_SYSTEM. May block on the disk. */
enum err plan_journal_sync(struct plan_journal *j) MUST_USE;

#endif
