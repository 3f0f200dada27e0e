/* SPDX-License-Identifier: Apache-2.0 */
/* test_runner: what the tests of this room share. */
#ifndef TEST_RUNNER_H
#define TEST_RUNNER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

int test_formation(void);
int test_output(void);
int test_runner(void);
int test_runner_msg(void);
int test_spawn(void);

#endif
