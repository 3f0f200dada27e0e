/* SPDX-License-Identifier: Apache-2.0 */
/* unit-sys: the tests of src/sys, one group per file. */
#include "test_sys.h"

int main(void)
{
	return test_clock() + test_counters() + test_timers() + test_loop() + test_snap() + test_sock() +
	       test_logring();
}
