/* SPDX-License-Identifier: Apache-2.0 */
/* Master files: each row is a file and the records it gives, or where and why it is refused. */
#include "groups.h"

#include "wire/zonefile.h"
#include "wire/zonefile_notes.h"

#include <stdio.h>
#include <stdlib.h>

static const struct dns_name origin = { 13, "\7example\3com" };

/* One line a record: owner ttl type data, and the comment behind a semicolon. */
static enum err read_all(struct slice in, struct text *t, struct diag *d)
{
	struct zonefile *z = malloc(sizeof(*z));
	struct zonefile_record r;
	char *p = exact_copy(in);
	enum err e;

	assert_non_null(z);
	zonefile_init(z, slice_of(p, in.n), &origin);
	while ((e = zonefile_next(z, &r, d)) == OK && !z->done) {
		dns_name_print(&r.owner, t);
		text_byte(t, ' ');
		if (r.has_ttl)
			text_u64(t, r.ttl);
		else
			text_byte(t, '-');
		text_byte(t, ' ');
		dns_type_print(r.type, t);
		text_byte(t, ' ');
		assert_int_equal(dns_rdata_print(r.type, r.rdata, t), OK);
		if (r.comment.p) {
			text_add(t, SLICE(" ;"));
			text_add(t, r.comment);
		}
		text_byte(t, '\n');
	}
	free(p);
	free(z);
	return e;
}

static void good_files(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "", "" },
		{ "\n ; only words\n\r\n", "" },
		{ "www A 192.0.2.1\n", "www.example.com. - A 192.0.2.1\n" },
		{ "www A 192.0.2.1", "www.example.com. - A 192.0.2.1\n" },
		{ "www A 192.0.2.1\r\n", "www.example.com. - A 192.0.2.1\n" },
		/* TTL and class in either order, both, none; the type may look like an owner. */
		{ "a 60 IN A 192.0.2.1\nb IN 60 A 192.0.2.1\nin IN A 192.0.2.1\nmx MX 1 mx\n",
		  "a.example.com. 60 A 192.0.2.1\nb.example.com. 60 A 192.0.2.1\nin.example.com. 60 A 192.0.2.1\n"
		  "mx.example.com. 60 MX 1 mx.example.com.\n" },
		/* Owners left out, $ORIGIN absolute and relative, $TTL. */
		{ "$TTL 1h\n@ NS ns1\n\tNS ns2.other.\n$ORIGIN sub\n@ A 192.0.2.1\n$ORIGIN test.\nx A 192.0.2.2\n",
		  "example.com. 3600 NS ns1.example.com.\nexample.com. 3600 NS ns2.other.\n"
		  "sub.example.com. 3600 A 192.0.2.1\nx.test. 3600 A 192.0.2.2\n" },
		/* The TTL of a record before, $TTL wins over it; a SOA's minimum. */
		{ "@ SOA ns h 1 2 3 4 77\n  NS ns\na 5 A 192.0.2.1\nb A 192.0.2.1\n$TTL 9\nc A 192.0.2.1\n",
		  "example.com. 77 SOA ns.example.com. h.example.com. 1 2 3 4 77\nexample.com. 77 NS ns.example.com.\n"
		  "a.example.com. 5 A 192.0.2.1\nb.example.com. 5 A 192.0.2.1\nc.example.com. 9 A 192.0.2.1\n" },
		{ "@ SOA ns h ( ; serial next\n 1\n2 3 4 ) 5 ; words\n",
		  "example.com. 5 SOA ns.example.com. h.example.com. 1 2 3 4 5 ;words\n" },
		{ "t TXT \"a;b\" (\"c\"\n \"d\") ; x\n", "t.example.com. - TXT \"a;b\" \"c\" \"d\" ;x\n" },
		{ "w A 192.0.2.1 ;; cf_tags=cf-proxied:true \r\n",
		  "w.example.com. - A 192.0.2.1 ;cf_tags=cf-proxied:true\n" },
		{ "*.w CNAME @\n\\042 CNAME .\n", "*.w.example.com. - CNAME example.com.\n*.example.com. - CNAME .\n" },
		{ "x TYPE65280 \\# 1 00\n", "x.example.com. - TYPE65280 \\# 1 00\n" },
		/* $GENERATE: offset, width, base, a literal dollar. */
		{ "$GENERATE 1-2 h$ 60 A 10.0.0.$\n",
		  "h1.example.com. 60 A 10.0.0.1\nh2.example.com. 60 A 10.0.0.2\n" },
		{ "$GENERATE 8-12/2 ${-8,3,d} CNAME ${2,0,x}.$ ; no\ny A 192.0.2.9\n",
		  "000.example.com. - CNAME a.8.example.com.\n002.example.com. - CNAME c.10.example.com.\n"
		  "004.example.com. - CNAME e.12.example.com.\ny.example.com. - A 192.0.2.9\n" },
		{ "$GENERATE 1-1 a$$ TXT \"${0,4,X}\" \\$\n", "a\\$.example.com. - TXT \"0001\" \"$\"\n" },
		{ "$GENERATE 18-18 ${0,7,n} PTR p\n", "2.1.0.0.example.com. - PTR p.example.com.\n" },
	};
	static char out[4096];

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct text t = text_of(out, sizeof(out));
		struct diag d;
		enum err e;

		diag_init(&d);
		e = read_all(slice_str(rows[i].in), &t, &d);
		if (e != OK)
			fprintf(stderr, "%s: %s\n", d.where, d.text);
		assert_err(e, OK, rows[i].in);
		assert_slice_eq(text_slice(&t), slice_str(rows[i].out), __FILE__, __LINE__);
	}
}

static void bad_files(void **state)
{
	static const struct {
		const char *in, *where, *part;
	} rows[] = {
		{ "$INCLUDE /etc/passwd\n", "line 1, column 1", "$INCLUDE directive not allowed" },
		{ "$include x\n", "line 1, column 1", "$INCLUDE directive not allowed" },
		{ "$FOO x\n", "line 1, column 1", "not a directive" },
		{ "\n\n A 192.0.2.1\n", "line 3, column 2", "names no owner" },
		{ "www\n", "line 1, column 4", "type is missing" },
		{ "www 60\n", "line 1, column 7", "type is missing" },
		{ "www CH TXT x\n", "line 1, column 5", "class IN" },
		{ "www NOPE x\n", "line 1, column 5", "not a record type" },
		{ "www 1x A 192.0.2.1\n", "line 1, column 5", "not a TTL" },
		{ "a..b A 192.0.2.1\n", "line 1, column 1", "not a domain name" },
		{ "a A 192.0.2.1\nb A 192.0.2.300\n", "line 2, column 5", "IPv4" },
		{ "a TXT \"x\ny\"\n", "line 1, column 7", "closing quote" },
		{ "a A ( 192.0.2.1\n", "line 2, column 1", "inside parentheses" },
		{ "a A 192.0.2.1 )\n", "line 1, column 15", "nothing opened" },
		{ "$TTL\n", "line 1, column 5", "$TTL wants" },
		{ "$TTL 5 6\n", "line 1, column 8", "nothing more" },
		{ "$ORIGIN a..b\n", "line 1, column 9", "not a domain name" },
		{ "$GENERATE 5-1 a A 10.0.0.$\n", "line 1, column 11", "range" },
		{ "$GENERATE 1-5/0 a A 10.0.0.$\n", "line 1, column 11", "range" },
		{ "$GENERATE 0-65536 a$ A 10.0.0.1\n", "line 1, column 11", "65536" },
		{ "$GENERATE 1-5 a${1,2,q} A 10.0.0.1\n", "line 1, column 1", "offset" },
		{ "$GENERATE 1-5 a${-2} A 10.0.0.1\n", "line 1, column 1", "offset" },
		{ "$GENERATE 1-5 a$ A 10.0.0.x\n", "line 1, column 4", "IPv4" },
		{ "\"a\" A 192.0.2.1\n", "line 1, column 1", "not a domain name" },
		{ "a\001 A 192.0.2.1\n", "line 1, column 1", "control byte" },
	};
	static char out[4096];

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct text t = text_of(out, sizeof(out));
		struct diag d;

		diag_init(&d);
		if (read_all(slice_str(rows[i].in), &t, &d) == OK || strcmp(d.where, rows[i].where) ||
		    !strstr(d.text, rows[i].part))
			fail_msg("\"%s\": got \"%s: %s\", want \"%s: … %s\"", rows[i].in, d.where, d.text,
				 rows[i].where, rows[i].part);
	}
}

static void notes(void **state)
{
	static const struct {
		const char *in, *text, *tags; /* tags one after another with | */
		int proxied, flatten;         /* -1: not said */
	} rows[] = {
		{ "words", "words", "", -1, -1 },
		{ "cf_tags=cf-proxied:true", "", "", 1, -1 },
		{ "my words cf_tags=a,b:c,cf-proxied:false", "my words", "a|b:c|", 0, -1 },
		{ "w cf_tags=x, CF-PROXIED:TRUE,cf-flatten-cname", "w", "x|", 1, 1 },
		{ "says cf_tags=no cf_tags=", "says cf_tags=no", "", -1, -1 },
		{ "c cf_tags=\"a:1,2\",b:\"q\\\"\\\\=\",c", "c", "a:1,2|b:q\"\\=|c|", -1, -1 },
		{ "c cf_tags=\"open", "c", "", -1, -1 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct zonefile_notes n;
		char tag[64], all[256];
		struct text t = text_of(all, sizeof(all));
		size_t len;

		zonefile_notes_read(slice_str(rows[i].in), &n);
		assert_slice_eq(n.text, slice_str(rows[i].text), __FILE__, __LINE__);
		while (zonefile_notes_tag(&n.tags, tag, sizeof(tag), &len)) {
			text_add(&t, slice_of(tag, len));
			text_byte(&t, '|');
		}
		assert_slice_eq(text_slice(&t), slice_str(rows[i].tags), __FILE__, __LINE__);
		assert_int_equal(n.has_proxied ? n.proxied : -1, rows[i].proxied);
		assert_int_equal(n.has_flatten ? n.flatten : -1, rows[i].flatten);
	}
}

int test_zonefile(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_files),
		cmocka_unit_test(bad_files),
		cmocka_unit_test(notes),
	};

	return cmocka_run_group_tests_name("zonefile", tests, NULL, NULL);
}
