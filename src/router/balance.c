/* SPDX-License-Identifier: Apache-2.0 */
/* balance: see balance.h. */
#include "router/balance.h"

#include "base/check.h"
#include "base/mem.h"

enum { BALANCE__DOUBLINGS_MAX = 20 };

/* ---- life ---- */

static struct balance_run *balance__run_new(void)
{
	struct balance_run *run = mem_alloc(sizeof *run);

	atomic_init(&run->refs, 1);
	pthread_mutex_init(&run->lock, NULL);
	run->last = &run->first;
	return run;
}

static void balance__run_unref(struct balance_run *run)
{
	if (atomic_fetch_sub_explicit(&run->refs, 1, memory_order_acq_rel) != 1)
		return;
	CHECK(run->first == NULL);
	pthread_mutex_destroy(&run->lock);
	mem_free(run);
}

static struct balance_run *balance__run_ref(struct balance_run *run)
{
	atomic_fetch_add_explicit(&run->refs, 1, memory_order_relaxed);
	return run;
}

void balance_instance_ref(struct instance *i)
{
	OBJ(i, OBJ_INSTANCE);
	atomic_fetch_add_explicit(&i->refs, 1, memory_order_relaxed);
}

void balance_instance_unref(struct instance *i)
{
	if (!i)
		return;
	OBJ(i, OBJ_INSTANCE);
	if (atomic_fetch_sub_explicit(&i->refs, 1, memory_order_acq_rel) != 1)
		return;
	balance__run_unref(i->run);
	i->magic = OBJ_FREED;
	mem_free(i);
}

static struct instance *balance__instance(const struct app_instance *from, struct balance_run *run)
{
	struct instance *i = mem_alloc(sizeof *i + from->name.n + from->id.n);
	char *text = (char *)(i + 1);

	i->magic = OBJ_INSTANCE;
	atomic_init(&i->refs, 1);
	i->run = balance__run_ref(run);
	i->at = from->at;
	memcpy(text, from->name.p, from->name.n);
	memcpy(text + from->name.n, from->id.p, from->id.n);
	i->name = slice_of(text, from->name.n);
	i->id = slice_of(text + from->name.n, from->id.n);
	return i;
}

static struct instance *balance__find(const struct balance *b, const struct app_instance *want)
{
	for (size_t k = 0; b && k < b->n; k++) {
		struct instance *i = b->at[k];
		if (slice_eq(i->id, want->id) && slice_eq(i->name, want->name) && i->at.port == want->at.port &&
		    ip_eq(&i->at.ip, &want->at.ip))
			return i;
	}
	return NULL;
}

struct balance *balance_new(const struct app *app, const struct balance *old)
{
	struct balance *b = mem_alloc(sizeof *b + app->instances_n * sizeof b->at[0]);

	b->run = old ? balance__run_ref(old->run) : balance__run_new();
	b->n = app->instances_n;
	for (size_t k = 0; k < b->n; k++) {
		struct instance *known = balance__find(old, &app->instances[k]);
		if (known)
			balance_instance_ref(known);
		b->at[k] = known ? known : balance__instance(&app->instances[k], b->run);
	}
	return b;
}

void balance_free(struct balance *b)
{
	if (!b)
		return;
	for (size_t k = 0; k < b->n; k++)
		balance_instance_unref(b->at[k]);
	balance__run_unref(b->run);
	mem_free(b);
}

/* ---- the queue, under the lock ---- */

static void balance__unlink(struct balance_seat *seat)
{
	struct balance_run *run = seat->run;

	*seat->prev = seat->next;
	if (seat->next)
		seat->next->prev = seat->prev;
	else
		run->last = seat->prev;
	seat->queued = false;
	atomic_fetch_sub(&run->waiting_n, 1);
}

/* Whoever waits asks again. */
static void balance__stir(struct balance_run *run)
{
	pthread_mutex_lock(&run->lock);
	while (run->first) {
		struct balance_seat *seat = run->first;
		balance__unlink(seat);
		seat->ready(seat);
	}
	pthread_mutex_unlock(&run->lock);
}

void balance_replaced(struct balance *b, const struct balance *next)
{
	for (size_t k = 0; k < b->n; k++) {
		bool stays = false;
		for (size_t n = 0; next && n < next->n && !stays; n++)
			stays = next->at[n] == b->at[k];
		if (!stays)
			atomic_store(&b->at[k]->retired, true);
	}
	balance__stir(b->run);
}

/* ---- taking ---- */

static bool balance__in_rotation(const struct instance *i)
{
	return !atomic_load_explicit(&i->out, memory_order_acquire);
}

static bool balance__has_room(const struct instance *i, uint32_t in_flight)
{
	return in_flight == 0 || atomic_load_explicit(&i->in_flight, memory_order_relaxed) < in_flight;
}

/*
 * The next in turn of those that are in rotation and have room. *ret_any: whether any is in rotation at all. NULL:
 * none.
 */
static struct instance *balance__next(const struct balance *b, uint32_t in_flight, bool *ret_any)
{
	struct instance *free[APP_INSTANCES_MAX];
	size_t n = 0;

	*ret_any = false;
	for (size_t k = 0; k < b->n; k++) {
		if (!balance__in_rotation(b->at[k]))
			continue;
		*ret_any = true;
		if (balance__has_room(b->at[k], in_flight))
			free[n++] = b->at[k];
	}
	if (n == 0)
		return NULL;
	return free[atomic_fetch_add_explicit(&b->run->turn, 1, memory_order_relaxed) % n];
}

static void balance__sit(struct balance_seat *seat, struct instance *i)
{
	atomic_fetch_add_explicit(&i->in_flight, 1, memory_order_relaxed);
	balance_instance_ref(i);
	seat->instance = i;
}

static enum err balance__wait(const struct balance *b, struct balance_seat *seat, struct instance *only)
{
	struct balance_run *run = b->run;

	if (atomic_load(&run->waiting_n) >= b->n * BALANCE_QUEUE_PER_INSTANCE)
		return ERR_QUEUE_FULL;
	seat->run = run;
	seat->queued = true;
	seat->only = only;
	seat->next = NULL;
	seat->prev = run->last;
	*run->last = seat;
	run->last = &seat->next;
	atomic_fetch_add(&run->waiting_n, 1);
	return ERR_AGAIN;
}

enum err balance_take(const struct balance *b, int prefer, uint32_t in_flight, struct balance_seat *seat)
{
	struct instance *wanted = prefer >= 0 && (size_t)prefer < b->n ? b->at[prefer] : NULL, *i = wanted;
	enum err e = OK;
	bool any = true;

	CHECK(!seat->instance && !seat->queued);
	seat->run = NULL;
	seat->bounded = in_flight != 0;
	if (wanted && !balance__in_rotation(wanted))
		wanted = i = NULL;
	if (in_flight)
		pthread_mutex_lock(&b->run->lock);
	if (!wanted)
		i = balance__next(b, in_flight, &any);
	else if (!balance__has_room(wanted, in_flight))
		i = NULL;
	if (i)
		balance__sit(seat, i);
	else
		e = any ? balance__wait(b, seat, wanted) : ERR_ORIGIN_UNREACHABLE;
	if (in_flight)
		pthread_mutex_unlock(&b->run->lock);
	return e;
}

bool balance_waits(struct balance_seat *seat)
{
	struct balance_run *run = seat->run;

	if (!run)
		return false;
	pthread_mutex_lock(&run->lock);
	bool waits = seat->queued;
	pthread_mutex_unlock(&run->lock);
	return waits;
}

/* ---- giving ---- */

/* The place at i is free: under the lock, the next who waits for it gets it. */
static void balance__pass_on(struct balance_run *run, struct instance *i)
{
	struct balance_seat *seat = run->first;

	while (seat && seat->only && seat->only != i)
		seat = seat->next;
	if (!seat)
		return;
	balance__unlink(seat);
	/* An instance that is gone or in quarantine is nobody's place any more: who waits looks for another. */
	if (!atomic_load(&i->retired) && balance__in_rotation(i))
		balance__sit(seat, i);
	seat->ready(seat);
}

static void balance__leave_queue(struct balance_seat *seat)
{
	struct balance_run *run = seat->run;

	if (!run)
		return;
	/* Another thread may be ending the wait at this moment: it is done with the seat when the lock is free. */
	pthread_mutex_lock(&run->lock);
	if (seat->queued)
		balance__unlink(seat);
	pthread_mutex_unlock(&run->lock);
	seat->run = NULL;
}

void balance_give(struct balance_seat *seat)
{
	balance__leave_queue(seat);
	struct instance *i = seat->instance;
	if (!i)
		return;
	struct balance_run *run = i->run;
	seat->instance = NULL;
	if (!seat->bounded) {
		atomic_fetch_sub(&i->in_flight, 1);
		if (atomic_load(&run->waiting_n) == 0) {
			balance_instance_unref(i);
			return;
		}
	}
	pthread_mutex_lock(&run->lock);
	if (seat->bounded)
		atomic_fetch_sub(&i->in_flight, 1);
	balance__pass_on(run, i);
	pthread_mutex_unlock(&run->lock);
	balance_instance_unref(i);
}

/* ---- quarantine ---- */

static uint64_t balance__pause(struct instance *i, uint64_t first_ms, uint64_t most_ms)
{
	uint32_t n = atomic_fetch_add(&i->failures_n, 1);
	uint64_t ms = first_ms << (n < BALANCE__DOUBLINGS_MAX ? n : BALANCE__DOUBLINGS_MAX);

	return ms < most_ms ? ms : most_ms;
}

uint64_t balance_cut(struct instance *i, uint64_t first_ms, uint64_t most_ms)
{
	if (atomic_load(&i->retired) || atomic_exchange(&i->out, true))
		return 0;
	uint64_t ms = balance__pause(i, first_ms, most_ms);
	balance__stir(i->run); /* who waits for it waits for another, or hears that there is none */
	return ms ? ms : 1;
}

uint64_t balance_probed(struct instance *i, bool ok, uint64_t first_ms, uint64_t most_ms)
{
	if (atomic_load(&i->retired))
		return 0;
	if (!ok) {
		uint64_t ms = balance__pause(i, first_ms, most_ms);
		return ms ? ms : 1;
	}
	atomic_store_explicit(&i->out, false, memory_order_release);
	balance__stir(i->run);
	return 0;
}
