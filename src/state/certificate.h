/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certificate: what is to be had from certificate authorities (ACME): for each active zone the sets of names that need
 * a certificate, the one that is there, and when to ask for the next; the accounts at the authorities; the TXT records
 * of orders under way. Private keys are sealed (base/seal.h).
 *
 * A row's life: wanted (no chain, due at once) → had (chain, due at its renewal) → gone (its names are not wanted any
 * more; dropped when its zone is looked at again).
 */
#ifndef STATE_CERTIFICATE_H
#define STATE_CERTIFICATE_H

#include "state/state.h"
#include "state/zone.h"

enum {
	STATE_CERTIFICATE_HOSTS_MAX = 100,
	STATE_CERTIFICATE_RENEWAL_BYTES = 128,
	STATE_CERTIFICATE_ERROR_BYTES = 400,
	STATE_CERTIFICATE_DIRECTORY_BYTES = 512,
};

/* One row. Heap members are the struct's; state_certificate_fini gives them up. */
struct state_certificate {
	char id[STATE_ID_BYTES], zone_id[STATE_ID_BYTES], zone_name[STATE_NAME_BYTES];
	json_t *hosts;                                     /* names in ASCII, "*." for wildcards; not empty */
	char *chain, *sealed;                              /* PEM and its key; "" while there is none */
	int64_t from_ms, until_ms;                         /* of the chain; 0: none */
	char renewal_id[STATE_CERTIFICATE_RENEWAL_BYTES];  /* RFC 9773; "" */
	char directory[STATE_CERTIFICATE_DIRECTORY_BYTES]; /* where it was had; "" */
	int64_t due_ms;                                    /* when to order */
	uint32_t failures;                                 /* in a row */
	char error[STATE_CERTIFICATE_ERROR_BYTES];         /* of the last failure, "" after success */
};

/* How names become certificates. */
struct state_certificate_how {
	bool dns; /* by DNS-01: the zone with its names of one level, and each deeper name; else by HTTP-01: each
		   * proxied name by itself, no wildcards */
};

/* Frees what the row holds; it is empty then. */
void state_certificate_fini(struct state_certificate *c);
/* The name of its plan item, and what its key is sealed for ("certificate NAME"). */
void state_certificate_item_name(const char *id, char ret[static 64]);

/*
 * Holds the rows of a zone against its proxied hosts (array of {"name"}; empty for a zone that is not active): missing
 * sets of names become wanted, others are gone. errors: as store_done.
 */
enum err state_certificate_plan(struct state *st, const struct state_zone *z, const json_t *hosts,
				const struct state_certificate_how *how) MUST_USE;
/*
 * Calls fn for each row of the zone, for its plan items; c->chain is "" while it is only wanted, and perhaps when it is
 * gone. The row is borrowed for the call. errors: as store_done, and what fn returns.
 */
enum err state_certificate_each(struct state *st, const char *zone_id,
				enum err (*fn)(void *arg, const struct state_certificate *c, bool gone),
				void *arg) MUST_USE;
/* All rows of a zone as clients see certificate packs, or of that id only (NULL: all). The caller's reference. */
enum err state_certificate_json(struct state *st, const char *zone_id, const char *id, json_t **ret) MUST_USE;

/* Ids of rows that are due by now_ms, the most urgent first, at most cap; *ret_next_ms: when the first of the others is
 * (INT64_MAX: never). Returns how many. */
size_t state_certificate_due(struct state *st, int64_t now_ms, char (*ret_ids)[STATE_ID_BYTES], size_t cap,
			     int64_t *ret_next_ms);
/* The row; c is the caller's to fini. errors: ERR_NOT_FOUND (also when it is gone), as store_done. */
enum err state_certificate_get(struct state *st, const char *id, struct state_certificate *c) MUST_USE;
/* Stores chain, sealed, dates, renewal id, due, failures and error. Touches the zone when `touch`. errors:
 * ERR_NOT_FOUND, as store_done. */
enum err state_certificate_save(struct state *st, const struct state_certificate *c, bool touch) MUST_USE;
/*
 * The row whose authority is to be asked next when to renew (RFC 9773): one with a renewal id that is not due yet.
 * False when there is none by now_ms; *ret_next_ms: when there will be (INT64_MAX: never). c is the caller's to fini.
 */
bool state_certificate_to_ask(struct state *st, int64_t now_ms, struct state_certificate *c,
			      int64_t *ret_next_ms) MUST_USE;
/* Notes when the certificate is to be renewed, and when its authority is to be asked again. errors: as store_done. */
enum err state_certificate_asked(struct state *st, const char *id, int64_t due_ms, int64_t ask_ms) MUST_USE;
/* The row is due now, whatever failed before. errors: ERR_NOT_FOUND, as store_done. */
enum err state_certificate_order(struct state *st, const char *zone_id, const char *id) MUST_USE;
/* Certificates that were had for names of the zone since then. */
int64_t state_certificate_issued(struct state *st, const char *zone_name, int64_t since_ms);
/* Notes that one was had. errors: as store_done. */
enum err state_certificate_count(struct state *st, const char *zone_name) MUST_USE;

/* ---- accounts ---- */

struct state_certificate_account {
	char sealed[512]; /* the key's 32 bytes, sealed for "acme account" */
	char url[1024];   /* "" until the authority said it */
};

/* errors: ERR_NOT_FOUND, as store_done. */
enum err state_certificate_account_get(struct state *st, const char *directory,
				       struct state_certificate_account *ret) MUST_USE;
/* Stores or replaces. errors: as store_done. */
enum err state_certificate_account_save(struct state *st, const char *directory,
					const struct state_certificate_account *a) MUST_USE;

/* ---- TXT records of orders ---- */

/* Adds one for a certificate's order; touches its zone. errors: as store_done. */
enum err state_certificate_txt_add(struct state *st, const struct state_certificate *c, const char *name,
				   const char *value) MUST_USE;
/* Takes those of the certificate away; touches its zone when there were any. errors: as store_done. */
enum err state_certificate_txt_drop(struct state *st, const struct state_certificate *c) MUST_USE;
/* Adds them to the member `records` of a zone's dns item. errors: as store_done. */
enum err state_certificate_txt_compile(struct state *st, const char *zone_id, json_t *records) MUST_USE;

#endif
