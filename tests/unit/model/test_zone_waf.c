/* SPDX-License-Identifier: Apache-2.0 */
/* test_zone_waf: the member `waf` of a zone, exclusions, ids of managed rules, and the item that carries rule files. */
#include "test_model.h"

#include "base/limits.h"
#include "model/rule.h"
#include "model/rule_managed.h"
#include "model/waf_item.h"
#include "model/zone_json.h"
#include "model/zone_waf.h"

#include <stdio.h>
#include <string.h>

/* A zone with these members; NULL with the place of the refusal in d. */
static struct zone *zone_with(const char *members, struct diag *d)
{
	char json[4096];
	struct limits limits;
	struct zone *z = NULL;

	limits_init(&limits);
	diag_init(d);
	snprintf(json, sizeof json,
		 "{\"kind\":\"zone\",\"name\":\"a.test\",\"hosts\":[{\"name\":\"a.test\",\"origins\":[\"192.0.2.1:80\"]"
		 "}]%s}",
		 members);
	return zone_from_json(slice_str(json), 1, &limits, &z, d) == OK ? z : NULL;
}

static void members_are_read(void **state)
{
	struct diag d;
	struct zone *z = zone_with(
		",\"waf\":{\"mode\":\"enforce\",\"paranoia_level\":3,\"inbound_threshold\":7,\"rulesets\":[\"owasp\"],"
		"\"answers\":true,\"exclusions\":[{\"rule\":942100,\"path\":\"/a*\",\"parameter\":\"args:q\"}]},"
		"\"waf_exclusions\":[{\"id\":\"x\",\"parameter\":\"REQUEST_COOKIES\"}]",
		&d);

	assert_non_null(z);
	const struct zone_waf *w = z->waf;
	assert_true(w->mode == ZONE_WAF_ENFORCE && w->level == 3 && w->inbound == 7 && w->outbound == 0 && w->answers);
	assert_int_equal(w->sets, ZONE_WAF_OWASP);
	assert_int_equal(w->exclusions_n, 2);
	assert_true(w->exclusions[0].rule == 942100 && w->exclusions[0].prefix &&
		    slice_eq(w->exclusions[0].path, SLICE("/a")));
	assert_true(slice_eq(w->exclusions[0].variable, SLICE("ARGS")) && slice_eq(w->exclusions[0].name, SLICE("q")));
	assert_true(w->exclusions[1].rule == 0 && slice_eq(w->exclusions[1].id, SLICE("x")));
	assert_int_equal(zone_waf_levels(z), 1u << 3);
	zone_unref(z);
	z = zone_with("", &d);
	assert_true(z && !z->waf && zone_waf_levels(z) == 0);
	zone_unref(z);
	z = zone_with(",\"waf_standard\":true", &d);
	assert_true(z && z->waf && z->waf->standard && z->waf->mode == ZONE_WAF_OFF && zone_waf_levels(z) == 1);
	zone_unref(z);
	z = zone_with(",\"waf_standard\":true,\"waf\":{\"mode\":\"off\"}", &d); /* who speaks decides */
	assert_true(z && z->waf && !z->waf->standard && zone_waf_levels(z) == 0);
	zone_unref(z);
}

static void wrong_members_are_refused(void **state)
{
	static const char *const rows[][2] = {
		{ ",\"waf\":{}", "waf" },
		{ ",\"waf\":{\"mode\":\"on\"}", "waf.mode" },
		{ ",\"waf\":{\"mode\":\"off\",\"paranoia_level\":5}", "waf.paranoia_level" },
		{ ",\"waf\":{\"mode\":\"off\",\"inbound_threshold\":0}", "waf.inbound_threshold" },
		{ ",\"waf\":{\"mode\":\"off\",\"rulesets\":[\"x\"]}", "waf.rulesets" },
		{ ",\"waf\":{\"mode\":\"off\",\"exclusions\":[{\"path\":\"/\"}]}", "waf.exclusions[0]" },
		{ ",\"waf\":{\"mode\":\"off\",\"exclusions\":[{\"rule\":1,\"path\":\"a\"}]}",
		  "waf.exclusions[0].path" },
		{ ",\"waf_exclusions\":[{\"rule\":1,\"parameter\":\"TX:a\"}]", "waf_exclusions[0].parameter" },
		{ ",\"waf_exclusions\":[{\"rule\":1,\"more\":2}]", "waf_exclusions[0].more" },
	};
	struct diag d;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_null(zone_with(rows[i][0], &d));
		if (strncmp(d.where, rows[i][1], strlen(rows[i][1])) != 0)
			fprintf(stderr, "row %zu: %s: %s\n", i, d.where, d.text);
		assert_int_equal(strncmp(d.where, rows[i][1], strlen(rows[i][1])), 0);
	}
}

static void managed_rules_are_read(void **state)
{
	struct diag d;
	struct zone *z =
		zone_with(",\"rulesets\":{\"http_request_firewall_managed\":[{\"action\":\"execute\",\"expression\":"
			  "\"true\",\"action_parameters\":"
			  "{\"id\":\"" RULE_MANAGED_OWASP_ID
			  "\",\"overrides\":{\"categories\":[{\"category\":\"paranoia-level-2\",\"enabled\":true},"
			  "{\"category\":\"attack-sqli\",\"action\":\"log\"}],\"rules\":[{\"id\":"
			  "\"6179ae15870a4bb7b2d480d4843b323c\","
			  "\"score_threshold\":25}]}}}]}",
			  &d);

	assert_non_null(z);
	const struct rule_managed *m = z->book->phases[RULE_PHASE_MANAGED].rules[0].managed;
	assert_true(m->sets == ZONE_WAF_OWASP && m->mode == ZONE_WAF_ENFORCE && m->level == 2 && m->inbound == 25);
	assert_int_equal(m->overrides_n, 1);
	assert_int_equal(m->overrides[0].does, RULE_MANAGED_LOG);
	assert_int_equal(zone_waf_levels(z), 1u << 2);
	zone_unref(z);
}

static void ids_go_there_and_back(void **state)
{
	static const uint32_t numbers[] = { 1, 949110, 942100, 5001001, UINT32_MAX };
	char id[RULE_MANAGED_ID_BYTES];
	uint32_t got;

	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		rule_managed_id(numbers[i], id);
		assert_int_equal(strlen(id), 32);
		assert_true(rule_managed_number(slice_str(id), &got) && got == numbers[i]);
	}
	assert_false(rule_managed_number(SLICE("5ea0a11000004000a0000000xxxxxxxx"), &got));
	assert_false(rule_managed_number(SLICE("5ea0a11000004000a000000000000000"), &got));
	assert_false(rule_managed_number(SLICE(""), &got));
}

static void files_travel_as_they_are(void **state)
{
	struct slice load[] = { SLICE("/r/a.conf") }, paths[] = { SLICE("/r/a.conf"), SLICE("/r/b.conf") };
	struct waf_file files[] = { { SLICE("/r/a.conf"), SLICE("SecRule \"é\"\n") },
				    { SLICE("/r/b.data"), SLICE("\xff\0x\n") } };
	struct waf_glob globs[] = { { SLICE("/r/*.conf"), paths, 2 } };
	const struct waf_item item = { .name = SLICE("rules"),
				       .load = load,
				       .load_n = 1,
				       .files = files,
				       .files_n = 2,
				       .globs = globs,
				       .globs_n = 1 };
	struct waf_item *back;
	struct diag d;
	struct buf b;

	diag_init(&d);
	buf_init(&b, 1 << 20);
	assert_int_equal(waf_item_write(&item, &b), OK);
	assert_int_equal(waf_item_from_json(buf_slice(&b), &back, &d), OK);
	assert_true(slice_eq(back->load[0], load[0]) && back->files_n == 2 && back->globs_n == 1);
	assert_true(slice_eq(waf_item_file(back, SLICE("/r/b.data"))->bytes, files[1].bytes));
	assert_true(slice_eq(waf_item_file(back, SLICE("/r/a.conf"))->bytes, files[0].bytes));
	assert_true(slice_eq(back->globs[0].paths[1], paths[1]));
	assert_null(waf_item_file(back, SLICE("/r/c")));
	waf_item_free(back);
	buf_fini(&b);
	assert_int_equal(
		waf_item_from_json(SLICE("{\"kind\":\"waf\",\"name\":\"r\",\"load\":[1],\"files\":[],\"globs\":[]}"),
				   &back, &d),
		ERR_PLAN);
	assert_string_equal(d.where, "load[0]");
	diag_init(&d);
	assert_int_equal(waf_item_from_json(SLICE("{\"kind\":\"waf\",\"name\":\"r\",\"load\":[],\"files\":[{\"path\":"
						  "\"a\"}],\"globs\":[]}"),
					    &back, &d),
			 ERR_PLAN);
	assert_string_equal(d.where, "files[0]");
}

int test_zone_waf(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_are_read),         cmocka_unit_test(wrong_members_are_refused),
		cmocka_unit_test(managed_rules_are_read),   cmocka_unit_test(ids_go_there_and_back),
		cmocka_unit_test(files_travel_as_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
