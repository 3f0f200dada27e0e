/* SPDX-License-Identifier: Apache-2.0 */
/* tick: see tick.h. */
#include "sys/tick.h"

enum { TICK__MEASURE_NS = 2000000 };

struct tick_scale tick_measure(void)
{
	uint64_t ns = clock_mono_ns(), ticks = tick_now(), now = ns;

	while (now - ns < TICK__MEASURE_NS)
		now = clock_mono_ns();
	ticks = tick_now() - ticks;
	return (struct tick_scale){ ticks ? ((now - ns) << TICK_SHIFT) / ticks : 1u << TICK_SHIFT };
}
