/* SPDX-License-Identifier: Apache-2.0 */
/* test_sys: what the programs of this folder share: cmocka's includes and one function per file under test. */
#ifndef TEST_SYS_H
#define TEST_SYS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* needs those above */

/* Each runs one file's tests and returns how many failed. */
int test_clock(void);
int test_counters(void);
int test_logring(void);
int test_loop(void);
int test_snap(void);
int test_sock(void);
int test_timers(void);

#endif
