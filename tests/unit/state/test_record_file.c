/* SPDX-License-Identifier: Apache-2.0 */
/* test_record_file: zone files in and out, and records as members of plan items. */
#include "test_state.h"

#include "state/account.h"
#include "state/record_file.h"
#include "state/record_plan.h"
#include "state/resolved.h"

#include <stdio.h>
#include <stdlib.h>

static const struct ip edge = { 4, { 198, 51, 100, 1 } };
static const struct state_record_rules rules = { false, &edge, 1 };

static struct state_zone zone_new(struct state *st, const char *name)
{
	struct state_zone z = { .type = "full", .status = "active" };
	struct state_account a;

	snprintf(z.name, sizeof(z.name), "%s", name);
	assert_int_equal(state_account_get(st, &a), OK);
	memcpy(z.account, a.id, sizeof z.account);
	assert_int_equal(state_zone_add(st, &z), OK);
	return z;
}

static enum err take(struct state *st, const struct state_zone *z, struct slice text, bool proxied,
		     struct state_record_file_result *ret, struct state_refusal *why)
{
	const struct state_record_file_how how = { &rules, proxied };

	memset(why, 0, sizeof(*why));
	return state_record_file_read(st, z, &how, text, ret, why);
}

static const char file[] = "$TTL 1h\n"
			   "@ IN SOA ns.old.net. h.old.net. 1 2 3 4 5\n"
			   "@ NS ns.old.net.\n"
			   "www 60 A 192.0.2.1 ; front page cf_tags=env:prod,x:\"a,b\",cf-proxied:true\n"
			   "api A 192.0.2.2 ; cf_tags=cf-proxied:false\n"
			   "v6 1 AAAA 2001:db8::1\n"
			   "mail MX 10 mx.other.net.\n"
			   "@ TXT \"v=spf1 -all\" \"two\"\n"
			   "alias 10 CNAME target.other.net. ; cf_tags=cf-flatten-cname\n"
			   "_s._tcp SRV 1 2 443 api\n"
			   "@ CAA 0 issue \"ca.example\"\n"
			   "slip CNAME app.example.net\n";

static void in_and_out(void **state)
{
	struct state *st = test_state_new();
	struct state_record_file_result r;
	struct state_refusal why;
	struct buf first, second;
	json_t *ns = json_pack("[ss]", "a.ns.test", "b.ns.test");

	test_state_begin(st);
	struct state_zone z = zone_new(st, "example.com");

	if (take(st, &z, slice_str(file), false, &r, &why) != OK)
		fail_msg("%s", why.text);
	assert_int_equal(r.parsed, 11);
	assert_int_equal(r.added, 9);
	assert_int_equal(json_array_size(r.warnings), 1);
	assert_non_null(
		strstr(json_string_value(json_array_get(r.warnings, 0)), "\"app.example.net.\" was probably meant"));
	json_decref(r.warnings);
	/* Again: everything is there. */
	assert_int_equal(take(st, &z, slice_str(file), false, &r, &why), OK);
	assert_int_equal(r.parsed, 11);
	assert_int_equal(r.added, 0);
	json_decref(r.warnings);
	/* What is written makes the same zone. */
	buf_init(&first, 1 << 20);
	buf_init(&second, 1 << 20);
	assert_int_equal(state_record_file_write(st, &z, ns, &first), OK);
	assert_true(slice_contains(buf_slice(&first), SLICE("www.example.com.\t1\tIN\tA\t192.0.2.1 ; front page "
							    "cf_tags=env:prod,x:\"a,b\",cf-proxied:true\n")));
	assert_true(slice_contains(buf_slice(&first), SLICE("alias.example.com.\t30\tIN\tCNAME\ttarget.other.net. ; "
							    "cf_tags=cf-proxied:false,cf-flatten-cname\n")));
	assert_true(slice_contains(buf_slice(&first), SLICE("IN\tSOA\ta.ns.test. hostmaster.example.com. ")));
	assert_int_equal(state_zone_remove(st, z.id), OK);
	z = zone_new(st, "example.com");
	if (take(st, &z, buf_slice(&first), false, &r, &why) != OK)
		fail_msg("%s", why.text);
	assert_int_equal(r.added, 9);
	json_decref(r.warnings);
	assert_int_equal(state_record_file_write(st, &z, ns, &second), OK);
	assert_true(slice_eq(buf_slice(&first), buf_slice(&second)));
	buf_fini(&first);
	buf_fini(&second);
	json_decref(ns);
	state_rollback(st);
	state_close(st);
}

static void refused_files(void **state)
{
	static const struct {
		const char *text;
		int code;
		const char *part;
	} rows[] = {
		{ "a A 192.0.2.1\n$INCLUDE x\n", 1004, "line 2, column 1: $INCLUDE directive not allowed" },
		{ "a A 192.0.2.1\nb A 192.0.2\n", 1004, "line 2, column 5" },
		{ "a A 192.0.2.1\na CNAME x.net.\n", 81053,
		  "line 2: An A, AAAA, or CNAME record with that host already "
		  "exists." },
		{ "a.other.net. A 192.0.2.1\n", 1004, "line 1: a.other.net does not lie in the zone example.com" },
		{ "a HINFO x y\n", 1004, "line 1: records of type HINFO are not taken" },
		{ "a\\.b A 192.0.2.1\n", 9000, "line 1: DNS name is invalid" },
		{ "a A 127.0.0.1 ; cf_tags=cf-proxied:true\n", 9003, "line 1: Target 127.0.0.1 is not allowed" },
		{ "a A 192.0.2.1 ; cf_tags=b@d\n", 9301, "line 1: a tag is" },
	};
	struct state *st = test_state_new();

	test_state_begin(st);
	struct state_zone z = zone_new(st, "example.com");

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct state_record_file_result r;
		struct state_refusal why;

		assert_int_equal(store_save(st->store), OK);
		assert_int_equal(take(st, &z, slice_str(rows[i].text), false, &r, &why), ERR_PLAN);
		if (why.code != rows[i].code || !strstr(why.text, rows[i].part))
			fail_msg("%s: got %d \"%s\"", rows[i].text, why.code, why.text);
		json_decref(r.warnings);
		store_undo(st->store);
	}
	state_rollback(st);
	state_close(st);
}

static json_t *plan_of(struct state *st, const struct state_zone *z, bool flatten_all)
{
	const struct state_record_plan_how how = { &rules, flatten_all, false };
	struct state_record_plan p;

	assert_int_equal(state_record_plan_make(st, z, &how, &p), OK);
	return json_pack("{s:o,s:o,s:o,s:o}", "records", p.records, "proxied", p.proxied, "flatten", p.flatten, "hosts",
			 p.hosts);
}

static void assert_member(json_t *plan, const char *member, const char *want)
{
	char *got = json_dumps(json_object_get(plan, member), JSON_COMPACT | JSON_SORT_KEYS), quoted[2048];

	snprintf(quoted, sizeof(quoted), "%s", want);
	for (char *p = quoted; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	if (strcmp(got, quoted))
		fail_msg("%s: got %s, want %s", member, got, quoted);
	free(got);
}

static const char plan_file[] = "$TTL 300\n@ NS ns.old.net.\n"
				"@ CNAME apex.other.net.\n"
				"@ MX 1 mx.other.net.\n"
				"p 60 A 192.0.2.1 ; cf_tags=cf-proxied:true\n"
				"p A 192.0.2.2\n"
				"p TXT x\n"
				"q CNAME app.other.net. ; cf_tags=cf-proxied:true\n"
				"own CNAME p ; cf_tags=cf-proxied:true\n"
				"loop1 CNAME loop2 ; cf_tags=cf-proxied:true\n"
				"loop2 CNAME loop1\n"
				"self A 198.51.100.1\n"
				"f 30 CNAME flat.other.net. ; cf_tags=cf-flatten-cname\n"
				"www CNAME plain.other.net.\n";

static void members_of_the_plan(void **state)
{
	struct state *st = test_state_new();
	struct state_record_file_result r;
	struct state_refusal why;
	struct state_resolved known;

	test_state_begin(st);
	struct state_zone z = zone_new(st, "example.com");
	if (take(st, &z, slice_str(plan_file), false, &r, &why) != OK)
		fail_msg("%s", why.text);
	json_decref(r.warnings);

	/* Nothing is known of other names yet; by asking they became wanted. */
	json_t *plan = plan_of(st, &z, false);
	assert_member(
		plan, "proxied",
		"[{'name':'loop1.example.com'},{'name':'own.example.com'},{'name':'p.example.com'},{'name':'q.example."
		"com'}]");
	assert_member(plan, "hosts",
		      "[{'name':'loop1.example.com','origin_error':1000},"
		      "{'name':'own.example.com','origin_name':'p.example.com','origins':['192.0.2.1','192.0.2.2']},"
		      "{'name':'p.example.com','origins':['192.0.2.1','192.0.2.2']},"
		      "{'name':'q.example.com','origin_error':1016}]");
	assert_member(
		plan, "flatten",
		"[{'name':'example.com','ttl':300,'unresolved':true},{'name':'f.example.com','ttl':30,'unresolved':"
		"true}]");
	assert_member(plan, "records",
		      "[{'name':'example.com','rdata':'1 mx.other.net.','ttl':300,'type':'MX'},"
		      "{'name':'loop2.example.com','rdata':'loop1.example.com.','ttl':300,'type':'CNAME'},"
		      "{'name':'p.example.com','rdata':'\\\"x\\\"','ttl':300,'type':'TXT'},"
		      "{'name':'self.example.com','rdata':'198.51.100.1','ttl':300,'type':'A'},"
		      "{'name':'www.example.com','rdata':'plain.other.net.','ttl':300,'type':'CNAME'}]");
	json_decref(plan);

	/* The resolver tells: addresses, one of them this edge's own; no addresses at all; a failure after an answer.
	 */
	int64_t due;
	char names[4][STATE_NAME_BYTES];
	assert_int_equal(state_resolved_due(st, TEST_NOW_MS, names, 4, &due), 3);
	assert_true(due == INT64_MAX);
	assert_int_equal(state_resolved_due(st, TEST_NOW_MS, names, 1, &due), 1);
	assert_true(due == TEST_NOW_MS);
	assert_int_equal(state_resolved_due(st, TEST_NOW_MS - 1, names, 4, &due), 0);
	assert_true(due == TEST_NOW_MS);
	assert_int_equal(state_resolved_want(st, "apex.other.net", &known), OK);
	known.known = true;
	known.ttl = 20;
	known.a_n = 2;
	assert_int_equal(ip_parse(SLICE("192.0.2.9"), &known.a[0]), OK);
	known.a[1] = edge;
	known.good_ms = TEST_NOW_MS;
	known.due_ms = TEST_NOW_MS + 20000;
	assert_int_equal(state_resolved_save(st, &known), OK);
	assert_int_equal(state_resolved_want(st, "flat.other.net", &known), OK);
	known.known = true;
	known.ttl = 60;
	known.good_ms = TEST_NOW_MS;
	assert_int_equal(state_resolved_save(st, &known), OK);
	assert_int_equal(state_resolved_want(st, "app.other.net", &known), OK);
	known.known = true;
	known.a_n = 1;
	known.a[0] = edge;
	known.good_ms = TEST_NOW_MS;
	assert_int_equal(state_resolved_save(st, &known), OK);
	plan = plan_of(st, &z, true);
	assert_member(plan, "flatten",
		      "[{'a':['192.0.2.9'],'aaaa':[],'name':'example.com','ttl':20},"
		      "{'a':[],'aaaa':[],'name':'f.example.com','ttl':30},"
		      "{'name':'loop2.example.com','ttl':300,'unresolved':true},"
		      "{'name':'www.example.com','ttl':300,'unresolved':true}]");
	char *hosts = json_dumps(json_object_get(plan, "hosts"), JSON_COMPACT);
	assert_non_null(strstr(hosts, "{\"name\":\"q.example.com\",\"origin_error\":1000}"));
	free(hosts);
	json_decref(plan);

	/* The last good answer serves for a day through failures, with a short TTL. */
	assert_int_equal(state_resolved_want(st, "apex.other.net", &known), OK);
	known.failures = 3;
	assert_int_equal(state_resolved_save(st, &known), OK);
	state_at(st, TEST_NOW_MS + STATE_RESOLVED_STALE_MS - 1);
	assert_int_equal(state_resolved_want(st, "apex.other.net", &known), OK);
	assert_true(known.known && known.a_n == 2 && known.ttl == 30);
	state_at(st, TEST_NOW_MS + STATE_RESOLVED_STALE_MS);
	assert_int_equal(state_resolved_want(st, "apex.other.net", &known), OK);
	assert_false(known.known);

	/* While the zone is pending or paused, everything is answered as it is stored. */
	z.paused = true;
	plan = plan_of(st, &z, false);
	assert_member(plan, "proxied", "[]");
	assert_member(plan, "hosts", "[]");
	assert_int_equal(json_array_size(json_object_get(plan, "records")), 10);
	json_decref(plan);

	bool used;
	st->touched_n = 0;
	assert_int_equal(state_resolved_used(st, "apex.other.net", true, &used), OK);
	assert_true(used && st->touched_n == 1);
	assert_int_equal(state_resolved_used(st, "unknown.other.net", true, &used), OK);
	assert_false(used);
	state_rollback(st);
	state_close(st);
}

int test_record_file(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_and_out),
		cmocka_unit_test(refused_files),
		cmocka_unit_test(members_of_the_plan),
	};

	return cmocka_run_group_tests_name("record_file", tests, NULL, NULL);
}
