/* SPDX-License-Identifier: Apache-2.0 */
/* autopilot: see autopilot.h. */
#include "shield/autopilot.h"

#include "base/check.h"

#include <string.h>

enum {
	AUTOPILOT__LEARN_TICKS = 25,   /* before that, nothing is usual yet */
	AUTOPILOT__RAISE_MS = 1000,    /* how long a rung is given */
	AUTOPILOT__QUIET_MS = 15000,   /* as little as before for so long: over */
	AUTOPILOT__SIGNED_MS = 120000, /* a signature is good for so long after it was found or found again */
	AUTOPILOT__FADE_MS = 60000,
	AUTOPILOT__EASE_MS = 1000,   /* between two steps of the limit upwards */
	AUTOPILOT__START_LIMIT = 64, /* twice as many each tick that it is too few without hurting */
	AUTOPILOT__SAMPLES_MIN = 30
};

static const double autopilot__smooth = 0.4; /* of a tick, for what is "now" */
static const double autopilot__smooth_through = 0.7;
static const double autopilot__learn = 0.02;    /* of a tick, for latencies that are usual */
static const double autopilot__forget = 0.9998; /* of a tick: the usual most halves in about 11 minutes */
static const double autopilot__more = 1.5, autopilot__more_rate = 10;   /* than usual: a departure */
static const double autopilot__rise = 0.01, autopilot__rise_rate = 0.2; /* of a tick, at most */
static const double autopilot__slow = 3, autopilot__slow_ms = 100;      /* than usual: it hurts */
static const double autopilot__crowd = 1.5, autopilot__crowd_ms = 20;   /* longer than usual: crowded */
static const struct signature_bounds autopilot__bounds = { .max_past = 0.05, .min_share = 0.1 };

static const char *const autopilot__words[] = { "calm", "signatures", "cookies", "work" };

const char *autopilot_level_word(unsigned level)
{
	CHECK(level < sizeof autopilot__words / sizeof autopilot__words[0]);
	return autopilot__words[level];
}

static void autopilot__mix(double *value, double now, double share)
{
	*value += (now - *value) * share;
}

static void autopilot__measure(struct autopilot *a, const struct autopilot_tick *t, double seconds)
{
	double share = a->ticks ? autopilot__smooth : 1;

	autopilot__mix(&a->rate, (double)t->begun / seconds, share);
	autopilot__mix(&a->through, (double)(t->begun - (t->held < t->begun ? t->held : t->begun)) / seconds,
		       a->ticks ? autopilot__smooth_through : 1);
	autopilot__mix(&a->done_rate, (double)t->done / seconds, share);
	if (t->done)
		autopilot__mix(&a->latency_ms, (double)t->latency_us / 1000 / (double)t->done, share);
	autopilot__mix(&a->left, t->sent ? (double)t->left / (double)t->sent : 0, share);
	autopilot__mix(&a->failing, t->done ? (double)t->failed / (double)t->done : 0, share);
}

/* Whether so many a second are a departure from the past. */
static bool autopilot__is_more(const struct autopilot *a, double rate)
{
	return rate > autopilot__more * a->usual + autopilot__more_rate;
}

bool autopilot_hurts(const struct autopilot *a)
{
	return a->hurt_ms == a->last_ms && a->last_ms;
}

static bool autopilot__is_crowded(const struct autopilot *a)
{
	return a->usual_ms <= 0 || a->latency_ms > autopilot__crowd * a->usual_ms + autopilot__crowd_ms;
}

/* Requests that are taken back: their share of those that went to the origin. Waiting counts when answers take longer
 * too, slowness by what is usual, failures when there are many. */
static void autopilot__feel(struct autopilot *a, const struct autopilot_tick *t)
{
	bool slow =
		a->usual_ms > 0 && t->done >= 3 && a->latency_ms > autopilot__slow * a->usual_ms + autopilot__slow_ms;
	/* Nothing comes back at all for longer than that although it was asked. */
	if (t->done || !t->sent)
		a->silent_ms = t->now_ms;
	bool stuck = a->usual_ms > 0 && t->sent >= 5 &&
		     (double)(t->now_ms - a->silent_ms) > autopilot__slow * a->usual_ms + autopilot__slow_ms;
	bool failing = a->failing > 0.2 && t->failed >= 3;

	bool left = a->left > 0.5 && t->left >= 3;

	if (slow || stuck || failing || left || (t->waiting && autopilot__is_crowded(a)))
		a->hurt_ms = t->now_ms;
}

/* What is usual is learned while nothing is wrong. */
static void autopilot__learn_from(struct autopilot *a, const struct autopilot_tick *t)
{
	/* Slowly, once there is a past: the beginning of a flood is not to become usual before it hurts. */
	double rise = a->ticks < AUTOPILOT__LEARN_TICKS ? a->rate : autopilot__rise * a->usual + autopilot__rise_rate;
	if (a->rate > a->usual)
		a->usual = a->rate < a->usual + rise ? a->rate : a->usual + rise;
	else
		a->usual *= autopilot__forget;
	if (t->done && a->usual_ms > 0)
		autopilot__mix(&a->usual_ms, a->latency_ms, autopilot__learn);
	else if (t->done)
		a->usual_ms = a->latency_ms;
	for (size_t i = 0; i < t->samples_n; i++)
		signature_remember(&a->history, &t->samples[i]);
	if (t->now_ms - a->faded_ms >= AUTOPILOT__FADE_MS) {
		signature_fade(&a->history, 0.9f);
		a->faded_ms = t->now_ms;
	}
}

/*
 * How many the origins can take at a time: while it hurts, what was answered in a second times how long that usually
 * takes, with room (Little's law); then slowly back to where it begins, and twice as many a tick when they wait
 * although nothing is slow.
 */
static bool autopilot__limit(struct autopilot *a, const struct autopilot_tick *t)
{
	unsigned before = a->limit;

	if (!a->limit)
		a->limit = AUTOPILOT__START_LIMIT;
	if (autopilot_hurts(a) && a->usual_ms > 0 &&
	    a->latency_ms > autopilot__slow * a->usual_ms + autopilot__slow_ms) {
		double want = 2 * a->done_rate * a->usual_ms / 1000;
		if (want < (double)a->limit)
			a->limit = (unsigned)want;
		a->eased_ms = t->now_ms;
	} else if (t->waiting && !autopilot__is_crowded(a)) {
		a->limit *= 2;
	} else if (t->now_ms - a->eased_ms >= AUTOPILOT__EASE_MS) {
		/* Back to where it begins: what was wide once would let the next flood in. */
		a->limit = a->limit < AUTOPILOT__START_LIMIT ? a->limit + a->limit / 10 + 1
							     : a->limit - (a->limit - AUTOPILOT__START_LIMIT) / 100;
		a->eased_ms = t->now_ms;
	}
	if (a->limit < AUTOPILOT_LIMIT_MIN)
		a->limit = AUTOPILOT_LIMIT_MIN;
	if (a->limit > AUTOPILOT_LIMIT_MAX)
		a->limit = AUTOPILOT_LIMIT_MAX;
	return a->limit != before;
}

/* Another signature of what still comes through. Its place, or AUTOPILOT_SIGNATURES. */
static unsigned autopilot__search(struct autopilot *a, const struct autopilot_tick *t)
{
	struct signature found;
	unsigned place = AUTOPILOT_SIGNATURES, oldest = 0;
	double share;

	if (t->samples_n < AUTOPILOT__SAMPLES_MIN ||
	    !signature_search(&a->history, t->samples, t->samples_n, &autopilot__bounds, &found, &share))
		return AUTOPILOT_SIGNATURES;
	for (unsigned i = 0; i < AUTOPILOT_SIGNATURES; i++) {
		if (memcmp(&a->signatures[i], &found, sizeof found) == 0) {
			a->found_ms[i] = t->now_ms;
			return AUTOPILOT_SIGNATURES;
		}
		if (!a->signatures[i].mask && place == AUTOPILOT_SIGNATURES)
			place = i;
		if (a->found_ms[i] < a->found_ms[oldest])
			oldest = i;
	}
	place = place < AUTOPILOT_SIGNATURES ? place : oldest;
	a->signatures[place] = found;
	a->found_ms[place] = t->now_ms;
	return place;
}

static void autopilot__expire(struct autopilot *a, uint64_t now_ms)
{
	for (unsigned i = 0; i < AUTOPILOT_SIGNATURES; i++)
		if (a->signatures[i].mask && now_ms - a->found_ms[i] > AUTOPILOT__SIGNED_MS)
			a->signatures[i] = (struct signature){ 0 };
}

/* While it is attacked. */
static unsigned autopilot__fight(struct autopilot *a, const struct autopilot_tick *t, unsigned *ret_signature)
{
	unsigned changes = 0;

	if (autopilot__is_more(a, a->rate))
		a->quiet_ms = t->now_ms;
	if (t->now_ms - a->quiet_ms >= AUTOPILOT__QUIET_MS) {
		a->level = AUTOPILOT_CALM;
		memset(a->signatures, 0, sizeof a->signatures);
		return AUTOPILOT_ENDED;
	}
	/* What hurts may be what came before it was held back: that passes by itself. */
	if (!autopilot_hurts(a) || !autopilot__is_more(a, a->through))
		return 0;
	*ret_signature = autopilot__search(a, t);
	if (*ret_signature < AUTOPILOT_SIGNATURES)
		changes |= AUTOPILOT_FOUND;
	if (a->level < AUTOPILOT_WORK && t->now_ms - a->raised_ms >= AUTOPILOT__RAISE_MS) {
		a->level++;
		a->raised_ms = t->now_ms;
		changes |= AUTOPILOT_RAISED;
	}
	return changes;
}

unsigned autopilot_step(struct autopilot *a, const struct autopilot_tick *t, unsigned *ret_signature)
{
	double seconds = a->last_ms && t->now_ms > a->last_ms ? (double)(t->now_ms - a->last_ms) / 1000
							      : (double)AUTOPILOT_TICK_MS / 1000;
	unsigned changes = 0;

	*ret_signature = AUTOPILOT_SIGNATURES;
	autopilot__measure(a, t, seconds);
	a->last_ms = t->now_ms;
	a->ticks += a->ticks < UINT32_MAX;
	autopilot__feel(a, t);
	if (autopilot__limit(a, t))
		changes |= AUTOPILOT_LIMITED;
	autopilot__expire(a, t->now_ms);
	if (a->level != AUTOPILOT_CALM)
		return changes | autopilot__fight(a, t, ret_signature);
	if (!autopilot_hurts(a)) {
		autopilot__learn_from(a, t);
		return changes;
	}
	if (a->ticks < AUTOPILOT__LEARN_TICKS || !autopilot__is_more(a, a->rate))
		return changes;
	a->level = AUTOPILOT_SIGNED;
	a->began_ms = a->raised_ms = a->quiet_ms = t->now_ms;
	*ret_signature = autopilot__search(a, t);
	/* Nothing in common: everybody who is not known is asked at once. */
	if (*ret_signature == AUTOPILOT_SIGNATURES)
		a->level = AUTOPILOT_COOKIES;
	return changes | AUTOPILOT_BEGAN | (*ret_signature < AUTOPILOT_SIGNATURES ? AUTOPILOT_FOUND : 0);
}
