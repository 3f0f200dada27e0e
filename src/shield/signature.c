/* SPDX-License-Identifier: Apache-2.0 */
/* signature: see signature.h. */
#include "shield/signature.h"

#include "base/check.h"

#include <string.h>

enum { SIGNATURE__TABLE = 2048, SIGNATURE__TRIES = 8 };

static const double signature__common = 0.95; /* of the samples of a signature: "nearly all" */

static const char *const signature__words[SIGNATURE_FEATURE_COUNT] = {
#define FEATURE(id, word, what) word,
	SIGNATURE_FEATURES(FEATURE)
#undef FEATURE
};

const char *signature_feature_word(unsigned feature)
{
	CHECK(feature < SIGNATURE_FEATURE_COUNT);
	return signature__words[feature];
}

bool signature_matches(const struct signature *s, const struct signature_sample *q)
{
	if (!s->mask)
		return false;
	for (unsigned f = 0; f < SIGNATURE_FEATURE_COUNT; f++)
		if (s->mask >> f & 1 && s->f[f] != q->f[f])
			return false;
	return true;
}

void signature_remember(struct signature_history *h, const struct signature_sample *q)
{
	for (unsigned f = 0; f < SIGNATURE_FEATURE_COUNT; f++)
		h->counts[f][q->f[f] % SIGNATURE_BUCKETS] += 1;
	h->sum += 1;
}

void signature_fade(struct signature_history *h, float keep)
{
	for (unsigned f = 0; f < SIGNATURE_FEATURE_COUNT; f++)
		for (unsigned i = 0; i < SIGNATURE_BUCKETS; i++)
			h->counts[f][i] *= keep;
	h->sum *= keep;
}

static double signature__past_of(const struct signature_history *h, unsigned f, uint32_t value)
{
	return h->sum < 1 ? 1 : (double)h->counts[f][value % SIGNATURE_BUCKETS] / (double)h->sum;
}

double signature_past(const struct signature_history *h, const struct signature *s)
{
	double least = 1;

	for (unsigned f = 0; f < SIGNATURE_FEATURE_COUNT; f++) {
		double past = s->mask >> f & 1 ? signature__past_of(h, f, s->f[f]) : 1;
		least = past < least ? past : least;
	}
	return least;
}

/* The most frequent value of a feature among the samples that `within` meets (NULL: all); its count, of *ret_n. */
static size_t signature__top(const struct signature_sample *samples, size_t n, unsigned f,
			     const struct signature *within, uint32_t *ret_value, size_t *ret_n)
{
	uint32_t values[SIGNATURE__TABLE];
	uint16_t counts[SIGNATURE__TABLE] = { 0 };
	size_t best = 0, all = 0;

	for (size_t i = 0; i < n; i++) {
		if (within && !signature_matches(within, &samples[i]))
			continue;
		size_t at = samples[i].f[f] % SIGNATURE__TABLE, tries = 0;
		while (counts[at] && values[at] != samples[i].f[f] && tries++ < SIGNATURE__TRIES)
			at = (at + 1) % SIGNATURE__TABLE;
		all++;
		if (counts[at] && values[at] != samples[i].f[f])
			continue;
		values[at] = samples[i].f[f];
		if (++counts[at] > best) {
			best = counts[at];
			*ret_value = values[at];
		}
	}
	*ret_n = all;
	return best;
}

/* Adds what nearly all that it meets have in common. */
static void signature__narrow(const struct signature_sample *samples, size_t n, struct signature *s)
{
	const struct signature found = *s;

	for (unsigned f = 0; f < SIGNATURE_FEATURE_COUNT; f++) {
		uint32_t value = 0;
		size_t of;
		if (s->mask >> f & 1)
			continue;
		size_t top = signature__top(samples, n, f, &found, &value, &of);
		if ((double)top < signature__common * (double)of)
			continue;
		s->mask |= 1u << f;
		s->f[f] = value;
	}
}

static double signature__share(const struct signature_sample *samples, size_t n, const struct signature *s)
{
	size_t met = 0;

	for (size_t i = 0; i < n; i++)
		met += signature_matches(s, &samples[i]);
	return n ? (double)met / (double)n : 0;
}

bool signature_search(const struct signature_history *h, const struct signature_sample *samples, size_t n,
		      const struct signature_bounds *b, struct signature *ret, double *ret_share)
{
	double best = 0;

	*ret = (struct signature){ 0 };
	/* Begun by the most frequent value of each feature. */
	for (unsigned f = 0; f < SIGNATURE_FEATURE_COUNT; f++) {
		struct signature one = { 0 };
		size_t of;
		size_t top = signature__top(samples, n, f, NULL, &one.f[f], &of);
		double share = of ? (double)top / (double)of : 0, past;
		if (share < b->min_share)
			continue;
		one.mask = 1u << f;
		signature__narrow(samples, n, &one);
		past = signature_past(h, &one);
		share = signature__share(samples, n, &one);
		if (past > b->max_past || share < b->min_share || share - past <= best)
			continue;
		best = share - past;
		*ret = one;
		*ret_share = share;
	}
	return ret->mask != 0;
}
