/* SPDX-License-Identifier: Apache-2.0 */
/* List-valued fields (RFC 9110 5.6.1) and negotiation (12.5). */
#include "groups.h"

#include "wire/field.h"

/* Joins the elements of a list with '|', for short tests. */
static struct slice joined(struct slice list, char *out)
{
	struct slice element;
	size_t n = 0;

	while (field_list_next(&list, &element)) {
		if (n)
			out[n++] = '|';
		memcpy(out + n, element.p, element.n);
		n += element.n;
	}
	return slice_of(out, n);
}

static void elements(void **state)
{
	char out[128];

	assert_slice(joined(SLICE("a"), out), "a");
	assert_slice(joined(SLICE(" a ,\tb\t, c d "), out), "a|b|c d");
	/* RFC 9110 5.6.1.2: a recipient must ignore empty elements. */
	assert_slice(joined(SLICE(",, a,,b ,\t,"), out), "a|b");
	assert_slice(joined(SLICE(""), out), "");
	assert_slice(joined(SLICE(" , "), out), "");
	/* 5.6.4: commas in quoted strings, and escaped quotes. */
	assert_slice(joined(SLICE("a=\"x,y\", b"), out), "a=\"x,y\"|b");
	assert_slice(joined(SLICE("\"a\\\",b\",c"), out), "\"a\\\",b\"|c");
	/* A quote that does not end runs to the end. */
	assert_slice(joined(SLICE("a, \"b, c"), out), "a|\"b, c");
	assert_slice(joined(SLICE("\"\\"), out), "\"\\");
}

static void has(void **state)
{
	assert_true(field_list_has(SLICE("keep-alive, Upgrade"), SLICE("upgrade")));
	assert_true(field_list_has(SLICE("gzip;q=0.5 , br"), SLICE("gzip")));
	assert_true(field_list_has(SLICE("gzip ; q=0.5"), SLICE("GZIP")));
	assert_false(field_list_has(SLICE("keep-alive, upgraded"), SLICE("upgrade")));
	assert_false(field_list_has(SLICE("x upgrade"), SLICE("upgrade")));
	assert_false(field_list_has(SLICE(""), SLICE("upgrade")));
	assert_false(field_list_has(SLICE("\"a, close, b\""), SLICE("close")));
}

static void any_has(void **state)
{
	static const struct field fields[] = {
		{ SLICE_INIT("Connection"), SLICE_INIT("keep-alive"), FIELD_CONNECTION },
		{ SLICE_INIT("X"), SLICE_INIT("close"), FIELD_OTHER },
		{ SLICE_INIT("Connection"), SLICE_INIT("a, close"), FIELD_CONNECTION },
	};

	assert_true(field_any_has(fields, 3, FIELD_CONNECTION, SLICE("close")));
	assert_false(field_any_has(fields, 2, FIELD_CONNECTION, SLICE("close")));
	assert_true(field_any_has(fields, 1, FIELD_CONNECTION, SLICE("keep-alive")));
}

static bool accepts(const char *value, const char *coding)
{
	return field_accepts_coding(slice_str(value), slice_str(coding));
}

/* RFC 9110 12.5.3. */
static void codings(void **state)
{
	assert_true(accepts("gzip", "gzip"));
	assert_true(accepts("GZIP", "gzip"));
	assert_true(accepts("deflate, gzip;q=0.5, br", "gzip"));
	assert_true(accepts("gzip;q=0.001", "gzip"));
	assert_false(accepts("gzip;q=0", "gzip"));
	assert_false(accepts("gzip;q=0.000", "gzip"));
	assert_false(accepts("gzip; q=0.0", "gzip"));
	assert_false(accepts("br", "gzip"));
	assert_false(accepts("gzipped", "gzip"));
	assert_true(accepts("x-gzip", "gzip"));
	assert_true(accepts("gzip", "x-gzip"));
	/* "*" is for what is not named. */
	assert_true(accepts("*", "br"));
	assert_false(accepts("*;q=0", "br"));
	assert_true(accepts("*;q=0, br", "br"));
	assert_false(accepts("br;q=0, *", "br"));
	/* identity is fine unless it is excluded. */
	assert_true(accepts("gzip", "identity"));
	assert_false(accepts("gzip, identity;q=0", "identity"));
	assert_false(accepts("gzip, *;q=0", "identity"));
	assert_true(accepts("*;q=0, identity;q=0.5", "identity"));
	/* No field, an empty one. */
	assert_true(accepts("", "identity"));
	assert_false(accepts("", "gzip"));
	assert_true(accepts(NULL, "identity"));
	assert_false(accepts(NULL, "gzip"));
	/* 12.4.2: a malformed weight. */
	assert_false(accepts("gzip;q=", "gzip"));
	assert_false(accepts("gzip;q=1.001", "gzip"));
	assert_false(accepts("gzip;q=0.1234", "gzip"));
	assert_false(accepts("gzip;q=2", "gzip"));
	assert_false(accepts("gzip;q=-1", "gzip"));
	assert_false(accepts("gzip;q=0,5", "gzip"));
	assert_false(accepts("gzip;q=0.x", "gzip"));
	assert_true(accepts("gzip;q=1.000", "gzip"));
	assert_true(accepts("gzip;q=1.", "gzip"));
	assert_true(accepts("gzip;Q=1", "gzip"));
}

static unsigned quality(const char *accept, const char *type, const char *subtype)
{
	return field_accept_quality(slice_str(accept), slice_str(type), slice_str(subtype));
}

/* RFC 9110 12.5.1, its own example first. */
static void media_ranges(void **state)
{
	const char *example = "text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, "
			      "text/plain;format=fixed;q=0.4, */*;q=0.5";

	assert_int_equal(quality(example, "text", "plain"), 700);
	assert_int_equal(quality(example, "text", "html"), 300);
	assert_int_equal(quality(example, "image", "jpeg"), 500);
	assert_int_equal(quality("image/webp,*/*;q=0.8", "image", "webp"), 1000);
	assert_int_equal(quality("image/webp,*/*;q=0.8", "image", "png"), 800);
	assert_int_equal(quality("IMAGE/WEBP", "image", "webp"), 1000);
	assert_int_equal(quality("image/png", "image", "webp"), 0);
	assert_int_equal(quality("*/*;q=0.5, text/*;q=0.3", "text", "html"), 300);
	assert_int_equal(quality("a/b;v=1, */*;q=0.5", "a", "b"), 500);
	assert_int_equal(quality("image/webp;q=0, */*", "image", "webp"), 0);
	assert_int_equal(quality("*/webp", "image", "webp"), 0);
	assert_int_equal(quality("image", "image", "webp"), 0);
	assert_int_equal(quality("*", "image", "webp"), 0);
	assert_int_equal(quality("", "image", "webp"), 0);
	assert_int_equal(quality(NULL, "image", "webp"), 1000);
	assert_int_equal(quality("a/b;q=0.125", "a", "b"), 125);
}

int test_field_list(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(elements), cmocka_unit_test(has),          cmocka_unit_test(any_has),
		cmocka_unit_test(codings),  cmocka_unit_test(media_ranges),
	};
	return cmocka_run_group_tests_name("field_list", tests, NULL, NULL);
}
