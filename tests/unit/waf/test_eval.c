/* SPDX-License-Identifier: Apache-2.0 */
/* How rules run: values, chains, captures, scores, skips, exclusions, verdicts, operators. */
#include "groups.h"

#include "run.h"

#include <stdio.h>
#include <string.h>

#define FORM "Content-Type: application/x-www-form-urlencoded\n"

struct row {
	const char *rules, *line, *fields, *body, *want; /* want: ids, or "name=value" of TX */
};

static void check(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (int planned = 0; planned < 2; planned++) {
			struct run run;
			run_init(&run, rows[i].rules, planned);
			const char *got = run_request(&run, rows[i].line, rows[i].fields, slice_str(rows[i].body));
			char name[64] = "", want[256];
			const char *equals = strchr(rows[i].want, '=');
			snprintf(want, sizeof want, "%s", equals ? equals + 1 : rows[i].want);
			if (equals) {
				snprintf(name, sizeof name, "%.*s", (int)(equals - rows[i].want), rows[i].want);
				got = run_tx(&run, name);
			}
			if (strcmp(got, want)) {
				fprintf(stderr, "row %zu (%s): got \"%s\", want \"%s\"\n", i,
					planned ? "plan" : "plain", got, want);
				fail();
			}
			run_fini(&run);
		}
}

static void values_and_scores(void **state)
{
	static const struct row rows[] = {
		{ "SecRule ARGS \"@rx evil\" \"id:1,deny,setvar:tx.s=+5\"", "GET /?a=evil&b=evil&c=x&d=evil", NULL,
		  NULL, "s=15" },
		{ "SecRule ARGS:FOO \"@streq 1\" \"id:1,deny\"", "GET /?foo=1", NULL, NULL, "1" },
		{ "SecRule ARGS|!ARGS:b \"@rx x\" \"id:1,deny,setvar:tx.s=+1\"", "GET /?a=x&b=x", NULL, NULL, "s=1" },
		{ "SecRule ARGS|!ARGS:/^B/ \"@rx x\" \"id:1,deny,setvar:tx.s=+1\"", "GET /?a=x&b=x&bc=x", NULL, NULL,
		  "s=1" },
		{ "SecRule &ARGS:a \"@eq 2\" \"id:1,deny\"", "GET /?a=1&A=2", NULL, NULL, "1" },
		{ "SecRule &ARGS:zz \"@eq 0\" \"id:1,deny\"", "GET /", NULL, NULL, "1" },
		{ "SecRule TX:nope \"@lt 1\" \"id:1,deny\"", "GET /", NULL, NULL, "" },
		{ "SecRule ARGS:nope \"!@rx x\" \"id:1,deny\"", "GET /", NULL, NULL, "" },
		{ "SecRule ARGS \"!@rx ^a\" \"id:1,deny\"", "GET /?x=a&y=b", NULL, NULL, "1" },
		{ "SecRule ARGS \"@contains a\" \"id:1,deny,t:none,t:lowercase,multiMatch,setvar:tx.s=+1\"",
		  "GET /?x=aA", NULL, NULL, "s=2" },
		{ "SecAction \"id:1,pass,nolog,setvar:tx.a=3,setvar:tx.b=-1,setvar:tx.a=-1\"", "GET /", NULL, NULL,
		  "a=2" },
		{ "SecAction \"id:1,pass,nolog,setvar:tx.a\"", "GET /", NULL, NULL, "a=1" },
		{ "SecAction \"id:1,pass,nolog,setvar:'tx.x_%{REQUEST_METHOD}=%{REQUEST_URI}!'\"", "PUT /p", NULL, NULL,
		  "x_put=/p!" },
		{ "SecAction \"id:1,pass,nolog,setvar:tx.a=1\"\nSecAction \"id:2,pass,nolog,setvar:!tx.a\"\nSecRule "
		  "&TX:a \"@eq 0\" \"id:3,deny\"",
		  "GET /", NULL, NULL, "3" },
	};

	check(rows, sizeof rows / sizeof *rows);
}

static void chains_and_captures(void **state)
{
	static const struct row rows[] = {
		{ "SecRule ARGS \"@rx (a+)(z)?(b)\" \"id:1,deny,capture,setvar:tx.got=%{TX.0}-%{TX.1}-%{TX.3}\"",
		  "GET /?q=xaab", NULL, NULL, "got=aab-aa-b" },
		{ "SecRule ARGS \"@rx x\" \"id:1,deny,chain,setvar:tx.s=+1\"\nSecRule ARGS \"@rx no\"", "GET /?a=x",
		  NULL, NULL, "s=1" },
		{ "SecRule ARGS \"@rx x\" \"id:1,deny,chain\"\nSecRule ARGS \"@rx no\"", "GET /?a=x", NULL, NULL, "" },
		{ "SecRule ARGS \"@rx x\" \"id:1,deny,chain\"\nSecRule MATCHED_VARS \"@rx y\" "
		  "\"setvar:'tx.n=%{MATCHED_VAR_NAME}'\"",
		  "GET /?a=x&b=xy", NULL, NULL, "n=MATCHED_VARS:ARGS:b" },
		{ "SecRule ARGS \"@pm foo BarBaz bar\" \"id:1,deny,capture,setvar:tx.g=%{TX.0}\"", "GET /?a=xBARBAZ",
		  NULL, NULL, "g=bar" },
		{ "SecRule ARGS \"@detectSQLi\" \"id:1,deny,capture,setvar:tx.g=%{TX.0}\"", "GET /?a=1'+or+'1'='1",
		  NULL, NULL, "g=s&sos" },
		{ "SecRule ARGS \"@detectXSS\" \"id:1,deny\"", "GET /?a=<script>", NULL, NULL, "1" },
	};

	check(rows, sizeof rows / sizeof *rows);
}

static void skips_and_controls(void **state)
{
	static const struct row rows[] = {
		{ "SecAction \"id:1,pass,nolog,skipAfter:E\"\nSecAction \"id:2,pass\"\nSecAction "
		  "\"id:3,phase:1,pass\"\nSecMarker E\nSecAction \"id:4,pass\"",
		  "GET /", NULL, NULL, "3 4" },
		{ "SecAction \"id:1,pass,nolog,skip:1\"\nSecAction \"id:2,pass\"\nSecAction \"id:3,pass\"", "GET /",
		  NULL, NULL, "3" },
		{ "SecAction \"id:1,pass,nolog,ctl:ruleRemoveById=2-3\"\nSecAction \"id:2,pass\"\nSecAction "
		  "\"id:3,pass\"\nSecAction \"id:4,pass\"",
		  "GET /", NULL, NULL, "4" },
		{ "SecAction \"id:1,pass,nolog,ctl:ruleRemoveByTag=^x\"\nSecAction \"id:2,pass,tag:'xy'\"\nSecAction "
		  "\"id:3,pass,tag:'ax'\"",
		  "GET /", NULL, NULL, "3" },
		{ "SecAction \"id:1,pass,nolog,ctl:ruleRemoveTargetById=2;ARGS:P\"\nSecRule ARGS x "
		  "\"id:2,pass,setvar:tx.n=+1\"",
		  "GET /?p=x&q=x", NULL, NULL, "n=1" },
		{ "SecRuleEngine DetectionOnly\nSecAction \"id:1,deny\"\nSecAction \"id:2,deny\"", "GET /", NULL, NULL,
		  "1 2" },
		{ "SecAction \"id:1,phase:1,deny\"\nSecAction \"id:2,deny\"", "GET /", NULL, NULL, "1" },
		{ "SecAction \"id:1,phase:1,allow,nolog\"\nSecAction \"id:2,deny\"", "GET /", NULL, NULL, "1" },
		{ "SecAction \"id:1,pass,nolog,ctl:ruleEngine=Off\"\nSecAction \"id:2,deny\"", "GET /", NULL, NULL,
		  "" },
		{ "SecDefaultAction \"phase:2,pass\"\nSecAction \"id:1,block\"\nSecAction \"id:2,pass\"", "GET /", NULL,
		  NULL, "1 2" },
	};

	check(rows, sizeof rows / sizeof *rows);
}

static void operators(void **state)
{
	static const struct row rows[] = {
		{ "SecRule REQUEST_METHOD \"!@within GET HEAD\" \"id:1,deny\"", "POST /", NULL, NULL, "1" },
		{ "SecRule REMOTE_ADDR \"@ipMatch 10.0.0.0/8,192.0.2.0/24\" \"id:1,deny\"", "GET /", NULL, NULL, "1" },
		{ "SecRule ARGS:n \"@ge 10\" \"id:1,deny\"", "GET /?n=+11x", NULL, NULL, "1" },
		{ "SecRule ARGS:n \"@eq 0\" \"id:1,deny\"", "GET /?n=abc", NULL, NULL, "1" },
		{ "SecRule ARGS \"@validateByteRange 32-126\" \"id:1,deny\"", "GET /?n=%01", NULL, NULL, "1" },
		{ "SecRule QUERY_STRING \"@validateUrlEncoding\" \"id:1,deny\"", "GET /?n=%4", NULL, NULL, "1" },
		{ "SecRule ARGS \"@validateUtf8Encoding\" \"id:1,deny\"", "GET /?n=%c0%af", NULL, NULL, "1" },
		{ "SecRule ARGS \"@validateUtf8Encoding\" \"id:1,deny\"", "GET /?n=%e4%b8%ad", NULL, NULL, "" },
		{ "SecRule ARGS \"@endsWith .php\" \"id:1,deny\"", "GET /?n=a.php", NULL, NULL, "1" },
		{ "SecRule ARGS \"@beginsWith a.p\" \"id:1,deny\"", "GET /?n=a.php", NULL, NULL, "1" },
		{ "SecRule ARGS \"@containsWord b\" \"id:1,deny\"", "GET /?n=a-b-c&m=abc", NULL, NULL, "1" },
		{ "SecRule ARGS \"@containsWord b\" \"id:1,deny\"", "GET /?m=abc", NULL, NULL, "" },
		{ "SecAction \"id:9,pass,nolog,setvar:tx.w=abc\"\nSecRule ARGS \"@rx ^%{tx.w}$\" \"id:1,deny\"",
		  "GET /?m=abc", NULL, NULL, "1" },
		{ "SecRule ARGS \"@rx ^b$\" \"id:1,deny\"", "GET /?m=a%0ab%0ac", NULL, NULL, "1" },
		{ "SecRule REQUEST_HEADERS:User-Agent \"@rx (?i)sqlmap\" \"id:1,deny\"", "GET /",
		  "User-Agent: SQLMap/1\n", NULL, "1" },
		{ "SecRule REQUEST_COOKIES:s \"@streq a=b\" \"id:1,deny\"", "GET /", "Cookie: x;  s=a=b; =y\n", NULL,
		  "1" },
		{ "SecRule REQUEST_BASENAME \"@streq c.x\" \"id:1,deny\"", "GET http://h/a/b%2Fc.x?d", NULL, NULL,
		  "1" },
		{ "SecRule ARGS \"@rx x\" \"id:1,deny,t:none,t:urlDecodeUni,t:lowercase\"", "GET /?a=%2558", NULL, NULL,
		  "1" },
		{ "SecRule ARGS|REQUEST_BODY \"@rx x\" \"id:1,deny,setvar:tx.n=+1\"", "POST /", FORM, "a=x&b=%78",
		  "n=3" },
	};

	check(rows, sizeof rows / sizeof *rows);
}

static void verdicts(void **state)
{
	struct run run;

	run_init(&run,
		 "SecRule ARGS:d \"@rx .\" \"id:1,deny,status:429\"\nSecRule ARGS:r \"@rx .\" "
		 "\"id:2,redirect:'/x?%{REQUEST_METHOD}'\"\n"
		 "SecRule RESPONSE_BODY \"@rx ORA-\" \"id:3,phase:4,deny\"\nSecAction \"id:4,phase:5,pass\"\n"
		 "SecResponseBodyAccess On\n",
		 false);
	run_request(&run, "GET /?d=1", NULL, slice_of(NULL, 0));
	assert_int_equal(run.verdict.action, EVAL_DENY);
	assert_int_equal(run.verdict.status, 429);
	run_request(&run, "GET /?r=1", NULL, slice_of(NULL, 0));
	assert_int_equal(run.verdict.action, EVAL_REDIRECT);
	assert_true(slice_eq(run.verdict.location, SLICE("/x?GET")));
	run_request(&run, "GET /", NULL, slice_of(NULL, 0));
	assert_int_equal(run.verdict.action, EVAL_GO_ON);
	assert_string_equal(run_answer(&run, 200, "text/html; charset=x", SLICE("ORA-12345")), "3 4");
	assert_int_equal(run.verdict.status, 403);
	run_request(&run, "GET /", NULL, slice_of(NULL, 0));
	assert_string_equal(run_answer(&run, 200, "image/png", SLICE("ORA-12345")), "4");
	run_fini(&run);
}

/* A pattern that explodes is bounded, and its value does not get away. */
static void a_limit_is_a_match(void **state)
{
	struct run run;
	char line[200] = "GET /?a=";

	memset(line + strlen(line), 'a', 60);
	run_init(&run, "SecRule ARGS \"@rx ^(a|aa|a?a)+[bc]$\" \"id:1,deny\"", false);
	assert_string_equal(run_request(&run, line, NULL, slice_of(NULL, 0)), "1");
	assert_true(run.limited);
	run_fini(&run);
}

/* Work is bounded, and a request that would cost more is denied while enforcing, noted while detecting. */
static void work_is_bounded(void **state)
{
	static const char *const modes[] = { "On", "DetectionOnly" };
	char line[1200] = "GET /?a=";

	memset(line + strlen(line), 'a', 1000);
	for (int mode = 0; mode < 2; mode++)
		for (int planned = 0; planned < 2; planned++) {
			struct run run;
			char rules[300];
			snprintf(rules, sizeof rules,
				 "SecRuleEngine %s\nSecSeawallWorkLimit 20000\nSecRule ARGS \"@detectSQLi\" "
				 "\"id:1,pass\"\n"
				 "SecRule ARGS \"@detectXSS\" \"id:2,pass\"\nSecAction \"id:3,pass\"\n",
				 modes[mode]);
			run_init(&run, rules, planned);
			assert_string_equal(run_request(&run, line, NULL, slice_of(NULL, 0)), "");
			assert_true(eval_exhausted(run.e));
			assert_true(eval_work(run.e) > 20000 && eval_work(run.e) < 60000);
			assert_int_equal(run.verdict.action, mode ? EVAL_GO_ON : EVAL_DENY);
			assert_string_equal(run_request(&run, "GET /?a=b", NULL, slice_of(NULL, 0)), "3");
			assert_false(eval_exhausted(run.e));
			run_fini(&run);
		}
}

/* A request may leave rules out, have some only told of, hold variables fast and choose the mode. */
static void an_overlay_changes_one_request(void **state)
{
	static const char rules[] =
		"SecRuleEngine On\nSecAction \"id:1,phase:1,pass,nolog,setvar:tx.level=4\"\n"
		"SecRule TX:level \"@lt 2\" \"id:2,phase:1,pass,nolog,skipAfter:END\"\n"
		"SecRule ARGS \"@rx evil\" \"id:3,phase:1,pass,setvar:tx.score=+5\"\nSecMarker END\n"
		"SecRule ARGS \"@rx bad\" \"id:4,phase:2,deny,setvar:tx.score=+1\"\n"
		"SecRule ARGS:a \"@rx x\" \"id:5,phase:2,pass,chain\"\nSecRule ARGS:b \"@rx y\" "
		"\"setvar:tx.score=+7\"\n";
	const struct rule_target b = { .var = VAR_ARGS, .name = SLICE("b") };

	for (int planned = 0; planned < 2; planned++) {
		struct run run;
		run_init(&run, rules, planned);
		const struct eval_preset level = { rule_set_slot_find(run.set, SLICE("level")), SLICE("1") };
		const struct eval_cut cuts[] = { { 3, &b }, { 5, NULL } };
		uint8_t muted[8] = { 0 };
		muted[rule_set_find(run.set, 4)->index >> 3] |= (uint8_t)(1u << (rule_set_find(run.set, 4)->index & 7));
		const struct eval_overlay overlays[] = {
			{ .presets = &level, .presets_n = 1 },
			{ .cuts = cuts, .cuts_n = 2 },
			{ .muted = muted },
			{ .has_engine = true, .engine = ENGINE_DETECTION },
			{ .has_engine = true, .engine = ENGINE_OFF },
		};
		/* While enforcing rule 4 ends it, unless it is only told of. */
		static const char *const ids[] = { "4", "4", "3 4 5", "3 4 5", "" };
		static const char *const scores[] = { "1", "1", "12", "13", "" };
		for (size_t i = 0; i < sizeof overlays / sizeof *overlays; i++) {
			run.overlay = &overlays[i];
			const char *got = run_request(&run, "GET /?a=x&b=y+evil&c=bad", NULL, slice_of(NULL, 0));
			assert_string_equal(got, ids[i]);
			assert_int_equal(run.verdict.action, i < 2 ? EVAL_DENY : EVAL_GO_ON);
			assert_string_equal(run_tx(&run, "score"), scores[i]);
		}
		run_fini(&run);
	}
}

int test_eval(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_and_scores),  cmocka_unit_test(chains_and_captures),
		cmocka_unit_test(skips_and_controls), cmocka_unit_test(operators),
		cmocka_unit_test(verdicts),           cmocka_unit_test(a_limit_is_a_match),
		cmocka_unit_test(work_is_bounded),    cmocka_unit_test(an_overlay_changes_one_request),
	};

	return cmocka_run_group_tests_name("eval", tests, NULL, NULL);
}
