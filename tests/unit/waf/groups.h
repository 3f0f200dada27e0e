/* SPDX-License-Identifier: Apache-2.0 */
/* groups: one function for each test file of unit-waf; returns the number of failed tests. */
#ifndef TESTS_UNIT_WAF_GROUPS_H
#define TESTS_UNIT_WAF_GROUPS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

int test_body(void);
int test_breaches(void);
int test_detect(void);
int test_eval(void);
int test_seclang(void);
int test_transform(void);
int test_phrase(void);
int test_pattern(void);
int test_automaton(void);
int test_plan(void);

#endif
