/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client_ca: authorities of client certificates that an account has uploaded (Cloudflare: mTLS certificates), and for
 * which hosts of which zones visitors are asked for certificates of them (hostname associations).
 */
#ifndef STATE_CLIENT_CA_H
#define STATE_CLIENT_CA_H

#include "state/state.h"

enum { STATE_CLIENT_CA_HOSTS_MAX = 256, STATE_CLIENT_CA_KEY_BYTES = 34 };

/* All of an account, or that of an id, as clients see them. The caller's reference. errors: ERR_NOT_FOUND, as
 * store_done. */
enum err state_client_ca_all(struct state *st, const char *account_id, json_t **ret_array) MUST_USE;
enum err state_client_ca_get(struct state *st, const char *account_id, const char *id, json_t **ret) MUST_USE;
/*
 * Stores one. ca: name, certificates (PEM), issuer, serial_number, signature, and expires_ms. out: *ret as clients see
 * it, the caller's. errors: as store_done.
 */
enum err state_client_ca_make(struct state *st, const char *account_id, const json_t *ca, json_t **ret) MUST_USE;
/* Drops it, its associations with it. errors: as store_done. */
enum err state_client_ca_delete(struct state *st, const char *id) MUST_USE;
/* How many hosts are associated with it, in all zones. */
int64_t state_client_ca_uses(struct state *st, const char *id);

/* The hosts of a zone that are associated with it (id NULL: with any). The caller's reference. errors: as store_done.
 */
enum err state_client_ca_hosts(struct state *st, const char *zone_id, const char *id, json_t **ret_array) MUST_USE;
/*
 * The hosts of a zone that are, from now on (array of at most STATE_CLIENT_CA_HOSTS_MAX names); touches the zone.
 * errors: ERR_EXISTS (another authority has one of them), as store_done.
 */
enum err state_client_ca_associate(struct state *st, const char *zone_id, const char *id, const json_t *hosts) MUST_USE;

/*
 * Calls fn for each authority with its plan item for the zone, which may be gone (kind "client_ca"; NULL: it has no
 * host there), under a key that belongs to both. errors: as store_done, and what fn returns. fn takes the reference
 * over.
 */
enum err state_client_ca_compile(struct state *st, const char *zone_id,
				 enum err (*fn)(void *arg, const char *key, json_t *item), void *arg) MUST_USE;

#endif
