/* SPDX-License-Identifier: Apache-2.0 */
/* The byte classes against the grammar of the RFCs, and the wide scans against the plain one. */
#include "groups.h"

#include "wire/scan.h"

#include <ctype.h>
#include <stdlib.h>

/* RFC 9110 5.6.2: tchar. */
static bool is_token(int c)
{
	return c < 128 && (isalnum(c) || (c && strchr("!#$%&'*+-.^_`|~", c)));
}

static void classes(void **state)
{
	for (int c = 0; c < 256; c++) {
		char b = (char)c;
		assert_int_equal(scan_is(b, SCAN_TOKEN), is_token(c));
		/* RFC 9110 5.5: field-vchar = VCHAR / obs-text, with SP and HTAB between. */
		assert_int_equal(scan_is(b, SCAN_VALUE), c == '\t' || (c >= 0x20 && c != 0x7f));
		assert_int_equal(scan_is(b, SCAN_TARGET), c > 0x20 && c != 0x7f && c != '#');
		assert_int_equal(scan_is(b, SCAN_HOST), c < 128 && (isalnum(c) || c == '-' || c == '_'));
		/* RFC 9110 8.8.3: etagc = %x21 / %x23-7E / obs-text. */
		assert_int_equal(scan_is(b, SCAN_ETAG), c == 0x21 || (c >= 0x23 && c != 0x7f));
		/* RFC 8941 3.1.2. */
		assert_int_equal(scan_is(b, SCAN_SF_KEY),
				 c < 128 && (islower(c) || isdigit(c) || (c && strchr("_-.*", c))));
		/* RFC 8941 3.3.4: tchar / ":" / "/". */
		assert_int_equal(scan_is(b, SCAN_SF_TOKEN), is_token(c) || c == ':' || c == '/');
	}
}

/* Every stop byte at every place of inputs of every length around the 16-byte steps. */
static void wide_scans(void **state)
{
	static const char others[] = { 'a', '\t', (char)0x80, (char)0xff, '~', '!' };

	for (size_t n = 0; n <= 50; n++) {
		char *p = malloc(n ? n : 1);
		for (size_t at = 0; at <= n; at++) {
			for (int c = 0; c < 256 && (at < n || c == 0); c++) {
				for (size_t i = 0; i < n; i++)
					p[i] = 'a';
				if (at < n)
					p[at] = (char)c;
				bool stops = at < n && !scan_is((char)c, SCAN_VALUE);
				assert_int_equal(scan_value(p, 0, n), stops ? at : n);
				stops = at < n && !scan_is((char)c, SCAN_TARGET);
				assert_int_equal(scan_target(p, 0, n), stops ? at : n);
				stops = at < n && (c <= 0x20 || c == ':');
				assert_int_equal(scan_name(p, 0, n), stops ? at : n);
			}
		}
		for (size_t i = 0; i < n; i++)
			p[i] = others[i % sizeof others];
		assert_int_equal(scan_value(p, 0, n), n);
		free(p);
	}
}

/* The first of several stops, from any start. */
static void first_stop(void **state)
{
	char p[64];

	memset(p, 'x', sizeof p);
	p[20] = '\r';
	p[21] = '\n';
	p[40] = '\r';
	for (size_t at = 0; at <= sizeof p; at++)
		assert_int_equal(scan_value(p, at, sizeof p), at <= 20 ? 20 : at <= 21 ? 21 : at <= 40 ? 40 : 64);
}

static void whole_slices(void **state)
{
	assert_true(scan_all(SLICE("abc"), SCAN_TOKEN));
	assert_true(scan_all(SLICE(""), SCAN_TOKEN));
	assert_false(scan_all(SLICE("a c"), SCAN_TOKEN));
}

int test_scan(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(classes),
		cmocka_unit_test(wide_scans),
		cmocka_unit_test(first_stop),
		cmocka_unit_test(whole_slices),
	};
	return cmocka_run_group_tests_name("scan", tests, NULL, NULL);
}
