/* SPDX-License-Identifier: Apache-2.0 */
/* test_api: what the programs of this folder share: cmocka's includes and one function per file under test. */
#ifndef TEST_API_H
#define TEST_API_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* needs those above */

/* Each runs one file's tests and returns how many failed. */
int test_routes(void);
int test_api(void);
int test_attempts(void);

#endif
