/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures: they verify, are kept and made again in time; denials say what is there; the rate for strangers. */
#include "test_dns.h"

static struct test_asked a;

static const char json[] =
	"{\"kind\":\"dns\",\"name\":\"zone.test\",\"ns\":[\"ns1.zone.test\"],\"dnssec\":%s,\"records\":["
	"{\"name\":\"www.zone.test\",\"type\":\"A\",\"rdata\":\"192.0.2.1\"},"
	"{\"name\":\"mx.zone.test\",\"type\":\"MX\",\"rdata\":\"10 MAIL.zone.test.\"},"
	"{\"name\":\"*.w.zone.test\",\"type\":\"TXT\",\"rdata\":\"x\"},"
	"{\"name\":\"cut.zone.test\",\"type\":\"NS\",\"rdata\":\"ns.elsewhere.\"},"
	"{\"name\":\"safe.zone.test\",\"type\":\"NS\",\"rdata\":\"ns.elsewhere.\"},"
	"{\"name\":\"safe.zone.test\",\"type\":\"DS\",\"rdata\":\"1 13 2 "
	"0000000000000000000000000000000000000000000000000000000000000000\"}]}";

/* Checks record i + 1 of the answer as the signature of the one record i, whose uncompressed canonical data is given.
 */
static void verify(const struct dns_zone *z, size_t i, const char *owner, struct slice canonical, uint16_t key_flags)
{
	uint16_t covered, type;
	uint8_t message[1024];
	struct cursor_out c = cursor_out_of(message, sizeof message);
	const struct dns_key *key = NULL;
	struct dns_name name;

	(void)test_record(&a, i, &covered);
	struct slice sig = test_record(&a, i + 1, &type);
	assert_int_equal(type, DNS_TYPE_RRSIG);
	assert_int_equal((uint8_t)sig.p[0] << 8 | (uint8_t)sig.p[1], covered);
	assert_int_equal(dns_name_parse(slice_str(owner), &dns_name_root, &name), OK);
	cursor_put_bytes(&c, slice_first(sig, sig.n - P256_SIGNATURE_BYTES));
	cursor_put_bytes(&c, dns_name_wire(&name));
	cursor_put_u16(&c, covered);
	cursor_put_u16(&c, RRSET_CLASS_IN);
	cursor_put_bytes(&c, slice_of(sig.p + 4, 4)); /* the original TTL */
	cursor_put_u16(&c, (uint16_t)canonical.n);
	cursor_put_bytes(&c, canonical);
	for (size_t k = 0; k < z->keys_n; k++)
		if (z->keys[k].flags == key_flags)
			key = &z->keys[k];
	assert_non_null(key);
	assert_int_equal((uint8_t)sig.p[16] << 8 | (uint8_t)sig.p[17], key->tag);
	assert_true(p256_verify(key->data + 4, slice_of(message, c.at),
				(const uint8_t *)sig.p + sig.n - P256_SIGNATURE_BYTES));
}

static void they_verify(void **state)
{
	struct dns_zone *z = test_signed_zone_of(json);
	struct dns_sign *s = dns_sign_new(256, 0);
	uint16_t type;

	test_ask(z, s, "WWW.zone.test", DNS_TYPE_A, true, 1232, &a);
	assert_int_equal(a.answers, 2);
	verify(z, 0, "www.zone.test", slice_of("\300\0\2\1", 4), DNS_KEY_ZSK);
	test_ask(z, s, "mx.zone.test", DNS_TYPE_MX, true, 1232, &a);
	verify(z, 0, "mx.zone.test", slice_of("\0\12\4mail\4zone\4test\0", 18), DNS_KEY_ZSK);
	test_ask(z, s, "zone.test", DNS_TYPE_DNSKEY, true, 1232, &a);
	assert_int_equal(a.answers, 3);
	test_ask(z, s, "zone.test", DNS_TYPE_CDNSKEY, true, 1232, &a);
	verify(z, 0, "zone.test", test_record(&a, 0, &type), DNS_KEY_KSK);
	/* Below a wildcard as if it were written. */
	test_ask(z, s, "p.q.w.zone.test", DNS_TYPE_TXT, true, 1232, &a);
	verify(z, 0, "p.q.w.zone.test", slice_of("\1x", 2), DNS_KEY_ZSK);
	assert_int_equal(test_record(&a, 1, &type).p[3], 5);
	test_ask(z, s, "*.w.zone.test", DNS_TYPE_TXT, true, 1232, &a);
	assert_int_equal(test_record(&a, 1, &type).p[3], 3);
	/* Not asked for, not given. */
	test_ask(z, s, "www.zone.test", DNS_TYPE_A, false, 1232, &a);
	assert_int_equal(a.answers, 1);
	dns_sign_free(s);
	dns_zone_free(z);
}

static void denials(void **state)
{
	static const uint8_t none[] = "\1\0\4nope\4zone\4test\0\0\21\0\0\0\0\0\3\0\0\0\0\0\0\0\0\0\0\200";
	struct dns_zone *z = test_signed_zone_of(json);
	struct dns_sign *s = dns_sign_new(256, 0);
	uint16_t type;

	test_ask(z, s, "nope.zone.test", DNS_TYPE_A, true, 1232, &a);
	assert_int_equal(a.answer.rcode, DNS_MSG_NOERROR);
	assert_int_equal(a.authorities, 4);
	struct slice nsec = test_record(&a, 2, &type);
	assert_int_equal(type, DNS_TYPE_NSEC);
	assert_int_equal(nsec.n, sizeof none - 1);
	assert_memory_equal(nsec.p, none, nsec.n);
	verify(z, 2, "nope.zone.test", nsec, DNS_KEY_ZSK);
	test_ask(z, s, "nope.zone.test", DNS_TYPE_A, false, 1232, &a);
	assert_int_equal(a.answer.rcode, DNS_MSG_NXDOMAIN);
	/* No data: the types that are there. */
	test_ask(z, s, "www.zone.test", DNS_TYPE_AAAA, true, 1232, &a);
	nsec = test_record(&a, 2, &type);
	assert_memory_equal(nsec.p + 17, "\0\6\100\0\0\0\0\3", 8);
	/* A cut without DS: NS, RRSIG, NSEC; one with DS is signed itself. */
	test_ask(z, s, "x.cut.zone.test", DNS_TYPE_A, true, 1232, &a);
	assert_int_equal(a.authorities, 3);
	nsec = test_record(&a, 1, &type);
	assert_int_equal(type, DNS_TYPE_NSEC);
	assert_memory_equal(nsec.p + 17, "\0\6\40\0\0\0\0\3", 8);
	test_ask(z, s, "x.safe.zone.test", DNS_TYPE_A, true, 1232, &a);
	(void)test_record(&a, 1, &type);
	assert_int_equal(type, DNS_TYPE_DS);
	dns_sign_free(s);
	dns_zone_free(z);
}

static void longest_name(void **state)
{
	char name[300] = "";
	struct dns_zone *z = test_signed_zone_of(json);
	struct dns_sign *s = dns_sign_new(256, 0);
	uint16_t type;

	/* 61 + 3 * 63 + their lengths, zone.test.: 255 bytes; there is no room for a label in front. */
	for (int i = 0; i < 4; i++) {
		memset(name + strlen(name), 'a' + i, i ? i == 3 ? 51 : 63 : 63);
		strncat(name, ".", 2);
	}
	strncat(name, "zone.test", 10);
	test_ask(z, s, name, DNS_TYPE_A, true, 1232, &a);
	struct slice nsec = test_record(&a, 2, &type);
	assert_int_equal(type, DNS_TYPE_NSEC);
	assert_int_equal(nsec.p[63], 'b');
	assert_int_equal(nsec.p[62], 'a');
	dns_sign_free(s);
	dns_zone_free(z);
}

static void kept(void **state)
{
	struct dns_zone *z = test_signed_zone_of(json);
	struct dns_sign *s = dns_sign_new(256, 1);
	uint8_t out[512];
	struct rrset_place place = { .owner = 12, .apex = SIZE_MAX };
	const struct dns_node *www = dns_zone_node(z, (const uint8_t *)"\3www\4zone\4test", 15);
	struct dns_sign_ask ask = {
		z, slice_of("\3www\4zone\4test", 15), dns_zone_slot(www, DNS_TYPE_A)->set, TEST_NOW_S, true, false
	};
	uint16_t n;

	for (int i = 0; i < 3; i++) {
		struct cursor_out c = cursor_out_of(out, sizeof out);
		assert_int_equal(dns_sign_put(s, &ask, &place, &c, &n), OK);
		assert_int_equal(n, 1);
	}
	assert_int_equal(dns_sign_made(s), 1);
	struct cursor_out c = cursor_out_of(out, sizeof out);
	ask.now_s += 6 * 86400;
	assert_int_equal(dns_sign_put(s, &ask, &place, &c, &n), OK);
	assert_int_equal(dns_sign_made(s), 1);
	ask.now_s += 2 * 86400;
	assert_int_equal(dns_sign_put(s, &ask, &place, &c, &n), OK);
	assert_int_equal(dns_sign_made(s), 2);
	/* What strangers choose has a rate over UDP. */
	c = cursor_out_of(out, sizeof out);
	ask.lasting = false;
	assert_int_equal(dns_sign_put(s, &ask, &place, &c, &n), OK);
	ask.owner = slice_of("\3wwx\4zone\4test", 15);
	assert_int_equal(dns_sign_put(s, &ask, &place, &c, &n), ERR_OVERLOAD);
	ask.unhurried = true;
	assert_int_equal(dns_sign_put(s, &ask, &place, &c, &n), OK);
	dns_sign_free(s);
	dns_zone_free(z);
}

int test_dns_sign(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(they_verify), cmocka_unit_test(denials),
					    cmocka_unit_test(longest_name), cmocka_unit_test(kept) };

	return cmocka_run_group_tests_name("dns_sign", tests, NULL, NULL);
}
