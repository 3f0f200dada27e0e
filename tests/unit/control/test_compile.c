/* SPDX-License-Identifier: Apache-2.0 */
/* test_compile: the rows of a zone as plan items that are accepted. */
#include "test_control.h"

#include "control/compile.h"
#include "control/kinds.h"
#include "state/account.h"
#include "state/domain.h"
#include "state/instance.h"
#include "state/record_input.h"

#include <stdio.h>

static struct node_config *node_new(void)
{
	static struct node_config node;

	node = (struct node_config){ .nameservers = { "ns1.edge.test", "ns2.edge.test" },
				     .nameservers_n = 2,
				     .allow_private = true,
				     .addresses_n = 1 };
	limits_init(&node.limits);
	assert_int_equal(ip_parse(SLICE("203.0.113.1"), &node.addresses[0]), OK);
	return &node;
}

static struct state *state_new(void)
{
	struct state *st;
	struct diag d;

	diag_init(&d);
	assert_int_equal(state_open(":memory:", 1795647991123, &st, &d), OK);
	return st;
}

static struct state_zone zone_new(struct state *st, const char *name, const char *status)
{
	struct state_zone z = { .type = "full" };
	struct state_account a;

	assert_int_equal(state_account_get(st, &a), OK);
	memcpy(z.account, a.id, sizeof z.account);
	snprintf(z.name, sizeof z.name, "%s", name);
	snprintf(z.status, sizeof z.status, "%s", status);
	assert_int_equal(state_zone_add(st, &z), OK);
	return z;
}

static void record_add(struct state *st, const struct state_zone *z, const char *body)
{
	const struct state_record_rules rules = { .allow_private = true };
	json_t *v = json_loads(body, 0, NULL);
	struct state_refusal why = { 0 };
	struct state_record r;

	state_record_init(&r);
	assert_int_equal(state_record_input_read(z, &rules, v, &r, &why), OK);
	assert_int_equal(state_record_add(st, z, &r, &why), OK);
	state_record_fini(&r);
	json_decref(v);
}

/* The items of the zone; each that is wanted must be one that control accepts. */
static void compiled(struct state *st, const char *zone, const char *want_dns, const char *want_zone)
{
	struct node_config *node = node_new();
	struct compile *c = compile_new(st, node);
	const char *const want[] = { want_dns, want_zone };
	struct diag d;

	diag_init(&d);
	assert_int_equal(compile_zone(c, zone, &d), OK);
	assert_int_equal(compile_count(c), 2);
	const struct publish_item *items = compile_items(c);
	for (size_t i = 0; i < 2; i++) {
		const struct kind *kind;
		void *object;
		assert_true(slice_ends(slice_str(items[i].source), slice_str(zone)));
		if (!want[i]) {
			assert_null(items[i].json.p);
			continue;
		}
		assert_non_null(items[i].json.p);
		if (!slice_contains(items[i].json, slice_str(want[i])))
			fail_msg("%.*s does not contain %s", SLICE_ARG(items[i].json), want[i]);
		assert_int_equal(kind_of_json(kinds_all(), items[i].json, &kind, &d), OK);
		if (kind->build(items[i].json, 1, &node->limits, &object, &d) != OK)
			fail_msg("%.*s: %s: %s", SLICE_ARG(items[i].json), d.where, d.text);
		kind->drop(object);
	}
	compile_free(c);
}

static void an_active_zone_is_answered_and_served(void **state)
{
	struct state *st = state_new();
	static const struct state_actor me = { "", "me", "" };

	assert_int_equal(state_begin(st, &me), OK);
	struct state_zone z = zone_new(st, "example.test", "active");
	compiled(st, z.id, "\"ns\":[\"ns1.edge.test\",\"ns2.edge.test\"]", NULL);
	record_add(st, &z, "{\"type\":\"A\",\"name\":\"www\",\"content\":\"192.0.2.7\",\"proxied\":true}");
	record_add(st, &z, "{\"type\":\"MX\",\"name\":\"@\",\"content\":\"mail.example.test\",\"priority\":10}");
	record_add(st, &z, "{\"type\":\"A\",\"name\":\"mail\",\"content\":\"192.0.2.8\"}");
	compiled(st, z.id, "\"proxied\":[{\"name\":\"www.example.test\"}]",
		 "\"hosts\":[{\"name\":\"www.example.test\",\"origins\":[\"192.0.2.7\"]");
	compiled(st, z.id, "\"rdata\":\"10 mail.example.test.\"", "\"kind\":\"zone\"");
	compiled(st, z.id, "\"edge\":{\"ipv4\":[\"203.0.113.1\"]", "\"name\":\"example.test\"");

	/* Paused, all is DNS only. */
	z.paused = true;
	assert_int_equal(state_zone_save(st, &z), OK);
	compiled(st, z.id, "\"rdata\":\"192.0.2.7\"", NULL);
	assert_int_equal(state_zone_remove(st, z.id), OK);
	compiled(st, z.id, NULL, NULL);
	assert_int_equal(state_commit(st), OK);
	state_close(st);
}

static void a_pending_zone_is_answered_only(void **state)
{
	struct state *st = state_new();
	static const struct state_actor me = { "", "me", "" };

	assert_int_equal(state_begin(st, &me), OK);
	struct state_zone z = zone_new(st, "example.test", "pending");
	record_add(st, &z, "{\"type\":\"A\",\"name\":\"www\",\"content\":\"192.0.2.7\",\"proxied\":true}");
	compiled(st, z.id, "\"rdata\":\"192.0.2.7\"", NULL);
	snprintf(z.vanity, sizeof z.vanity, "[\"ns.example.test\"]");
	assert_int_equal(state_zone_save(st, &z), OK);
	compiled(st, z.id, "\"ns\":[\"ns.example.test\"]", NULL);
	state_rollback(st);
	state_close(st);
}

/* The only item of what was touched; accepted by its kind, or not wanted. */
static void one_item(struct state *st, const struct state_touched *t, const char *want)
{
	struct node_config *node = node_new();
	const struct kind *kind;
	void *object;
	struct diag d;

	snprintf(node->platform_region, sizeof node->platform_region, "osc-fr1");
	snprintf(node->platform_suffix, sizeof node->platform_suffix, "scalingo.test");
	struct compile *c = compile_new(st, node);
	diag_init(&d);
	assert_int_equal(compile_touched(c, t, &d), OK);
	assert_int_equal(compile_count(c), 1);
	const struct publish_item *item = compile_items(c);
	assert_true(slice_ends(slice_str(item->source), slice_str(t->id)));
	if (want) {
		assert_true(slice_contains(item->json, slice_str(want)));
		assert_int_equal(kind_of_json(kinds_all(), item->json, &kind, &d), OK);
		if (kind->build(item->json, 1, &node->limits, &object, &d) != OK)
			fail_msg("%.*s: %s: %s", SLICE_ARG(item->json), d.where, d.text);
		kind->drop(object);
	} else {
		assert_null(item->json.p);
	}
	compile_free(c);
}

static void an_app_is_an_item_until_it_is_gone(void **state)
{
	static const struct state_actor me = { "", "me", "" };
	struct state_touched app = { .what = STATE_TOUCH_APP }, domain = { .what = STATE_TOUCH_DOMAIN };
	struct state_instance i = {
		.registered = true, .type = "web", .state = "running", .address = "127.0.0.1:4001"
	};
	struct state_app a = { .name = "my-app", .owner = "john@example.com" };
	struct state_domain d = { .name = "*.example.com", .letsencrypt_enabled = true };
	struct state *st = state_new();

	assert_int_equal(state_begin(st, &me), OK);
	assert_int_equal(state_app_add(st, &a), OK);
	memcpy(app.id, a.id, sizeof a.id);
	one_item(st, &app, "\"status\":\"stopped\"");
	memcpy(i.app, a.id, sizeof i.app);
	assert_int_equal(state_instance_add(st, &i), OK);
	memcpy(d.app, a.id, sizeof d.app);
	assert_int_equal(state_domain_add(st, &d), OK);
	memcpy(domain.id, d.id, sizeof d.id);
	one_item(st, &app, "\"hosts\":[\"my-app.osc-fr1.scalingo.test\",\"*.example.com\"]");
	one_item(st, &app, "\"address\":\"127.0.0.1:4001\"");
	one_item(st, &domain, NULL); /* no certificate yet */
	assert_int_equal(state_app_remove(st, a.id), OK);
	one_item(st, &app, NULL);
	state_rollback(st);
	state_close(st);
}

int test_compile(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_active_zone_is_answered_and_served),
		cmocka_unit_test(a_pending_zone_is_answered_only),
		cmocka_unit_test(an_app_is_an_item_until_it_is_gone),
	};

	return cmocka_run_group_tests_name("compile", tests, NULL, NULL);
}
