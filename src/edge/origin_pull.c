/* SPDX-License-Identifier: Apache-2.0 */
/*
 * origin_pull: the client certificate that an origin is shown (authenticated origin pulls). It is made of the plan's
 * text at its first use, by whichever worker comes first. Not in flexible mode, where TLS is an exception.
 */
#include "edge/request.h"
#include "supervisor/say.h"
#include "tls/tls_identity.h"

/* What stands for an identity whose key does not open: it is said once, not for every request. */
static const char origin_pull__broken;

static void origin_pull__drop(void *loaded)
{
	if (loaded != &origin_pull__broken)
		tls_identity_unref(loaded);
}

static struct tls_identity *origin_pull__load(struct request *r, struct zone_identity *z, struct slice of)
{
	struct tls_identity *mine = NULL;
	void *before = NULL;
	struct diag d;

	diag_init(&d);
	atomic_store(&z->drop, origin_pull__drop);
	if (tls_identity_open(r->w->seal, SLICE("client certificate"), z->chain, z->key, &mine, &d) != OK) {
		say("edge", "event=no_client_certificate of=%.*s reason=\"%s %s\"", SLICE_ARG(of), d.where, d.text);
		atomic_compare_exchange_strong(&z->loaded, &before, (void *)(uintptr_t)&origin_pull__broken);
		return NULL;
	}
	if (atomic_compare_exchange_strong(&z->loaded, &before, mine))
		return mine;
	tls_identity_unref(mine); /* another worker was first */
	return before == &origin_pull__broken ? NULL : before;
}

struct tls_identity *origin_pull_identity(struct request *r)
{
	const struct site *s = r->site;
	struct zone_identity *z = s->identity ? s->identity : s->zone->identity;

	if (!z || secure_mode(r) == ZONE_SSL_FLEXIBLE)
		return NULL;
	void *i = atomic_load_explicit(&z->loaded, memory_order_acquire);
	if (i == &origin_pull__broken)
		return NULL;
	return i ? i : origin_pull__load(r, z, s->identity ? s->host : s->zone->name);
}
