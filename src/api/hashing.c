/* SPDX-License-Identifier: Apache-2.0 */
/* hashing: see hashing.h. Jobs wait in a list under the lock; the thread takes one, works without the lock, and posts
 * it to the loop, whose thread frees it. */
#include "api/hashing.h"

#include "base/check.h"
#include "base/crypto.h"
#include "base/mem.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>

struct hashing__job {
	struct loop_task task; /* posted back */
	struct hashing__job *next;
	struct hashing *owner;
	hashing_done_fn fn;
	void *arg;
	bool make;
	char kept[PASSWORD_TEXT_BYTES], password[PASSWORD_BYTES_MAX];
	size_t password_n;
	enum err result;
};

struct hashing {
	struct loop *loop;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct hashing__job *first, **last; /* waiting; under the lock */
	bool stop;                          /* under the lock */
	bool ending;                        /* the loop's thread: nobody is told any more */
	uint64_t jobs, jobs_max;            /* the loop's thread */
};

static void hashing__free(struct hashing__job *j)
{
	crypto_wipe(j->password, sizeof j->password);
	crypto_wipe(j->kept, sizeof j->kept);
	mem_free(j);
}

/* The next job; NULL: it is over. */
static struct hashing__job *hashing__take(struct hashing *h)
{
	pthread_mutex_lock(&h->lock);
	while (!h->first && !h->stop)
		pthread_cond_wait(&h->wake, &h->lock);
	struct hashing__job *j = h->stop ? NULL : h->first;
	if (j) {
		h->first = j->next;
		if (!h->first)
			h->last = &h->first;
	}
	pthread_mutex_unlock(&h->lock);
	return j;
}

static void *hashing__run(void *arg)
{
	struct hashing *h = arg;
	struct hashing__job *j;

	while ((j = hashing__take(h))) {
		struct slice password = slice_of(j->password, j->password_n);
		j->result = j->make ? password_keep(password, j->kept) : password_check(slice_str(j->kept), password);
		crypto_wipe(j->password, sizeof j->password);
		loop_post(h->loop, &j->task);
	}
	return NULL;
}

static void hashing__done(struct loop_task *t)
{
	struct hashing__job *j = LOOP_OWNER(t, struct hashing__job, task);

	j->owner->jobs--;
	if (!j->owner->ending)
		j->fn(j->arg, j->result, j->kept);
	hashing__free(j);
}

enum err hashing_new(struct loop *loop, uint64_t queue_max, struct hashing **ret)
{
	struct hashing *h = mem_alloc(sizeof *h);
	sigset_t all, before;

	h->loop = loop;
	h->last = &h->first;
	h->jobs_max = queue_max;
	pthread_mutex_init(&h->lock, NULL);
	pthread_cond_init(&h->wake, NULL);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int e = pthread_create(&h->thread, NULL, hashing__run, h);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (e == 0) {
		*ret = h;
		return OK;
	}
	pthread_cond_destroy(&h->wake);
	pthread_mutex_destroy(&h->lock);
	mem_free(h);
	return ERR_SYSTEM;
}

bool hashing_ask(struct hashing *h, const char *kept, struct slice password, hashing_done_fn fn, void *arg)
{
	if (h->jobs >= h->jobs_max)
		return false;
	CHECK(password.n <= PASSWORD_BYTES_MAX);
	struct hashing__job *j = mem_alloc(sizeof *j);
	j->task.fn = hashing__done;
	j->owner = h;
	j->fn = fn;
	j->arg = arg;
	j->make = !kept;
	if (kept)
		snprintf(j->kept, sizeof j->kept, "%s", kept);
	memcpy(j->password, password.p, password.n);
	j->password_n = password.n;
	h->jobs++;
	pthread_mutex_lock(&h->lock);
	*h->last = j;
	h->last = &j->next;
	pthread_cond_signal(&h->wake);
	pthread_mutex_unlock(&h->lock);
	return true;
}

void hashing_free(struct hashing *h)
{
	if (!h)
		return;
	h->ending = true;
	pthread_mutex_lock(&h->lock);
	h->stop = true;
	pthread_cond_signal(&h->wake);
	pthread_mutex_unlock(&h->lock);
	pthread_join(h->thread, NULL);
	loop_turn(h->loop, 0); /* what was posted comes back */
	while (h->first) {
		struct hashing__job *j = h->first;
		h->first = j->next;
		h->jobs--;
		hashing__free(j);
	}
	CHECK(h->jobs == 0);
	pthread_cond_destroy(&h->wake);
	pthread_mutex_destroy(&h->lock);
	mem_free(h);
}
