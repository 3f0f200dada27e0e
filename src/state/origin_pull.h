/* SPDX-License-Identifier: Apache-2.0 */
/*
 * origin_pull: client certificates that origins are shown (authenticated origin pulls): the node's own, those that
 * admins uploaded for a zone or for host names of it, and where they are switched on. Keys are sealed, as they go into
 * the plan.
 */
#ifndef STATE_ORIGIN_PULL_H
#define STATE_ORIGIN_PULL_H

#include "base/seal.h"
#include "state/zone.h"

enum { STATE_ORIGIN_PULL_MAX = 100 /* certificates of a zone */ };
/* What keys are sealed for (base/seal.h). */
#define STATE_ORIGIN_PULL_PURPOSE "client certificate"

/* A certificate to be kept. Everything is borrowed; key: PEM or DER, in the clear. */
struct state_origin_pull_new {
	const char *zone_id; /* "": the node's own */
	bool for_hosts;      /* for host names (hostnames/certificates), not for the zone */
	struct slice chain, key;
	const json_t *info; /* issuer, signature, serial_number, expires_on: shown as they are */
};

/*
 * Keeps one; its key under the node's own key. ret: its id. errors: ERR_QUEUE_FULL (the zone has too many), as
 * seal_close and store_done.
 */
enum err state_origin_pull_add(struct state *st, const struct seal *seal, const struct state_origin_pull_new *n,
			       char ret[static STATE_ID_BYTES]) MUST_USE;
/* Certificates of a zone as clients see them, newest first; id NULL: all of that sort. out: *ret, an array, the
 * caller's reference. errors: as store_done. */
enum err state_origin_pull_list(struct state *st, const char *zone_id, bool for_hosts, const char *id,
				json_t **ret) MUST_USE;
/* Removes one, and its use by host names. errors: ERR_NOT_FOUND, as store_done. */
enum err state_origin_pull_remove(struct state *st, const char *zone_id, const char *id) MUST_USE;

/* Whether the zone's own certificate is shown, and switching that. errors: as store_done. */
enum err state_origin_pull_enabled(struct state *st, const char *zone_id, bool *ret) MUST_USE;
enum err state_origin_pull_enable(struct state *st, const char *zone_id, bool on) MUST_USE;
/*
 * What a host name of the zone shows: a certificate of hostnames/certificates; cert_id NULL: nothing of its own any
 * more. enabled: it does. errors: ERR_NOT_FOUND (no such certificate), as store_done.
 */
struct state_origin_pull_host {
	const char *zone_id, *host, *cert_id;
	bool enabled;
};
enum err state_origin_pull_bind(struct state *st, const struct state_origin_pull_host *h) MUST_USE;
/* What host names have, as clients see it; host NULL: all. out: *ret, an array, the caller's reference. errors: as
 * store_done. */
enum err state_origin_pull_hosts(struct state *st, const char *zone_id, const char *host, json_t **ret) MUST_USE;

/* When the node's own certificate ends, seconds since 1970; 0: there is none. errors: as store_done. */
enum err state_origin_pull_own(struct state *st, int64_t *ret_until_s) MUST_USE;
/*
 * Adds client_certificate to the zone item and to those of its hosts that show one: the host's own, the zone's own, or,
 * when the setting tls_client_auth is on, the node's. errors: as store_done.
 */
enum err state_origin_pull_compile(struct state *st, const struct state_zone *z, json_t *item) MUST_USE;

#endif
