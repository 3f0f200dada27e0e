/* SPDX-License-Identifier: Apache-2.0 */
/*
 * balance: which instance of an app takes a request: strictly in turn over those in rotation, for all workers of the
 * process together; how many requests each takes at a time, the queue of those that wait for one, and the quarantine of
 * instances that cut connections. What is remembered outlives the versions of the app. No I/O: who probes an instance
 * in quarantine is the caller's business (router/probe.h). Any thread.
 *
 * An app without a bound on requests in flight pays two atomic additions and no lock; with one, and whenever somebody
 * waits, the lock of the app is taken for some instructions.
 */
#ifndef ROUTER_BALANCE_H
#define ROUTER_BALANCE_H

#include "model/app.h"

#include <pthread.h>

enum { BALANCE_QUEUE_PER_INSTANCE = 50, BALANCE_ANY = -1 };

struct balance_seat;

/* What all versions of one app share. Lifetime: counted. */
struct balance_run {
	atomic_uint refs;
	_Atomic uint64_t turn;
	pthread_mutex_t lock; /* the queue, and in_flight of instances with a bound */
	struct balance_seat *first, **last;
	_Atomic size_t waiting_n;
};

/* One instance, in all versions of its app that have it. Lifetime: counted. */
struct instance {
	uint32_t magic; /* OBJ_INSTANCE */
	atomic_uint refs;
	struct balance_run *run; /* with a reference */
	struct ip_port at;
	_Atomic uint32_t in_flight;
	_Atomic bool out;            /* in quarantine */
	_Atomic bool retired;        /* in no version that is live */
	_Atomic uint32_t failures_n; /* cuts since its last complete answer: the length of the next quarantine */
	struct slice name, id;       /* behind the struct */
};

/* The instances of one version, in the app's order. */
struct balance {
	struct balance_run *run;
	size_t n;
	struct instance *at[];
};

/*
 * A request's place at an instance. Embedded in the caller's request; zero-initialise, set ready.
 * Lifetime: request; between balance_take with ERR_AGAIN and ready or balance_give it is in the queue.
 */
struct balance_seat {
	struct balance_seat *next, **prev;
	struct balance_run *run;   /* in whose queue it is or was; the owner's to clear */
	bool queued;               /* under the lock */
	bool bounded;              /* its instance has a bound on requests in flight */
	struct instance *only;     /* sticky: waits for this one */
	struct instance *instance; /* taken, with a reference */
	void *owner;               /* the caller's */
	/*
	 * Under the app's lock, on any thread: the wait is over. The seat has an instance, or is to be asked for again
	 * (things changed). Must not call back into balance; post to the loop.
	 */
	void (*ready)(struct balance_seat *seat);
};

/* The instances of app, those of `old` (NULL: none) that are still the same continued. Caller frees. */
struct balance *balance_new(const struct app *app, const struct balance *old) __attribute__((returns_nonnull));
/* Gives its references up. NULL is fine. */
void balance_free(struct balance *b);
/*
 * `next` (NULL: the app is gone) has taken the place of b: instances that are not in it retire, and whoever waits asks
 * again.
 */
void balance_replaced(struct balance *b, const struct balance *next);

/*
 * A place for one request. prefer: the index of the instance that a sticky session wants, or BALANCE_ANY; one in
 * quarantine is not preferred. in_flight: the app's bound, 0: none.
 * Returns OK with seat->instance; ERR_AGAIN: queued, ready comes; ERR_QUEUE_FULL; ERR_ORIGIN_UNREACHABLE: there is
 * none, or all are in quarantine.
 */
enum err balance_take(const struct balance *b, int prefer, uint32_t in_flight, struct balance_seat *seat) MUST_USE;
/* Whether it is in the queue still; while it is, nothing else of it may be looked at. */
bool balance_waits(struct balance_seat *seat);
/* Gives the place up, or stops waiting: whoever waits next gets it. No-op when there is neither. */
void balance_give(struct balance_seat *seat);

/*
 * The instance cut a connection: into quarantine. first_ms, most_ms: the shortest and longest one. Returns
 * milliseconds after which the caller probes it; 0: it is there already, or retired, and nobody probes.
 */
uint64_t balance_cut(struct instance *i, uint64_t first_ms, uint64_t most_ms);
/* It gave a complete answer: its next quarantine is a short one again. */
static inline void balance_good(struct instance *i)
{
	if (atomic_load_explicit(&i->failures_n, memory_order_relaxed))
		atomic_store_explicit(&i->failures_n, 0, memory_order_relaxed);
}
/*
 * The result of a probe. Returns milliseconds until the next one; 0: it is back in rotation, or retired.
 */
uint64_t balance_probed(struct instance *i, bool ok, uint64_t first_ms, uint64_t most_ms);
/* One reference more, one less; the last frees. */
void balance_instance_ref(struct instance *i);
void balance_instance_unref(struct instance *i);

#endif
