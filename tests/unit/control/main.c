/* SPDX-License-Identifier: Apache-2.0 */
/* unit-control: the tests of src/control, one group per file. */
#include "test_control.h"

int main(void)
{
	return test_desired() + test_folder() + test_peer() + test_broadcast() + test_web() + test_publish() +
	       test_compile() + test_resolve_read();
}
