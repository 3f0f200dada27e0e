/* SPDX-License-Identifier: Apache-2.0 */
/* unit-runner: the tests of src/runner, one group per file. */
#include "test_runner.h"

int main(void)
{
	return test_formation() + test_output() + test_runner() + test_runner_msg() + test_spawn();
}
