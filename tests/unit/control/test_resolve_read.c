/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of other name servers: chains, denials, referrals, and what cannot be used. */
#include "test_control.h"

#include "control/resolve_read.h"
#include "wire/dns_rdata.h"

#include <stdlib.h>
#include <string.h>

enum { ANSWER = 0, AUTHORITY = 1 };

/* A message under construction: records as text, sections in order. */
struct message {
	uint8_t bytes[4096];
	struct cursor_out out;
	uint16_t counts[2];
};

static void begin(struct message *m, const char *question, uint16_t type)
{
	struct dns_name name;

	memset(m, 0, sizeof(*m));
	m->out = cursor_out_of(m->bytes, sizeof(m->bytes));
	m->out.at = 12;
	assert_int_equal(dns_name_parse(slice_str(question), &dns_name_root, &name), OK);
	cursor_put_bytes(&m->out, dns_name_wire(&name));
	cursor_put_u16(&m->out, type);
	cursor_put_u16(&m->out, 1);
}

static void add(struct message *m, int section, const char *owner, uint32_t ttl, uint16_t type, const char *rdata)
{
	struct dns_name name;
	size_t length_at, n;

	assert_int_equal(dns_name_parse(slice_str(owner), &dns_name_root, &name), OK);
	cursor_put_bytes(&m->out, dns_name_wire(&name));
	cursor_put_u16(&m->out, type);
	cursor_put_u16(&m->out, 1);
	cursor_put_u32(&m->out, ttl);
	length_at = m->out.at;
	cursor_put_u16(&m->out, 0);
	assert_int_equal(dns_rdata_parse(slice_str(rdata), type, &dns_name_root, &m->out, NULL), OK);
	n = m->out.at - length_at - 2;
	m->bytes[length_at] = (uint8_t)(n >> 8);
	m->bytes[length_at + 1] = (uint8_t)n;
	m->counts[section]++;
}

static struct resolve_answer read_it(struct message *m, const char *question, uint16_t type, uint16_t flags,
				     bool recursive)
{
	struct cursor_out head = cursor_out_of(m->bytes, 12);
	struct resolve_answer a;
	struct dns_name name;
	uint8_t *exact = malloc(m->out.at);

	cursor_put_u16(&head, 1);
	cursor_put_u16(&head, flags);
	cursor_put_u16(&head, 1);
	cursor_put_u16(&head, m->counts[ANSWER]);
	cursor_put_u16(&head, m->counts[AUTHORITY]);
	cursor_put_u16(&head, 0);
	memcpy(exact, m->bytes, m->out.at);
	assert_int_equal(dns_name_parse(slice_str(question), &dns_name_root, &name), OK);
	resolve_read(slice_of(exact, m->out.at), &name, type, recursive, &a);
	/* Cut anywhere it is malformed, never something else. */
	for (size_t cut = 12; cut < m->out.at; cut++) {
		struct resolve_answer part;

		resolve_read(slice_of(exact, cut), &name, type, recursive, &part);
		assert_int_equal(part.status, RESOLVE_FAILED);
	}
	free(exact);
	return a;
}

static void chains(void **state)
{
	struct resolve_answer a;
	struct message m;

	begin(&m, "www.a.test", DNS_TYPE_A);
	add(&m, ANSWER, "x.b.test", 50, DNS_TYPE_A, "192.0.2.1"); /* in any order */
	add(&m, ANSWER, "WWW.a.test", 300, DNS_TYPE_CNAME, "X.b.test.");
	add(&m, ANSWER, "x.b.test", 40, DNS_TYPE_A, "192.0.2.2");
	add(&m, ANSWER, "other.test", 1, DNS_TYPE_A, "192.0.2.3"); /* nobody asked */
	a = read_it(&m, "www.a.test", DNS_TYPE_A, 0x8180, true);
	assert_int_equal(a.status, RESOLVE_OK);
	assert_int_equal(a.ttl, 40);
	assert_int_equal(a.ips_n, 2);
	assert_int_equal(a.ips[1].b[3], 2);

	begin(&m, "l.test", DNS_TYPE_AAAA);
	add(&m, ANSWER, "l.test", 300, DNS_TYPE_CNAME, "k.test.");
	add(&m, ANSWER, "k.test", 300, DNS_TYPE_CNAME, "l.test.");
	a = read_it(&m, "l.test", DNS_TYPE_AAAA, 0x8180, true);
	assert_int_equal(a.status, RESOLVE_FAILED);
	assert_non_null(strstr(a.reason, "loops"));

	begin(&m, "0.test", DNS_TYPE_A);
	for (char i = 0; i < 9; i++) {
		char owner[] = "0.test", target[] = "1.test.";

		owner[0] = (char)('0' + i);
		target[0] = (char)('1' + i);
		add(&m, ANSWER, owner, 300, DNS_TYPE_CNAME, target);
	}
	add(&m, ANSWER, "9.test", 300, DNS_TYPE_A, "192.0.2.1");
	a = read_it(&m, "0.test", DNS_TYPE_A, 0x8180, true);
	assert_int_equal(a.status, RESOLVE_FAILED);
}

static void denials_and_errors(void **state)
{
	struct resolve_answer a;
	struct message m;

	begin(&m, "a.test", DNS_TYPE_A);
	add(&m, AUTHORITY, "test", 600, DNS_TYPE_SOA, "ns.test. h.test. 1 2 3 4 90");
	a = read_it(&m, "a.test", DNS_TYPE_A, 0x8183, true);
	assert_int_equal(a.status, RESOLVE_NO_NAME);
	assert_int_equal(a.ttl, 90);
	a = read_it(&m, "a.test", DNS_TYPE_A, 0x8180, true);
	assert_int_equal(a.status, RESOLVE_NO_DATA);
	a = read_it(&m, "a.test", DNS_TYPE_A, 0x8182, true);
	assert_int_equal(a.status, RESOLVE_FAILED);
	assert_non_null(strstr(a.reason, "SERVFAIL"));
	a = read_it(&m, "a.test", DNS_TYPE_A, 0x8380, true);
	assert_int_equal(a.status, RESOLVE_FAILED);
	assert_non_null(strstr(a.reason, "cut"));
	begin(&m, "a.test", DNS_TYPE_A);
	a = read_it(&m, "a.test", DNS_TYPE_A, 0x8180, true);
	assert_int_equal(a.ttl, RESOLVE_TTL_NEGATIVE_S);
}

static void name_servers(void **state)
{
	struct resolve_answer a;
	struct message m;

	begin(&m, "zone.test", DNS_TYPE_NS);
	add(&m, AUTHORITY, "zone.test", 86400, DNS_TYPE_NS, "NS1.edge.test.");
	add(&m, AUTHORITY, "zone.test", 86400, DNS_TYPE_NS, "ns2.edge.test.");
	a = read_it(&m, "zone.test", DNS_TYPE_NS, 0x8000, false);
	assert_int_equal(a.status, RESOLVE_OK);
	assert_int_equal(a.names_n, 2);
	assert_string_equal(a.names[0], "ns1.edge.test");
	/* From one who was asked to do the work, a referral is no answer. */
	a = read_it(&m, "zone.test", DNS_TYPE_NS, 0x8180, true);
	assert_int_equal(a.status, RESOLVE_NO_DATA);
}

static void texts(void **state)
{
	struct message m;
	struct resolve_answer a;
	char longest[160] = "\"";

	begin(&m, "_acme-challenge.example.com", DNS_TYPE_TXT);
	add(&m, ANSWER, "_acme-challenge.example.com", 60, DNS_TYPE_TXT, "\"5TWm4V7x\" \"oUpGax-58\"");
	add(&m, ANSWER, "_acme-challenge.example.com", 60, DNS_TYPE_TXT, "\"two words\"");
	add(&m, ANSWER, "_acme-challenge.example.com", 60, DNS_TYPE_TXT, "\"\\001\"");
	memset(longest + 1, 'x', 128);
	longest[129] = '"';
	add(&m, ANSWER, "_acme-challenge.example.com", 60, DNS_TYPE_TXT, longest);
	a = read_it(&m, "_acme-challenge.example.com", DNS_TYPE_TXT, 0x8180, true);
	assert_int_equal(a.status, RESOLVE_OK);
	assert_int_equal(a.names_n, 2);
	assert_string_equal(a.names[0], "5TWm4V7xoUpGax-58");
	assert_string_equal(a.names[1], "two words");
}

int test_resolve_read(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(chains),
		cmocka_unit_test(denials_and_errors),
		cmocka_unit_test(name_servers),
		cmocka_unit_test(texts),
	};

	return cmocka_run_group_tests_name("resolve_read", tests, NULL, NULL);
}
