/* SPDX-License-Identifier: Apache-2.0 */
/* unit-api: the tests of src/api, one group per file. What needs a network or an edge is in tests/scene/api*.test.mjs.
 */
#include "test_api.h"

int main(void)
{
	return test_routes() + test_api() + test_attempts();
}
