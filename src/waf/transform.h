/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transform: the functions t:… of a rule, bytes to bytes. Each is total (any input gives an output), linear in its
 * input, free of state, and writes at most transform_bound() bytes. What differs on purpose from libmodsecurity 3.0.9:
 * cssDecode goes on after a NUL byte, base64Decode keeps what stands before the first bad byte, and normalizePath takes
 * only whole ".." segments for a step up.
 */
#ifndef WAF_TRANSFORM_H
#define WAF_TRANSFORM_H

#include "base/slice.h"

enum transform {
#define TRANSFORM(name, text, fn, triggers) TRANSFORM_##name,
#include "waf/transform.def"
#undef TRANSFORM
	TRANSFORM_COUNT
};

/* The transformation of that name (case-blind), or TRANSFORM_COUNT when there is none. */
enum transform transform_find(struct slice name);
/* Its spelling. Process lifetime. */
const char *transform_name(enum transform t);
/* Bytes that an input of n bytes may become at most. */
size_t transform_bound(enum transform t, size_t n);
/*
 * Writes the transformed bytes of in to out, which holds transform_bound(t, in.n) bytes and does not overlap in.
 * Returns their number. Cost: one pass. Any thread.
 */
size_t transform_apply(enum transform t, struct slice in, char *out);
/*
 * False when t provably leaves in as it is, without having run it; true means "perhaps". One look at each byte at
 * most; cheap enough to ask before an output buffer is taken.
 */
bool transform_may_change(enum transform t, struct slice in);

#endif
