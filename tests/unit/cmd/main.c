/* SPDX-License-Identifier: Apache-2.0 */
/* unit-cmd: the tests of src/cmd, one group per file. */
#include "test_cmd.h"

int main(void)
{
	return test_args() + test_config();
}
