/* SPDX-License-Identifier: Apache-2.0 */
/*
 * domain: the custom domains of apps, what is known of their DNS and certificates. Names are in ASCII; a wildcard is
 * "*.example.com" and covers one level. Rules of adding are here; whoever looks at DNS and orders certificates moves
 * the status (state_domain_due, state_domain_save).
 *
 * Status: "new" (its certificate is being had) → "created"; "pending_dns" (the name does not reach the node) → "new" at
 * the next look; "dns_required" (a wildcard whose TXT record somebody must publish) → "new"; "error" (waits for
 * due_ms).
 */
#ifndef STATE_DOMAIN_H
#define STATE_DOMAIN_H

#include "state/app.h"

enum {
	STATE_DOMAIN_STATUS_BYTES = 16,
	STATE_DOMAIN_ERROR_BYTES = 400,
	STATE_DOMAIN_DNS_BYTES = 256,
	STATE_DOMAIN_SUBJECT_BYTES = 400,
	STATE_DOMAINS_MAX = 20, /* of an app */
};

/* What is known of a certificate without reading it; until_ms 0: there is none. */
struct state_domain_certificate {
	char subject[STATE_DOMAIN_SUBJECT_BYTES]; /* "/C=FR/CN=example.com" */
	char key_text[48];                        /* "RSA private key - 2048 bytes", where the number is bits */
	int64_t from_ms, until_ms;
};

/* Where a certificate came from. */
enum state_domain_source { STATE_DOMAIN_CUSTOM, STATE_DOMAIN_AUTOMATIC };

/* One row; the reference of dns_error is the struct's (state_domain_fini). */
struct state_domain {
	char id[STATE_APP_ID_BYTES], app[STATE_APP_ID_BYTES];
	char name[STATE_NAME_BYTES];
	bool canonical, letsencrypt_enabled;
	char status[STATE_DOMAIN_STATUS_BYTES];
	int64_t created_ms;
	int64_t checked_ms;                   /* when its DNS was looked at last; 0: not yet */
	int64_t due_ms;                       /* when something is to be done next */
	int64_t failures;                     /* orders that failed, in a row */
	char error[STATE_DOMAIN_ERROR_BYTES]; /* of the last order, "" after success */
	char dns_fqdn[STATE_DOMAIN_DNS_BYTES], dns_value[STATE_DOMAIN_DNS_BYTES]; /* TXT to publish, or "" */
	json_t *dns_error;                                 /* {"dns_provider","variables"} or NULL */
	struct state_domain_certificate custom, automatic; /* from reading only */
};

/* Gives up what it refers to. */
void state_domain_fini(struct state_domain *d);
/* Whether the name begins with "*.". */
bool state_domain_is_wildcard(const struct state_domain *d);
/* Which certificate visitors get now: a custom one while it is valid, else the automatic one; NULL: neither. */
const struct state_domain_certificate *state_domain_in_use(const struct state_domain *d, int64_t now_ms);
/* The name of its certificate's plan item, "app-ID"; what the key is sealed for is "certificate NAME". */
void state_domain_item_name(const char *id, char ret[static 64]);

/*
 * A name as given (any form of IDNA, one final dot) in ASCII. suffix: names under it belong to the node.
 * Returns why it cannot be a custom domain, as clients know the sentences, or NULL; ret is written then.
 */
const char *state_domain_name(struct slice given, const char *suffix, char ret[static STATE_NAME_BYTES]);
/*
 * Why an app may not have this name besides: taken, too many, the level of somebody else's wildcard. out: *ret_why: a
 * sentence of process lifetime, or NULL: it may. errors: as store_done.
 */
enum err state_domain_allowed(struct state *st, const struct state_app *a, const char *name,
			      const char **ret_why) MUST_USE;
/* errors: ERR_NOT_FOUND, as store_done. */
enum err state_domain_get(struct state *st, struct slice id, struct state_domain *ret) MUST_USE;
/* The same, of that app, by id or name. errors: ERR_NOT_FOUND, as store_done. */
enum err state_domain_of(struct state *st, const char *app_id, struct slice id_or_name,
			 struct state_domain *ret) MUST_USE;
/* A new one: app, name (ASCII), canonical, letsencrypt_enabled must be set; status "new", due at once. Touches app and
 * domain. errors: ERR_EXISTS (the name), as store_done. */
enum err state_domain_add(struct state *st, struct state_domain *d) MUST_USE;
/* Stores everything but names and certificates; a canonical one takes the place of the one before. Touches app and
 * domain when `touch` (what routers see has changed: canonical). errors: as store_done. */
enum err state_domain_save(struct state *st, const struct state_domain *d, bool touch) MUST_USE;
/* Deletes it. Touches app and domain. errors: ERR_NOT_FOUND, as store_done. */
enum err state_domain_remove(struct state *st, const struct state_domain *d) MUST_USE;
/* Calls fn for each of the app, by name; the row is borrowed for the call. errors: as store_done. */
enum err state_domain_each(struct state *st, const char *app_id, void (*fn)(void *arg, const struct state_domain *d),
			   void *arg) MUST_USE;
/* Ids of those due by now_ms, the most urgent first, at most cap; *ret_next_ms: when the first of the others is
 * (INT64_MAX: never). Returns how many. */
size_t state_domain_due(struct state *st, int64_t now_ms, char (*ret_ids)[STATE_APP_ID_BYTES], size_t cap,
			int64_t *ret_next_ms);

/* ---- certificates ---- */

/* Stores or replaces the certificate of a source. chain: PEM, leaf first; sealed: the key, see state_domain_item_name.
 * Touches the domain. errors: as store_done. */
enum err state_domain_certificate_put(struct state *st, const struct state_domain *d, enum state_domain_source source,
				      const struct state_domain_certificate *about, struct slice chain,
				      struct slice sealed) MUST_USE;
/* Takes it away; touches the domain. No-op when there is none. errors: as store_done. */
enum err state_domain_certificate_drop(struct state *st, const struct state_domain *d,
				       enum state_domain_source source) MUST_USE;
/* The plan item of the certificate in use; NULL: there is none, or no such domain. out: *ret, the caller's reference.
 * errors: as store_done. */
enum err state_domain_compile(struct state *st, const char *id, json_t **ret) MUST_USE;

#endif
