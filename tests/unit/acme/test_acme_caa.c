/* SPDX-License-Identifier: Apache-2.0 */
/* test_acme_caa: who may issue, by the records of RFC 8659. */
#include "test_acme.h"

#include "acme/acme_caa.h"

static bool allows(const char *const *rdata, const size_t *lengths, bool wild)
{
	struct acme_directory us = { .identities = { "ca.test", "other.ca.test" }, .identities_n = 2 };
	struct acme_caa set[4];
	size_t n = 0;

	for (; rdata[n]; n++)
		assert_true(acme_caa_read(slice_of(rdata[n], lengths[n]), &set[n]));
	return acme_caa_allows(set, n, &us, wild);
}

#define RDATA(text) text, sizeof(text) - 1

static void sets_are_judged(void **state)
{
	static const struct {
		struct {
			const char *p;
			size_t n;
		} rdata[3];
		bool plain, wild;
	} rows[] = {
		{ { { NULL, 0 } }, true, true },
		{ { { RDATA("\0\5issueca.test") } }, true, true },
		{ { { RDATA("\0\5ISSUECA.Test; account=1") } }, true, true },
		{ { { RDATA("\0\5issueletsencrypt.org") } }, false, false },
		{ { { RDATA("\0\5issue;") } }, false, false },
		{ { { RDATA("\0\5issuex.test") }, { RDATA("\0\5issueother.ca.test") } }, true, true },
		{ { { RDATA("\0\5issueca.test") }, { RDATA("\0\11issuewildx.test") } }, true, false },
		{ { { RDATA("\0\5issuex.test") }, { RDATA("\0\11issuewildca.test") } }, false, true },
		{ { { RDATA("\0\11issuewild;") } }, true, false },
		{ { { RDATA("\0\5iodefmailto:a@b.test") } }, true, true },
		{ { { RDATA("\0\6futurex") } }, true, true },
		{ { { RDATA("\200\6futurex") }, { RDATA("\0\5issueca.test") } }, false, false },
		{ { { RDATA("\200\5issueca.test") } }, true, true },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *p[4] = { rows[i].rdata[0].p, rows[i].rdata[1].p, rows[i].rdata[2].p, NULL };
		const size_t n[3] = { rows[i].rdata[0].n, rows[i].rdata[1].n, rows[i].rdata[2].n };
		if (allows(p, n, false) != rows[i].plain || allows(p, n, true) != rows[i].wild)
			fail_msg("row %zu", i);
	}
}

static void who_does_not_say_its_name_may(void **state)
{
	const struct acme_directory unknown = { .identities_n = 0 };
	struct acme_caa c;

	assert_true(acme_caa_read(slice_of(RDATA("\0\5issuex.test")), &c));
	assert_true(acme_caa_allows(&c, 1, &unknown, false));
}

static void malformed_data_is_no_record(void **state)
{
	struct acme_caa c;

	assert_false(acme_caa_read(slice_of(RDATA("")), &c));
	assert_false(acme_caa_read(slice_of(RDATA("\0")), &c));
	assert_false(acme_caa_read(slice_of(RDATA("\0\0")), &c));
	assert_false(acme_caa_read(slice_of(RDATA("\0\6issue")), &c));
	assert_true(acme_caa_read(slice_of(RDATA("\0\5issue")), &c));
}

int test_acme_caa(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(sets_are_judged),
					    cmocka_unit_test(who_does_not_say_its_name_may),
					    cmocka_unit_test(malformed_data_is_no_record) };

	return cmocka_run_group_tests_name("acme_caa", tests, NULL, NULL);
}
