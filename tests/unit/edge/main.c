/* SPDX-License-Identifier: Apache-2.0 */
/* unit-edge: the tests of src/edge, one group per file. */
#include "test_edge.h"

int main(void)
{
	return test_routes() + test_challenges() + test_plan_journal() + test_plan_items() + test_command() +
	       test_events() + test_tops() + test_waf_mask() + test_firewall_store();
}
