/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dnssec: whether a zone is signed, with which keys, and what the parent was told. Private parts are kept sealed
 * (base/seal.h) and only passed on. The API makes and judges keys (api/dnssec.c); here are their rows.
 *
 * Status, as clients see it: "pending" (signed, the parent has no DS yet), "active", "pending-disabled" (still signed,
 * the parent is asked to drop its DS), "disabled" (still signed, the parent has none any more). A zone without a row is
 * not signed. Stages of a key: "next" (published, does not sign yet), "active", "old" (published, signs no more),
 * "leaving" (a key-signing key that still signs while the parent moves to its successor).
 */
#ifndef STATE_DNSSEC_H
#define STATE_DNSSEC_H

#include "state/state.h"

enum { STATE_DNSSEC_KEYS_MAX = 8, STATE_DNSSEC_PUBLIC_BYTES = 96, STATE_DNSSEC_SEALED_BYTES = 256 };

enum state_dnssec_status {
	STATE_DNSSEC_NONE, /* no row */
	STATE_DNSSEC_PENDING,
	STATE_DNSSEC_ACTIVE,
	STATE_DNSSEC_PENDING_DISABLED,
	STATE_DNSSEC_DISABLED,
};

enum state_dnssec_stage { STATE_DNSSEC_NEXT, STATE_DNSSEC_SIGNS, STATE_DNSSEC_OLD, STATE_DNSSEC_LEAVING };

struct state_dnssec_key {
	int64_t row; /* 0: not stored yet */
	uint16_t flags, tag;
	enum state_dnssec_stage stage;
	int64_t since_ms;                       /* in this stage */
	char public[STATE_DNSSEC_PUBLIC_BYTES]; /* base64 */
	char sealed[STATE_DNSSEC_SEALED_BYTES];
};

struct state_dnssec {
	enum state_dnssec_status status;
	int64_t modified_ms;
	int64_t checked_ms; /* the parent was asked; 0: never */
	bool parent_has_ds; /* what it said then */
	size_t keys_n;
	struct state_dnssec_key keys[STATE_DNSSEC_KEYS_MAX];
};

/* "disabled" for STATE_DNSSEC_NONE. Process lifetime. */
const char *state_dnssec_status_name(enum state_dnssec_status status);
/* What is stored of the zone. errors: as store_done. */
enum err state_dnssec_get(struct state *st, const char *zone_id, struct state_dnssec *ret) MUST_USE;
/*
 * Stores it: rows of keys that are no longer in it go, new ones come; sets modified_ms and touches the zone.
 * STATE_DNSSEC_NONE forgets everything. errors: as store_done.
 */
enum err state_dnssec_save(struct state *st, const char *zone_id, struct state_dnssec *d) MUST_USE;
/*
 * The parent was asked for the zone's DS records: what it said is stored, and the status follows it: "pending" and
 * "active" tell whether there is one, "pending-disabled" becomes "disabled" when there is none. errors: as store_done.
 */
enum err state_dnssec_saw(struct state *st, const char *zone_id, bool parent_has_ds) MUST_USE;
/* Adds member `dnssec` to a dns plan item; nothing for an unsigned zone. errors: as store_done. */
enum err state_dnssec_compile(struct state *st, const char *zone_id, json_t *item) MUST_USE;
/* A signed zone whose parent is to be asked. */
struct state_dnssec_due {
	char id[STATE_ID_BYTES], name[STATE_NAME_BYTES];
};
/*
 * Some of them, in a fixed order, the first `offset` left out: those on their way ("pending", "pending-disabled")
 * that were last asked for before soon_ms, the others before late_ms. in/out: *io_n, how many at most, how many there
 * are. errors: as store_done.
 */
enum err state_dnssec_due(struct state *st, int64_t soon_ms, int64_t late_ms, size_t offset,
			  struct state_dnssec_due *ret, size_t *io_n) MUST_USE;
/*
 * Moves keys whose time has come: published long enough, or out of use long enough. Touches zones that changed. To be
 * called once in a while, in a transaction. out: *ret_changed. errors: as store_done.
 */
enum err state_dnssec_turn(struct state *st, bool *ret_changed) MUST_USE;

#endif
