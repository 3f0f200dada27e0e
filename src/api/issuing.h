/* SPDX-License-Identifier: Apache-2.0 */
/*
 * issuing: orders certificates at the authorities of [acme] directory (RFC 8555): what is wanted and when stands in
 * state/certificate.h; each order runs by control/acme_run.h. Proofs are shown by our own name server (DNS-01), or by
 * the edges (HTTP-01, TLS-ALPN-01), and an order goes on when every edge has them live. An order that fails is tried
 * again after 1, 2, 4 … minutes, at least once a day, at the next directory of the list.
 */
#ifndef API_ISSUING_H
#define API_ISSUING_H

#include "api/api.h"
#include "control/web.h"

struct api_issuing;

struct api_issuing_setup {
	struct api *api;
	struct state *state;
	struct control *control;
	struct loop *loop;
	struct web *web;
	const struct node_config *node; /* with at least one directory */
	const struct seal *seal;
	struct slice binding_key; /* of [acme] eab_hmac_key_file, decoded; empty: none */
};

/* Starts; everything is borrowed for its life. The caller frees with api_issuing_free, before web, api and loop. */
struct api_issuing *api_issuing_new(const struct api_issuing_setup *setup) __attribute__((returns_nonnull));
/* Breaks orders off. NULL is fine. Jobs that wait in the api must have ended. */
void api_issuing_free(struct api_issuing *s);
/* Something was stored: there may be something to order. Cheap. */
void api_issuing_wake(struct api_issuing *s);

#endif
