/* SPDX-License-Identifier: Apache-2.0 */
/* unit-model: the tests of src/model, one group per file. */
#include "test_model.h"

int main(void)
{
	return test_app() + test_ban_list() + test_challenge() + test_host_table() + test_order() + test_rule() +
	       test_zone() + test_zone_from() + test_zone_waf() + test_sweep() + test_purge_order();
}
