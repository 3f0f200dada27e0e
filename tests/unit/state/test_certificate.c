/* SPDX-License-Identifier: Apache-2.0 */
/* test_certificate: which names need a certificate, what is due, what is gone, proofs in the zone. */
#include "test_state.h"

#include "base/mem.h"
#include "state/account.h"
#include "state/certificate.h"
#include "state/custom_certificate.h"

#include <stdio.h>

static struct state_zone a_zone(struct state *st, const char *name)
{
	struct state_zone z = { .type = "full", .status = "active" };
	struct state_account a;

	assert_int_equal(state_account_get(st, &a), OK);
	memcpy(z.account, a.id, sizeof z.account);
	snprintf(z.name, sizeof z.name, "%s", name);
	assert_int_equal(state_zone_add(st, &z), OK);
	return z;
}

/* Plans with these hosts, comma-separated. */
static void plan(struct state *st, const struct state_zone *z, const char *hosts, bool dns)
{
	const struct state_certificate_how how = { .dns = dns };
	json_t *list = json_array();
	struct slice rest = slice_str(hosts);

	while (rest.n) {
		struct slice one = slice_split(&rest, ',');
		json_array_append_new(list, json_pack("{s:s%}", "name", one.p, one.n));
	}
	assert_int_equal(state_certificate_plan(st, z, list, &how), OK);
	json_decref(list);
}

/* The sets of names that are wanted, as text. */
static const char *wanted(struct state *st, const struct state_zone *z)
{
	static char text[600];
	json_t *packs, *pack;
	size_t i, n = 0;

	text[0] = '\0';
	assert_int_equal(state_certificate_json(st, z->id, NULL, &packs), OK);
	json_array_foreach(packs, i, pack)
	{
		char one[300] = "";
		size_t got = json_dumpb(json_object_get(pack, "hosts"), one, sizeof one - 1, JSON_COMPACT);
		n += (size_t)snprintf(text + n, sizeof text - n, "%.*s ", (int)got, one);
	}
	json_decref(packs);
	return text;
}

static void names_follow_the_proxied_hosts(void **state)
{
	struct state *st = test_state_new();

	test_state_begin(st);
	struct state_zone z = a_zone(st, "a.test");
	plan(st, &z, "", true);
	assert_string_equal(wanted(st, &z), "");
	plan(st, &z, "www.a.test,a.test,x.y.a.test,*.y.a.test", true);
	assert_string_equal(wanted(st, &z), "[\"*.y.a.test\"] [\"a.test\",\"*.a.test\"] [\"x.y.a.test\"] ");
	plan(st, &z, "www.a.test", true);
	assert_string_equal(wanted(st, &z), "[\"a.test\",\"*.a.test\"] ");
	/* By HTTP each name by itself, and no wildcard. */
	plan(st, &z, "www.a.test,*.a.test,a.test", false);
	assert_string_equal(wanted(st, &z), "[\"a.test\"] [\"www.a.test\"] ");
	state_rollback(st);
	state_close(st);
}

static enum err count_gone(void *arg, const struct state_certificate *c, bool gone)
{
	int *n = arg;

	n[gone]++;
	return OK;
}

static void a_row_is_due_had_and_gone(void **state)
{
	struct state *st = test_state_new();
	char ids[4][STATE_ID_BYTES];
	struct state_certificate c;
	int64_t next;
	int n[2] = { 0 };

	test_state_begin(st);
	struct state_zone z = a_zone(st, "a.test");
	plan(st, &z, "www.a.test", true);
	assert_int_equal(state_certificate_due(st, TEST_NOW_MS - 1, ids, 4, &next), 0);
	assert_int_equal(next, TEST_NOW_MS);
	assert_int_equal(state_certificate_due(st, TEST_NOW_MS, ids, 4, &next), 1);
	assert_true(next == INT64_MAX);
	assert_int_equal(state_certificate_get(st, ids[0], &c), OK);
	assert_string_equal(c.zone_name, "a.test");
	assert_int_equal(json_array_size(c.hosts), 2);
	mem_free(c.chain);
	c.chain = mem_dup(SLICE("-----BEGIN"));
	c.due_ms = TEST_NOW_MS + 5000;
	c.until_ms = TEST_NOW_MS + 9000;
	assert_int_equal(state_certificate_save(st, &c, true), OK);
	state_certificate_fini(&c);
	assert_int_equal(state_certificate_due(st, TEST_NOW_MS, ids + 1, 3, &next), 0);
	assert_int_equal(next, TEST_NOW_MS + 5000);
	assert_int_equal(state_certificate_each(st, z.id, count_gone, n), OK);
	assert_true(n[0] == 1 && n[1] == 0);
	plan(st, &z, "", true);
	assert_int_equal(state_certificate_each(st, z.id, count_gone, n), OK);
	assert_true(n[0] == 1 && n[1] == 1);
	assert_int_equal(state_certificate_get(st, ids[0], &c), ERR_NOT_FOUND);
	plan(st, &z, "", true);
	assert_int_equal(state_certificate_each(st, z.id, count_gone, n), OK);
	assert_int_equal(n[1], 1);
	state_rollback(st);
	state_close(st);
}

static void proofs_stand_in_the_zone(void **state)
{
	struct state *st = test_state_new();
	char ids[1][STATE_ID_BYTES];
	struct state_certificate c;
	int64_t next;

	test_state_begin(st);
	struct state_zone z = a_zone(st, "a.test");
	plan(st, &z, "www.a.test", true);
	assert_int_equal(state_certificate_due(st, TEST_NOW_MS, ids, 1, &next), 1);
	assert_int_equal(state_certificate_get(st, ids[0], &c), OK);
	assert_int_equal(state_certificate_txt_add(st, &c, "_acme-challenge.a.test", "one-_"), OK);
	assert_int_equal(state_certificate_txt_add(st, &c, "_acme-challenge.a.test", "two"), OK);
	json_t *records = json_array();
	assert_int_equal(state_certificate_txt_compile(st, z.id, records), OK);
	assert_int_equal(json_array_size(records), 2);
	assert_string_equal(json_string_value(json_object_get(json_array_get(records, 0), "rdata")), "\"one-_\"");
	json_array_clear(records);
	assert_int_equal(state_certificate_txt_drop(st, &c), OK);
	assert_int_equal(state_certificate_txt_compile(st, z.id, records), OK);
	assert_int_equal(json_array_size(records), 0);
	json_decref(records);
	state_certificate_fini(&c);
	assert_int_equal(state_certificate_count(st, "a.test"), OK);
	assert_int_equal(state_certificate_issued(st, "a.test", TEST_NOW_MS - 1), 1);
	assert_int_equal(state_certificate_issued(st, "a.test", TEST_NOW_MS), 0);
	state_rollback(st);
	state_close(st);
}

static void an_authority_is_asked_for_what_is_not_due(void **state)
{
	struct state *st = test_state_new();
	struct state_certificate c;
	int64_t next;
	char ids[2][STATE_ID_BYTES];

	test_state_begin(st);
	struct state_zone z = a_zone(st, "a.test");
	plan(st, &z, "www.a.test", true);
	assert_int_equal(state_certificate_due(st, st->now_ms, ids, 2, &next), 1);
	assert_false(state_certificate_to_ask(st, st->now_ms, &c, &next)); /* it has none */
	assert_int_equal(state_certificate_get(st, ids[0], &c), OK);
	mem_free(c.chain);
	c.chain = mem_dup(SLICE("chain"));
	c.due_ms = st->now_ms + 1000;
	snprintf(c.renewal_id, sizeof c.renewal_id, "aki.serial");
	snprintf(c.directory, sizeof c.directory, "https://ca/dir");
	assert_int_equal(state_certificate_save(st, &c, false), OK);
	state_certificate_fini(&c);
	assert_true(state_certificate_to_ask(st, st->now_ms, &c, &next));
	assert_string_equal(c.directory, "https://ca/dir");
	state_certificate_fini(&c);
	assert_int_equal(state_certificate_asked(st, ids[0], st->now_ms + 2000, st->now_ms + 500), OK);
	assert_false(state_certificate_to_ask(st, st->now_ms, &c, &next));
	assert_int_equal(next, st->now_ms + 500);
	assert_false(state_certificate_to_ask(st, st->now_ms + 2000, &c, &next)); /* due: it is ordered */
	assert_int_equal(state_certificate_order(st, z.id, ids[0]), OK);
	assert_int_equal(state_certificate_due(st, st->now_ms, ids, 2, &next), 1);
	assert_int_equal(state_certificate_order(st, z.id, "none"), ERR_NOT_FOUND);
	state_rollback(st);
	state_close(st);
}

static enum err name_gone(void *arg, const char *kind, const char *id)
{
	char *text = arg;

	strcat(text, kind);
	strcat(text, " ");
	return OK;
}

static enum err note_item(void *arg, const char *id, json_t *item)
{
	char *text = arg;

	snprintf(text + strlen(text), 200, "%s:%lld:%zu ", id,
		 (long long)json_integer_value(json_object_get(item, "priority")),
		 json_array_size(json_object_get(item, "hosts")));
	json_decref(item);
	return OK;
}

static void what_was_uploaded_is_ranked_and_leaves_a_trace(void **state)
{
	struct state *st = test_state_new();
	json_t *hosts = json_pack("[s, s, s]", "a.test", "*.a.test", "x.other.test");
	struct state_custom_certificate c = { .id = "1",
					      .type = "sni_custom",
					      .issuer = "",
					      .signature = "",
					      .bundle_method = "force",
					      .chain = "chain",
					      .sealed = "sealed",
					      .hosts = hosts };
	char text[800] = "";

	test_state_begin(st);
	struct state_zone z = a_zone(st, "a.test");
	c.zone_id = z.id;
	assert_int_equal(state_custom_certificate_put(st, &c), OK);
	c.id = "2";
	c.type = "legacy_custom";
	assert_int_equal(state_custom_certificate_put(st, &c), OK);
	c.id = "3";
	assert_int_equal(state_custom_certificate_put(st, &c), OK);
	assert_int_equal(state_custom_certificate_change(st, z.id, "3", 5, NULL), OK);
	assert_int_equal(state_custom_certificate_change(st, "other", "3", 5, NULL), ERR_NOT_FOUND);
	assert_int_equal(state_custom_certificate_compile(st, &z, note_item, text), OK);
	assert_string_equal(text, "3:900:2 2:899:2 1:898:2 ");
	assert_int_equal(state_custom_certificate_delete(st, z.id, "2"), OK);
	assert_int_equal(state_custom_certificate_delete(st, z.id, "2"), ERR_NOT_FOUND);
	plan(st, &z, "www.a.test", true);
	text[0] = '\0';
	assert_int_equal(state_custom_certificate_gone(st, z.id, name_gone, text), OK);
	assert_string_equal(text, "custom ");
	assert_int_equal(state_zone_remove(st, z.id), OK);
	text[0] = '\0';
	assert_int_equal(state_custom_certificate_gone(st, z.id, name_gone, text), OK);
	assert_int_equal(strlen(text), strlen("custom custom certificate order "));
	text[0] = '\0';
	assert_int_equal(state_custom_certificate_gone(st, z.id, name_gone, text), OK);
	assert_string_equal(text, "");
	json_decref(hosts);
	state_rollback(st);
	state_close(st);
}

static void accounts_are_kept(void **state)
{
	struct state *st = test_state_new();
	struct state_certificate_account a = { .sealed = "sealed1:x", .url = "" }, got;

	test_state_begin(st);
	assert_int_equal(state_certificate_account_get(st, "https://ca/dir", &got), ERR_NOT_FOUND);
	assert_int_equal(state_certificate_account_save(st, "https://ca/dir", &a), OK);
	snprintf(a.url, sizeof a.url, "https://ca/acct/1");
	assert_int_equal(state_certificate_account_save(st, "https://ca/dir", &a), OK);
	assert_int_equal(state_certificate_account_get(st, "https://ca/dir", &got), OK);
	assert_string_equal(got.url, "https://ca/acct/1");
	assert_string_equal(got.sealed, "sealed1:x");
	state_rollback(st);
	state_close(st);
}

int test_certificate(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_follow_the_proxied_hosts),
		cmocka_unit_test(a_row_is_due_had_and_gone),
		cmocka_unit_test(proofs_stand_in_the_zone),
		cmocka_unit_test(an_authority_is_asked_for_what_is_not_due),
		cmocka_unit_test(what_was_uploaded_is_ranked_and_leaves_a_trace),
		cmocka_unit_test(accounts_are_kept),
	};

	return cmocka_run_group_tests_name("certificate", tests, NULL, NULL);
}
