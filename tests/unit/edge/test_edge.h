/* SPDX-License-Identifier: Apache-2.0 */
/* test_edge: what the programs of this folder share: cmocka's includes and one function per file under test. */
#ifndef TEST_EDGE_H
#define TEST_EDGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* needs those above */

/* Each runs one file's tests and returns how many failed. */
int test_routes(void);
int test_challenges(void);
int test_plan_journal(void);
int test_plan_items(void);
int test_command(void);
int test_events(void);
int test_tops(void);
int test_waf_mask(void);
int test_firewall_store(void);

#endif
