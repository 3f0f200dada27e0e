/* SPDX-License-Identifier: Apache-2.0 */
/* test_cache: what the programs of this folder share: cmocka's includes, heads written as text, one group per file. */
#ifndef TEST_CACHE_H
#define TEST_CACHE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* needs those above */

#include "cache/store.h"

enum { FIXTURE_FIELDS_MAX = 64 };

/* A moment for all tests: Thu, 10 Oct 2024 00:00:00 GMT. */
#define FIXTURE_NOW INT64_C(1728518400)
#define FIXTURE_DATE "Date: Thu, 10 Oct 2024 00:00:00 GMT\n"

/* Fields of a head written as "Name: value\n" lines; slices into text. */
struct fixture_head {
	struct field fields[FIXTURE_FIELDS_MAX];
	size_t n;
};

/* Reads the lines; NULL is none. */
struct fixture_head fixture_head(const char *text);
/* A GET at FIXTURE_NOW, and an answer whose head came then; borrowed from the heads. */
struct cache_request fixture_request(const struct fixture_head *h);
struct cache_response fixture_response(uint16_t status, const struct fixture_head *h);
/* EDGE_TTL_BYPASS_BY_DEFAULT, everything eligible, stale-while-revalidate honoured. */
struct cache_policy fixture_policy(void);

/* Each runs one file's tests and returns how many failed. */
int test_body(void);
int test_browser(void);
int test_conditional(void);
int test_decide(void);
int test_evict(void);
int test_fields(void);
int test_judge(void);
int test_key(void);
int test_purge(void);
int test_store(void);
int test_vary(void);

#endif
