/* SPDX-License-Identifier: Apache-2.0 */
/* firewall: see firewall.h. */
#include "edge/firewall.h"

#include "base/check.h"
#include "base/mem.h"
#include "edge/firewall_store.h"
#include "supervisor/say.h"
#include "sys/snap.h"
#include "waf/plan.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>

struct firewall {
	struct firewall_rules *now; /* snapshot, with one reference */
	size_t workers;
	struct firewall_store store;
	pthread_t thread;
	pthread_mutex_t lock; /* of what stands below */
	pthread_cond_t changed;
	unsigned wanted;                /* bits of levels; bit 0: the rules' own */
	struct firewall_rules *subject; /* whose plans are to be made, with a reference */
	bool stop;
	bool compiling; /* atomic */
};

/* Frees a generation after its grace period. */
struct firewall__old {
	struct snap_head head;
	struct firewall_rules *rules;
};

/* ---- one generation ---- */

static struct firewall_rules *firewall__rules(struct waf_rules *w, size_t workers)
{
	static const struct slice names[FIREWALL_SLOTS] = {
		[FIREWALL_SLOT_LEVEL_3] = SLICE_INIT("paranoia_level"),
		[FIREWALL_SLOT_EXECUTING_3] = SLICE_INIT("executing_paranoia_level"),
		[FIREWALL_SLOT_LEVEL_4] = SLICE_INIT("blocking_paranoia_level"),
		[FIREWALL_SLOT_DETECTION_4] = SLICE_INIT("detection_paranoia_level"),
		[FIREWALL_SLOT_INBOUND] = SLICE_INIT("inbound_anomaly_score_threshold"),
		[FIREWALL_SLOT_OUTBOUND] = SLICE_INIT("outbound_anomaly_score_threshold"),
	};
	struct firewall_rules *r = mem_alloc(sizeof *r);

	r->refs = 1;
	r->waf = w;
	r->workers = workers;
	r->seats = mem_alloc_array(workers * FIREWALL_LEVELS + 1, sizeof *r->seats);
	r->memos = mem_alloc_array(workers * FIREWALL_MEMOS + 1, sizeof *r->memos);
	for (int i = 0; i < FIREWALL_SLOTS; i++)
		r->slots[i] = rule_set_slot_find(w->set, names[i]);
	return r;
}

void firewall_ref(struct firewall_rules *r)
{
	__atomic_fetch_add(&r->refs, 1, __ATOMIC_RELAXED);
}

void firewall_unref(struct firewall_rules *r)
{
	if (!r || __atomic_sub_fetch(&r->refs, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	for (size_t i = 0; i < r->workers * FIREWALL_LEVELS; i++) {
		struct firewall_seat *seat = &r->seats[i];
		if (!seat->ready)
			continue;
		plan_scratch_fini(&seat->scratch);
		eval_scratch_fini(&seat->scratch);
	}
	for (int level = 1; level <= FIREWALL_LEVELS; level++)
		plan_free(r->plans[level]);
	waf_rules_free(r->waf);
	for (size_t i = 0; i < r->workers * FIREWALL_MEMOS; i++) {
		mem_free(r->memos[i].removed);
		mem_free(r->memos[i].muted);
		mem_free(r->memos[i].challenged);
	}
	mem_free(r->memos);
	mem_free(r->seats);
	mem_free(r);
}

struct eval_scratch *firewall_seat(struct firewall_rules *r, size_t worker, unsigned level,
				   const struct plan **ret_plan)
{
	CHECK(worker < r->workers && level >= 1 && level <= FIREWALL_LEVELS);
	struct firewall_seat *seat = &r->seats[worker * FIREWALL_LEVELS + level - 1];
	const struct plan *plan = __atomic_load_n(&r->plans[level], __ATOMIC_ACQUIRE);

	if (!seat->ready)
		eval_scratch_init(&seat->scratch, r->waf->set->options.match_limit);
	seat->ready = true;
	if (plan && !seat->plan && plan_scratch_init(plan, &seat->scratch) == OK)
		seat->plan = plan;
	*ret_plan = seat->plan;
	return &seat->scratch;
}

/* ---- the thread that compiles ---- */

/* A level that is wanted and not there, or 0. Under the lock. */
static unsigned firewall__next(const struct firewall *fw)
{
	const struct firewall_rules *r = fw->subject;

	for (unsigned level = 1; level <= FIREWALL_LEVELS; level++) {
		bool wanted = (fw->wanted >> level & 1) || ((fw->wanted & 1) && level == r->waf->level);
		if (wanted && !r->plans[level])
			return level;
	}
	return 0;
}

static bool firewall__stops(void *arg)
{
	struct firewall *fw = arg;

	pthread_mutex_lock(&fw->lock);
	bool stop = fw->stop;
	pthread_mutex_unlock(&fw->lock);
	return stop;
}

static bool firewall__load(void *arg, const uint8_t key[static SCAN_KEY_BYTES], struct buf *ret)
{
	return firewall_store_load(&((struct firewall *)arg)->store, key, ret);
}

static void firewall__save(void *arg, const uint8_t key[static SCAN_KEY_BYTES], struct slice bytes)
{
	firewall_store_save(&((struct firewall *)arg)->store, key, bytes);
}

/* Compiles one plan. False: it cannot be had, and is not tried again. */
static bool firewall__compile(struct firewall *fw, struct firewall_rules *r, unsigned level)
{
	const struct scan_store store = { fw, firewall__load, firewall__save, firewall__stops };
	struct plan *plan = NULL;
	struct diag d;

	diag_init(&d);
	enum err e = plan_new_stored(r->waf->set, level, &store, &plan, &d);
	if (e != OK && e != ERR_CLOSED)
		say("edge", "event=waf_plan_failed level=%u reason=\"%s\"; rules run one by one, which is slow", level,
		    d.text);
	if (e == OK)
		__atomic_store_n(&r->plans[level], plan, __ATOMIC_RELEASE);
	return e == OK;
}

static void *firewall__run(void *arg)
{
	struct firewall *fw = arg;
	unsigned failed = 0, level;

	snap_thread_start();
	snap_offline();
	pthread_mutex_lock(&fw->lock);
	while (!fw->stop) {
		level = failed ? 0 : firewall__next(fw);
		__atomic_store_n(&fw->compiling, level != 0, __ATOMIC_RELEASE);
		if (level == 0) {
			pthread_cond_wait(&fw->changed, &fw->lock);
			failed = 0;
			continue;
		}
		struct firewall_rules *r = fw->subject;
		firewall_ref(r);
		pthread_mutex_unlock(&fw->lock);
		if (!firewall__compile(fw, r, level))
			failed |= 1u << level;
		firewall_unref(r);
		pthread_mutex_lock(&fw->lock);
		if (!failed && firewall__next(fw) == 0)
			firewall_store_sweep(&fw->store);
	}
	pthread_mutex_unlock(&fw->lock);
	snap_online();
	snap_thread_stop();
	return NULL;
}

/* A thread that no signal is delivered to. */
static void firewall__start(struct firewall *fw)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	CHECK(pthread_create(&fw->thread, NULL, firewall__run, fw) == 0);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* ---- the whole ---- */

static struct waf_rules *firewall__own(void)
{
	struct waf_rules *w;
	struct diag d;

	diag_init(&d);
	if (waf_rules_build(NULL, NULL, 0, &w, &d) != OK) {
		say("edge", "event=waf_rules_broken %s: %s", d.where, d.text);
		CHECK(!"the rules that are part of the program are refused");
	}
	return w;
}

struct firewall *firewall_new(const char *data, size_t workers)
{
	struct firewall *fw = mem_alloc(sizeof *fw);

	fw->workers = workers;
	firewall_store_init(&fw->store, data);
	pthread_mutex_init(&fw->lock, NULL);
	pthread_cond_init(&fw->changed, NULL);
	fw->now = firewall__rules(firewall__own(), workers);
	fw->subject = fw->now;
	firewall_ref(fw->subject);
	firewall__start(fw);
	return fw;
}

void firewall_free(struct firewall *fw)
{
	if (!fw)
		return;
	pthread_mutex_lock(&fw->lock);
	fw->stop = true;
	pthread_cond_signal(&fw->changed);
	pthread_mutex_unlock(&fw->lock);
	pthread_join(fw->thread, NULL);
	snap_drain();
	firewall_unref(fw->subject);
	firewall_unref(fw->now);
	pthread_cond_destroy(&fw->changed);
	pthread_mutex_destroy(&fw->lock);
	mem_free(fw);
}

static void firewall__free_old(struct snap_head *head)
{
	struct firewall__old *old = (struct firewall__old *)(void *)head;

	firewall_unref(old->rules);
	mem_free(old);
}

void firewall_publish(struct firewall *fw, struct waf_rules *w)
{
	struct firewall_rules *r = firewall__rules(w, fw->workers), *subject;
	struct firewall__old *old = mem_alloc(sizeof *old);

	firewall_ref(r);
	pthread_mutex_lock(&fw->lock);
	subject = fw->subject;
	fw->subject = r;
	__atomic_store_n(&fw->compiling, fw->wanted != 0, __ATOMIC_RELEASE);
	pthread_cond_signal(&fw->changed);
	pthread_mutex_unlock(&fw->lock);
	firewall_unref(subject);
	old->rules = snap_swap(&fw->now, r);
	snap_later(&old->head, firewall__free_old);
}

void firewall_remove(struct firewall *fw)
{
	firewall_publish(fw, firewall__own());
}

void firewall_want(struct firewall *fw, unsigned level)
{
	CHECK(level <= FIREWALL_LEVELS);
	pthread_mutex_lock(&fw->lock);
	if (!(fw->wanted >> level & 1)) {
		fw->wanted |= 1u << level;
		__atomic_store_n(&fw->compiling, true, __ATOMIC_RELEASE);
		pthread_cond_signal(&fw->changed);
	}
	pthread_mutex_unlock(&fw->lock);
}

bool firewall_compiling(const struct firewall *fw)
{
	return __atomic_load_n(&fw->compiling, __ATOMIC_ACQUIRE);
}

struct firewall_rules *firewall_now(const struct firewall *fw)
{
	return snap_read(&fw->now);
}
