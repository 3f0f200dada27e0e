/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tick: the cheapest clock there is, for the times of single steps: the processor's own counter (some nanoseconds a
 * read, against some twenty for the kernel's clock), and what a tick is worth. Only differences mean something.
 */
#ifndef SYS_TICK_H
#define SYS_TICK_H

#include "sys/clock.h"

enum { TICK_SHIFT = 12 };

/* Nanoseconds of a tick, shifted by TICK_SHIFT. */
struct tick_scale {
	uint64_t ns;
};

/* The counter now. Any thread. */
static inline uint64_t tick_now(void)
{
#if defined(__x86_64__)
	return __builtin_ia32_rdtsc();
#else
	return clock_mono_ns();
#endif
}

/* Measures what a tick is worth, in about two milliseconds. Before the work of a thread begins. */
struct tick_scale tick_measure(void);

/* Ticks as nanoseconds; up to some weeks. A difference that went backwards is 0. */
static inline uint64_t tick_ns(struct tick_scale s, uint64_t ticks)
{
	return ticks >> 52 ? 0 : ticks * s.ns >> TICK_SHIFT;
}

#endif
