/* SPDX-License-Identifier: Apache-2.0 */
/* unit-cache: the tests of src/cache, one group per file. */
#include "test_cache.h"

int main(void)
{
	return test_decide() + test_judge() + test_fields() + test_vary() + test_conditional() + test_key() +
	       test_body() + test_browser() + test_store() + test_evict() + test_purge();
}
