/* SPDX-License-Identifier: Apache-2.0 */
/* test_acme_doc: what CAs say, and what they must not. */
#include "test_acme.h"

#include "acme/acme_doc.h"

#include <stdio.h>

static struct diag d;

static void directories_are_read(void **state)
{
	struct acme_directory dir;

	diag_init(&d);
	assert_int_equal(
		acme_doc_directory(SLICE("{\"newNonce\":\"https://ca/n\",\"newAccount\":\"https://ca/a\",\"newOrder\":"
					 "\"https://ca/o\",\"renewalInfo\":\"https://ca/r\",\"x\":1,\"meta\":"
					 "{\"externalAccountRequired\":true}}"),
				   &dir, &d),
		OK);
	assert_string_equal(dir.new_order, "https://ca/o");
	assert_string_equal(dir.renewal_info, "https://ca/r");
	assert_true(dir.external_account_required);
}

static void bad_directories_say_what_is_wrong(void **state)
{
	static const struct {
		const char *json, *where;
	} bad[] = {
		{ "", "" },
		{ "[]", "" },
		{ "{}", "newNonce" },
		{ "{\"newNonce\":1}", "newNonce" },
		{ "{\"newNonce\":\"http://ca/n\"}", "newNonce" },
		{ "{\"newNonce\":\"https://ca/ n\"}", "newNonce" },
		{ "{\"newNonce\":\"https://ca/n\"}", "newAccount" },
	};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct acme_directory dir;
		diag_init(&d);
		assert_int_equal(acme_doc_directory(slice_str(bad[i].json), &dir, &d), ERR_SYNTAX);
		assert_string_equal(d.where, bad[i].where);
	}
}

static void orders_are_read(void **state)
{
	struct acme_order o;

	diag_init(&d);
	assert_int_equal(
		acme_doc_order(
			SLICE("{\"status\":\"valid\",\"finalize\":\"https://ca/f\",\"certificate\":\"https://ca/c\","
			      "\"authorizations\":[\"https://ca/1\",\"https://ca/2\"]}"),
			&o, &d),
		OK);
	assert_int_equal(o.status, ACME_VALID);
	assert_int_equal(o.authorizations_n, 2);
	assert_string_equal(o.authorizations[1], "https://ca/2");
	acme_doc_order_free(&o);
	static const char *const bad[] = {
		"{\"status\":\"valid\",\"finalize\":\"https://ca/f\",\"authorizations\":[]}",
		"{\"status\":\"valid\",\"finalize\":\"https://ca/f\",\"authorizations\":[1]}",
		"{\"status\":\"valid\",\"finalize\":\"https://ca/f\",\"authorizations\":[\"ftp://x\"]}",
		"{\"status\":\"odd\",\"finalize\":\"https://ca/f\",\"authorizations\":[\"https://ca/1\"]}",
		"{\"finalize\":\"https://ca/f\",\"authorizations\":[\"https://ca/1\"]}",
	};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		diag_init(&d);
		assert_int_equal(acme_doc_order(slice_str(bad[i]), &o, &d), ERR_SYNTAX);
	}
	acme_doc_order_free(&o);
}

static void authorizations_are_read(void **state)
{
	struct acme_authorization a;

	diag_init(&d);
	assert_int_equal(
		acme_doc_authorization(
			SLICE("{\"status\":\"invalid\",\"identifier\":{\"type\":\"dns\",\"value\":\"a.test\"},"
			      "\"wildcard\":true,"
			      "\"challenges\":[{\"type\":\"new-99\"},{\"type\":\"dns-01\",\"status\":\"invalid\","
			      "\"url\":"
			      "\"https://ca/"
			      "2\",\"token\":\"t-_1\",\"error\":{\"type\":\"urn:x\",\"detail\":\"no\\nTXT\"}}]}"),
			&a, &d),
		OK);
	assert_true(a.wildcard && a.status == ACME_INVALID && a.challenges_n == 1);
	assert_int_equal(a.challenges[0].type, ACME_DNS_01);
	assert_string_equal(a.challenges[0].token, "t-_1");
	assert_string_equal(a.problem, "urn:x: no?TXT");
	static const char *const bad[] = {
		"{\"status\":\"pending\",\"identifier\":{\"type\":\"ip\",\"value\":\"192.0.2.1\"}}",
		"{\"status\":\"pending\",\"identifier\":{\"type\":\"dns\"}}",
		"{\"status\":\"pending\",\"identifier\":{\"type\":\"dns\",\"value\":\"a.test\"},\"challenges\":[{"
		"\"type\":"
		"\"http-01\",\"status\":\"pending\",\"url\":\"https://ca/2\",\"token\":\"../etc\"}]}",
	};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		diag_init(&d);
		assert_int_equal(acme_doc_authorization(slice_str(bad[i]), &a, &d), ERR_SYNTAX);
	}
}

static void windows_are_read(void **state)
{
	struct acme_window w;

	diag_init(&d);
	assert_int_equal(acme_doc_window(SLICE("{\"suggestedWindow\":{\"start\":\"2025-01-02T04:00:00Z\",\"end\":"
					       "\"2025-01-03T04:00:00Z\"},\"explanationURL\":\"https://ca/why\"}"),
					 &w, &d),
			 OK);
	assert_int_equal(w.end_s - w.start_s, 86400);
	assert_int_equal(w.start_s, 1735790400);
	assert_string_equal(w.explanation, "https://ca/why");
	assert_int_equal(acme_doc_window(SLICE("{\"suggestedWindow\":{\"start\":\"2025-01-02T04:00:00Z\",\"end\":"
					       "\"2025-01-02T04:00:00Z\"}}"),
					 &w, &d),
			 ERR_SYNTAX);
	assert_int_equal(acme_doc_window(SLICE("{}"), &w, &d), ERR_SYNTAX);
}

static void problems_have_a_kind(void **state)
{
	static const struct {
		const char *body;
		unsigned status;
		enum acme_problem_kind kind;
		const char *text;
	} table[] = {
		{ "{\"type\":\"urn:ietf:params:acme:error:badNonce\",\"detail\":\"old\"}", 400, ACME_PROBLEM_BAD_NONCE,
		  "urn:ietf:params:acme:error:badNonce: old" },
		{ "{\"type\":\"urn:ietf:params:acme:error:caa\"}", 403, ACME_PROBLEM_NAME,
		  "urn:ietf:params:acme:error:caa" },
		{ "{\"type\":\"urn:ietf:params:acme:error:rateLimited\"}", 429, ACME_PROBLEM_RATE_LIMITED,
		  "urn:ietf:params:acme:error:rateLimited" },
		{ "<html>", 502, ACME_PROBLEM_BUSY, "the CA answered with status 502" },
		{ "", 429, ACME_PROBLEM_RATE_LIMITED, "the CA answered with status 429" },
		{ "{}", 404, ACME_PROBLEM_OTHER, "the CA answered with status 404" },
	};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct acme_problem p;
		acme_doc_problem(slice_str(table[i].body), table[i].status, &p);
		assert_int_equal(p.kind, table[i].kind);
		assert_string_equal(p.text, table[i].text);
	}
}

int test_acme_doc(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(directories_are_read), cmocka_unit_test(bad_directories_say_what_is_wrong),
		cmocka_unit_test(orders_are_read),      cmocka_unit_test(authorizations_are_read),
		cmocka_unit_test(windows_are_read),     cmocka_unit_test(problems_have_a_kind),
	};

	return cmocka_run_group_tests_name("acme_doc", tests, NULL, NULL);
}
