/* SPDX-License-Identifier: Apache-2.0 */
/* groups: what the test files of unit-wire share; each gives one cmocka group that main.c runs. */
#ifndef TESTS_UNIT_WIRE_GROUPS_H
#define TESTS_UNIT_WIRE_GROUPS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/slice.h"

/* Each returns the number of failed tests. */
int test_cache_control(void);
int test_date(void);
int test_dns_msg(void);
int test_dns_rdata(void);
int test_dns_rr(void);
int test_field(void);
int test_field_list(void);
int test_h1_chunk(void);
int test_h1_head(void);
int test_h1_request(void);
int test_h1_response(void);
int test_h1_trailer(void);
int test_rfc3339(void);
int test_multipart(void);
int test_ws(void);
int test_scan(void);
int test_sf(void);
int test_uri(void);
int test_validator(void);
int test_zonefile(void);

/* Fails with both texts when the slice is not the literal. */
#define assert_slice(s, lit) assert_slice_eq((s), SLICE(lit), __FILE__, __LINE__)
/* Fails with both names when the errors differ; `what` is printed then. */
#define assert_err(got, want, what) assert_err_eq((got), (want), (what), __FILE__, __LINE__)

void assert_slice_eq(struct slice got, struct slice want, const char *file, int line);
void assert_err_eq(enum err got, enum err want, const char *what, const char *file, int line);

/* A slice over a char array that holds a string, without its NUL. */
#define ARRAY_SLICE(array) slice_of((array), sizeof(array) - 1)

/* A copy of s in a heap block of exactly that size, so that ASan sees a read past its end. Caller frees with free. */
char *exact_copy(struct slice s);

#endif
