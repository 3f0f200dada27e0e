/* SPDX-License-Identifier: Apache-2.0 */
/* test_expr: the groups of this program. */
#ifndef TEST_EXPR_H
#define TEST_EXPR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* Errors and their places. */
int test_compile(void);
/* Values of expressions. */
int test_run(void);
/* Sets behind `in`. */
int test_set(void);

#endif
