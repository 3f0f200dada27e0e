/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns_provider: one TXT record at a DNS provider that speaks Cloudflare's API (ours does): finds the zone of a name,
 * adds the record, takes it away again. The token needs the rights Zone:Read and DNS:Edit. One thread, that of control.
 */
#ifndef PLATFORM_DNS_PROVIDER_H
#define PLATFORM_DNS_PROVIDER_H

#include "control/web.h"

struct dns_provider;

#define DNS_PROVIDER_URL "https://api.cloudflare.com/client/v4"

/* Everything is copied but web. */
struct dns_provider_setup {
	struct web *web;
	const char *url;   /* http or https, without a slash at its end; NULL or "": DNS_PROVIDER_URL */
	const char *token; /* sent as a bearer */
};

/* why NULL: the record is there. Never called from inside dns_provider_add. */
typedef void (*dns_provider_fn)(void *arg, const char *why);

/* Nothing done yet. */
struct dns_provider *dns_provider_new(const struct dns_provider_setup *setup) __attribute__((returns_nonnull));
/* Adds the record; once in its life. */
void dns_provider_add(struct dns_provider *p, const char *fqdn, const char *value, dns_provider_fn fn, void *arg);
/* Takes the record away, if it was added, and frees itself when that has ended; fn is not called any more. NULL is
 * fine. */
void dns_provider_drop(struct dns_provider *p);
/* Frees at once and leaves a record where it is: the end of control. NULL is fine. */
void dns_provider_forget(struct dns_provider *p);

#endif
