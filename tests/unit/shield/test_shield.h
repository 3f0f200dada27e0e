/* SPDX-License-Identifier: Apache-2.0 */
/* test_shield: the groups of unit-shield. */
#ifndef TEST_SHIELD_H
#define TEST_SHIELD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h> /* needs those above */

int test_autopilot(void);
int test_ban_set(void);
int test_clearance(void);
int test_gate(void);
int test_ledger(void);
int test_signature(void);
int test_rate(void);

#endif
