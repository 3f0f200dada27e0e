/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_resume: see tls_resume.h. A table of sets of four, as processors cache lines: a key belongs to one set, and the
 * session of the set that was used longest ago gives way. Bounded without a list, and no look at more than four keys.
 */
#include "tls/tls_resume_int.h"

#include "base/hash.h"
#include "base/mem.h"

enum { TLS_RESUME__WAYS = 4 };

struct tls_resume__entry {
	SSL_SESSION *session; /* one reference; NULL: free */
	char *key;
	size_t key_n;
	uint64_t used;
};

struct tls_resume {
	struct tls_resume__entry *entries;
	size_t sets_n;
	uint64_t clock; /* counts uses */
	struct hash_key hash;
};

struct tls_resume *tls_resume_new(size_t max)
{
	struct tls_resume *r = mem_alloc(sizeof *r);

	r->sets_n = (max + TLS_RESUME__WAYS - 1) / TLS_RESUME__WAYS;
	r->entries = mem_alloc_array(r->sets_n * TLS_RESUME__WAYS + 1, sizeof *r->entries);
	hash_key_random(&r->hash);
	return r;
}

static void tls_resume__drop(struct tls_resume__entry *e)
{
	SSL_SESSION_free(e->session);
	mem_free(e->key);
	*e = (struct tls_resume__entry){ 0 };
}

size_t tls_resume_count(const struct tls_resume *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->sets_n * TLS_RESUME__WAYS; i++)
		n += r->entries[i].session != NULL;
	return n;
}

void tls_resume_free(struct tls_resume *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->sets_n * TLS_RESUME__WAYS; i++)
		tls_resume__drop(&r->entries[i]);
	mem_free(r->entries);
	mem_free(r);
}

/* The four places of a key. NULL: nothing is kept at all. */
static struct tls_resume__entry *tls_resume__set(struct tls_resume *r, struct slice key)
{
	return r->sets_n ? &r->entries[hash_bytes(&r->hash, key) % r->sets_n * TLS_RESUME__WAYS] : NULL;
}

static struct tls_resume__entry *tls_resume__entry(struct tls_resume *r, struct slice key)
{
	struct tls_resume__entry *set = tls_resume__set(r, key);

	for (size_t i = 0; set && i < TLS_RESUME__WAYS; i++)
		if (set[i].session && slice_eq(slice_of(set[i].key, set[i].key_n), key))
			return &set[i];
	return NULL;
}

void tls_resume_put(struct tls_resume *r, struct slice key, SSL_SESSION *session)
{
	struct tls_resume__entry *e = tls_resume__entry(r, key), *set = tls_resume__set(r, key);

	if (!set) {
		SSL_SESSION_free(session);
		return;
	}
	if (e) {
		SSL_SESSION_free(e->session);
	} else {
		e = &set[0];
		for (size_t i = 1; i < TLS_RESUME__WAYS; i++)
			if (set[i].used < e->used)
				e = &set[i];
		tls_resume__drop(e);
		e->key = mem_alloc(key.n + 1);
		memcpy(e->key, key.p, key.n);
		e->key_n = key.n;
	}
	e->session = session;
	e->used = ++r->clock;
}

SSL_SESSION *tls_resume_find(struct tls_resume *r, struct slice key, int64_t now_s)
{
	struct tls_resume__entry *e = tls_resume__entry(r, key);
	time_t now = (time_t)now_s;

	if (!e)
		return NULL;
	X509 *peer = SSL_SESSION_get0_peer(e->session);
	int64_t age_s = now_s - (int64_t)SSL_SESSION_get_time(e->session);
	if (age_s > TLS_RESUME_AGE_S || age_s < -TLS_RESUME_AGE_S || !SSL_SESSION_is_resumable(e->session) ||
	    (peer && X509_cmp_time(X509_get0_notAfter(peer), &now) <= 0)) {
		tls_resume__drop(e);
		return NULL;
	}
	e->used = ++r->clock;
	return e->session;
}

void tls_resume_forget(struct tls_resume *r, struct slice key)
{
	struct tls_resume__entry *e = tls_resume__entry(r, key);

	if (e)
		tls_resume__drop(e);
}
