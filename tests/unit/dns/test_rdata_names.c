/* SPDX-License-Identifier: Apache-2.0 */
/* Names inside record data: where they are, lower case for signing, order. */
#include "test_dns.h"

#include "dns/rdata_names.h"

static void places(void **state)
{
	static const char mx[] = "\0\12\4Mail\2Ex\0", naptr[] = "\0\1\0\2\1u\3E2U\0\1A\0", txt[] = "\3AbC";
	struct rdata_names n;
	uint8_t out[64];

	rdata_names_find(DNS_TYPE_MX, slice_of(mx, sizeof mx - 1), &n);
	assert_int_equal(n.n, 1);
	assert_true(n.compress && n.at[0] == 2 && n.len[0] == 9);
	rdata_names_canonical(DNS_TYPE_MX, slice_of(mx, sizeof mx - 1), out);
	assert_memory_equal(out, "\0\12\4mail\2ex\0", sizeof mx - 1);
	rdata_names_find(DNS_TYPE_NAPTR, slice_of(naptr, sizeof naptr - 1), &n);
	assert_int_equal(n.n, 1);
	assert_true(!n.compress && n.at[0] == 11 && n.len[0] == 3);
	rdata_names_find(DNS_TYPE_TXT, slice_of(txt, sizeof txt - 1), &n);
	assert_int_equal(n.n, 0);
	/* A type that holds names, with data that does not. */
	rdata_names_find(DNS_TYPE_NS, slice_of("\77abc", 4), &n);
	assert_int_equal(n.n, 0);
	rdata_names_find(DNS_TYPE_NAPTR, slice_of("\0\1\0\2\377", 5), &n);
	assert_int_equal(n.n, 0);
}

static void order(void **state)
{
	assert_true(rdata_names_compare(DNS_TYPE_A, slice_of("\1\2\3\4", 4), slice_of("\1\2\3\5", 4)) < 0);
	assert_true(rdata_names_compare(DNS_TYPE_NS, slice_of("\1B\0", 3), slice_of("\1b\0", 3)) == 0);
	assert_true(rdata_names_compare(DNS_TYPE_TXT, slice_of("\1B", 2), slice_of("\1b", 2)) < 0);
	assert_true(rdata_names_compare(DNS_TYPE_TXT, slice_of("\1B", 2), slice_of("\1Bx", 3)) < 0);
}

int test_rdata_names(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(places), cmocka_unit_test(order) };

	return cmocka_run_group_tests_name("rdata_names", tests, NULL, NULL);
}
