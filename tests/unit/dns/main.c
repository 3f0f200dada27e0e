/* SPDX-License-Identifier: Apache-2.0 */
/* unit-dns: the tests of src/dns, one group per file, and what they share. */
#include "test_dns.h"

#include "base/base64.h"

#include <stdio.h>
#include <stdlib.h>

struct dns_zone *test_zone_of(const char *json)
{
	struct dns_zone *z = NULL;
	struct limits limits;
	struct diag d;
	char text[600];

	limits_init(&limits);
	diag_init(&d);
	if (dns_zone_from_json(slice_str(json), 1700000000000000, &limits, &z, &d) != OK)
		fail_msg("refused: %s", diag_print(&d, text, sizeof text));
	return z;
}

static void add_key(struct buf *b, const struct seal *seal, uint16_t flags)
{
	uint8_t public[P256_PUBLIC_BYTES], secret[P256_SECRET_BYTES];
	char purpose[DNS_KEY_PURPOSE_BYTES];
	struct p256 *key;
	struct dns_key k;

	assert_int_equal(p256_generate(&key), OK);
	p256_public(key, public);
	assert_int_equal(p256_secret(key, secret), OK);
	p256_free(key);
	dns_key_of(flags, public, &k);
	assert_true(buf_printf(b, "%s{\"flags\":%d,\"public\":\"", flags == DNS_KEY_KSK ? "" : ",", flags));
	assert_int_equal(base64_write(slice_of(public, sizeof public), b), OK);
	assert_true(buf_printf(b, "\",\"private\":\""));
	assert_int_equal(seal_close(seal, dns_key_purpose(purpose, SLICE("zone.test"), k.tag),
				    slice_of(secret, sizeof secret), b),
			 OK);
	assert_true(buf_printf(b, "\"}"));
}

struct dns_zone *test_signed_zone_of(const char *json)
{
	static const uint8_t node_key[SEAL_KEY_BYTES] = { 7 };
	struct seal seal;
	struct buf keys, all;
	struct diag d;
	const char *at = strstr(json, "%s");

	assert_non_null(at);
	seal_init(&seal, node_key);
	buf_init(&keys, 4096);
	buf_init(&all, 65536);
	add_key(&keys, &seal, DNS_KEY_KSK);
	add_key(&keys, &seal, DNS_KEY_ZSK);
	assert_true(buf_add(&all, slice_of(json, (size_t)(at - json))));
	assert_true(buf_printf(&all, "{\"keys\":[%.*s],\"cds\":\"publish\"}%s", SLICE_ARG(buf_slice(&keys)), at + 2));
	assert_true(buf_add_byte(&all, '\0'));
	struct dns_zone *z = test_zone_of(buf_slice(&all).p);
	diag_init(&d);
	assert_int_equal(dns_zone_open_keys(z, &seal, &d), OK);
	buf_fini(&keys);
	buf_fini(&all);
	seal_fini(&seal);
	return z;
}

void test_ask(const struct dns_zone *z, struct dns_sign *signer, const char *name, uint16_t type, bool dnssec,
	      size_t cap, struct test_asked *ret)
{
	uint8_t query[DNS_MSG_HEAD_BYTES + DNS_NAME_BYTES + 4] = { 0x12, 0x34, 1, 0, 0, 1 };
	struct cursor_out c = cursor_out_of(query, sizeof query);
	struct dns_msg_edns edns = { .on = dnssec, .udp_bytes = 1232, .ede = DNS_MSG_EDE_NONE, .keepalive_100ms = -1 };
	struct dns_msg_query q;
	struct dns_msg_out out;
	struct dns_name n;

	assert_int_equal(dns_name_parse(slice_str(name), &dns_name_root, &n), OK);
	c.at = DNS_MSG_HEAD_BYTES;
	cursor_put_bytes(&c, dns_name_wire(&n));
	cursor_put_u16(&c, type);
	cursor_put_u16(&c, RRSET_CLASS_IN);
	assert_int_equal(dns_msg_read(slice_of(query, c.at), &q), DNS_MSG_ANSWER);
	q.dnssec_ok = q.has_edns = dnssec;
	dns_msg_begin(&out, ret->bytes, cap, slice_of(query, c.at), &q, &edns);
	struct dns_answer_ask ask = { .query = &q, .zone = z, .signer = signer, .now_s = TEST_NOW_S };
	dns_answer_write(&ask, &out, &ret->answer);
	ret->n = dns_msg_end(&out, &q, ret->answer.rcode, &edns);
	ret->flags = out.flags;
	ret->answers = out.answers;
	ret->authorities = out.authorities;
	ret->additionals = out.additionals;
}

/* Offset behind the name at `at`. */
static size_t skip_name(const struct test_asked *a, size_t at)
{
	for (; at < a->n; at += 1 + (size_t)a->bytes[at]) {
		if (a->bytes[at] >= 0xc0)
			return at + 2;
		if (a->bytes[at] == 0)
			return at + 1;
	}
	fail_msg("a name outside the message");
	return 0;
}

struct slice test_record(const struct test_asked *a, size_t i, uint16_t *ret_type)
{
	size_t at = skip_name(a, DNS_MSG_HEAD_BYTES) + 4;

	for (;; i--) {
		at = skip_name(a, at);
		assert_true(at + 10 <= a->n);
		size_t n = (size_t)a->bytes[at + 8] << 8 | a->bytes[at + 9];
		*ret_type = (uint16_t)(a->bytes[at] << 8 | a->bytes[at + 1]);
		if (i == 0)
			return slice_of(a->bytes + at + 10, n);
		at += 10 + n;
	}
}

int main(void)
{
	return test_rdata_names() + test_dns_zone() + test_dns_zones() + test_dns_answer() + test_dns_sign() +
	       test_dns_rate() + test_dns_cookie() + test_dns_xfr();
}
