/* SPDX-License-Identifier: Apache-2.0 */
/* Hosts (RFC 3986 3.2.2, RFC 9110 4.2.4, RFC 9112 3.2) and parts of paths. */
#include "groups.h"

#include "wire/uri.h"
#include "wire/uri_normal.h"

#include <stdlib.h>

/* Parses an exact copy; out: name as an offset-free copy in buf. */
static enum err parse(struct slice s, struct uri_host *ret)
{
	char *p = exact_copy(s);
	enum err e = uri_host_parse(slice_of(p, s.n), ret);

	if (e == OK)
		ret->name.p = ret->name.p - p + s.p;
	free(p);
	return e;
}

static void good_hosts(void **state)
{
	static const struct {
		const char *in, *name;
		uint32_t port;
		bool is_ip;
	} rows[] = {
		{ "a", "a", 0, false },
		{ "Example.COM", "Example.COM", 0, false },
		{ "example.com:80", "example.com", 80, false },
		{ "example.com:", "example.com", 0, false },
		{ "example.com:65535", "example.com", 65535, false },
		{ "example.com:00080", "example.com", 80, false },
		{ "example.com.", "example.com.", 0, false },
		{ "example.com.:8080", "example.com.", 8080, false },
		{ "under_score.example", "under_score.example", 0, false },
		{ "-a-.b", "-a-.b", 0, false },
		{ "1.2.3", "1.2.3", 0, false },
		{ "999.1.1.1", "999.1.1.1", 0, false },
		{ "192.0.2.1", "192.0.2.1", 0, true },
		{ "192.0.2.1.:81", "192.0.2.1.", 81, true },
		{ "[::1]", "::1", 0, true },
		{ "[2001:db8::1]:443", "2001:db8::1", 443, true },
		{ "[::ffff:192.0.2.1]:", "::ffff:192.0.2.1", 0, true },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct uri_host host;
		assert_err(parse(slice_str(rows[i].in), &host), OK, rows[i].in);
		assert_slice_eq(host.name, slice_str(rows[i].name), __FILE__, __LINE__);
		assert_int_equal(host.port, rows[i].port);
		assert_int_equal(host.is_ip, rows[i].is_ip);
	}
}

static void bad_hosts(void **state)
{
	static const char *const rows[] = {
		"",         ".",       "..",      ".a",          "a..b",
		"a..",      ":80",     ".:80",    "a:0",         "a:65536",
		"a:100000", "a:8o",    "a: 80",   "a:+80",       "a:-1",
		"a:80:80",  "a b",     " a",      "a ",          "a\tb",
		"a,b",      "a/b",     "a@b",     "user:pw@a",   "a?b",
		"a#b",      "a%41",    "a\\b",    "caf\xc3\xa9", "a\x7f",
		"[",        "[]",      "[::1",    "::1",         "2001:db8::1",
		"[::1]x",   "[::1]80", "[::1]:0", "[192.0.2.1]", "[fe80::1%25eth0]",
		"[v1.a]",   "[::1]]",  "a[::1]",  "[[::1]]",     "a;b",
		"a!b",      "*",       "*.a",     "'a'",         "<a>",
	};
	struct uri_host host = { .port = 7 };

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_err(parse(slice_str(rows[i]), &host), ERR_HOST, rows[i]);
	assert_err(parse(SLICE("a\0b"), &host), ERR_HOST, "NUL");
	assert_int_equal(host.port, 7); /* untouched on failure */
}

/* RFC 1035 2.3.4: labels of 63, names of 253 bytes as text. */
static void host_lengths(void **state)
{
	char p[300];
	struct uri_host host;

	memset(p, 'a', sizeof p);
	assert_err(parse(slice_of(p, 63), &host), OK, "label 63");
	assert_err(parse(slice_of(p, 64), &host), ERR_HOST, "label 64");
	p[63] = p[127] = p[191] = '.';
	assert_err(parse(slice_of(p, 253), &host), OK, "name 253");
	p[253] = '.';
	assert_err(parse(slice_of(p, 254), &host), OK, "name 253 and the dot");
	p[253] = 'a';
	assert_err(parse(slice_of(p, 254), &host), ERR_HOST, "name 254");
}

static void canonical(void **state)
{
	char out[32];

	assert_slice(uri_host_canonical(SLICE("WWW.Example.com."), out), "www.example.com");
	assert_slice(uri_host_canonical(SLICE("2001:DB8::1"), out), "2001:db8::1");
	assert_slice(uri_host_canonical(SLICE(""), out), "");
}

static void parts(void **state)
{
	assert_slice(uri_path(SLICE("/a/b?c=d?e")), "/a/b");
	assert_slice(uri_query(SLICE("/a/b?c=d?e")), "c=d?e");
	assert_slice(uri_path(SLICE("/a")), "/a");
	assert_null(uri_query(SLICE("/a")).p);
	assert_non_null(uri_query(SLICE("/a?")).p);
	assert_int_equal(uri_query(SLICE("/a?")).n, 0);
	assert_slice(uri_path(SLICE("?a")), "");
	assert_slice(uri_extension(SLICE("/a/b.css")), "css");
	assert_slice(uri_extension(SLICE("/a/b.min.js")), "js");
	assert_slice(uri_extension(SLICE("/a.b/c")), "");
	assert_slice(uri_extension(SLICE("/a.")), "");
	assert_slice(uri_extension(SLICE("/.htaccess")), "htaccess");
	assert_slice(uri_extension(SLICE("/")), "");
	assert_slice(uri_extension(SLICE("")), "");
}

static void normal_paths(void **state)
{
	static const char *const rows[][2] = {
		{ "/", "/" },
		{ "/a/b?x=/../%61", "/a/b?x=/../%61" },
		{ "/%61%2fb%2F", "/a%2Fb%2F" },
		{ "/a/./b/../c", "/a/c" },
		{ "/a/b/..", "/a/" },
		{ "/a/.", "/a/" },
		{ "/../../x", "/x" },
		{ "/..", "/" },
		{ "//a///b//", "/a/b/" },
		{ "/a\\b\\..\\c", "/a/c" },
		{ "/%2e%2E/admin", "/admin" },
		{ "/a%2", "/a%2" },
		{ "/a%zz", "/a%zz" },
		{ "/a%252e", "/a%252e" },
		{ "/a..b/.c/...", "/a..b/.c/..." },
		{ "*", "*" },
		{ "", "" },
		{ "?a", "?a" },
	};
	char out[64];

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct slice in = slice_str(rows[i][0]), got = uri_normal_path(in, out);
		assert_true(slice_eq(got, slice_str(rows[i][1])));
		assert_true(uri_normal_needed(in) || slice_eq(in, got));
	}
}

int test_uri(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_hosts), cmocka_unit_test(bad_hosts), cmocka_unit_test(host_lengths),
		cmocka_unit_test(canonical),  cmocka_unit_test(parts),     cmocka_unit_test(normal_paths),
	};
	return cmocka_run_group_tests_name("uri", tests, NULL, NULL);
}
