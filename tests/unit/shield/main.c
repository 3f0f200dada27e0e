/* SPDX-License-Identifier: Apache-2.0 */
/* unit-shield: the tests of src/shield, one group per file. */
#include "test_shield.h"

int main(void)
{
	return test_clearance() + test_rate();
}
