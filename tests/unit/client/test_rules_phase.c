/* SPDX-License-Identifier: Apache-2.0 */
/* test_rules_phase: rules out of options. */
#include "test_client.h"

#include "client/rules_phase.h"

/* The rule of `seawall rules add example.test …` as compact JSON with sorted keys. */
static void makes(const char *const *words, const char *want)
{
	int status;
	struct cli *c = run_new(words, &status);

	assert_int_equal(status, CLIENT_OK);
	const struct rules_phase *p = rules_phase_find(c, cli_word(c, 1));
	assert_non_null(p);
	json_t *rule = rules_phase_rule(c, p);
	if (!want) {
		assert_null(rule);
	} else {
		json_t *expected = json_loads(want, 0, NULL);
		assert_non_null(rule);
		assert_non_null(expected);
		assert_true(json_equal(rule, expected));
		json_decref(expected);
	}
	json_decref(rule);
	run_free(c);
}
#define MAKES(want, ...) makes((const char *const[]){ "rules", "add", "example.test", __VA_ARGS__, NULL }, want)

static void phases_have_their_actions(void **state)
{
	MAKES("{\"action\":\"route\",\"action_parameters\":{\"origin\":{\"port\":3000}},\"description\":\"\","
	      "\"enabled\":true,"
	      "\"expression\":\"true\"}",
	      "origin", "true", "--port", "3000");
	MAKES("{\"action\":\"block\",\"description\":\"d\",\"enabled\":false,\"expression\":\"ssl\"}", "custom", "ssl",
	      "--disabled", "--description", "d");
	MAKES("{\"action\":\"skip\",\"action_parameters\":{\"ruleset\":\"current\"},\"description\":\"\",\"enabled\":"
	      "true,"
	      "\"expression\":\"ssl\"}",
	      "custom", "ssl", "--action", "skip");
	MAKES("{\"action\":\"set_cache_settings\",\"action_parameters\":{\"cache\":true,\"edge_ttl\":{\"mode\":"
	      "\"override_origin\",\"default\":60}},\"description\":\"\",\"enabled\":true,\"expression\":\"true\"}",
	      "http_request_cache_settings", "true", "--edge-ttl", "60");
	MAKES("{\"action\":\"rewrite\",\"action_parameters\":{\"headers\":{\"X-A\":{\"operation\":\"set\",\"value\":"
	      "\"1=2\"},"
	      "\"X-B\":{\"operation\":\"remove\"}}},\"description\":\"\",\"enabled\":true,\"expression\":\"true\"}",
	      "response-headers", "true", "--set-header", "X-A=1=2", "--remove-header", "X-B");
	MAKES("{\"action\":\"redirect\",\"action_parameters\":{\"from_value\":{\"target_url\":{\"value\":\"https://x/"
	      "\"},"
	      "\"status_code\":302,\"preserve_query_string\":true}},\"description\":\"\",\"enabled\":true,"
	      "\"expression\":\"true\"}",
	      "redirect", "true", "--to", "https://x/", "--status", "302", "--keep-query");
}

static void parameters_go_over_options(void **state)
{
	MAKES("{\"action\":\"route\",\"action_parameters\":{\"origin\":{\"port\":1},\"sni\":{\"value\":\"s\"}},"
	      "\"description\":"
	      "\"\",\"enabled\":true,\"expression\":\"true\"}",
	      "origin", "true", "--port", "3000", "--sni", "s", "--params", "{\"origin\":{\"port\":1}}");
	MAKES("{\"action\":\"block\",\"ratelimit\":{\"period\":10},\"description\":\"\",\"enabled\":true,"
	      "\"expression\":"
	      "\"true\"}",
	      "ratelimit", "true", "--params", "{\"ratelimit\":{\"period\":10}}");
}

static void what_makes_no_rule_is_told(void **state)
{
	MAKES(NULL, "origin", "true");
	MAKES(NULL, "redirect", "true");
	MAKES(NULL, "request-headers", "true");
	MAKES(NULL, "custom", "true", "--params", "{");
	MAKES(NULL, "custom", "true", "--params", "[1]");
	MAKES(NULL, "custom", "\xff");
}

static void phases_are_known_by_both_names(void **state)
{
	int status;
	struct cli *c = RUN(&status, "rules", "list", "example.test");

	for (size_t i = 0; rules_phase_at(i); i++) {
		assert_ptr_equal(rules_phase_find(c, rules_phase_at(i)->word), rules_phase_at(i));
		assert_ptr_equal(rules_phase_find(c, rules_phase_at(i)->phase), rules_phase_at(i));
		assert_true(slice_contains(SLICE(RULES_PHASE_WORDS), slice_str(rules_phase_at(i)->word)));
	}
	assert_null(rules_phase_find(c, "nonsense"));
	run_free(c);
}

int test_rules_phase(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(phases_have_their_actions),
		cmocka_unit_test(parameters_go_over_options),
		cmocka_unit_test(what_makes_no_rule_is_told),
		cmocka_unit_test(phases_are_known_by_both_names),
	};

	return cmocka_run_group_tests_name("rules_phase", tests, NULL, NULL);
}
