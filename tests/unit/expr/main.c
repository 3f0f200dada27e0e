/* SPDX-License-Identifier: Apache-2.0 */
#include "test_expr.h"

int main(void)
{
	return test_set() + test_compile() + test_run();
}
