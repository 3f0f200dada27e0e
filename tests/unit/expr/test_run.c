/* SPDX-License-Identifier: Apache-2.0 */
/* What expressions say about the request of expr_world.h. */
#include "test_expr.h"

#include "expr_world.h"

#include <stdio.h>

static const struct {
	const char *text;
	bool yes;
} conditions[] = {
	{ "true", true },
	{ "false", false },
	{ "ssl", true },
	{ "not ssl", false },
	{ "!ssl", false },
	{ "ssl eq true", true },
	{ "http.host eq \"www.example.com\"", true },
	{ "http.host == \"WWW.example.com\"", false },
	{ "http.host ne \"www.example.com\"", false },
	{ "http.host != \"x\"", true },
	{ "http.host contains \"example\"", true },
	{ "http.host contains \"\"", true },
	{ "http.host contains \"Example\"", false },
	{ "http.host lt \"x\"", true },
	{ "http.host ge \"www.example.com\"", true },
	{ "http.host gt \"www.example.com\"", false },
	{ "http.host le \"www\"", false },
	{ "http.host eq http.request.headers[\"host\"][0]", true },
	{ "http.request.uri.path eq \"/shop/\\x43art.PHP\"", true },
	{ "http.request.uri.path eq r#\"/shop/Cart.PHP\"#", true },
	{ "http.user_agent contains r\"5.0 (\"", true },
	/* precedence: not, and, xor, or */
	{ "true or false and false", true },
	{ "(true or false) and false", false },
	{ "true xor true and false", true },
	{ "true or true xor true", true },
	{ "not false and false", false },
	{ "not (false and false)", true },
	{ "not http.host eq \"x\" and ssl", true },
	{ "true ^^ false || false && false", true },
	{ "not not not false", true },
	{ "false or false or (false or (true and (ssl)))", true },
	/* regular expressions */
	{ "http.request.uri.path matches \"^/shop/[A-Z]\"", true },
	{ "http.request.uri.path ~ \"\\.php$\"", false },
	{ "http.request.uri.path matches r\"(?i)\\.php$\"", true },
	{ "http.request.uri.path matches \"\\\\.PHP\"", true },
	{ "http.request.uri.path matches \"shop\"", true },
	{ "http.request.uri.path matches \"^shop\"", false },
	{ "http.request.headers[\"absent\"][0] matches \"\"", false },
	/* wildcards */
	{ "http.request.full_uri wildcard \"https://*.EXAMPLE.com/*\"", true },
	{ "http.request.full_uri strict wildcard \"https://*.EXAMPLE.com/*\"", false },
	{ "http.request.uri.path wildcard \"/shop/*.php\"", true },
	{ "http.request.uri.path wildcard \"/shop\"", false },
	{ "http.request.uri.path strict wildcard \"*\"", true },
	{ "http.request.uri.path wildcard \"*cart*cart*\"", false },
	{ "http.host wildcard \"www.example.com\"", true },
	{ "\"a*b\" wildcard \"a\\*b\"", true },
	{ "\"axb\" wildcard r\"a\\*b\"", false },
	/* sets */
	{ "ip.src in {192.0.2.0/24}", true },
	{ "ip.src in {10.0.0.0/8 192.0.2.70..192.0.2.80}", true },
	{ "ip.src in {10.0.0.0/8 2001:db8::/32}", false },
	{ "ip.src in {192.0.2.77}", true },
	{ "not ip.src in $office", false },
	{ "http.host in $words", false },
	{ "ip.src eq 192.0.2.77", true },
	{ "ip.src ne 192.0.2.77", false },
	{ "ip.src eq ::1", false },
	{ "http.host in {\"a\" \"www.example.com\" r\"b\"}", true },
	{ "http.request.method in {\"PUT\" \"POST\"}", false },
	{ "http.request.timestamp.sec in {1..5 1699999999..1700000001}", true },
	{ "http.request.timestamp.sec gt 1600000000", true },
	{ "http.request.timestamp.sec gt -0x10", true },
	{ "tcp.dstport in {80 443}", false }, /* missing here */
	/* lists and maps */
	{ "http.request.headers[\"x-list\"][1] eq \"Two\"", true },
	{ "http.request.headers[\"x-list\"][2] eq \"Two\"", false },
	{ "not http.request.headers[\"x-list\"][2] eq \"Two\"", true },
	{ "http.request.headers[\"absent\"][0] ne \"a\"", false },
	{ "http.request.headers[\"x-empty\"][0] eq \"\"", true },
	{ "any(http.request.headers[\"x-list\"][*] eq \"Two\")", true },
	{ "all(http.request.headers[\"x-list\"][*] eq \"Two\")", false },
	{ "all(http.request.headers[\"x-list\"][*] matches \"[a-z]\")", true },
	{ "all(http.request.headers[\"absent\"][*] eq \"Two\")", false },
	{ "any(lower(http.request.headers[\"x-list\"][*])[*] eq \"two\")", true },
	{ "any(http.request.headers.names[*] in {\"accept\" \"y\"})", true },
	{ "any(http.request.headers[*][*] contains \"text/\")", true },
	{ "any(len(http.request.headers.names[*])[*] gt 5)", true },
	{ "any(starts_with(http.request.headers.names[*], \"acc\"))", true },
	{ "any(url_decode(http.request.uri.args[\"tag\"][*])[*] eq \"b c\")", true },
	{ "any(http.request.headers.names[*] wildcard \"ACC*\")", true },
	{ "len(http.request.headers[\"x-list\"]) eq 2", true },
	{ "len(http.host) eq 15", true },
	{ "has_key(http.request.headers, \"accept\")", true },
	{ "has_key(http.request.headers, \"Accept\")", false },
	{ "has_key(http.request.uri.args, lower(\"ID\"))", true },
	{ "has_value(http.request.uri.args, \"7\")", true },
	{ "has_value(http.request.headers[\"x-list\"], \"three\")", false },
	{ "http.request.uri.args[\"id\"][0] eq \"7\"", true },
	{ "http.request.cookies[\"session\"][0] eq \"abc=def\"", true },
	/* functions */
	{ "starts_with(http.request.uri.path, \"/shop\")", true },
	{ "ends_with(http.request.uri.path, \".php\")", false },
	{ "starts_with(http.request.headers[\"absent\"][0], \"\")", false },
	{ "cidr(ip.src, 24, 64) eq 192.0.2.0", true },
	{ "cidr(ip.src, 33, 64) eq 192.0.2.0", false },
	{ "cidr6(2001:db8::ffff, 32) eq 2001:db8::", true },
	{ "lookup_json_integer(http.request.headers[\"x-json\"][0], \"a\", \"b\", 1) eq -22", true },
	{ "lookup_json_string(http.request.headers[\"x-json\"][0], \"c\") eq \"d\"", true },
	{ "lookup_json_string(http.request.headers[\"x-json\"][0], \"a\", \"b\", 2) eq \"caf\\xc3\\xa9\"", true },
	{ "lookup_json_integer(http.request.headers[\"x-json\"][0], \"a\", \"b\", 9) ge 0", false },
	{ "lookup_json_integer(http.request.headers[\"x-json\"][0], \"c\") ge 0", false },
	/* made with: printf %s /download/cat.jpg1484063787 | openssl dgst -sha256 -hmac mysecrettoken -binary | base64
	 */
	{ "is_timed_hmac_valid_v0(\"mysecrettoken\", "
	  "\"/download/cat.jpg?verify=1484063787-MwxCdsONqMcO9hMLnzWdUiUSLr735AOCGoivbkwKqEI%3D\", 10800, 1484071925, "
	  "8)",
	  true },
	{ "is_timed_hmac_valid_v0(\"mysecrettoken\", "
	  "\"/download/cat.jpg?verify=1484063787-MwxCdsONqMcO9hMLnzWdUiUSLr735AOCGoivbkwKqEI=\", 10800, 1484071925, 8, "
	  "\"s\")",
	  true },
	{ "is_timed_hmac_valid_v0(\"mysecrettoken\", "
	  "\"/download/cat.jpg?verify=1484063787-MwxCdsONqMcO9hMLnzWdUiUSLr735AOCGoivbkwKqEI%3D\", 10, 1484071925, 8)",
	  false },
	{ "is_timed_hmac_valid_v0(\"another\", "
	  "\"/download/cat.jpg?verify=1484063787-MwxCdsONqMcO9hMLnzWdUiUSLr735AOCGoivbkwKqEI%3D\", 10800, 1484071925, "
	  "8)",
	  false },
	{ "is_timed_hmac_valid_v0(\"k\", \"short\", 1, 1)", false },
};

static const struct {
	const char *text, *value;
} values[] = {
	{ "http.host", "www.example.com" },
	{ "ip.src", "192.0.2.77" },
	{ "ssl", "true" },
	{ "http.request.timestamp.sec", "1700000000" },
	{ "concat(\"https://\", http.host, http.request.uri.path)", "https://www.example.com/shop/Cart.PHP" },
	{ "concat(\"n\", 5, http.request.headers[\"absent\"][0], http.request.headers.names)", "n5hostacceptx-list" },
	{ "lower(http.request.uri.path)", "/shop/cart.php" },
	{ "upper(\"aZ9\\xe4\")", "AZ9\xe4" },
	{ "http.request.headers[\"absent\"][0]", "" },
	{ "coalesce(http.request.headers[\"absent\"][0], \"else\")", "else" },
	{ "url_decode(\"a%20b+c%2\")", "a b c%2" },
	{ "url_decode(\"%2541\")", "%41" },
	{ "url_decode(\"%2541\", \"r\")", "A" },
	{ "url_decode(\"%u0041%u20ac\", \"u\")", "A\xe2\x82\xac" },
	{ "substring(\"asdfghjk\", 1, 3)", "sd" },
	{ "substring(\"asdfghjk\", -2)", "jk" },
	{ "substring(\"asdfghjk\", 0, -6)", "as" },
	{ "substring(\"asdfghjk\", 20, 30)", "" },
	{ "substring(\"asdfghjk\", 5, 2)", "" },
	{ "split(\"a,b,c\", \",\", 5)[2]", "c" },
	{ "split(\"a,b,c\", \",\", 2)[1]", "b,c" },
	{ "split(\"a,b,c\", \"\", 2)[0]", "" },
	{ "join(split(\"a,b,c\", \",\", 5), \"-\")", "a-b-c" },
	{ "remove_bytes(\"www.example.com\", \"w.\")", "examplecom" },
	{ "remove_query_args(http.request.uri.query, \"tag\")", "id=7" },
	{ "remove_query_args(http.request.uri.query, \"id\", \"x\")", "tag=a&tag=b%20c" },
	{ "remove_query_args(http.request.uri.query, \"ta\")", "id=7&tag=a&tag=b%20c" },
	{ "regex_replace(http.request.uri.path, \"^/(\\w+)/(.*)$\", \"/${2}/in/${1}\")", "/Cart.PHP/in/shop" },
	{ "regex_replace(\"/foo/foo\", \"foo\", \"bar\")", "/bar/foo" },
	{ "regex_replace(\"/x\", \"^/y\", \"/z\")", "/x" },
	{ "regex_replace(\"/b\", \"^/b$\", \"/b$${1}$\")", "/b${1}$" },
	{ "wildcard_replace(http.request.full_uri, \"https://*.example.com/*\", \"https://example.com/${1}/${2}\")",
	  "https://example.com/www/shop/Cart.PHP?id=7&tag=a&tag=b%20c" },
	{ "wildcard_replace(\"/A/b\", \"/a/*\", \"/c/${1}\")", "/c/b" },
	{ "wildcard_replace(\"/A/b\", \"/a/*\", \"/c/${1}\", \"s\")", "/A/b" },
	{ "encode_base64(\"ab?\")", "YWI/" },
	{ "encode_base64(\"ab?>\", \"up\")", "YWI_Pg==" },
	{ "encode_base64(\"ab?>\")", "YWI/Pg" },
	{ "decode_base64(\"YWI_Pg==\")", "ab?>" },
	{ "decode_base64(\"Y\")", "" },
	{ "encode_base64(sha256(\"abc\"), \"p\")", "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=" },
	{ "uuidv4(cf.random_seed)", "30313233-3435-4637-b839-616263646566" },
	{ "uuidv4(\"short\")", "" },
	{ "to_string(ip.src)", "192.0.2.77" },
	{ "to_string(2001:db8::1)", "2001:db8::1" },
	{ "lookup_json_string(\"{\\\"k\\\\u0065y\\\":\\\"\\\\ud83d\\\\ude00\\\"}\", \"key\")", "\xf0\x9f\x98\x80" },
};

struct bench {
	struct expr_world world;
	struct expr_world_lists lists;
	struct arena_pool pool;
	struct arena arena;
	struct expr_env env;
};

static struct expr *made(struct bench *b, const char *text, enum expr_want want)
{
	struct expr_options o = { .want = want, .response = true, .list = expr_world_list, .list_of = &b->lists };
	struct expr *e = NULL;
	struct diag d;

	diag_init(&d);
	if (expr_compile(slice_str(text), &o, &e, &d) != OK)
		fail_msg("%s: %s: %s", text, d.where, d.text);
	return e;
}

static struct bench *begin(void)
{
	static struct bench b;

	b.lists = expr_world_lists();
	arena_pool_init(&b.pool, 8);
	arena_init(&b.arena, &b.pool, 1 << 20);
	b.world = (struct expr_world){ &b.arena, 0 };
	b.env = (struct expr_env){ expr_world__get, &b.world, &b.arena, expr_scratch_new(), false };
	return &b;
}

static void end(struct bench *b)
{
	expr_scratch_free(b->env.scratch);
	arena_reset(&b->arena);
	arena_pool_fini(&b->pool);
	expr_world_lists_free(&b->lists);
}

static void truths(void **state)
{
	struct bench *b = begin();

	for (size_t i = 0; i < sizeof conditions / sizeof conditions[0]; i++) {
		struct expr *e = made(b, conditions[i].text, EXPR_WANT_BOOL);
		if (expr_test(e, &b->env) != conditions[i].yes)
			fail_msg("%s is %d", conditions[i].text, !conditions[i].yes);
		expr_free(e);
	}
	assert_false(b->env.gave_up);
	end(b);
}

static void texts(void **state)
{
	struct bench *b = begin();

	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
		struct expr *e = made(b, values[i].text, EXPR_WANT_TEXT);
		struct slice got = expr_text(e, &b->env);
		if (!slice_eq(got, slice_str(values[i].value)))
			fail_msg("%s is \"%.*s\"", values[i].text, SLICE_ARG(got));
		expr_free(e);
	}
	end(b);
}

/* What comes after the answer is known is not asked for. */
static void laziness(void **state)
{
	struct bench *b = begin();
	struct expr *e = made(b, "http.host eq \"x\" and http.user_agent contains \"y\" and ssl", EXPR_WANT_BOOL);

	assert_false(expr_test(e, &b->env));
	assert_int_equal(b->world.asked, 1);
	expr_free(e);
	e = made(b, "ssl or http.host eq \"x\"", EXPR_WANT_BOOL);
	b->world.asked = 0;
	assert_true(expr_test(e, &b->env));
	assert_int_equal(b->world.asked, 1);
	expr_free(e);
	end(b);
}

/* Patterns that would take for ever end, and say so. */
static void giving_up(void **state)
{
	struct bench *b = begin();
	struct expr *e = made(b, "http.request.uri.path matches \"(.+)+(.+)+(.+)+!\"", EXPR_WANT_BOOL);

	assert_false(expr_test(e, &b->env));
	expr_free(e);
	e = made(b,
		 "regex_replace(concat(\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\", \"\"), "
		 "\"(a+)+$|(a*)*b|((a+)+)+c\", \"x\") eq \"y\"",
		 EXPR_WANT_BOOL);
	assert_false(expr_test(e, &b->env));
	expr_free(e);
	e = made(b, "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\" matches \"^(a+a+)+[yz]\"", EXPR_WANT_BOOL);
	b->env.gave_up = false;
	assert_false(expr_test(e, &b->env));
	assert_true(b->env.gave_up);
	expr_free(e);
	/* No room: missing, not a crash. */
	arena_reset(&b->arena);
	arena_init(&b->arena, &b->pool, 64);
	b->env.gave_up = false;
	e = made(b, "len(concat(http.user_agent, http.request.full_uri, http.request.full_uri)) gt 0", EXPR_WANT_BOOL);
	assert_false(expr_test(e, &b->env));
	assert_true(b->env.gave_up);
	expr_free(e);
	end(b);
}

int test_run(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(truths), cmocka_unit_test(texts),
					    cmocka_unit_test(laziness), cmocka_unit_test(giving_up) };

	return cmocka_run_group_tests_name("run", tests, NULL, NULL);
}
