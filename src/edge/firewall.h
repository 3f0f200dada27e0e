/* SPDX-License-Identifier: Apache-2.0 */
/*
 * firewall: the rules of the firewall engine as this edge runs them: one loaded set for all zones, with a scan plan for
 * each paranoia level that a zone wants. Plans are compiled on a thread of their own and kept on disk; until one is
 * there requests run without it, slower and with the same result. Lifetime: process; its rules are counted.
 */
#ifndef EDGE_FIREWALL_H
#define EDGE_FIREWALL_H

#include "model/zone_waf.h"
#include "waf/eval.h"
#include "waf/waf_rules.h"

enum { FIREWALL_LEVELS = 4 };

struct firewall;

/* TX variables that zones set: names of the Core Rule Set 3 and 4. */
enum firewall_slot {
	FIREWALL_SLOT_LEVEL_3,
	FIREWALL_SLOT_EXECUTING_3,
	FIREWALL_SLOT_LEVEL_4,
	FIREWALL_SLOT_DETECTION_4,
	FIREWALL_SLOT_INBOUND,
	FIREWALL_SLOT_OUTBOUND,
	FIREWALL_SLOTS
};

/* What one worker needs for one level. */
struct firewall_seat {
	struct eval_scratch scratch;
	const struct plan *plan; /* that the scratch is for; NULL: none yet */
	bool ready;
};

/* What a rule of the managed phase leaves out of this set, remembered. */
struct firewall_memo {
	uint64_t key; /* struct rule_managed; 0: free */
	uint8_t *removed, *muted, *challenged;
	bool challenges; /* any bit of the last is set */
};

enum { FIREWALL_MEMOS = 32 };

/* One generation of rules. Read-only but for the seats, each of which is one worker's. */
struct firewall_rules {
	uint32_t refs; /* atomic */
	struct waf_rules *waf;
	uint32_t slots[FIREWALL_SLOTS];
	struct plan *plans[FIREWALL_LEVELS + 1]; /* by level; NULL until compiled. Set once, atomically */
	struct firewall_seat *seats;             /* of worker w and level l: w * FIREWALL_LEVELS + l - 1 */
	struct firewall_memo *memos;             /* FIREWALL_MEMOS of each worker */
	size_t workers;
};

/* With the rules that are part of the program. data: DATA of the node; workers: how many will ask. Starts the thread
 * that compiles. Caller frees with firewall_free. */
struct firewall *firewall_new(const char *data, size_t workers) __attribute__((returns_nonnull));
/* Ends the thread; no worker may be left. NULL is fine. Snap thread. */
void firewall_free(struct firewall *fw);
/* Makes rules live, which it takes over. Plan thread. */
void firewall_publish(struct firewall *fw, struct waf_rules *w);
/* The rules of the program alone again. Plan thread. */
void firewall_remove(struct firewall *fw);
/* A zone runs at that level (1 to FIREWALL_LEVELS; 0: the rules' own): there shall be a plan. Plan thread. */
void firewall_want(struct firewall *fw, unsigned level);
/* True while a plan that is wanted is not there. Any thread. */
bool firewall_compiling(const struct firewall *fw);

/* The rules now; valid until the next quiescent state, longer with a reference. Snap thread. Cost: one load. */
struct firewall_rules *firewall_now(const struct firewall *fw);
/* Takes and gives up a reference; the last one frees. NULL is fine for unref. Any thread. */
void firewall_ref(struct firewall_rules *r);
void firewall_unref(struct firewall_rules *r);
/*
 * What worker number `worker` evaluates with at a level; *ret_plan is NULL while there is no plan. The worker's thread
 * only. Cost: two loads; once for each generation some allocations.
 */
struct eval_scratch *firewall_seat(struct firewall_rules *r, size_t worker, unsigned level,
				   const struct plan **ret_plan);

/*
 * The rules that m leaves out, and those that it has told of only, as bits by rule index. The worker's thread only; the
 * bits may be gone at its next call. Cost: a look in a small table; once for each m a pass over all rules and their
 * tags.
 */
const struct firewall_memo *firewall_managed(struct firewall_rules *r, size_t worker, const struct rule_managed *m);

#endif
