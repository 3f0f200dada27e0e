/* SPDX-License-Identifier: Apache-2.0 */
/* test_platform: what the programs of this folder share: cmocka's includes and one function per file under test. */
#ifndef TEST_PLATFORM_H
#define TEST_PLATFORM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* needs those above */

#define TEST_NOW_MS 1795647991123

/* Each runs one file's tests and returns how many failed. */
int test_bearer(void);
int test_logs(void);
int test_numbers(void);
int test_processes(void);
int test_v1(void);

#endif
