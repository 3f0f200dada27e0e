/* SPDX-License-Identifier: Apache-2.0 */
/* test_token: values are kept as hashes, policies allow what they say and no more. */
#include "test_state.h"

#include "state/token.h"

#include <stdio.h>

#define ZONE_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ZONE_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static json_t *json_of(const char *text)
{
	json_t *v = json_loads(text, JSON_DECODE_ANY, NULL);

	assert_non_null(v);
	return v;
}

static json_t *policies_of(const char *text)
{
	json_t *given = json_of(text), *ret;
	struct diag d;

	diag_init(&d);
	assert_int_equal(state_right_policies(given, &ret, &d), OK);
	json_decref(given);
	return ret;
}

#define GROUP(name) "{\"name\": \"" name "\"}"
#define POLICY(effect, groups, resources)                                                                              \
	"{\"effect\": \"" effect "\", \"permission_groups\": [" groups "], \"resources\": {" resources "}}"
#define AT_ZONE(id) "\"com.cloudflare.api.account.zone." id "\": \"*\""

static void a_token_lives(void **state)
{
	struct state *st = test_state_new();
	struct state_token t = { .name = "ddns", .status = "active" }, got;
	char value[STATE_TOKEN_VALUE_BYTES], second[STATE_TOKEN_VALUE_BYTES];

	t.policies = policies_of("[" POLICY("allow", GROUP("DNS Write"), AT_ZONE(ZONE_A)) "]");
	assert_int_equal(state_token_add(st, &t, value), OK);
	assert_int_equal(strlen(value), 40);
	assert_int_equal(state_token_find(st, slice_str(value), &got), OK);
	assert_string_equal(got.id, t.id);
	state_token_fini(&got);
	assert_int_equal(state_token_find(st, slice_of(value, 39), &got), ERR_NOT_FOUND);
	/* Nothing in the database is the value. */
	struct store_use u = store_use(st->store, "SELECT count(*) FROM token WHERE instr(name || policies_json, ?1)"
						  " OR instr(hash, ?2)");
	store_put_text(&u, slice_str(value));
	store_put_blob(&u, slice_str(value));
	assert_true(store_next(&u));
	assert_int_equal(store_int(&u, 0), 0);
	assert_int_equal(store_done(&u), OK);

	assert_int_equal(state_token_roll(st, &t, second), OK);
	assert_int_equal(state_token_find(st, slice_str(value), &got), ERR_NOT_FOUND);
	assert_int_equal(state_token_find(st, slice_str(second), &got), OK);
	assert_int_equal(state_token_used(st, &got), OK);
	state_token_fini(&got);
	assert_int_equal(state_token_get(st, slice_str(t.id), &got), OK);
	assert_int_equal(got.used_ms, TEST_NOW_MS);
	state_token_fini(&got);
	assert_int_equal(state_token_remove(st, t.id), OK);
	assert_int_equal(state_token_remove(st, t.id), ERR_NOT_FOUND);
	state_token_fini(&t);
	state_close(st);
}

static const uint8_t *hash_of(const char *value, uint8_t *hash)
{
	assert_int_equal(crypto_sha256(slice_str(value), hash), OK);
	return hash;
}

static void the_administrators_token_is_what_the_file_says(void **state)
{
	struct state *st = test_state_new();
	struct state_token got;
	uint8_t hash[CRYPTO_SHA256_BYTES];

	assert_int_equal(state_token_admin(st, hash_of("first", hash)), OK);
	assert_int_equal(state_token_admin(st, hash_of("first", hash)), OK);
	assert_int_equal(state_token_find(st, SLICE("first"), &got), OK);
	assert_true(got.admin);
	assert_true(state_token_allows(&got, STATE_RIGHT_TOKENS_WRITE, NULL));
	assert_true(state_token_allows(&got, STATE_RIGHT_DNS_WRITE, ZONE_A));
	assert_int_equal(state_token_remove(st, got.id), ERR_NOT_FOUND);
	state_token_fini(&got);
	assert_int_equal(state_token_admin(st, hash_of("second", hash)), OK);
	assert_int_equal(state_token_find(st, SLICE("first"), &got), ERR_NOT_FOUND);
	state_close(st);
}

static void policies_allow_what_they_say(void **state)
{
	static const struct {
		const char *policies;
		enum state_right right;
		const char *zone;
		bool allowed;
	} rows[] = {
		{ POLICY("allow", GROUP("DNS Write"), AT_ZONE(ZONE_A)), STATE_RIGHT_DNS_WRITE, ZONE_A, true },
		{ POLICY("allow", GROUP("DNS Write"), AT_ZONE(ZONE_A)), STATE_RIGHT_DNS_WRITE, ZONE_B, false },
		{ POLICY("allow", GROUP("DNS Write"), AT_ZONE(ZONE_A)), STATE_RIGHT_DNS_WRITE, NULL, true },
		{ POLICY("allow", GROUP("DNS Write"), AT_ZONE(ZONE_A)), STATE_RIGHT_ZONE_READ, ZONE_A, true },
		{ POLICY("allow", GROUP("DNS Write"), AT_ZONE(ZONE_A)), STATE_RIGHT_ZONE_READ, ZONE_B, false },
		{ POLICY("allow", GROUP("DNS Write"), AT_ZONE(ZONE_A)), STATE_RIGHT_DNS_READ, ZONE_A, true },
		{ POLICY("allow", GROUP("DNS Write"), AT_ZONE(ZONE_A)), STATE_RIGHT_SETTINGS_READ, ZONE_A, false },
		{ POLICY("allow", GROUP("DNS Read"), AT_ZONE(ZONE_A)), STATE_RIGHT_DNS_WRITE, ZONE_A, false },
		{ POLICY("allow", GROUP("DNS Read"), AT_ZONE("*")) "," POLICY("deny", GROUP("DNS Write"), AT_ZONE("*")),
		  STATE_RIGHT_DNS_READ, ZONE_A, true },
		{ POLICY("allow", GROUP("API Tokens Read"), "\"com.cloudflare.api.user.u\": \"*\""),
		  STATE_RIGHT_ZONE_READ, ZONE_A, false },
		{ POLICY("allow", GROUP("DNS Write"), AT_ZONE("*")), STATE_RIGHT_DNS_WRITE, ZONE_B, true },
		{ POLICY("allow", GROUP("DNS Read"), "\"com.cloudflare.api.account.x\": \"*\""), STATE_RIGHT_DNS_READ,
		  ZONE_B, true },
		{ POLICY("allow", GROUP("DNS Read"), "\"com.cloudflare.api.account.x\": {" AT_ZONE(ZONE_A) "}"),
		  STATE_RIGHT_DNS_READ, ZONE_B, false },
		{ POLICY("allow", GROUP("DNS Read"), "\"com.cloudflare.api.account.x\": {" AT_ZONE("*") "}"),
		  STATE_RIGHT_DNS_READ, ZONE_B, true },
		{ POLICY("allow", GROUP("Account Settings Read"), AT_ZONE("*")), STATE_RIGHT_ACCOUNT_READ, NULL,
		  false },
		{ POLICY("allow", GROUP("Account Settings Read"), "\"com.cloudflare.api.account.*\": \"*\""),
		  STATE_RIGHT_ACCOUNT_READ, NULL, true },
		{ POLICY("allow", GROUP("API Tokens Write"), "\"com.cloudflare.api.user.u\": \"*\""),
		  STATE_RIGHT_TOKENS_WRITE, NULL, true },
		{ POLICY("allow", GROUP("API Tokens Write"), "\"com.cloudflare.api.account.*\": \"*\""),
		  STATE_RIGHT_TOKENS_WRITE, NULL, false },
		{ POLICY("allow", GROUP("DNS Write"), AT_ZONE("*")) "," POLICY("deny", GROUP("DNS Write"),
									       AT_ZONE(ZONE_A)),
		  STATE_RIGHT_DNS_WRITE, ZONE_A, false },
		{ POLICY("allow", GROUP("DNS Write"), AT_ZONE("*")) "," POLICY("deny", GROUP("DNS Write"),
									       AT_ZONE(ZONE_A)),
		  STATE_RIGHT_DNS_WRITE, ZONE_B, true },
		{ POLICY("deny", GROUP("DNS Write"), AT_ZONE("*")), STATE_RIGHT_DNS_WRITE, ZONE_B, false },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char text[1024];
		snprintf(text, sizeof text, "[%s]", rows[i].policies);
		json_t *policies = policies_of(text);
		assert_int_equal(state_right_allowed(policies, rows[i].right, rows[i].zone), rows[i].allowed);
		json_decref(policies);
	}
}

static void the_zones_of_a_right_are_known(void **state)
{
	json_t *policies =
		policies_of("[" POLICY("allow", GROUP("Zone Read"), AT_ZONE(ZONE_A) "," AT_ZONE(ZONE_B)) "," POLICY(
			"deny", GROUP("Zone Read"), AT_ZONE(ZONE_B)) "]");
	json_t *zones = state_right_zones(policies, STATE_RIGHT_ZONE_READ);

	assert_int_equal(json_array_size(zones), 1);
	assert_string_equal(json_string_value(json_array_get(zones, 0)), ZONE_A);
	json_decref(zones);
	zones = state_right_zones(policies, STATE_RIGHT_DNS_READ);
	assert_int_equal(json_array_size(zones), 0);
	json_decref(zones);
	json_decref(policies);
	policies = policies_of("[" POLICY("allow", GROUP("Zone Read"), AT_ZONE("*")) "]");
	assert_null(state_right_zones(policies, STATE_RIGHT_ZONE_READ));
	json_decref(policies);
}

static void malformed_policies_are_pointed_at(void **state)
{
	static const struct {
		const char *policies, *where;
	} rows[] = {
		{ "[]", "/policies" },
		{ "{}", "/policies" },
		{ "[1]", "/policies/0/effect" },
		{ "[{\"effect\": \"maybe\"}]", "/policies/0/effect" },
		{ "[" POLICY("allow", GROUP("DNS Write"), "") "]", "/policies/0/resources" },
		{ "[" POLICY("allow", GROUP("DNS Write"), "\"zone.x\": \"*\"") "]", "/policies/0/resources" },
		{ "[" POLICY("allow", "", AT_ZONE("*")) "]", "/policies/0/permission_groups" },
		{ "[" POLICY("allow", GROUP("DNS Write") ", {}", AT_ZONE("*")) "]", "/policies/0/permission_groups/1" },
		{ "[" POLICY("allow", "7", AT_ZONE("*")) "]", "/policies/0/permission_groups/0" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		json_t *given = json_of(rows[i].policies), *ret;
		struct diag d;
		diag_init(&d);
		assert_int_equal(state_right_policies(given, &ret, &d), ERR_SYNTAX);
		assert_string_equal(d.where, rows[i].where);
		json_decref(given);
	}
}

static void time_place_and_status_count(void **state)
{
	struct state_token t = { .status = "active", .not_before_ms = 1000, .expires_ms = 2000 };
	struct ip a, b;
	struct diag d;

	assert_int_equal(ip_parse(SLICE("192.0.2.7"), &a), OK);
	assert_int_equal(ip_parse(SLICE("2001:db8::1"), &b), OK);
	assert_int_equal(state_token_check(&t, 999, &a), STATE_TOKEN_EARLY);
	assert_int_equal(state_token_check(&t, 1000, &a), STATE_TOKEN_USABLE);
	assert_int_equal(state_token_check(&t, 2000, &a), STATE_TOKEN_EXPIRED);
	t.condition = json_of("{\"request_ip\": {\"in\": [\"192.0.2.0/24\"], \"not_in\": [\"192.0.2.8\"]}}");
	diag_init(&d);
	assert_int_equal(state_token_condition(t.condition, &d), OK);
	assert_int_equal(state_token_check(&t, 1000, &a), STATE_TOKEN_USABLE);
	assert_int_equal(state_token_check(&t, 1000, &b), STATE_TOKEN_PLACE);
	a.b[3] = 8;
	assert_int_equal(state_token_check(&t, 1000, &a), STATE_TOKEN_PLACE);
	memcpy(t.status, "disabled", 9);
	assert_int_equal(state_token_check(&t, 1000, &a), STATE_TOKEN_DISABLED);
	json_decref(t.condition);
	t.condition = json_of("{\"request_ip\": {\"in\": [\"192.0.2.0/33\"]}}");
	assert_int_equal(state_token_condition(t.condition, &d), ERR_SYNTAX);
	assert_string_equal(d.where, "/condition/request_ip/in/0");
	json_decref(t.condition);
}

int test_token(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_lives),
		cmocka_unit_test(the_administrators_token_is_what_the_file_says),
		cmocka_unit_test(policies_allow_what_they_say),
		cmocka_unit_test(the_zones_of_a_right_are_known),
		cmocka_unit_test(malformed_policies_are_pointed_at),
		cmocka_unit_test(time_place_and_status_count),
	};

	return cmocka_run_group_tests_name("token", tests, NULL, NULL);
}
