/* SPDX-License-Identifier: Apache-2.0 */
/* unit-supervisor: the tests of src/supervisor, one group per file. */
#include "test_supervisor.h"

int main(void)
{
	return test_child() + test_handoff() + test_kernel_drop() + test_nodekey() + test_notify() + test_rundir() +
	       test_sandbox() + test_sockets();
}
