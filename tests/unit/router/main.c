/* SPDX-License-Identifier: Apache-2.0 */
/* unit-router: the tests of src/router, one group per file. */
#include "test_router.h"

int main(void)
{
	return test_apps() + test_balance() + test_probe() + test_request_id() + test_squeeze() + test_sticky();
}
