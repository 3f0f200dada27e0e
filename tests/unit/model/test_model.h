/* SPDX-License-Identifier: Apache-2.0 */
/* test_model: what the programs of this folder share: cmocka's includes and one function per file under test. */
#ifndef TEST_MODEL_H
#define TEST_MODEL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* needs those above */

/* Each runs one file's tests and returns how many failed. */
int test_app(void);
int test_ban_list(void);
int test_challenge(void);
int test_host_table(void);
int test_order(void);
int test_rule(void);
int test_zone(void);
int test_zone_from(void);
int test_zone_waf(void);
int test_purge_order(void);
int test_sweep(void);

#endif
