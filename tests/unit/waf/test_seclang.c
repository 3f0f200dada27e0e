/* SPDX-License-Identifier: Apache-2.0 */
/* The reader of rules: what it makes of directives, what it refuses and where, and Debian's Core Rule Set as a whole.
 */
#include "groups.h"

#include "disk.h"
#include "waf/regex.h"

#include <stdio.h>
#include <string.h>

static enum err load(const char *text, struct rule_set **ret, struct diag *d)
{
	struct rule_set *set = rule_set_new();
	struct seclang *l = seclang_new(set, NULL);

	diag_init(d);
	enum err e = seclang_load(l, slice_str(text), "t.conf", d);
	if (e == OK)
		e = seclang_finish(l, d);
	seclang_free(l);
	*ret = set;
	return e;
}

static struct rule_set *good(const char *text)
{
	struct rule_set *set;
	struct diag d;

	if (load(text, &set, &d) != OK) {
		fprintf(stderr, "%s: %s\n", d.where, d.text);
		fail();
	}
	return set;
}

static void a_rule_is_read(void **state)
{
	struct rule_set *set =
		good("SecRule ARGS|!ARGS:pass|&REQUEST_HEADERS:Host|ARGS_NAMES:/^(a|b)$/|XML:/* \"!@rx a\\\"b|c\" \\\n"
		     "   \"id:17,\\\n\tphase:request,deny,status:403,t:none,t:lowercase,\\\n"
		     "   msg:'It\\'s, "
		     "%{MATCHED_VAR}',tag:'x/y',severity:CRITICAL,setvar:'tx.Score=+%{tx.five}',capture\"\n");
	const struct rule *r = rule_set_find(set, 17);

	assert_non_null(r);
	assert_int_equal(r->phase, 2);
	assert_int_equal(r->line, 1);
	assert_int_equal(r->targets_n, 5);
	assert_true(r->targets[1].exclude && slice_eq(r->targets[1].name, SLICE("pass")));
	assert_true(r->targets[2].count && slice_eq(r->targets[2].name, SLICE("host")));
	assert_true(slice_eq(regex_source(r->targets[3].regex), SLICE("^(a|b)$")));
	assert_true(r->op.negated && slice_eq(r->op.arg.source, SLICE("a\"b|c")));
	assert_true(slice_eq(r->msg.source, SLICE("It's, %{MATCHED_VAR}")));
	assert_int_equal(r->msg.n, 2);
	assert_int_equal(r->transforms_n, 1);
	assert_int_equal(r->severity, 2);
	assert_int_equal(r->disrupt, DISRUPT_DENY);
	assert_int_equal(r->status, 403);
	assert_true(r->capture && r->log && r->audit);
	assert_int_equal(r->actions->how, SETVAR_ADD);
	assert_int_equal(r->actions->slot, rule_set_slot_find(set, SLICE("score")));
	rule_set_free(set);
}

static void chains_markers_and_defaults(void **state)
{
	struct rule_set *set = good("SecDefaultAction \"phase:1,nolog,auditlog,deny\"\n"
				    "SecRule TX:A \"@lt 1\" \"id:1,phase:1,pass,nolog,skipAfter:END\"\n"
				    "SecRule ARGS x \"id:2,phase:1,block,chain\"\n  SecRule ARGS y\n"
				    "SecAction \"id:3,phase:2,pass,nolog\"\n"
				    "SecMarker \"END\"\nSecAction \"id:4,phase:1\"\n");

	assert_int_equal(set->phase_n[1], 3);
	assert_int_equal(set->phase[1][0]->skip_to, 2);
	assert_non_null(set->phase[1][1]->link);
	assert_int_equal(set->phase[1][1]->link->id, 2);
	assert_int_equal(set->phase[1][1]->link->phase, 1);
	assert_int_equal(set->phase[1][1]->disrupt, DISRUPT_BLOCK);
	assert_int_equal(set->phase[1][2]->disrupt, DISRUPT_DENY);
	assert_false(set->phase[1][1]->log);
	rule_set_free(set);
}

static void updates_and_removals(void **state)
{
	struct rule_set *set =
		good("SecRuleUpdateTargetById 1-2 \"!ARGS:token,!REQUEST_COOKIES:/^_ga/\"\n"
		     "SecRule ARGS x \"id:1,deny,tag:a\"\nSecRule ARGS x \"id:2,deny,msg:'Foo bar'\"\n"
		     "SecRule ARGS x \"id:3,deny,tag:attack-sqli\"\nSecRule ARGS x \"id:9,deny,t:lowercase\"\n"
		     "SecRuleRemoveByTag \"^attack-\"\nSecRuleRemoveByMsg \"oo\"\nSecRuleRemoveById 77 80-90\n"
		     "SecRuleUpdateActionById 9 \"pass,t:none,t:hexEncode,status:404\"\n");
	const struct rule *one = rule_set_find(set, 1), *nine = rule_set_find(set, 9);

	assert_int_equal(one->targets_n, 3);
	assert_true(one->targets[1].exclude && one->targets[2].exclude && one->targets[2].regex);
	assert_true(rule_set_find(set, 2)->removed && rule_set_find(set, 3)->removed && !one->removed);
	assert_int_equal(set->phase_n[2], 2);
	assert_int_equal(nine->disrupt, DISRUPT_PASS);
	assert_int_equal(nine->transforms_n, 1);
	assert_int_equal(nine->transforms[0], TRANSFORM_HEX_ENCODE);
	assert_int_equal(set->notes_n, 2); /* 77 and 80-90 mean no rule */
	rule_set_free(set);
}

static void faults_name_file_and_line(void **state)
{
	static const struct {
		const char *text, *where, *what;
	} rows[] = {
		{ "\n\nSecFoo on", "t.conf:3", "SecFoo is not supported" },
		{ "SecRule ARGS \"@foo x\" \"id:1\"", "t.conf:1", "@foo is not supported" },
		{ "# x\nSecRule NOPE x \"id:1\"", "t.conf:2", "variable NOPE" },
		{ "SecRule ARGS \\\n \"@rx (\" \\\n \"id:1\"\n", "t.conf:1", "pattern refused at byte 1" },
		{ "SecRule ARGS x \"id:1,exec:/bin/sh\"", "t.conf:1", "exec is not supported" },
		{ "SecRule ARGS x \"id:1,t:rot13\"", "t.conf:1", "rot13" },
		{ "SecRule ARGS x \"deny\"", "t.conf:1", "no id" },
		{ "SecRule ARGS x \"id:1,chain\"", "t.conf:1", "no rule follows" },
		{ "SecRule ARGS x \"id:1,chain\"\nSecRule ARGS x \"id:2\"", "t.conf:2", "only the first" },
		{ "SecRule ARGS x \"id:1,skipAfter:X\"\n", "t.conf:1", "no such SecMarker" },
		{ "SecMarker X\nSecRule ARGS x \"id:1,skipAfter:X\"\n", "t.conf:2", "no such SecMarker" },
		{ "SecRule ARGS x \"id:1\"\nSecRule ARGS x \"id:1\"\n", "t.conf:2", "already" },
		{ "SecRule ARGS x \"id:1,ctl:fooBar=1\"", "t.conf:1", "ctl:" },
		{ "SecRule ARGS x \"id:1,phase:7\"", "t.conf:1", "phases are" },
		{ "SecRule REQUEST_URI:x y \"id:1\"", "t.conf:1", "takes no name" },
		{ "SecRule XML://foo y \"id:1\"", "t.conf:1", "only XML:" },
		{ "SecRule ARGS \"x \"id:1\"\n", "t.conf:1", "not a number" },
		{ "SecRule ARGS \"x\n", "t.conf:1", "not closed" },
		{ "SecRule REMOTE_ADDR \"@ipMatch 1.2.3.4.5\" \"id:1\"\n", "t.conf:1", "not an address" },
		{ "SecRule ARGS \"@pmFromFile x.data\" \"id:1\"\n", "t.conf:1", "files cannot be read" },
		{ "SecRuleEngine maybe\n", "t.conf:1", "maybe" },
		{ "Include x.conf\n", "t.conf:1", "files cannot be read" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct rule_set *set;
		struct diag d;
		assert_int_not_equal(load(rows[i].text, &set, &d), OK);
		if (strcmp(d.where, rows[i].where) || !strstr(d.text, rows[i].what)) {
			fprintf(stderr, "row %zu: %s: %s\n", i, d.where, d.text);
			fail();
		}
		rule_set_free(set);
	}
}

/* The package is a test dependency: its absence is a failure, not a reason to skip. */
static void debian_crs_is_read_whole(void **state)
{
	struct disk disk;

	disk_init(&disk);
	struct rule_set *set = disk_debian_crs(&disk, "");
	assert_non_null(set);
	size_t rules = 0, links = 0, chains = 0, markers = 0;
	for (size_t i = 0; i < set->rules_n; i++) {
		const struct rule *first = set->rules[i];
		markers += first->is_marker;
		rules += !first->is_marker;
		chains += first->link != NULL;
		for (const struct rule *r = first; r && !first->is_marker; r = r->link)
			links++;
	}
	assert_int_equal(markers, 40);
	assert_int_equal(links, 800);
	assert_int_equal(rules, 634);
	assert_int_equal(chains, 115);
	for (int p = 1; p <= RULE_PHASES; p++)
		assert_true(set->phase_n[p] > (p == 3 ? 0 : 10));
	rule_set_free(set);
	disk_fini(&disk);
}

int test_seclang(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rule_is_read),           cmocka_unit_test(chains_markers_and_defaults),
		cmocka_unit_test(updates_and_removals),     cmocka_unit_test(faults_name_file_and_line),
		cmocka_unit_test(debian_crs_is_read_whole),
	};

	return cmocka_run_group_tests_name("seclang", tests, NULL, NULL);
}
