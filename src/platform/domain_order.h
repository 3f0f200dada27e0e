/* SPDX-License-Identifier: Apache-2.0 */
/*
 * domain_order: one order for the certificate of one domain of an app, at an authority of [acme] directory (RFC 8555).
 * Exact names are proven by HTTP-01: the token is made live on every edge, whose listeners and the platform's answer it
 * before everything else. Wildcards are proven by DNS-01, and the owner shows the TXT record. Nothing is stored but the
 * account at the authority; the owner takes what came. One thread, that of control.
 */
#ifndef PLATFORM_DOMAIN_ORDER_H
#define PLATFORM_DOMAIN_ORDER_H

#include "api/api.h"
#include "control/acme_run.h"
#include "state/state.h"
#include "tls/tls_csr.h"

struct domain_order;

/* Where it runs; borrowed for its life. */
struct domain_order_setup {
	struct api *api;
	struct state *state;
	struct control *control;
	struct loop *loop;
	struct web *web;
	const struct node_config *node; /* with at least one directory */
	const struct seal *seal;
	struct slice binding_key; /* of external account binding at the first directory, decoded; empty: none */
};

/* What came of it. Borrowed for the call. */
struct domain_order_result {
	struct slice chain; /* PEM, leaf first; empty: it failed */
	struct slice key;   /* DER, to be sealed */
	struct tls_csr_leaf leaf;
	const char *error;       /* why it failed; NULL: it did not */
	uint64_t retry_after_ms; /* what the authority asked for; 0: nothing */
};

struct domain_order_owner {
	/* DNS-01: this value is to be seen at _acme-challenge.NAME; then domain_order_shown. */
	void (*show)(void *arg, struct domain_order *o, const char *fqdn, const char *txt);
	/* The end; the order is freed behind this call. */
	void (*done)(void *arg, const struct domain_order_result *result);
	void *arg;
};

struct domain_order_want {
	const char *id;        /* of the domain; names what is published */
	const char *name;      /* canonical; "*." for a wildcard */
	const char *directory; /* https URL */
	uint64_t give_up_ms;   /* from now */
};

/* Starts; the owner is told the end later, never from inside. The caller may end it with domain_order_cancel. */
struct domain_order *domain_order_start(const struct domain_order_setup *setup, const struct domain_order_want *want,
					const struct domain_order_owner *owner) __attribute__((returns_nonnull));
/* The TXT record can be seen (why NULL), or cannot be made so. */
void domain_order_shown(struct domain_order *o, const char *why);
/* Breaks it off; nothing is told. NULL is fine. Jobs of it that wait in the api must have ended. */
void domain_order_cancel(struct domain_order *o);

#endif
