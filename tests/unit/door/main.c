/* SPDX-License-Identifier: Apache-2.0 */
/* unit-door: the tests of src/door, one group per file. */
#include "test_door.h"

int main(void)
{
	return test_frame() + test_link();
}
