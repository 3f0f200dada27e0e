/* SPDX-License-Identifier: Apache-2.0 */
/* Bounded writers; JSON strings by RFC 8259 section 7 and RFC 3629. */
#include "groups.h"

#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>

static char out[512];

static struct text fresh(void)
{
	memset(out, 0x5a, sizeof out);
	return text_of(out, sizeof out);
}

static void numbers(void **state)
{
	static const uint64_t values[] = { 0, 9, 10, 99, 100, 4294967296, UINT64_MAX };
	char want[32];

	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
		struct text t = fresh();
		text_u64(&t, values[i]);
		snprintf(want, sizeof want, "%" PRIu64, values[i]);
		assert_slice_eq(text_slice(&t), slice_str(want), __FILE__, __LINE__);
		t = fresh();
		text_i64(&t, (int64_t)values[i]);
		snprintf(want, sizeof want, "%" PRId64, (int64_t)values[i]);
		assert_slice_eq(text_slice(&t), slice_str(want), __FILE__, __LINE__);
	}
	struct text t = fresh();
	text_i64(&t, INT64_MIN);
	text_byte(&t, ' ');
	text_hex(&t, 0xabc, 2);
	text_byte(&t, ' ');
	text_hex(&t, 0xabc, 16);
	text_byte(&t, ' ');
	text_ms(&t, 1234);
	text_byte(&t, ' ');
	text_ms(&t, 5);
	assert_slice(text_slice(&t), "-9223372036854775808 bc 0000000000000abc 1.234 0.005");
}

static struct slice json(struct slice s)
{
	struct text t = fresh();

	text_json(&t, s);
	assert_false(t.bad);
	return text_slice(&t);
}

/* RFC 8259 7: quotation mark, reverse solidus and controls are escaped. */
static void json_strings(void **state)
{
	assert_slice(json(SLICE("")), "\"\"");
	assert_slice(json(SLICE("plain text")), "\"plain text\"");
	assert_slice(json(SLICE("a\"b\\c")), "\"a\\\"b\\\\c\"");
	assert_slice(json(SLICE("a\nb\t\r\x1f")), "\"a\\u000ab\\u0009\\u000d\\u001f\"");
	assert_slice(json(SLICE("a\0b")), "\"a\\u0000b\"");
	assert_slice(json(SLICE("a\x7f")), "\"a\\u007f\"");
	assert_slice(json(SLICE("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80")),
		     "\"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\"");
}

/* RFC 3629 4: what is no UTF-8 is escaped byte by byte, so a line of the log stays valid. */
static void json_bad_utf8(void **state)
{
	assert_slice(json(SLICE("\x80")), "\"\\u0080\"");
	assert_slice(json(SLICE("\xff\xfe")), "\"\\u00ff\\u00fe\"");
	assert_slice(json(SLICE("\xc3")), "\"\\u00c3\"");
	assert_slice(json(SLICE("\xc3(")), "\"\\u00c3(\"");
	assert_slice(json(SLICE("\xc0\xaf")), "\"\\u00c0\\u00af\"");                       /* overlong */
	assert_slice(json(SLICE("\xe0\x80\xaf")), "\"\\u00e0\\u0080\\u00af\"");            /* overlong */
	assert_slice(json(SLICE("\xed\xa0\x80")), "\"\\u00ed\\u00a0\\u0080\"");            /* a surrogate */
	assert_slice(json(SLICE("\xf4\x90\x80\x80")), "\"\\u00f4\\u0090\\u0080\\u0080\""); /* past U+10FFFF */
	assert_slice(json(SLICE("\xe2\x82")), "\"\\u00e2\\u0082\"");
}

/* Every single byte gives text that is printable ASCII or valid, with balanced quotes. */
static void json_every_byte(void **state)
{
	for (int c = 0; c < 256; c++) {
		char byte = (char)c;
		struct slice s = json(slice_of(&byte, 1));
		assert_true(s.n >= 3 && s.p[0] == '"' && s.p[s.n - 1] == '"');
		for (size_t i = 0; i < s.n; i++)
			assert_true((uint8_t)s.p[i] >= 0x20 && (uint8_t)s.p[i] < 0x7f);
	}
}

static void html(void **state)
{
	struct text t = fresh();

	text_html(&t, SLICE("<a href=\"x\">'&'</a>\x01\x00\n\xc3\xa9"));
	assert_slice(text_slice(&t), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;\n\xc3\xa9");
}

/* For every capacity: nothing is written past it, and bad is set exactly when something did not fit. */
static void overflow(void **state)
{
	static const char whole[] = "abc42\"x\\\"\"-9zz";

	for (size_t cap = 0; cap <= sizeof whole; cap++) {
		fresh();
		struct text t = text_of(out, cap);
		text_add(&t, SLICE("abc"));
		text_u64(&t, 42);
		text_json(&t, SLICE("x\""));
		text_i64(&t, -9);
		text_byte(&t, 'z');
		text_byte(&t, 'z');
		assert_int_equal(t.bad, cap < sizeof whole - 1);
		assert_true(t.n <= cap);
		assert_memory_equal(out, whole, t.n);
		for (size_t i = cap; i < sizeof out; i++)
			assert_int_equal(out[i], 0x5a);
	}
}

static void all_or_nothing(void **state)
{
	struct text t = text_of(out, 4);

	text_add(&t, SLICE("abcde"));
	assert_true(t.bad);
	assert_int_equal(t.n, 0);
	text_add(&t, SLICE("a")); /* sticky */
	assert_int_equal(t.n, 0);
	t = text_of(out, 4);
	text_printf(&t, "%s", "abc");
	assert_slice(text_slice(&t), "abc");
	text_printf(&t, "%d", 12);
	assert_true(t.bad);
	assert_int_equal(t.n, 3);
	t = text_of(out, 0);
	text_add(&t, slice_of(NULL, 0));
	assert_false(t.bad);
}

int test_text(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),         cmocka_unit_test(json_strings), cmocka_unit_test(json_bad_utf8),
		cmocka_unit_test(json_every_byte), cmocka_unit_test(html),         cmocka_unit_test(overflow),
		cmocka_unit_test(all_or_nothing),
	};
	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
