/* SPDX-License-Identifier: Apache-2.0 */
/*
 * renewing: asks authorities when their certificates are to be renewed (ACME renewal information, RFC 9773): a CA that
 * has to revoke, or spreads its load, moves the window. Each certificate is asked for about every six hours, or as the
 * CA's Retry-After says, one at a time; without an answer the renewal stays at two thirds of life.
 */
#ifndef API_RENEWING_H
#define API_RENEWING_H

#include "api/issuing.h"

struct api_renewing;

/* Starts; what setup names is borrowed for its life. The caller frees with api_renewing_free, before web, api, loop. */
struct api_renewing *api_renewing_new(const struct api_issuing_setup *setup) __attribute__((returns_nonnull));
/* NULL is fine. Jobs that wait in the api must have ended. */
void api_renewing_free(struct api_renewing *r);
/* Something was stored: there may be a certificate to ask for. Cheap. */
void api_renewing_wake(struct api_renewing *r);

#endif
