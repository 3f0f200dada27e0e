/* SPDX-License-Identifier: Apache-2.0 */
/* Names and record data, text to wire and back; the examples of the RFCs are the vectors. */
#include "groups.h"

#include "wire/dns_date.h"
#include "wire/dns_rdata.h"

#include <stdio.h>
#include <stdlib.h>

static const struct dns_name origin = { 13, "\7example\3com" };

static void names(void **state)
{
	static const struct {
		const char *in, *out;
		enum err e;
	} rows[] = {
		{ "www", "www.example.com.", OK },
		{ "www.", "www.", OK },
		{ "@", "example.com.", OK },
		{ ".", ".", OK },
		{ "a\\.b.c", "a\\.b.c.example.com.", OK },
		{ "\\065\\000b.", "A\\000b.", OK },
		{ "*._tcp", "*._tcp.example.com.", OK },
		{ "\\@", "\\@.example.com.", OK },
		{ "\xc3\xa4.", "\\195\\164.", OK },
		{ "", NULL, ERR_SYNTAX },
		{ "a..b", NULL, ERR_SYNTAX },
		{ ".a", NULL, ERR_SYNTAX },
		{ "..", NULL, ERR_SYNTAX },
		{ "a\\", NULL, ERR_SYNTAX },
		{ "a\\25", NULL, ERR_SYNTAX },
		{ "a\\256", NULL, ERR_SYNTAX },
		{ "a\\2x6", NULL, ERR_SYNTAX },
		{ "0123456789012345678901234567890123456789012345678901234567890123", NULL, ERR_RANGE },
		{ "012345678901234567890123456789012345678901234567890123456789012",
		  "012345678901234567890123456789012345678901234567890123456789012.example.com.", OK },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char out[DNS_NAME_TEXT_BYTES];
		struct text t = text_of(out, sizeof(out));
		struct dns_name name;
		char *p = exact_copy(slice_str(rows[i].in));

		assert_err(dns_name_parse(slice_of(p, strlen(rows[i].in)), &origin, &name), rows[i].e, rows[i].in);
		free(p);
		if (rows[i].e != OK)
			continue;
		dns_name_print(&name, &t);
		assert_slice_eq(text_slice(&t), slice_str(rows[i].out), __FILE__, __LINE__);
	}
}

static void longest_name(void **state)
{
	char in[260];
	struct dns_name name;

	/* 63.63.63.61. is 255 bytes of wire; one byte more is not a name, and no byte is written past the struct. */
	memset(in, 'a', sizeof(in));
	in[63] = in[127] = in[191] = in[253] = '.';
	assert_err(dns_name_parse(slice_of(in, 254), &dns_name_root, &name), OK, "255 bytes");
	assert_int_equal(name.n, 255);
	assert_err(dns_name_parse(slice_of(in, 253), &dns_name_root, &name), OK, "255 bytes, relative to the root");
	assert_err(dns_name_parse(slice_of(in, 253), &origin, &name), ERR_RANGE, "too long with the origin");
	in[253] = 'a';
	in[254] = '.';
	assert_err(dns_name_parse(slice_of(in, 255), &dns_name_root, &name), ERR_RANGE, "256 bytes");
}

static void name_relations(void **state)
{
	struct dns_name a, b, up;

	assert_int_equal(dns_name_parse(SLICE("A.Example.COM."), &origin, &a), OK);
	assert_int_equal(dns_name_parse(SLICE("a"), &origin, &b), OK);
	assert_true(dns_name_eq(&a, &b));
	assert_true(dns_name_in(&a, &origin) && dns_name_in(&origin, &origin) && dns_name_in(&a, &dns_name_root));
	assert_false(dns_name_in(&origin, &a));
	assert_int_equal(dns_name_parse(SLICE("bexample.com."), &origin, &b), OK);
	assert_false(dns_name_in(&b, &origin));
	assert_int_equal(dns_name_labels(&a), 3);
	dns_name_parent(&a, &up);
	assert_true(dns_name_eq(&up, &origin));
	dns_name_parent(&dns_name_root, &up);
	assert_int_equal(up.n, 1);
	dns_name_lower(&a);
	assert_memory_equal(a.w, "\1a\7example\3com", a.n);
}

static void types(void **state)
{
	uint16_t v;
	char out[DNS_TYPE_TEXT_BYTES];
	struct text t = text_of(out, sizeof(out));

	assert_int_equal(dns_type_parse(SLICE("https"), &v), OK);
	assert_int_equal(v, DNS_TYPE_HTTPS);
	assert_int_equal(dns_type_parse(SLICE("TYPE65"), &v), OK);
	assert_int_equal(v, 65);
	assert_int_equal(dns_type_parse(SLICE("TYPE65536"), &v), ERR_RANGE);
	assert_int_equal(dns_type_parse(SLICE("NOPE"), &v), ERR_NOT_FOUND);
	assert_int_equal(dns_type_parse(SLICE("TYPE"), &v), ERR_NOT_FOUND);
	dns_type_print(1234, &t);
	assert_slice(text_slice(&t), "TYPE1234");
}

static enum err parse(uint16_t type, const char *in, uint8_t *wire, size_t *ret_n, struct diag *d)
{
	char *p = exact_copy(slice_str(in));
	struct cursor_out out = cursor_out_of(wire, DNS_RDATA_BYTES + 1);
	enum err e = dns_rdata_parse(slice_of(p, strlen(in)), type, &origin, &out, d);

	free(p);
	*ret_n = out.at;
	return e;
}

static void good_data(void **state)
{
	static const struct {
		uint16_t type;
		const char *in, *out, *hex; /* out NULL: as in; hex NULL: not looked at */
	} rows[] = {
		{ DNS_TYPE_A, "192.0.2.1", NULL, "c0000201" },
		{ DNS_TYPE_AAAA, "2001:DB8:0::0:1", "2001:db8::1", "20010db8000000000000000000000001" },
		{ DNS_TYPE_NS, "ns1", "ns1.example.com.", NULL },
		{ DNS_TYPE_CNAME, "Target.Example.NET.", NULL, NULL },
		{ DNS_TYPE_PTR, "@", "example.com.", NULL },
		{ DNS_TYPE_MX, "10 mail", "10 mail.example.com.", NULL },
		{ DNS_TYPE_MX, "0 .", NULL, "000000" },
		{ DNS_TYPE_SOA, "ns1 hostmaster ( 1 ; serial\n 3h 15m 1w\n 1d )",
		  "ns1.example.com. hostmaster.example.com. 1 10800 900 604800 86400", NULL },
		{ DNS_TYPE_TXT, "\"a b\" c \"\"", "\"a b\" \"c\" \"\"", "03612062016300" },
		{ DNS_TYPE_TXT, "\"q\\\"\\\\ \\233\\065;\"", "\"q\\\"\\\\ \\233A;\"", NULL },
		{ DNS_TYPE_HINFO, "\"RFC8482\" \"\"", NULL, NULL },
		{ DNS_TYPE_SRV, "1 2 443 host.", NULL, "0001000201bb04686f737400" },
		{ DNS_TYPE_NAPTR, "100 10 \"u\" \"E2U+sip\" \"!^.*$!sip:info@example.com!\" .", NULL, NULL },
		{ DNS_TYPE_CAA, "0 issue \"letsencrypt.org; a=b\"", NULL,
		  "000569737375656c657473656e63727970742e6f72673b20613d62" },
		{ DNS_TYPE_CAA, "128 tbs Unknown", "128 tbs \"Unknown\"", NULL },
		{ DNS_TYPE_URI, "10 1 \"ftp://ftp1.example.com/public\"", NULL, NULL },
		{ DNS_TYPE_TLSA, "3 1 1 ab cd\tef", "3 1 1 ABCDEF", "030101abcdef" },
		{ DNS_TYPE_SMIMEA, "0 0 0 00", NULL, NULL },
		{ DNS_TYPE_SSHFP, "4 2 0a0B", "4 2 0A0B", NULL },
		{ DNS_TYPE_DS, "60485 RSASHA1 1 ( 2BB183AF5F22588179A53B0A\n 98631FAD1A292118 )",
		  "60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118", NULL },
		{ DNS_TYPE_CDS, "0 0 0 00", NULL, "0000000000" },
		{ DNS_TYPE_DNSKEY, "257 3 13 bWVo bw==", "257 3 13 bWVobw==", "0101030d6d65686f" },
		{ DNS_TYPE_CDNSKEY, "0 3 0 AA==", NULL, "0000030000" },
		{ DNS_TYPE_CERT, "PGP 0 0 bWVo", "3 0 0 bWVo", NULL },
		{ DNS_TYPE_OPENPGPKEY, "bWVobWVo", NULL, NULL },
		{ DNS_TYPE_RRSIG, "A 13 2 300 20260131120000 20260101000000 1234 example.com. bWVo", NULL, NULL },
		{ DNS_TYPE_NSEC, "host.example.com. RRSIG MX A NSEC TYPE1234",
		  "host.example.com. A MX RRSIG NSEC TYPE1234",
		  "04686f7374076578616d706c6503636f6d000006400100000003041b000000000000000000000000000000000000000000"
		  "000000000020" },
		{ DNS_TYPE_NSEC, "host. ", NULL, "04686f737400" },
		/* RFC 1876 appendix. */
		{ DNS_TYPE_LOC, "42 21 54 N 71 06 18 W -24m 30m",
		  "42 21 54.000 N 71 6 18.000 W -24.00m 30.00m 10000.00m 10.00m", NULL },
		{ DNS_TYPE_LOC, "52 14 05 N 00 08 50 E 10m", "52 14 5.000 N 0 8 50.000 E 10.00m 1.00m 10000.00m 10.00m",
		  "00121613"
		  "8b3556c8"
		  "80081650"
		  "00989a68" },
		{ DNS_TYPE_LOC, "90 S 180 W -100000 0 0 90000000m",
		  "90 0 0.000 S 180 0 0.000 W -100000.00m 0.00m 0.00m 90000000.00m", NULL },
		/* RFC 9460 appendix D.2. */
		{ DNS_TYPE_HTTPS, "0 foo.example.com.", NULL, "000003666f6f076578616d706c6503636f6d00" },
		{ DNS_TYPE_SVCB, "1 .", NULL, "000100" },
		{ DNS_TYPE_SVCB, "16 foo.example.com. port=53", "16 foo.example.com. port=\"53\"",
		  "001003666f6f076578616d706c6503636f6d00000300020035" },
		{ DNS_TYPE_SVCB, "1 foo. key667=hello", "1 foo. key667=\"hello\"", "000103666f6f00029b000568656c6c6f" },
		{ DNS_TYPE_SVCB, "1 foo. key667=\"hello\\210qoo\"", NULL, "000103666f6f00029b000968656c6c6fd2716f6f" },
		{ DNS_TYPE_SVCB, "1 foo. ipv6hint=\"2001:db8::1,2001:db8::53:1\"", NULL,
		  "000103666f6f000006002020010db800000000000000000000000120010db8000000000000000000530001" },
		{ DNS_TYPE_SVCB, "16 foo. alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1",
		  "16 foo. mandatory=\"alpn,ipv4hint\" alpn=\"h2,h3-19\" ipv4hint=\"192.0.2.1\"",
		  "001003666f6f00"
		  "0000000400010004"
		  "00010009"
		  "02683205"
		  "68332d3139"
		  "00040004c0000201" },
		{ DNS_TYPE_SVCB, "16 foo. alpn=\"f\\\\\\\\oo\\\\,bar,h2\"", NULL,
		  "001003666f6f00"
		  "0001000c08665c6f6f2c626172"
		  "026832" },
		{ DNS_TYPE_SVCB, "16 foo. alpn=f\\\\\\092oo\\092,bar,h2", "16 foo. alpn=\"f\\\\\\\\oo\\\\,bar,h2\"",
		  NULL },
		{ DNS_TYPE_HTTPS, "1 . alpn=h3 no-default-alpn ech=bWVo",
		  "1 . alpn=\"h3\" no-default-alpn ech=\"bWVo\"", NULL },
		/* RFC 3597. */
		{ 731, "\\# 6 abcd (\n ef 01 23 45 )", "\\# 6 abcdef012345", "abcdef012345" },
		{ 62347, "\\# 0", NULL, "" },
		{ DNS_TYPE_A, "\\# 4 0A000001", "10.0.0.1", NULL },
	};
	static uint8_t wire[DNS_RDATA_BYTES + 1];

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char out[4096], hex[512];
		struct text t = text_of(out, sizeof(out)), h = text_of(hex, sizeof(hex));
		struct diag d;
		size_t n;
		enum err e;

		diag_init(&d);
		e = parse(rows[i].type, rows[i].in, wire, &n, &d);
		if (e != OK)
			fprintf(stderr, "%s: %s\n", d.where, d.text);
		assert_err(e, OK, rows[i].in);
		assert_err(dns_rdata_print(rows[i].type, slice_of(wire, n), &t), OK, rows[i].in);
		assert_slice_eq(text_slice(&t), slice_str(rows[i].out ? rows[i].out : rows[i].in), __FILE__, __LINE__);
		if (!rows[i].hex)
			continue;
		for (size_t k = 0; k < n; k++)
			text_hex(&h, wire[k], 2);
		assert_slice_eq(text_slice(&h), slice_str(rows[i].hex), __FILE__, __LINE__);
	}
}

static void bad_data(void **state)
{
	static const struct {
		uint16_t type;
		const char *in, *where, *part; /* where: exact; part: of the message */
		enum err e;
	} rows[] = {
		{ DNS_TYPE_A, "192.0.2", "line 1, column 1", "not an IPv4 address", ERR_SYNTAX },
		{ DNS_TYPE_A, "192.0.2.1 x", "line 1, column 11", "more than a record of type A holds", ERR_SYNTAX },
		{ DNS_TYPE_A, "::1", "line 1, column 1", "not an IPv4 address", ERR_SYNTAX },
		{ DNS_TYPE_AAAA, "1.2.3.4", "line 1, column 1", "not an IPv6 address", ERR_SYNTAX },
		{ DNS_TYPE_MX, "10", "line 1, column 3", "a name is missing", ERR_SYNTAX },
		{ DNS_TYPE_MX, "x mail", "line 1, column 1", "must be a number", ERR_SYNTAX },
		{ DNS_TYPE_MX, "65536 mail", "line 1, column 1", "at most 65535", ERR_RANGE },
		{ DNS_TYPE_MX, "10 a..b", "line 1, column 4", "not a domain name", ERR_SYNTAX },
		{ DNS_TYPE_TXT, "\"abc", "line 1, column 1", "closing quote", ERR_SYNTAX },
		{ DNS_TYPE_TXT, "\"a\\2\"", "line 1, column 1", "three digits", ERR_SYNTAX },
		{ DNS_TYPE_TXT, "(\"a\"\n\"b\"", "line 2, column 4", "inside parentheses", ERR_SYNTAX },
		{ DNS_TYPE_TXT, "a )", "line 1, column 3", "nothing opened", ERR_SYNTAX },
		{ DNS_TYPE_TXT, "", "line 1, column 1", "missing", ERR_SYNTAX },
		{ DNS_TYPE_CAA, "0 is-sue \"x\"", "line 1, column 3", "CAA property", ERR_SYNTAX },
		{ DNS_TYPE_TLSA, "3 1 1 abc", "line 1, column 10", "odd number", ERR_SYNTAX },
		{ DNS_TYPE_TLSA, "3 1 1 xx", "line 1, column 7", "not hexadecimal", ERR_SYNTAX },
		{ DNS_TYPE_TLSA, "3 1 1", "line 1, column 6", "missing", ERR_SYNTAX },
		{ DNS_TYPE_DNSKEY, "257 3 13 bWV", "line 1, column 13", "cut short", ERR_SYNTAX },
		{ DNS_TYPE_DNSKEY, "257 3 13 bW=V", "line 1, column 10", "not base64", ERR_SYNTAX },
		{ DNS_TYPE_DNSKEY, "257 3 13 bWVobx==", "line 1, column 18", "stray bits", ERR_SYNTAX },
		{ DNS_TYPE_LOC, "91 N 0 E 0", "line 1, column 1", "degrees", ERR_SYNTAX },
		{ DNS_TYPE_LOC, "90 1 N 0 E 0", "line 1, column 6", "more than 90", ERR_RANGE },
		{ DNS_TYPE_LOC, "1 60 N 0 E 0", "line 1, column 3", "does not fit", ERR_SYNTAX },
		{ DNS_TYPE_LOC, "1 N 0 E 0 1 2 3 4", "line 1, column 17", "more than a record", ERR_SYNTAX },
		{ DNS_TYPE_SVCB, "1 foo. key123=a key123=b", "line 1, column 17", "twice", ERR_SYNTAX },
		{ DNS_TYPE_SVCB, "1 foo. mandatory", "line 1, column 8", "not a value", ERR_SYNTAX },
		{ DNS_TYPE_SVCB, "1 foo. alpn=h2,", "line 1, column 8", "not a value", ERR_SYNTAX },
		{ DNS_TYPE_SVCB, "1 foo. no-default-alpn=abc", "line 1, column 8", "not a value", ERR_SYNTAX },
		{ DNS_TYPE_SVCB, "1 foo. no-default-alpn", "line 1, column 8", "needs an alpn", ERR_SYNTAX },
		{ DNS_TYPE_SVCB, "1 foo. mandatory=key123", "line 1, column 8", "missing", ERR_SYNTAX },
		{ DNS_TYPE_SVCB, "1 foo. mandatory=mandatory", "line 1, column 8", "not a value", ERR_SYNTAX },
		{ DNS_TYPE_SVCB, "1 foo. mandatory=key5,key5 key5=aa==", "line 1, column 8", "not a value",
		  ERR_SYNTAX },
		{ DNS_TYPE_SVCB, "1 foo. port=65536", "line 1, column 8", "not a value", ERR_SYNTAX },
		{ DNS_TYPE_SVCB, "1 foo. key0123=x", "line 1, column 8", "not a service parameter", ERR_SYNTAX },
		{ 731, "abcd", "line 1, column 1", "RFC 3597", ERR_SYNTAX },
		{ 731, "\\# 2 ab", "line 1, column 8", "not as many bytes", ERR_SYNTAX },
		{ 731, "\\# 1 ab cd", "line 1, column 9", "more bytes", ERR_SYNTAX },
		{ DNS_TYPE_A, "\\# 3 010203", "line 1, column 1", "not data of this", ERR_SYNTAX },
		{ DNS_TYPE_A, "1.2.3.4\n5.6.7.8", "line 2, column 1", "on a line after", ERR_SYNTAX },
		{ DNS_TYPE_NSEC, "a. A FOO", "line 1, column 6", "not a record type", ERR_SYNTAX },
		{ DNS_TYPE_SOA, "a. b. 1 2x 3 4 5", "line 1, column 9", "not a time", ERR_SYNTAX },
		{ DNS_TYPE_RRSIG, "A 13 2 300 20260231120000 0 1 a. bWVo", "line 1, column 12", "not a date",
		  ERR_SYNTAX },
	};
	static uint8_t wire[DNS_RDATA_BYTES + 1];

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct diag d;
		size_t n;

		diag_init(&d);
		assert_err(parse(rows[i].type, rows[i].in, wire, &n, &d), rows[i].e, rows[i].in);
		if (strcmp(d.where, rows[i].where) || !strstr(d.text, rows[i].part))
			fail_msg("\"%s\": got \"%s: %s\", want \"%s: … %s\"", rows[i].in, d.where, d.text,
				 rows[i].where, rows[i].part);
	}
}

static void bounds(void **state)
{
	static uint8_t wire[DNS_RDATA_BYTES + 1];
	static char in[400000];
	struct text t = text_of(in, sizeof(in));
	struct diag d;
	size_t n;

	for (int i = 0; i < 256; i++)
		text_byte(&t, 'x');
	text_byte(&t, '\0');
	diag_init(&d);
	assert_err(parse(DNS_TYPE_TXT, in, wire, &n, &d), ERR_RANGE, "a string of 256 bytes");
	t.n = 0;
	for (int i = 0; i < 300; i++) {
		text_byte(&t, ' ');
		for (int k = 0; k < 255; k++)
			text_byte(&t, 'x');
	}
	text_byte(&t, '\0');
	diag_init(&d);
	assert_err(parse(DNS_TYPE_TXT, in, wire, &n, &d), ERR_RANGE, "76,800 bytes of strings");
	assert_non_null(strstr(d.text, "over 65535 bytes"));
}

static void wire_that_is_not(void **state)
{
	static const struct {
		uint16_t type;
		struct slice wire;
	} rows[] = {
		{ DNS_TYPE_A, SLICE_INIT("\1\2\3") },
		{ DNS_TYPE_A, SLICE_INIT("\1\2\3\4\5") },
		{ DNS_TYPE_NS, SLICE_INIT("\3abc") },
		{ DNS_TYPE_NS, SLICE_INIT("\300\14") },
		{ DNS_TYPE_TXT, SLICE_INIT("") },
		{ DNS_TYPE_TXT, SLICE_INIT("\3ab") },
		{ DNS_TYPE_CAA, SLICE_INIT("\0\0") },
		{ DNS_TYPE_LOC, SLICE_INIT("\1\22\26\23\200\0\0\0\200\0\0\0\0\0\0\0") },
		{ DNS_TYPE_LOC, SLICE_INIT("\0\252\26\23\200\0\0\0\200\0\0\0\0\0\0\0") },
		{ DNS_TYPE_SVCB, SLICE_INIT("\0\1\0\0\3\0\2\0\65\0\1\0\3\2h2") },
		{ DNS_TYPE_SVCB, SLICE_INIT("\0\1\0\0\1\0\0") },
		{ DNS_TYPE_NSEC, SLICE_INIT("\0\0\1\0") },
		{ DNS_TYPE_NSEC, SLICE_INIT("\0\0\0") },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char *p = exact_copy(rows[i].wire);

		assert_err(dns_rdata_check(rows[i].type, slice_of(p, rows[i].wire.n)), ERR_SYNTAX, "row");
		free(p);
	}
	assert_int_equal(dns_rdata_check(4711, SLICE("anything")), OK);
}

static void times(void **state)
{
	uint32_t v;
	char out[DNS_DATE_BYTES];

	assert_int_equal(dns_date_ttl(SLICE("1w2D3h4m5s"), &v), OK);
	assert_int_equal(v, 788645);
	assert_int_equal(dns_date_ttl(SLICE("2147483647"), &v), OK);
	assert_int_equal(dns_date_ttl(SLICE("2147483648"), &v), ERR_RANGE);
	assert_int_equal(dns_date_ttl(SLICE("99999w"), &v), ERR_RANGE);
	assert_int_equal(dns_date_ttl(SLICE("1h30"), &v), ERR_SYNTAX);
	assert_int_equal(dns_date_ttl(SLICE("h"), &v), ERR_SYNTAX);
	assert_int_equal(dns_date_ttl(SLICE(""), &v), ERR_SYNTAX);
	assert_int_equal(dns_date_parse(SLICE("20240229235959"), &v), OK);
	assert_int_equal(v, 1709251199);
	dns_date_print(v, out);
	assert_slice(slice_of(out, sizeof(out)), "20240229235959");
	assert_int_equal(dns_date_parse(SLICE("1709251199"), &v), OK);
	assert_int_equal(dns_date_parse(SLICE("20230229000000"), &v), ERR_SYNTAX);
	assert_int_equal(dns_date_parse(SLICE("20230001000000"), &v), ERR_SYNTAX);
	assert_int_equal(dns_date_parse(SLICE("21070101000000"), &v), ERR_RANGE);
	assert_int_equal(dns_date_parse(SLICE("21060207062815"), &v), OK);
	assert_true(v == UINT32_MAX);
	assert_int_equal(dns_date_parse(SLICE("21060207062816"), &v), ERR_RANGE);
}

int test_dns_rdata(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),  cmocka_unit_test(longest_name),     cmocka_unit_test(name_relations),
		cmocka_unit_test(types),  cmocka_unit_test(good_data),        cmocka_unit_test(bad_data),
		cmocka_unit_test(bounds), cmocka_unit_test(wire_that_is_not), cmocka_unit_test(times),
	};

	return cmocka_run_group_tests_name("dns_rdata", tests, NULL, NULL);
}
