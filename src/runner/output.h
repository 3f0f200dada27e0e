/* SPDX-License-Identifier: Apache-2.0 */
/*
 * output: what an instance writes on standard output and error, as lines: bounded in length, in number a minute and in
 * what waits for somebody to take it; what is left out is counted. Pure: the time is an argument. Lifetime: that of the
 * instance.
 */
#ifndef RUNNER_OUTPUT_H
#define RUNNER_OUTPUT_H

#include "base/buf.h"

enum {
	OUTPUT_LINE_BYTES_MAX = 16384,  /* longer lines are cut into several */
	OUTPUT_WAIT_BYTES_MAX = 262144, /* lines that nobody took yet; the newest are left out beyond */
};

struct output_bounds {
	uint64_t lines_max, bytes_max; /* a minute */
};

struct output {
	struct output_bounds bounds;
	struct buf part;                  /* of the line under way */
	struct buf ready;                 /* whole lines, each with \n */
	uint64_t minute_ms, lines, bytes; /* begin of the minute, and what came in it */
	uint32_t dropped;                 /* lines, since output_taken */
};

/* Nothing written yet. */
void output_init(struct output *o, const struct output_bounds *bounds);
/* Frees; as after init. */
void output_fini(struct output *o);
/* More bytes came. NUL and other control bytes but tab and escape become '?'; \r before \n is dropped. */
void output_add(struct output *o, struct slice bytes, uint64_t now_ms);
/* The end: a last line without \n is one too. */
void output_end(struct output *o, uint64_t now_ms);
/* Whole lines at the front of what waits, at most max bytes (more only when the first line alone is longer); borrowed
 * until the next call. Empty: none. */
struct slice output_lines(const struct output *o, size_t max);
/* Those n bytes were handed on, and the count of what was left out with them. */
void output_taken(struct output *o, size_t n);

#endif
