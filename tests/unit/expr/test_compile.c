/* SPDX-License-Identifier: Apache-2.0 */
/* What is refused: the column and the reason that people read. */
#include "test_expr.h"

#include "expr_world.h"

#include <stdio.h>

static const struct {
	const char *text;
	unsigned column;
	const char *reason; /* a part of it */
} refused[] = {
	{ "", 1, "expected a field, a function or a value, found the end" },
	{ "http.host", 1, "http.host is text; a condition is needed" },
	{ "http.hots eq \"a\"", 1, "unknown field \"http.hots\"; did you mean \"http.host\"?" },
	{ "entirely.else eq 1", 1, "unknown field \"entirely.else\"" },
	{ "ip.src.country eq \"DE\"", 1, "there is no address database on this node" },
	{ "http.request.body.raw contains \"x\"", 1, "rules run before the body is read" },
	{ "http.host eq", 13, "found the end" },
	{ "http.host eq 5", 14, "http.host is text, so it is compared with text in double quotes" },
	{ "http.host eq 'a'", 14, "text stands in double quotes" },
	{ "http.host eq \"a", 14, "no closing quote" },
	{ "http.host eq r#\"a\"", 14, "the raw string that begins here has no end" },
	{ "http.host eq \"\\q\"", 15, "is no escape" },
	{ "http.host = \"a\"", 11, "\"=\" alone means nothing; \"==\" does" },
	{ "http.host eq \"a\" & ssl", 18, "\"&&\" does" },
	{ "http.host eq \"a\" eq \"b\"", 18, "one comparison ends here" },
	{ "http.host eq \"a\" ssl", 18, "expected an operator or the end, found \"ssl\"" },
	{ "(http.host eq \"a\"", 18, "the parenthesis opened at column 1 is not closed" },
	{ "ssl)", 4, "closes nothing" },
	{ "ssl, ssl", 4, "between the arguments of a function" },
	{ "not", 4, "found the end" },
	{ "ssl and", 8, "found the end" },
	{ "ssl and http.host", 9, "a condition is needed" },
	{ "ip.src eq \"192.0.2.1\"", 11, "an address is written without quotes" },
	{ "ip.src eq 192.0.2.0/24", 11, "a network stands in braces: in {192.0.2.0/24}" },
	{ "ip.src eq 192.0.2.1..192.0.2.5", 11, "a range stands in braces" },
	{ "ip.src gt 192.0.2.1", 8, "an address has no order: eq, ne and in only" },
	{ "ip.src in {192.0.2.0/40}", 12, "is not an address, a network or a range" },
	{ "ip.src in {192.0.2.9..192.0.2.1}", 12, "ends before it begins" },
	{ "ip.src in {\"192.0.2.1\"}", 12, "expected an address, a network or }, found a string" },
	{ "ip.src in {192.0.2.1, 192.0.2.2}", 21, "separated by spaces" },
	{ "ip.src in {}", 12, "the set is empty" },
	{ "ip.src in {192.0.2.1", 21, "found the end" },
	{ "ip.src in $nowhere", 11, "there is no list named \"nowhere\"" },
	{ "http.host in $office", 1, "http.host is text, and this list needs an address" },
	{ "ip.src in 192.0.2.1", 11, "expected { or a list like $name after \"in\"" },
	{ "ssl in {1}", 8, "in goes with text, numbers and addresses" },
	{ "tcp.dstport in {5..1}", 17, "ends before it begins" },
	{ "tcp.dstport in {80 x}", 20, "is not a number or a range" },
	{ "tcp.dstport eq 99999999999999999999", 16, "is neither a number nor an address" },
	{ "tcp.dstport eq \"80\"", 16, "numbers are written without quotes" },
	{ "tcp.dstport contains \"8\"", 1, "contains needs text" },
	{ "http.host matches http.host", 19, "expected a pattern in double quotes after \"matches\"" },
	{ "http.host matches \"(\"", 19, "the pattern is malformed" },
	{ "http.host matches \"(?=a)\"", 19, "look-around" },
	{ "http.host matches r\"(a)\\1\"", 19, "back references" },
	{ "http.host matches r\"(*NO_JIT)a\"", 19, "verbs" },
	{ "http.host wildcard \"a**\"", 20, "\"**\" means nothing" },
	{ "http.host wildcard \"*a*b*c*d*e*f*g*h*i\"", 20, "at most 8 stars" },
	{ "http.host strict \"a\"", 18, "expected \"wildcard\" after \"strict\"" },
	{ "http.request.headers eq \"a\"", 1, "choose by a key" },
	{ "http.request.headers[\"a\"] eq \"b\"", 1, "take one with [0], or each with [*]" },
	{ "http.request.headers[\"a\"][*] eq \"b\"", 30, "put any(…) or all(…) around it" },
	{ "any(http.request.headers[*] eq \"b\")", 5, "write [*][*]" },
	{ "any(http.request.headers.names[*][*] eq \"b\")", 35, "one [*] too many" },
	{ "any(http.host eq \"b\")", 15, "must be a comparison over a list" },
	{ "http.host[0] eq \"a\"", 11, "[0] goes with a list" },
	{ "http.host[\"a\"] eq \"a\"", 11, "a key goes with a map" },
	{ "http.request.headers[\"a\"][x] eq \"b\"", 27, "expected a key in double quotes, a number or *" },
	{ "http.request.headers[\"a\" eq \"b\"", 26, "expected ]" },
	{ "nothing(http.host)", 1, "unknown function \"nothing\"" },
	{ "lower() eq \"a\"", 1, "lower() needs 1 arguments, there are 0" },
	{ "lower(http.host, http.host) eq \"a\"", 18, "lower() takes 1 arguments, not more" },
	{ "lower(tcp.dstport) eq \"a\"", 7, "argument 1 of lower() must be text; tcp.dstport is a number" },
	{ "url_decode(http.host, \"z\") eq \"a\"", 23, "letters out of \"ru\"" },
	{ "url_decode(http.host, http.host) eq \"a\"", 23, "must be written out in double quotes" },
	{ "remove_query_args(http.host, \"a\") eq \"\"", 19, "must be http.request.uri.query" },
	{ "has_key(http.host, \"a\")", 9, "must be a map" },
	{ "concat(\"a\", http.request.headers.names[*]) eq \"\"", 13, "first argument of a function" },
	{ "http.response.code eq 200", 1, "is not known yet when this rule runs" },
	{ "http.host eq \"a\" \x01", 18, "unexpected byte 0x01" },
};

static void refusals(void **state)
{
	struct expr_world_lists lists = expr_world_lists();
	struct expr_options o = { .want = EXPR_WANT_BOOL, .list = expr_world_list, .list_of = &lists };

	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
		struct expr *e = NULL;
		struct diag d;
		char where[32];
		diag_init(&d);
		snprintf(where, sizeof where, "column %u", refused[i].column);
		assert_int_equal(expr_compile(slice_str(refused[i].text), &o, &e, &d), ERR_SYNTAX);
		if (strcmp(d.where, where) != 0 || !strstr(d.text, refused[i].reason))
			fail_msg("%s\n  gave     %s: %s\n  expected %s: …%s…", refused[i].text, d.where, d.text, where,
				 refused[i].reason);
	}
	expr_world_lists_free(&lists);
}

static void bounds(void **state)
{
	struct expr_options o = { .want = EXPR_WANT_BOOL };
	static char text[EXPR_TEXT_BYTES_MAX + 8];
	struct expr *e = NULL;
	struct diag d;

	memset(text, '(', 100);
	diag_init(&d);
	assert_int_equal(expr_compile(slice_of(text, 100), &o, &e, &d), ERR_SYNTAX);
	assert_non_null(strstr(d.text, "nested deeper than 64"));
	memset(text, '!', 100);
	diag_init(&d);
	assert_int_equal(expr_compile(slice_of(text, 100), &o, &e, &d), ERR_SYNTAX);
	assert_non_null(strstr(d.text, "nested deeper than 64"));
	memset(text, ' ', sizeof text);
	diag_init(&d);
	assert_int_equal(expr_compile(slice_of(text, EXPR_TEXT_BYTES_MAX + 1), &o, &e, &d), ERR_SYNTAX);
	assert_non_null(strstr(d.text, "at most 4096 bytes"));
	/* As long as it may be. */
	size_t n = 0;
	while (n + 12 < EXPR_TEXT_BYTES_MAX)
		n += (size_t)snprintf(text + n, sizeof text - n, "%s", n ? " or ssl" : "ssl");
	assert_int_equal(expr_compile(slice_of(text, n), &o, &e, NULL), OK);
	assert_true(expr_uses(e, EXPR_F_SSL));
	assert_false(expr_uses(e, EXPR_F_HOST));
	expr_free(e);
}

static void wants(void **state)
{
	struct expr_options o = { .want = EXPR_WANT_TEXT };
	struct expr *e = NULL;
	struct diag d;

	diag_init(&d);
	assert_int_equal(expr_compile(SLICE("http.request.headers.names[*]"), &o, &e, &d), ERR_SYNTAX);
	assert_non_null(strstr(d.text, "one value is needed"));
	diag_init(&d);
	assert_int_equal(expr_compile(SLICE("http.request.headers"), &o, &e, &d), ERR_SYNTAX);
	o.response = true;
	assert_int_equal(expr_compile(SLICE("http.response.code"), &o, &e, &d), OK);
	expr_free(e);
}

int test_compile(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(refusals), cmocka_unit_test(bounds),
					    cmocka_unit_test(wants) };

	return cmocka_run_group_tests_name("compile", tests, NULL, NULL);
}
