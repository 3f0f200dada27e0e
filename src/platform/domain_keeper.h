/* SPDX-License-Identifier: Apache-2.0 */
/*
 * domain_keeper: what custom domains of apps need with time: whether the name leads here (acme/acme_probe.h: directly
 * or through an edge in front), the certificate of an authority and its renewal after two thirds of its life, pauses
 * after failures (domain_retry_ms, doubled, at least one attempt a day), a bound of certificates a week for an apex,
 * and the return to the automatic certificate when a custom one expires. What is due stands in state/domain.h.
 *
 * Wildcards are proven by a TXT record: set at a DNS provider when the app's variables name one (dns_provider.h), else
 * by somebody to whom the value is shown; the order waits until the record can be seen.
 *
 * Without [acme] directory the certificates are the node's own authority's. One thread, that of control.
 */
#ifndef PLATFORM_DOMAIN_KEEPER_H
#define PLATFORM_DOMAIN_KEEPER_H

#include "control/resolve.h"
#include "platform/domain_order.h"

struct domain_keeper;

/* Everything is borrowed for its life. */
struct domain_keeper_setup {
	struct domain_order_setup order; /* api, state, control, loop, web, node, seal */
	struct resolve *resolve;         /* NULL: no name is looked up; checks say so */
};

/* Starts looking. The caller frees with domain_keeper_free, after the api's jobs have ended. */
struct domain_keeper *domain_keeper_new(const struct domain_keeper_setup *setup) __attribute__((returns_nonnull));
/* Breaks off what is under way. NULL is fine. */
void domain_keeper_free(struct domain_keeper *k);
/* Something was stored. Cheap. */
void domain_keeper_wake(struct domain_keeper *k);

#endif
