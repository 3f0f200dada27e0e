/* SPDX-License-Identifier: Apache-2.0 */
/* What bodies become: each row lists names and values that must, and error flags that may, come out. */
#include "groups.h"

#include "base/mem.h"
#include "waf/body.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MULTI "multipart/form-data; boundary=B"

struct row {
	const char *processor, *type, *body, *want; /* want: "VARIABLE:name=value" joined by |, in order of VARIABLEs */
};

static void append(char *out, size_t cap, const struct input *in, enum variable v)
{
	for (uint32_t i = 0; i < in->var[v].n; i++) {
		size_t n = strlen(out);
		snprintf(out + n, cap - n, "%s%s:%.*s=%.*s", n ? "|" : "", rule_variable_name(v),
			 SLICE_ARG(in->var[v].v[i].name), SLICE_ARG(in->var[v].v[i].text));
	}
}

/* Reads an exact copy of the body, so that ASan sees a read past its end. */
static void check(const struct row *row)
{
	static const enum variable shown[] = { VAR_ARGS, VAR_FILES, VAR_MULTIPART_PART_HEADERS, VAR_XML };
	struct rule_set *set = rule_set_new();
	struct arena_pool pool;
	struct arena arena;
	char got[2048] = "";
	size_t n = strlen(row->body);
	char *exact = malloc(n ? n : 1);

	memcpy(exact, row->body, n);
	arena_pool_init(&pool, 4);
	arena_init(&arena, &pool, 1 << 24);
	set->options.json_depth_max = 4;
	set->options.arguments_max = 5;
	struct input in = { .arena = &arena, .options = &set->options };
	assert_true(input_body(&in, slice_str(row->processor), slice_str(row->type), slice_of(exact, n), n, false));
	for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
		append(got, sizeof got, &in, shown[i]);
	for (int v = VAR_MULTIPART_STRICT_ERROR; v <= VAR_MULTIPART_FILE_LIMIT_EXCEEDED; v++)
		if (in.var[v].n && v != VAR_MULTIPART_STRICT_ERROR)
			snprintf(got + strlen(got), sizeof got - strlen(got), "|%s",
				 rule_variable_name((enum variable)v));
	if (in.body_error)
		snprintf(got + strlen(got), sizeof got - strlen(got), "|error");
	if (strcmp(got, row->want)) {
		fprintf(stderr, "%s %s:\n got %s\nwant %s\n", row->processor, row->body, got, row->want);
		fail();
	}
	free(exact);
	arena_reset(&arena);
	arena_pool_fini(&pool);
	rule_set_free(set);
}

static void check_all(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check(&rows[i]);
}

static void forms(void **state)
{
	static const struct row rows[] = {
		{ "URLENCODED", "", "a=1&b=%41+%zz&c&=d", "ARGS:a=1|ARGS:b=A %zz|ARGS:c=|ARGS:=d" },
		{ "URLENCODED", "", "a&b&c&d&e&f&g", "ARGS:a=|ARGS:b=|ARGS:c=|ARGS:d=|ARGS:e=|error" },
		{ "", "", "a=1", "" },
	};

	check_all(rows, sizeof rows / sizeof *rows);
}

static void json(void **state)
{
	static const struct row rows[] = {
		{ "JSON", "", "{\"a\":{\"b\":[1,\"x\\u0041\\n\",null]},\"c\":true}",
		  "ARGS:json.a.b.array_0=1|ARGS:json.a.b.array_1=xA\n|ARGS:json.a.b.array_2=|ARGS:json.c=true" },
		{ "JSON", "", " \"top\" ", "ARGS:json=top" },
		{ "JSON", "", "[]", "" },
		{ "JSON", "", "{\"a\":1,}", "ARGS:json.a=1|error" },
		{ "JSON", "", "{\"a\":1} x", "ARGS:json.a=1|error" },
		{ "JSON", "", "{\"a\":\"x", "|error" },
		{ "JSON", "", "{\"a\":\"\\ud83d\\ude00\\ud83d\"}", "ARGS:json.a=\xf0\x9f\x98\x80\xed\xa0\xbd" },
		{ "JSON", "", "[[[[[1]]]]]", "|error" },
		{ "JSON", "", "[[[[1]]]]", "ARGS:json.array_0.array_0.array_0.array_0=1" },
		{ "JSON", "", "{\"a\" 1}", "|error" },
		{ "JSON", "", "[-1.5e3,tru]", "ARGS:json.array_0=-1.5e3|error" },
	};

	check_all(rows, sizeof rows / sizeof *rows);
}

static void xml(void **state)
{
	static const struct row rows[] = {
		{ "XML", "", "<?xml version='1.0'?><a x=\"1&lt;\"><!-- c -->t<b y='2'/><![CDATA[<d>]]>&#x41;&nope;</a>",
		  "XML://@*=1<|XML://@*=2|XML:/*=t<d>A&nope;" },
		{ "XML", "", "<!DOCTYPE a [<!ENTITY e \"x>y\">]><a>&e;</a>", "XML:/*=&e;" },
		{ "XML", "", "<a><b></a>", "XML:/*=|error" },
		{ "XML", "", "<a>x</a><b/>", "XML:/*=x|error" },
		{ "XML", "", "x", "XML:/*=|error" },
		{ "XML", "", "<a x=1/>", "XML:/*=|error" },
	};

	check_all(rows, sizeof rows / sizeof *rows);
}

static void multipart(void **state)
{
	static const struct row rows[] = {
		{ "MULTIPART", MULTI,
		  "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n2\r\n--B\r\nContent-Disposition: "
		  "form-data; name=f; filename=\"x\\\".php\"\r\n"
		  "Content-Type: text/plain\r\n\r\ndata\r\n--B--\r\n",
		  "ARGS:a=1\r\n2|FILES:f=x\".php|MULTIPART_PART_HEADERS:a=Content-Disposition: form-data; name=\"a\"|"
		  "MULTIPART_PART_HEADERS:f=Content-Disposition: form-data; name=f; "
		  "filename=\"x\\\".php\"|MULTIPART_PART_HEADERS:f=Content-Type: text/plain" },
		{ "MULTIPART", MULTI, "--B\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n--B--",
		  "ARGS:a=|MULTIPART_PART_HEADERS:a=Content-Disposition: form-data; name=a" },
		{ "MULTIPART", MULTI, "--B\nContent-Disposition: form-data; name=a\n\nx\n--B--\n",
		  "ARGS:a=x|MULTIPART_PART_HEADERS:a=Content-Disposition: form-data; name=a|MULTIPART_LF_LINE" },
		{ "MULTIPART", MULTI,
		  "--B\r\nContent-Disposition: form-data; name=a filename='x'\r\n\r\nx\r\n--B--\r\n",
		  "FILES:a='x'|MULTIPART_PART_HEADERS:a=Content-Disposition: form-data; name=a "
		  "filename='x'|MULTIPART_INVALID_QUOTING|MULTIPART_MISSING_SEMICOLON" },
		{ "MULTIPART", MULTI, "--B\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n",
		  "ARGS:a=x\r\n|MULTIPART_PART_HEADERS:a=Content-Disposition: form-data; name=a|error" },
		{ "MULTIPART", MULTI, "hello\r\n--B\r\n\r\nx\r\n--B--\r\ntail",
		  "|MULTIPART_DATA_BEFORE|MULTIPART_DATA_AFTER|MULTIPART_INVALID_PART|error" },
		{ "MULTIPART", "multipart/form-data", "x", "|error" },
		{ "MULTIPART", "multipart/form-data; boundary=\"B\"",
		  "--B\r\nContent-Disposition: form-data; name=f; filename*=utf-8''a%2fb\r\n\r\n\r\n--B--\r\n",
		  "FILES:f=a/b|MULTIPART_PART_HEADERS:f=Content-Disposition: form-data; name=f; "
		  "filename*=utf-8''a%2fb|MULTIPART_BOUNDARY_QUOTED" },
	};

	check_all(rows, sizeof rows / sizeof *rows);
}

int test_body(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms),
		cmocka_unit_test(json),
		cmocka_unit_test(xml),
		cmocka_unit_test(multipart),
	};

	return cmocka_run_group_tests_name("body", tests, NULL, NULL);
}
