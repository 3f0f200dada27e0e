/* SPDX-License-Identifier: Apache-2.0 */
/* tls_tickets: see tls_tickets.h. A lock around two keys: some nanoseconds beside a handshake of 0.2 ms. */
#include "tls/tls_tickets.h"

#include "base/crypto.h"
#include "base/mem.h"

#include <pthread.h>

struct tls_tickets {
	pthread_mutex_t lock;
	struct tls_tickets_key current, before;
	int64_t made_s; /* 0: no key yet */
	bool has_before;
};

struct tls_tickets *tls_tickets_new(void)
{
	struct tls_tickets *t = mem_alloc(sizeof *t);

	pthread_mutex_init(&t->lock, NULL);
	return t;
}

void tls_tickets_free(struct tls_tickets *t)
{
	if (!t)
		return;
	pthread_mutex_destroy(&t->lock);
	crypto_wipe(t, sizeof *t);
	mem_free(t);
}

/* Under the lock. The one before is kept as long again as it was current. */
static enum err tls_tickets__rotate(struct tls_tickets *t, int64_t now_s)
{
	struct tls_tickets_key fresh;

	if (t->made_s && now_s < t->made_s + TLS_TICKETS_ROTATE_S)
		return OK;
	enum err e = crypto_random(&fresh, sizeof fresh);
	if (e != OK)
		return e;
	t->has_before = t->made_s && now_s < t->made_s + 2 * TLS_TICKETS_ROTATE_S;
	t->before = t->current;
	t->current = fresh;
	t->made_s = now_s;
	crypto_wipe(&fresh, sizeof fresh);
	return OK;
}

enum err tls_tickets_current(struct tls_tickets *t, int64_t now_s, struct tls_tickets_key *ret)
{
	pthread_mutex_lock(&t->lock);
	enum err e = tls_tickets__rotate(t, now_s);
	if (e == OK)
		*ret = t->current;
	pthread_mutex_unlock(&t->lock);
	return e;
}

enum err tls_tickets_find(struct tls_tickets *t, int64_t now_s, const uint8_t name[static TLS_TICKETS_NAME_BYTES],
			  struct tls_tickets_key *ret, bool *ret_old)
{
	enum err e = ERR_NOT_FOUND;

	pthread_mutex_lock(&t->lock);
	if (t->made_s && tls_tickets__rotate(t, now_s) == OK) {
		if (memcmp(name, t->current.name, TLS_TICKETS_NAME_BYTES) == 0) {
			*ret = t->current;
			*ret_old = false;
			e = OK;
		} else if (t->has_before && memcmp(name, t->before.name, TLS_TICKETS_NAME_BYTES) == 0) {
			*ret = t->before;
			*ret_old = true;
			e = OK;
		}
	}
	pthread_mutex_unlock(&t->lock);
	return e;
}
