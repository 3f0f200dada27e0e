/* SPDX-License-Identifier: Apache-2.0 */
/* Each transformation by examples, then what holds for all of them on any bytes. */
#include "groups.h"

#include "base/rng.h"
#include "waf/transform.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct row {
	const char *name;
	struct slice in, want;
};

#define ROW(name, in, want)                                                                                            \
	{                                                                                                              \
		name, SLICE_INIT(in), SLICE_INIT(want)                                                                 \
	}

static const struct row rows[] = {
	ROW("base64Decode", "VGVzdA==", "Test"),
	ROW("base64Decode", "VGVz%dA==", "Tes"),
	ROW("base64DecodeExt", "VG.Vz-dA==", "Test"),
	ROW("base64Encode", "Test1", "VGVzdDE="),
	ROW("cmdLine", "C^OMMAND \"/C\" DIR", "command/c dir"),
	ROW("cmdLine", "a , ;\tb ( c", "a b( c"),
	ROW("compressWhitespace", " a \t\r\n b\v", " a b "),
	ROW("cssDecode",
	    "test\\a\\b\\f\\n\\r\\t\\v\\?\\'\\\"\\0\\12\\123\\1234\\12345\\123456\\ff01\\ff5e\\\n\\0  string",
	    "test\x0a\x0b\x0fnrtv?'\"\0\x12\x23\x34\x45\x56!~\0 string"),
	ROW("cssDecode", "x\0\\73 elect", "x\0select"),
	ROW("cssDecode", "a\\", "a"),
	ROW("escapeSeqDecode", "\\a\\b\\f\\n\\r\\t\\v\\\\\\?\\'\\\"\\x41\\101\\q\\", "\a\b\f\n\r\t\v\\?'\"AAq\\"),
	ROW("hexDecode", "546573743", "Test"),
	ROW("hexEncode", "Te\xff", "5465ff"),
	ROW("htmlEntityDecode", "&lt;&GT&amp;&quot;&nbsp;&#65;&#x42&#X43;&unknown;&&#;&#x;",
	    "<>&\"\xa0"
	    "ABC&unknown;&&#;&#x;"),
	ROW("htmlEntityDecode", "&#99999999999999999999;", "\xff"),
	ROW("jsDecode", "\\u0041\\uff21\\x42\\103\\477\\a\\q\\", "AABC'7\aq\\"),
	ROW("jsDecode", "\\u004", "u004"),
	ROW("length", "hello, world", "12"),
	ROW("lowercase", "AbC\xc3\x84", "abc\xc3\x84"),
	ROW("normalizePath", "/foo/../bar/./baz", "/bar/baz"),
	ROW("normalizePath", "dir/../../foo", "../foo"),
	ROW("normalizePath", "/../../etc//passwd", "/etc/passwd"),
	ROW("normalizePath", "../../foo/bar/../", "../../foo/"),
	ROW("normalizePath", "dir/./.././../../foo/bar/..", "../../foo"),
	ROW("normalizePath", "a\\..\\b", "a\\..\\b"),
	ROW("normalizePathWin", "\\a\\..\\b\\c", "/b/c"),
	ROW("removeComments", "a/* b */c<!-- d -->e-- f", "ace"),
	ROW("removeCommentsChar", "a/*b*/c<!--d-->e--f#g", "abcdefg"),
	ROW("removeNulls", "a\0b\0", "ab"),
	ROW("removeWhitespace",
	    " a\xc2\xa0"
	    "b\tc\n",
	    "abc"),
	ROW("replaceComments", "a/* b */c/* d", "a c "),
	ROW("replaceComments", "a*/b", "a*/b"),
	ROW("replaceNulls", "a\0b", "a b"),
	ROW("sha1", "", "\xda\x39\xa3\xee\x5e\x6b\x4b\x0d\x32\x55\xbf\xef\x95\x60\x18\x90\xaf\xd8\x07\x09"),
	ROW("trim", " \ta b\n", "a b"),
	ROW("trimLeft", " \ta ", "a "),
	ROW("trimRight", " a \n", " a"),
	ROW("uppercase", "abZ", "ABZ"),
	ROW("urlDecode", "a+%41%zz%4", "a A%zz%4"),
	ROW("urlDecodeUni", "a+%u0041%uff1c%u00e9%u2264%uzzzz%u00e", "a A<e<%uzzzz%u00e"),
	ROW("urlDecodeUni", "%u4e2d", "-"),
	ROW("urlEncode", "a b&\xff", "a+b%26%ff"),
	ROW("utf8toUnicode", "a\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80", "a%u00e9%u4e2d%u1f600"),
	ROW("utf8toUnicode",
	    "a\xe9"
	    "b",
	    "ab"),
	ROW("utf8toUnicode", "\xc0\xaf\0x", "%u002f\xc0x"),
};

static void examples(void **state)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		enum transform t = transform_find(slice_str(rows[i].name));
		assert_true(t < TRANSFORM_COUNT);
		size_t bound = transform_bound(t, rows[i].in.n);
		char *out = malloc(bound ? bound : 1);
		size_t n = transform_apply(t, rows[i].in, out);
		if (n != rows[i].want.n || (n && memcmp(out, rows[i].want.p, n))) {
			fprintf(stderr, "row %zu, t:%s: got \"%.*s\"\n", i, rows[i].name, (int)n, out);
			fail();
		}
		free(out);
	}
}

static void every_name_is_found(void **state)
{
	for (int t = 0; t < TRANSFORM_COUNT; t++)
		assert_int_equal(transform_find(slice_str(transform_name((enum transform)t))), t);
	assert_int_equal(transform_find(SLICE("NORMALISEPATHWIN")), TRANSFORM_NORMALIZE_PATH_WIN);
	assert_int_equal(transform_find(SLICE("md5x")), TRANSFORM_COUNT);
}

/* Random strings of telling bytes: within the bound, and unchanged whenever transform_may_change says so. */
static void hold_on_any_bytes(void **state)
{
	static const char alphabet[] =
		"%u0%f\\x41&#;<amplt/*.-!\"'^ ,(\t\n\r\0\xc2\xa0\xe4\xb8\xad\xf0\x9f\x80\xffnbspA+=";
	struct rng r;
	char in[40], out[40 * 4 + 40];

	rng_seed(&r, 7);
	for (int run = 0; run < 20000; run++) {
		size_t n = rng_next(&r) % sizeof in;
		for (size_t i = 0; i < n; i++)
			in[i] = alphabet[rng_next(&r) % (sizeof alphabet - 1)];
		for (int t = 0; t < TRANSFORM_COUNT; t++) {
			size_t got = transform_apply((enum transform)t, slice_of(in, n), out);
			assert_true(got <= transform_bound((enum transform)t, n));
			if (!transform_may_change((enum transform)t, slice_of(in, n)))
				assert_true(got == n && memcmp(in, out, n) == 0);
		}
	}
}

int test_transform(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(examples),
		cmocka_unit_test(every_name_is_found),
		cmocka_unit_test(hold_on_any_bytes),
	};

	return cmocka_run_group_tests_name("transform", tests, NULL, NULL);
}
