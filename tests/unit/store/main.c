/* SPDX-License-Identifier: Apache-2.0 */
/* unit-store: the tests of src/store, one group per file. */
#include "test_store.h"

int main(void)
{
	return test_store() + test_copy();
}
