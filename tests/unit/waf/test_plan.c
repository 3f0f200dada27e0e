/* SPDX-License-Identifier: Apache-2.0 */
/* A plan passes over rules that cannot match, and over no other: each row runs plainly and with a plan. */
#include "groups.h"

#include "disk.h"
#include "run.h"
#include "waf/plan_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct row {
	const char *rules, *line, *fields, *want;
};

static void same_with_and_without(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (int planned = 0; planned < 2; planned++) {
			struct run run;
			run_init(&run, rows[i].rules, planned);
			const char *got = run_request(&run, rows[i].line, rows[i].fields, slice_of(NULL, 0));
			if (strcmp(got, rows[i].want) != 0)
				fail_msg("%s: %s: '%s', not '%s'", planned ? "plan" : "plain", rows[i].rules, got,
					 rows[i].want);
			run_fini(&run);
		}
}

/* The databases do not see case; the rules do. */
static void case_is_kept(void **state)
{
	static const struct row rows[] = {
		{ "SecRule ARGS \"@rx x[^A-Z]y\" \"id:1,pass\"", "GET /?a=xqy", NULL, "1" },
		{ "SecRule ARGS \"@rx x[^A-Z]y\" \"id:1,pass\"", "GET /?a=xQy", NULL, "" },
		{ "SecRule ARGS \"@rx x[^A-Z]y\" \"id:1,pass,t:lowercase\"", "GET /?a=XQY", NULL, "1" },
		{ "SecRule ARGS \"@rx abc\" \"id:1,pass\"", "GET /?a=ABC", NULL, "" },
		{ "SecRule ARGS \"@rx abc\" \"id:1,pass,t:lowercase\"", "GET /?a=ABC", NULL, "1" },
	};

	same_with_and_without(rows, sizeof rows / sizeof *rows);
}

/* Ends of values, NUL bytes and empty matches, which joined values do not show. */
static void edges_of_values(void **state)
{
	static const struct row rows[] = {
		{ "SecRule ARGS \"@rx ab\\z\" \"id:1,pass\"", "GET /?a=ab&b=c", NULL, "1" },
		{ "SecRule ARGS \"@rx \\Aab\" \"id:1,pass\"", "GET /?x=q&a=ab", NULL, "1" },
		{ "SecRule ARGS \"@rx ^$\" \"id:1,pass\"", "GET /?x=q&a=", NULL, "1" },
		{ "SecRule ARGS \"@rx q\\x01r\" \"id:1,pass\"", "GET /?x=q&a=r", NULL, "" },
		{ "SecRule ARGS \"@rx ^r\" \"id:1,pass\"", "GET /?x=q&a=r", NULL, "1" },
	};

	same_with_and_without(rows, sizeof rows / sizeof *rows);
}

/* A rule that names a header looks at no other. */
static void segments(void **state)
{
	static const struct row rows[] = {
		{ "SecRule REQUEST_HEADERS:User-Agent \"@rx evil\" \"id:1,pass\"", "GET /", "Referer: evil\n", "" },
		{ "SecRule REQUEST_HEADERS:User-Agent \"@rx evil\" \"id:1,pass\"", "GET /", "USER-AGENT: evil\n", "1" },
		{ "SecRule REQUEST_HEADERS:User-Agent|ARGS \"@pm evil\" \"id:1,pass\"", "GET /?a=evil",
		  "User-Agent: x\n", "1" },
		{ "SecRule REQUEST_HEADERS|!REQUEST_HEADERS:A \"@rx evil\" \"id:1,pass\"", "GET /", "A: evil\n", "" },
		{ "SecRule REQUEST_HEADERS|!REQUEST_HEADERS:A \"@rx evil\" \"id:1,pass\"", "GET /", "B: evil\n", "1" },
		{ "SecRule REQUEST_HEADERS:/^b/ \"@rx evil\" \"id:1,pass\"", "GET /", "Bx: evil\n", "1" },
		{ "SecRule REQUEST_COOKIES|REQUEST_FILENAME \"@rx evil\" \"id:1,pass\"", "GET /evil", NULL, "1" },
		{ "SecRule REQUEST_COOKIES|REQUEST_FILENAME \"@rx evil\" \"id:1,pass\"", "GET /", "Cookie: a=evil\n",
		  "1" },
	};

	same_with_and_without(rows, sizeof rows / sizeof *rows);
}

/* A rule that asks for none of some phrases always runs; the plan only knows the answer. */
static void negated_phrases(void **state)
{
	static const struct row rows[] = {
		{ "SecRule ARGS \"!@pm tea bag\" \"id:1,pass\"", "GET /?a=coffee", NULL, "1" },
		{ "SecRule ARGS \"!@pm tea bag\" \"id:1,pass\"", "GET /?a=TEApot", NULL, "" },
		{ "SecRule ARGS \"!@pm tea bag\" \"id:1,pass\"", "GET /?a=tea&b=coffee", NULL, "1" },
		{ "SecRule ARGS|&ARGS \"!@pm 1 2\" \"id:1,pass\"", "GET /?a=coffee", NULL, "1" },
		{ "SecRule &ARGS \"!@pm 1 2\" \"id:1,pass\"", "GET /?a=coffee", NULL, "" },
		{ "SecRule ARGS \"!@pm tea\" \"id:1,pass,t:hexDecode\"", "GET /?a=746561", NULL, "" },
		{ "SecRule ARGS \"@rx .\" \"id:1,pass,chain\"\nSecRule MATCHED_VARS|ARGS \"!@pm tea\" \"\"",
		  "GET /?a=tea", NULL, "" },
		{ "SecRule REQUEST_HEADERS:User-Agent \"!@pm tea\" \"id:1,pass\"", "GET /", "User-Agent: tea\n", "" },
		{ "SecRule REQUEST_HEADERS:User-Agent \"!@pm tea\" \"id:1,pass\"", "GET /", "User-Agent: x\nA: tea\n",
		  "1" },
	};

	same_with_and_without(rows, sizeof rows / sizeof *rows);
}

/* Rules that only set variables take a short way; what comes behind sees no difference. */
static void quiet_rules(void **state)
{
	static const char set[] = "SecRule &TX:a \"@eq 0\" \"id:1,phase:1,pass,nolog,setvar:tx.a=7\"\n"
				  "SecRule &TX:a \"@eq 0\" \"id:2,phase:1,pass,nolog,setvar:tx.a=8\"\n"
				  "SecAction \"id:3,phase:1,pass,nolog,setvar:tx.b=%{tx.a}1,setvar:tx.c=+2\"\n"
				  "SecRule TX:b \"@eq 71\" \"id:4,phase:1,pass,nolog,setvar:tx.c=+3\"\n"
				  "SecRule TX:none \"@eq 0\" \"id:5,phase:1,pass,nolog,setvar:tx.c=+100\"\n"
				  "SecRule MATCHED_VAR_NAME \"@streq TX:b\" \"id:6,pass\"\n"
				  "SecRule TX:c \"@eq 5\" \"id:8,pass\"\nSecRule TX:a \"@eq 7\" \"id:9,pass\"\n";
	static const char removed[] = "SecAction \"id:1,phase:1,pass,nolog,ctl:ruleRemoveById=2\"\n"
				      "SecAction \"id:2,phase:1,pass,nolog,setvar:tx.a=1\"\n"
				      "SecRule TX:a \"@eq 1\" \"id:3,pass\"\n";
	static const char excluded[] = "SecAction \"id:1,phase:1,pass,nolog,ctl:ruleRemoveTargetById=2;TX:x\"\n"
				       "SecRule &TX:x \"@eq 0\" \"id:2,phase:1,pass,nolog,setvar:tx.a=1\"\n"
				       "SecRule TX:x \"@eq 0\" \"id:3,phase:1,pass,nolog,setvar:tx.a=+2\"\n"
				       "SecRule TX:a \"@eq 1\" \"id:4,pass\"\n";
	static const char names[] =
		"SecRule REQUEST_METHOD \"@streq GET\" "
		"\"id:1,phase:1,pass,nolog,setvar:tx.h_1=a,setvar:tx.h_%{request_method}=b,setvar:tx.x=a\"\n"
		"SecRule TX:/^h_/ \"@rx .\" \"id:2,pass,nolog,setvar:tx.n=+1\"\n"
		"SecRule TX:n \"@eq 2\" \"id:3,pass\"\n";
	static const struct row rows[] = {
		{ set, "GET /", NULL, "6 8 9" },
		{ removed, "GET /", NULL, "" },
		{ excluded, "GET /", NULL, "4" },
		{ names, "GET /", NULL, "3" },
	};

	same_with_and_without(rows, sizeof rows / sizeof *rows);
}

/* Patterns that need no machine give the same groups and the same lines. */
static void simple_patterns(void **state)
{
	static const struct row rows[] = {
		{ "SecRule ARGS \"@rx ^abc\" \"id:1,pass\"", "GET /?a=abcd", NULL, "1" },
		{ "SecRule ARGS \"@rx ^abc\" \"id:1,pass\"", "GET /?a=xabc", NULL, "" },
		{ "SecRule ARGS \"@rx ^abc\" \"id:1,pass\"", "GET /?a=x%0aabc", NULL, "1" },
		{ "SecRule ARGS \"@rx abc$\" \"id:1,pass\"", "GET /?a=abc%0a", NULL, "1" },
		{ "SecRule ARGS \"@rx abc$\" \"id:1,pass\"", "GET /?a=abcx", NULL, "" },
		{ "SecRule ARGS \"@rx ^abc$\" \"id:1,pass\"", "GET /?a=abc", NULL, "1" },
		{ "SecRule ARGS \"@rx ^abc$\" \"id:1,pass\"", "GET /?a=abcabc", NULL, "" },
		{ "SecRule ARGS \"@rx ^$\" \"id:1,pass\"", "GET /?a=%0ax", NULL, "1" },
		{ "SecRule ARGS \"@rx ^$\" \"id:1,pass\"", "GET /?a=x", NULL, "" },
		{ "SecRule ARGS:/^AB/ \"@rx .\" \"id:1,pass\"", "GET /?abc=x", NULL, "1" },
		{ "SecRule ARGS:/^AB/ \"@rx .\" \"id:1,pass\"", "GET /?xab=x", NULL, "" },
		{ "SecRule ARGS:/b$/ \"@rx .\" \"id:1,pass\"", "GET /?aB=x", NULL, "1" },
		{ "SecRule ARGS \"@rx ^.*$\" \"id:1,pass,capture,chain\"\nSecRule TX:0 \"@streq a%0ab\" \"t:none\"",
		  "GET /?a=a%250ab", NULL, "1" },
		{ "SecRule ARGS \"@rx bc\" \"id:1,pass,capture,chain\"\nSecRule TX:0 \"@streq bc\" \"t:none\"",
		  "GET /?a=abcd", NULL, "1" },
	};

	same_with_and_without(rows, sizeof rows / sizeof *rows);
}

/* multiMatch asks about each change; with a plan from the memo. The score tells how often. */
static void many_matches_of_one_value(void **state)
{
	static const char count[] =
		"SecRule ARGS \"@contains a\" \"id:1,pass,nolog,multiMatch,t:none,t:urlDecodeUni,t:lowercase,"
		"t:removeWhitespace,setvar:tx.n=+1\"\n"
		"SecRule TX:n \"@eq 1\" \"id:11,pass\"\nSecRule TX:n \"@eq 2\" \"id:12,pass\"\n"
		"SecRule TX:n \"@eq 3\" \"id:13,pass\"\nSecRule TX:n \"@eq 4\" \"id:14,pass\"\n";
	static const struct row rows[] = {
		{ count, "GET /?x=a", NULL, "11" },   { count, "GET /?x=aB", NULL, "12" },
		{ count, "GET /?x=a+B", NULL, "13" }, { count, "GET /?x=a+B%2541", NULL, "14" },
		{ count, "GET /?x=A", NULL, "11" },
	};

	same_with_and_without(rows, sizeof rows / sizeof *rows);
}

/* Paranoia gates take a short way; ctl and MATCHED_VAR see no difference. */
static void gates(void **state)
{
	static const char gate[] = "SecAction \"id:1,pass,nolog,setvar:tx.detection_paranoia_level=1\"\n"
				   "SecRule TX:DETECTION_PARANOIA_LEVEL \"@lt 1\" \"id:2,pass,nolog,skipAfter:END\"\n"
				   "SecRule ARGS \"@rx x\" \"id:3,pass\"\n"
				   "SecRule TX:DETECTION_PARANOIA_LEVEL \"@lt 2\" \"id:4,pass,nolog,skipAfter:END\"\n"
				   "SecRule ARGS \"@rx x\" \"id:5,pass\"\nSecMarker END\n"
				   "SecRule MATCHED_VAR \"@streq 1\" \"id:6,pass\"\n";
	static const char removed[] =
		"SecAction \"id:1,pass,nolog,setvar:tx.detection_paranoia_level=1,ctl:ruleRemoveById=4\"\n"
		"SecRule TX:DETECTION_PARANOIA_LEVEL \"@lt 2\" \"id:4,pass,nolog,skipAfter:END\"\n"
		"SecRule ARGS \"@rx x\" \"id:5,pass\"\nSecMarker END\n";
	static const char excluded[] =
		"SecAction \"id:1,pass,nolog,setvar:tx.detection_paranoia_level=1,"
		"ctl:ruleRemoveTargetById=4;TX:detection_paranoia_level\"\n"
		"SecRule TX:DETECTION_PARANOIA_LEVEL \"@lt 2\" \"id:4,pass,nolog,skipAfter:END\"\n"
		"SecRule ARGS \"@rx x\" \"id:5,pass\"\nSecMarker END\n";
	static const char other[] =
		"SecAction \"id:1,pass,nolog,setvar:tx.detection_paranoia_level=1,ctl:ruleRemoveTargetById=4;ARGS:a\"\n"
		"SecRule TX:DETECTION_PARANOIA_LEVEL \"@lt 2\" \"id:4,pass,nolog,skipAfter:END\"\n"
		"SecRule ARGS \"@rx x\" \"id:5,pass\"\nSecMarker END\n";
	static const char unset[] = "SecRule TX:DETECTION_PARANOIA_LEVEL \"@lt 2\" \"id:4,pass,nolog,skipAfter:END\"\n"
				    "SecRule ARGS \"@rx x\" \"id:5,pass\"\nSecMarker END\n";
	static const struct row rows[] = {
		{ gate, "GET /?a=x", NULL, "3 6" },   { removed, "GET /?a=x", NULL, "5" },
		{ excluded, "GET /?a=x", NULL, "5" }, { other, "GET /?a=x", NULL, "" },
		{ unset, "GET /?a=x", NULL, "5" },
	};

	same_with_and_without(rows, sizeof rows / sizeof *rows);
}

/* Automata of rare patterns pass over texts of common bytes: what is called rare must not stand in one. */
static void rare_patterns_need_a_rare_byte(void **state)
{
	static const char *const rare[] = { "a=b",         "<x",
					    "[;|&]\\s*id", "(?i)sleep\\s*\\(",
					    "a\\nb",       "x[^a-zA-Z0-9_. ,/\\x80-\\xff-]",
					    "\\x01",       "(?:a=|b;)c*" };
	static const char *const common[] = {
		"abc", "x[^a-z]", "a|b=", "(?:a=)?b", "\\W", "\\xfc", "[;A]", "^", "a.b"
	};

	for (size_t i = 0; i < sizeof rare / sizeof *rare; i++)
		if (!plan__is_rare(slice_str(rare[i])))
			fail_msg("%s is not called rare", rare[i]);
	for (size_t i = 0; i < sizeof common / sizeof *common; i++)
		if (plan__is_rare(slice_str(common[i])))
			fail_msg("%s is called rare", common[i]);
}

/* A pattern like those of evasive shell commands is too large for the database: the automaton has it. */
static void large_patterns(void **state)
{
	char rules[40000] = "SecRule ARGS|REQUEST_HEADERS:User-Agent \"@rx (?i)(?:", *p = rules + strlen(rules);
	static const char *const words[] = {
		"command", "busybox", "strace", "nohup", "timeout", "environment", "watch"
	};
	static const char junk[] =
		"['\\)\\[\\x5c]*(?:(?:(?:\\|\\||&&)[\\s\\x0b]*)?\\$[!#\\(\\*\\-0-9\\?@_a-\\{]*)?\\x5c?";
	struct run run;

	for (size_t i = 0; i < 7; i++)
		for (int twice = 0; twice < 5; twice++) {
			for (const char *w = words[i]; *w; w++)
				p += sprintf(p, "%c%s", *w, junk);
			p += sprintf(p, "%d|", twice);
		}
	p += sprintf(p, "never)\" \"id:1,pass,setvar:tx.n=+1\"");
	assert_true((size_t)(p - rules) < sizeof rules);
	run_init(&run, rules, true);
	assert_true(plan_report(run.plan).automata_steps > 1000);
	assert_int_equal(plan_report(run.plan).always, 0);
	assert_string_equal(run_request(&run, "GET /?a=b%27u%5Cs%27ybox3", NULL, slice_of(NULL, 0)), "1");
	assert_string_equal(run_request(&run, "GET /?a=busybox+3&b=command", NULL, slice_of(NULL, 0)), "");
	assert_string_equal(run_request(&run, "GET /?a=1", "User-Agent: never\nA: never\n", slice_of(NULL, 0)), "1");
	assert_string_equal(run_tx(&run, "n"), "1");
	run_fini(&run);
}

/*
 * A megabyte of hostile body costs what the limit says, and what was begun before it was reached: at most one operator
 * over the largest value, at its highest price. Counted in units of work, not in time.
 */
static void hostile_bodies_cost_bounded_work(void **state)
{
	enum { BODY = 1 << 20, LIMIT = 20000000, HIGHEST_PRICE = 25 };
	static const char *const pieces[] = { "+",     "'",          "%41",       "/*",         "<a ",
					      "..%2f", "&",          "a=b&",      "exec%23()/", "select+",
					      ";c$a",  "%26%23x41;", "union/**/", "\\x41",      "aaaaaaaaab" };
	struct disk disk;

	disk_init(&disk);
	struct rule_set *set =
		disk_debian_crs(&disk, "SecSeawallWorkLimit 20000000\nSecRequestBodyAccess On\n"
				       "SecRequestBodyNoFilesLimit 2000000\nSecRequestBodyLimit 2000000\n");
	if (!set) {
		disk_fini(&disk);
		skip();
	}
	struct plan *plan;
	struct diag d;
	struct run run;
	size_t stopped = 0;
	char *body = malloc(BODY + 16);
	diag_init(&d);
	assert_int_equal(plan_new(set, 1, &plan, &d), OK);
	run_init_set(&run, set, plan);
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
		size_t n = (size_t)sprintf(body, "a=");
		for (; n < BODY; n += strlen(pieces[i]))
			memcpy(body + n, pieces[i], strlen(pieces[i]));
		run_request(&run, "POST /", "Content-Type: application/x-www-form-urlencoded\nHost: a\n",
			    slice_of(body, n));
		stopped += eval_exhausted(run.e);
		if (eval_work(run.e) > LIMIT + (uint64_t)BODY * HIGHEST_PRICE)
			fail_msg("%s: %llu units", pieces[i], (unsigned long long)eval_work(run.e));
	}
	assert_true(stopped > 3); /* or nothing was measured */
	free(body);
	run_fini(&run);
	disk_fini(&disk);
}

int test_plan(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(case_is_kept),
		cmocka_unit_test(edges_of_values),
		cmocka_unit_test(segments),
		cmocka_unit_test(negated_phrases),
		cmocka_unit_test(gates),
		cmocka_unit_test(large_patterns),
		cmocka_unit_test(rare_patterns_need_a_rare_byte),
		cmocka_unit_test(simple_patterns),
		cmocka_unit_test(quiet_rules),
		cmocka_unit_test(many_matches_of_one_value),
		cmocka_unit_test(hostile_bodies_cost_bounded_work),
	};

	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
