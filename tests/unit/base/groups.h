/* SPDX-License-Identifier: Apache-2.0 */
/* groups: what the test files of unit-base share; each gives one cmocka group that main.c runs. */
#ifndef TESTS_UNIT_BASE_GROUPS_H
#define TESTS_UNIT_BASE_GROUPS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/slice.h"

/* Each returns the number of failed tests. */
int test_arena(void);
int test_base64(void);
int test_buf(void);
int test_cursor(void);
int test_diag(void);
int test_err(void);
int test_hash(void);
int test_ip(void);
int test_limits(void);
int test_map(void);
int test_p256(void);
int test_password(void);
int test_seal(void);
int test_slice(void);
int test_text(void);
int test_totp(void);

/* Fails with both texts when the slice is not the literal. */
#define assert_slice(s, lit) assert_slice_eq((s), SLICE(lit), __FILE__, __LINE__)

void assert_slice_eq(struct slice got, struct slice want, const char *file, int line);

#endif
