/* SPDX-License-Identifier: Apache-2.0 */
/* test_fingerprint: JA3 and JA4 against published values. */
#include "test_tls.h"

#include "tls/tls_fingerprint.h"

#include <string.h>

/* A ClientHello under construction. */
struct hello {
	uint8_t b[4096];
	size_t n;
};

static void put(struct hello *h, unsigned v, size_t bytes)
{
	while (bytes--)
		h->b[h->n++] = (uint8_t)(v >> 8 * bytes);
}

/* A list of numbers (0 ends it) behind its length. */
static void list(struct hello *h, const uint16_t *v, size_t length_bytes)
{
	size_t at = h->n;

	put(h, 0, length_bytes);
	for (; *v; v++)
		put(h, *v, 2);
	size_t n = h->n - at - length_bytes, end = h->n;
	h->n = at;
	put(h, (unsigned)n, length_bytes);
	h->n = end;
}

/* What an extension holds; numbers that are not looked at are empty. */
static void extension(struct hello *h, unsigned type, const uint16_t *signatures)
{
	static const uint16_t groups[] = { 0x4a4a, 0x001d, 0x0017, 0x0018, 0 },
			      versions[] = { 0x3a3a, 0x0304, 0x0303, 0 };

	put(h, type, 2);
	size_t at = h->n;
	put(h, 0, 2);
	if (type == 0) {
		put(h, 11, 2);
		put(h, 0, 1);
		put(h, 8, 2);
		memcpy(h->b + h->n, "www.test", 8);
		h->n += 8;
	} else if (type == 10) {
		list(h, groups, 2);
	} else if (type == 11) {
		put(h, 0x0100, 2);
	} else if (type == 13) {
		list(h, signatures, 2);
	} else if (type == 16) {
		memcpy(h->b + h->n, "\x00\x0c\x02h2\x08http/1.1", 14);
		h->n += 14;
	} else if (type == 43) {
		list(h, versions, 1);
	}
	size_t n = h->n - at - 2, end = h->n;
	h->n = at;
	put(h, (unsigned)n, 2);
	h->n = end;
}

static void make(struct hello *h, unsigned version, const uint16_t *ciphers, const int *types,
		 const uint16_t *signatures)
{
	h->n = 0;
	put(h, 1, 1);
	put(h, 0, 3);
	put(h, version, 2);
	h->n += 32;
	put(h, 0, 1);
	list(h, ciphers, 2);
	put(h, 0x0100, 2);
	if (types) {
		size_t at = h->n;
		put(h, 0, 2);
		for (; *types >= 0; types++)
			extension(h, (unsigned)*types, signatures);
		size_t n = h->n - at - 2, end = h->n;
		h->n = at;
		put(h, (unsigned)n, 2);
		h->n = end;
	}
	size_t end = h->n;
	h->n = 1;
	put(h, (unsigned)(end - 4), 3);
	h->n = end;
}

/* The worked example of the JA4 specification, in the order in which a browser might send it, with GREASE. */
static void ja4_of_a_browser(void **state)
{
	static const uint16_t ciphers[] = { 0x2a2a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9,
					    0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035, 0 };
	static const int types[] = { 0x1a1a, 0,  23, 0xff01, 10, 11,     35, 16,     5, 13,
				     18,     51, 45, 43,     27, 0x4469, 21, 0x0a0a, -1 };
	static const uint16_t signatures[] = { 0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601, 0 };
	struct hello h = { .n = 0 };
	struct http_tls tls = { .ja3 = "" };

	make(&h, 0x0303, ciphers, types, signatures);
	tls_fingerprint(slice_of(h.b, h.n), &tls);
	assert_string_equal(tls.ja4, "t13d1516h2_8daaf6152771_e5627efa2ab1");
	assert_int_equal(strlen(tls.ja3), 32);
}

/* The two examples of JA3's own page; the second has neither extensions nor anything in them. */
static void ja3_as_published(void **state)
{
	static const uint16_t plain[] = { 4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99, 0 };
	struct hello h = { .n = 0 };
	struct http_tls tls = { .ja3 = "" };

	make(&h, 0x0301, plain, NULL, NULL);
	tls_fingerprint(slice_of(h.b, h.n), &tls);
	assert_string_equal(tls.ja3, "de350869b8c85de67a350c8d186f11e6");
	assert_string_equal(tls.ja4, "t10i110000_3609b414f052_000000000000");
}

/* What is cut or longer than it says has no fingerprint, wherever it is cut. */
static void cut_anywhere(void **state)
{
	static const uint16_t ciphers[] = { 0x1301, 0 }, signatures[] = { 0x0403, 0 };
	static const int types[] = { 0, 10, 11, 13, 16, 43, -1 };
	struct hello h = { .n = 0 };

	make(&h, 0x0303, ciphers, types, signatures);
	for (size_t n = 0; n <= h.n + 1; n++) {
		struct http_tls tls = { .ja3 = "" };
		tls_fingerprint(slice_of(h.b, n), &tls);
		assert_int_equal(tls.ja4[0] != '\0', n == h.n);
		assert_int_equal(tls.ja3[0] != '\0', n == h.n);
	}
}

int test_fingerprint(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ja4_of_a_browser),
		cmocka_unit_test(ja3_as_published),
		cmocka_unit_test(cut_anywhere),
	};
	return cmocka_run_group_tests_name("fingerprint", tests, NULL, NULL);
}
