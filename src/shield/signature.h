/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signature: what requests have in common. A request is a sample of features, each a hash of 32 bits; a history keeps
 * how often each value used to come; a search finds what tells the requests of now from those of before with the fewest
 * of before among them. Pure. Memory: a history has 32 KiB.
 */
#ifndef SHIELD_SIGNATURE_H
#define SHIELD_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* FEATURE(ID, "word", what it is) */
#define SIGNATURE_FEATURES(FEATURE)                                                                                    \
	FEATURE(CLIENT, "client", "address; IPv6: its /64")                                                            \
	FEATURE(NETWORK, "network", "/24, /48")                                                                        \
	FEATURE(AGENT, "agent", "User-Agent")                                                                          \
	FEATURE(FIELDS, "fields", "names of header fields in their order")                                             \
	FEATURE(SHAPE, "shape", "method and path, with digits and long words as one")                                  \
	FEATURE(PATH, "path", "method and path")                                                                       \
	FEATURE(QUERY, "query", "names of the parameters of the query, in their order")                                \
	FEATURE(TLS, "tls", "ClientHello (JA4), or none")

enum signature_feature {
#define FEATURE(id, word, what) SIGNATURE_##id,
	SIGNATURE_FEATURES(FEATURE)
#undef FEATURE
		SIGNATURE_FEATURE_COUNT
};

/* One request. */
struct signature_sample {
	uint32_t at_ms; /* low bits of a monotonic clock; 0: none yet */
	uint32_t f[SIGNATURE_FEATURE_COUNT];
};

/* Values that a request must have, for the features in mask (1 << enum signature_feature). mask 0: none. */
struct signature {
	uint32_t mask;
	uint32_t f[SIGNATURE_FEATURE_COUNT];
};

/* What a signature must be like: the most of the past (0 to 1) that it may have met, the least of the samples it meets.
 */
struct signature_bounds {
	double max_past, min_share;
};

enum { SIGNATURE_BUCKETS = 1024 };

/* How often values came, forgetting; zero-initialise. */
struct signature_history {
	float counts[SIGNATURE_FEATURE_COUNT][SIGNATURE_BUCKETS], sum;
};

/* The word of a feature. Process lifetime. */
const char *signature_feature_word(unsigned feature);
/* Whether the sample has all that the signature names. */
bool signature_matches(const struct signature *s, const struct signature_sample *q);
/* One more request of the past. */
void signature_remember(struct signature_history *h, const struct signature_sample *q);
/* What is remembered counts for less: all counts times keep (0 to 1). */
void signature_fade(struct signature_history *h, float keep);
/* The share of the past (0 to 1) that the signature would have met, at most. 1 without a past. */
double signature_past(const struct signature_history *h, const struct signature *s);

/*
 * The signature that meets the largest part of the samples which is not explained by the past, of those that would have
 * met at most max_past of it and meet at least min_share of the samples; narrowed by every other feature that (nearly)
 * all of these have in common. False when there is none. ret_share: the part of the samples it meets. cost: some passes
 * over the samples, for the thread that watches.
 */
bool signature_search(const struct signature_history *h, const struct signature_sample *samples, size_t n,
		      const struct signature_bounds *b, struct signature *ret, double *ret_share);

#endif
