/* SPDX-License-Identifier: Apache-2.0 */
/* unit-platform: the tests of src/platform. What needs a network or an edge is in tests/scene/platform*.test.mjs. */
#include "test_platform.h"

int main(void)
{
	return test_bearer() + test_logs() + test_numbers() + test_processes() + test_v1();
}
