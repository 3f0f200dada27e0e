/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock: the only callers of the kernel's clocks. On a worker only the loop reads them, once per turn;
 * everything above asks the loop, engines get the time as an argument.
 */
#ifndef SYS_CLOCK_H
#define SYS_CLOCK_H

#include <stdint.h>

/* Monotonic time in nanoseconds; about 20 ns. Any thread. */
uint64_t clock_mono_ns(void);
/* Time since the machine started, with what it slept, in nanoseconds: what the kernel's programs see. Any thread. */
uint64_t clock_boot_ns(void);
/* Wall-clock time in milliseconds since 1970. Any thread. */
int64_t clock_wall_ms(void);
/* Sleeps; only for threads that are not workers. */
void clock_sleep_ms(uint64_t ms);

#endif
