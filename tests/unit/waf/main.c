/* SPDX-License-Identifier: Apache-2.0 */
/* unit-waf: runs the groups of all test files. */
#include "groups.h"

int main(void)
{
	return test_body() + test_breaches() + test_eval() + test_detect() + test_seclang() + test_transform() +
	       test_phrase() + test_pattern() + test_automaton() + test_plan();
}
