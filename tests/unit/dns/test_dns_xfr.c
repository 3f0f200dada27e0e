/* SPDX-License-Identifier: Apache-2.0 */
/* Transfers: the whole zone in order with its chain, messages that split, who may have it, signed conversations. */
#include "test_dns.h"

#include "base/mem.h"
#include "dns/dns_xfr.h"

#include <stdio.h>

static uint8_t query[600], out[DNS_MSG_BYTES_MAX];

static size_t ask_for(uint16_t type, struct dns_msg_query *q)
{
	static const char head[] = "\0\7\0\0\0\1\0\0\0\0\0\0\4zone\4test\0";
	struct cursor_out c = cursor_out_of(query, sizeof query);

	cursor_put_bytes(&c, slice_of(head, sizeof head - 1));
	cursor_put_u16(&c, type);
	cursor_put_u16(&c, 1);
	assert_int_equal(dns_msg_read(slice_of(query, c.at), q), DNS_MSG_ANSWER);
	return c.at;
}

/* Runs a transfer to its end; returns records, *ret_messages. */
static unsigned run(struct dns_xfr *x, struct dns_sign *s, unsigned *ret_messages)
{
	unsigned records = 0;
	size_t n;

	*ret_messages = 0;
	for (;;) {
		assert_int_equal(dns_xfr_next(x, s, TEST_NOW_S, out, sizeof out, &n), OK);
		if (n == 0)
			return records;
		assert_true(n <= sizeof out && ++*ret_messages < 100);
		records += (unsigned)out[6] << 8 | out[7];
	}
}

static void whole(void **state)
{
	char json[40000];
	size_t n = (size_t)snprintf(json, sizeof json,
				    "{\"kind\":\"dns\",\"name\":\"zone.test\",\"ns\":[\"ns.test\"],\"dnssec\":%%s,"
				    "\"transfer\":[\"192.0.2.0/24\"],\"records\":["
				    "{\"name\":\"cut.zone.test\",\"type\":\"NS\",\"rdata\":\"g.cut.zone.test.\"},"
				    "{\"name\":\"g.cut.zone.test\",\"type\":\"A\",\"rdata\":\"192.0.2.1\"}");
	for (int i = 0; i < 200; i++)
		n += (size_t)snprintf(json + n, sizeof json - n,
				      ",{\"name\":\"h%d.e.zone.test\",\"type\":\"A\",\"rdata\":\"192.0.2.1\"}", i);
	snprintf(json + n, sizeof json - n, "]}");
	struct dns_zone *z = test_signed_zone_of(json);
	struct dns_sign *s = dns_sign_new(4096, 1);
	struct dns_msg_query q;
	struct dns_tsig tsig;
	unsigned messages;
	size_t bytes = ask_for(DNS_XFR_TYPE_AXFR, &q);
	struct dns_xfr_ask ask = { .zone = z, .query = &q, .message = slice_of(query, bytes), .now_s = TEST_NOW_S };

	assert_int_equal(ip_parse(SLICE("198.51.100.1"), &ask.peer), OK);
	assert_false(dns_xfr_may(&ask, &tsig));
	assert_int_equal(ip_parse(SLICE("192.0.2.7"), &ask.peer), OK);
	assert_true(dns_xfr_may(&ask, &tsig));
	struct dns_xfr *x = dns_xfr_new(&ask, &tsig, false);
	/* The zone may be replaced meanwhile. */
	dns_zone_free(z);
	/* Apex: SOA NS 2 DNSKEY CDS CDNSKEY and 5 + 1 signatures, NSEC and its; cut: NS, NSEC 2; glue 1; hosts 4 each;
	 * SOA. */
	assert_int_equal(run(x, s, &messages), 6 + 5 + 2 + 3 + 1 + 200 * 4 + 1);
	assert_true(messages > 3);
	dns_xfr_free(x);
	dns_sign_free(s);
}

static void keyed(void **state)
{
	static const uint8_t node_key[SEAL_KEY_BYTES] = { 9 }, secret[32] = { 1, 2, 3 };
	char purpose[2 * DNS_KEY_PURPOSE_BYTES], json[1000];
	struct dns_tsig_key key = { .secret_n = sizeof secret };
	struct dns_tsig client = { .key = &key }, tsig;
	struct dns_msg_query q;
	struct seal seal;
	struct buf sealed;
	struct diag d;
	unsigned messages;

	seal_init(&seal, node_key);
	buf_init(&sealed, 4096);
	memcpy(key.secret, secret, sizeof secret);
	assert_int_equal(dns_name_parse(SLICE("k.test"), &dns_name_root, &key.name), OK);
	assert_int_equal(seal_close(&seal, dns_zone_transfer_purpose(purpose, SLICE("zone.test"), SLICE("k.test")),
				    slice_of(secret, sizeof secret), &sealed),
			 OK);
	snprintf(json, sizeof json,
		 "{\"kind\":\"dns\",\"name\":\"zone.test\",\"ns\":[\"ns.test\"],\"transfer_keys\":[{\"name\":\"K.test."
		 "\",\"secret\":\"%.*s\"}]}",
		 SLICE_ARG(buf_slice(&sealed)));
	struct dns_zone *z = test_zone_of(json);
	diag_init(&d);
	assert_int_equal(dns_zone_open_keys(z, &seal, &d), OK);
	size_t n = ask_for(DNS_XFR_TYPE_AXFR, &q);
	struct dns_xfr_ask ask = { .zone = z, .query = &q, .message = slice_of(query, n), .now_s = TEST_NOW_S };
	assert_int_equal(ip_parse(SLICE("192.0.2.7"), &ask.peer), OK);
	assert_false(dns_xfr_may(&ask, &tsig)); /* not signed */
	assert_int_equal(dns_tsig_sign(&client, query, n, sizeof query, TEST_NOW_S, &n), OK);
	ask.message = slice_of(query, n);
	assert_int_equal(dns_msg_read(ask.message, &q), DNS_MSG_ANSWER);
	assert_true(dns_xfr_may(&ask, &tsig));
	struct dns_xfr *x = dns_xfr_new(&ask, &tsig, false);
	assert_int_equal(dns_xfr_next(x, NULL, TEST_NOW_S, out, sizeof out, &n), OK);
	size_t at;
	assert_int_equal(dns_tsig_find(slice_of(out, n), &at), OK);
	assert_true(at != 0);
	assert_int_equal(dns_tsig_verify(&client, slice_of(out, n), at, TEST_NOW_S), DNS_TSIG_GOOD);
	assert_int_equal(run(x, NULL, &messages), 0);
	dns_xfr_free(x);
	query[n > 20 ? 20 : 0] ^= 1; /* the signature holds for what was signed */
	assert_false(dns_xfr_may(&ask, &tsig));
	dns_zone_free(z);
	buf_fini(&sealed);
	seal_fini(&seal);
}

static void up_to_date(void **state)
{
	struct dns_zone *z =
		test_zone_of("{\"kind\":\"dns\",\"name\":\"zone.test\",\"ns\":[\"ns.test\"],\"transfer\":[\"::1\"]}");
	struct dns_msg_query q;
	struct dns_tsig tsig = { .key = NULL };
	unsigned messages;
	size_t n = ask_for(DNS_XFR_TYPE_IXFR, &q);
	struct dns_xfr_ask ask = { .zone = z, .query = &q, .message = slice_of(query, n), .now_s = TEST_NOW_S };
	struct dns_xfr *x = dns_xfr_new(&ask, &tsig, true);

	assert_int_equal(run(x, NULL, &messages), 1);
	assert_int_equal(messages, 1);
	dns_xfr_free(x);
	dns_zone_free(z);
}

int test_dns_xfr(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(whole), cmocka_unit_test(keyed),
					    cmocka_unit_test(up_to_date) };

	return cmocka_run_group_tests_name("dns_xfr", tests, NULL, NULL);
}
