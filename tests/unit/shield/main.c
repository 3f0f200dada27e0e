/* SPDX-License-Identifier: Apache-2.0 */
/* unit-shield: the tests of src/shield, one group per file. */
#include "test_shield.h"

int main(void)
{
	return test_autopilot() + test_ban_set() + test_clearance() + test_gate() + test_ledger() + test_rate() +
	       test_signature();
}
