/* SPDX-License-Identifier: Apache-2.0 */
/* test_dns: what the test files of unit-dns share. */
#ifndef TESTS_UNIT_DNS_TEST_DNS_H
#define TESTS_UNIT_DNS_TEST_DNS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dns/dns_answer.h"

/* Each returns the number of failed tests. */
int test_dns_answer(void);
int test_dns_cookie(void);
int test_dns_rate(void);
int test_dns_sign(void);
int test_dns_xfr(void);
int test_dns_zone(void);
int test_dns_zones(void);
int test_rdata_names(void);

enum { TEST_NOW_S = 1750000000 };

/* A zone from JSON; fails the test when it is refused. Caller frees with dns_zone_free. */
struct dns_zone *test_zone_of(const char *json);
/* The same with two fresh keys, opened: json has %s in the place of member dnssec's value. */
struct dns_zone *test_signed_zone_of(const char *json);

/* A question and its answer. */
struct test_asked {
	uint8_t bytes[DNS_MSG_BYTES_MAX];
	size_t n;
	struct dns_answer answer;
	uint16_t flags, answers, authorities, additionals;
};

/* Asks the zone; signer may be NULL for unsigned zones. ret is large: keep it static or on the heap. */
void test_ask(const struct dns_zone *z, struct dns_sign *signer, const char *name, uint16_t type, bool dnssec,
	      size_t cap, struct test_asked *ret);
/* Record i of the answer: its type, and its data (compressed as it is). */
struct slice test_record(const struct test_asked *a, size_t i, uint16_t *ret_type);

#endif
