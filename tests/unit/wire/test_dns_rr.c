/* SPDX-License-Identifier: Apache-2.0 */
/* test_dns_rr: records of foreign messages, compressed and hostile; signatures on whole messages. */
#include "groups.h"

#include "wire/dns_rr.h"
#include "wire/dns_tsig.h"
#include "wire/dns_type.h"

#include <stdlib.h>

static uint8_t rdata[DNS_RR_RDATA_BYTES];

static struct cursor_out room(void)
{
	return cursor_out_of(rdata, sizeof rdata);
}

/* An answer to "example.test MX" with compressed names: MX 10 mail.example.test, SOA below it. */
static const uint8_t answer[] = "\x12\x34\x84\x00\x00\x01\x00\x01\x00\x01\x00\x00"
				"\x07"
				"example\x04test\x00\x00\x0f\x00\x01"
				"\xc0\x0c\x00\x0f\x00\x01\x00\x00\x01\x2c\x00\x09\x00\x0a\x04mail\xc0\x0c"
				"\xc0\x0c\x00\x06\x00\x01\x00\x00\x00\x3c\x00\x1b\x02ns\xc0\x0c\xc0\x2c\x00\x00\x00\x01"
				"\x00\x00\x00\x02\x00\x00\x00"
				"\x03\x00\x00\x00\x04\x00\x00\x00\x05";

static void compressed_records_are_read(void **state)
{
	struct dns_rr_reader r;
	struct dns_name name;
	struct dns_rr rr;
	uint16_t type, klass;
	char text[300];

	assert_int_equal(dns_rr_begin(slice_of(answer, sizeof answer - 1), &r), OK);
	assert_true(r.head.id == 0x1234 && r.head.answers == 1 && r.head.authorities == 1);
	assert_int_equal(dns_rr_question(&r, &name, &type, &klass), OK);
	assert_true(type == DNS_TYPE_MX && klass == 1 && dns_name_labels(&name) == 2);
	assert_int_equal(dns_rr_next(&r, room(), &rr), OK);
	assert_true(rr.type == DNS_TYPE_MX && rr.ttl == 300 && rr.rdata.n == 2 + 19);
	assert_int_equal(dns_rr_next(&r, room(), &rr), OK);
	assert_true(rr.type == DNS_TYPE_SOA && rr.rdata.n == 17 + 19 + 20);
	size_t used;
	assert_int_equal(dns_name_from_wire(slice_from(rr.rdata, 17), &name, &used), OK);
	struct text t = text_of(text, sizeof text);
	dns_name_print(&name, &t);
	assert_slice(text_slice(&t), "mail.example.test.");
	assert_int_equal(r.at, sizeof answer - 1);
	assert_int_equal(dns_rr_next(&r, room(), &rr), ERR_SYNTAX);
}

/* Every prefix, and every message with one byte changed, is read or refused without harm. */
static void damaged_messages_do_no_harm(void **state)
{
	uint8_t copy[sizeof answer];

	for (size_t i = 0; i < sizeof answer - 1; i++) {
		for (int v = 0; v < 256; v += 17) {
			struct dns_rr_reader r;
			struct dns_name name;
			struct dns_rr rr;
			uint16_t type, klass;
			memcpy(copy, answer, sizeof copy);
			copy[i] = (uint8_t)v;
			char *exact = exact_copy(slice_of(copy, v == 0 ? i : sizeof answer - 1));
			if (dns_rr_begin(slice_of(exact, v == 0 ? i : sizeof answer - 1), &r) == OK &&
			    dns_rr_question(&r, &name, &type, &klass) == OK)
				for (int k = 0; k < 3 && dns_rr_next(&r, room(), &rr) == OK; k++)
					assert_true(rr.rdata.n <= sizeof rdata);
			free(exact);
		}
	}
}

static void pointers_only_go_back(void **state)
{
	static const struct {
		const char *bytes;
		size_t n, at;
		enum err want;
	} table[] = {
		{ "\xc0\x00", 2, 0, ERR_SYNTAX },     /* to itself */
		{ "\xc0\x02\x00", 3, 0, ERR_SYNTAX }, /* forwards */
		{ "\x01"
		  "a\xc0\x00",
		  4, 2, ERR_SYNTAX }, /* a loop through a label */
		{ "\x00\xc0\x00", 3, 1, OK },
		{ "\x40\x00", 2, 0, ERR_SYNTAX }, /* a reserved label type */
		{ "\xc0", 1, 0, ERR_SYNTAX },
		{ "", 0, 0, ERR_SYNTAX },
	};
	struct dns_name name;

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		char *exact = exact_copy(slice_of(table[i].bytes, table[i].n));
		size_t at = table[i].at;
		assert_int_equal(dns_rr_name(slice_of(exact, table[i].n), &at, &name), table[i].want);
		free(exact);
	}
	/* A chain of pointers that makes a name of more than 255 bytes. */
	uint8_t long_name[600];
	size_t n = 0, last = 0;
	long_name[n++] = 0;
	for (int i = 0; i < 6; i++) {
		size_t here = n;
		long_name[n++] = 60;
		memset(long_name + n, 'x', 60);
		n += 60;
		long_name[n++] = (uint8_t)(0xc0 | last >> 8);
		long_name[n++] = (uint8_t)last;
		last = here;
	}
	assert_int_equal(dns_rr_name(slice_of(long_name, n), &last, &name), ERR_RANGE);
}

/* ---- signatures ---- */

static struct dns_tsig_key key_named(const char *name)
{
	struct dns_tsig_key key = { .secret_n = 32 };

	assert_int_equal(dns_name_parse(slice_str(name), &dns_name_root, &key.name), OK);
	memset(key.secret, 7, key.secret_n);
	return key;
}

static size_t query(uint8_t p[static 600])
{
	memcpy(p, "\xab\xcd\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x04test\x00\x00\xfc\x00\x01", 22);
	return 22;
}

static enum dns_tsig_verdict verify(struct dns_tsig *t, const uint8_t *p, size_t n, uint64_t now_s)
{
	size_t at;

	assert_int_equal(dns_tsig_find(slice_of(p, n), &at), OK);
	return at ? dns_tsig_verify(t, slice_of(p, n), at, now_s) : DNS_TSIG_MISSING;
}

static void a_conversation_is_signed_message_by_message(void **state)
{
	struct dns_tsig_key key = key_named("Key.Test.");
	struct dns_tsig client = { .key = &key }, server = { .key = &key };
	uint8_t p[600];
	size_t n = query(p);

	assert_int_equal(dns_tsig_sign(&client, p, n, sizeof p, 1000, &n), OK);
	assert_int_equal(p[11], 1);
	assert_int_equal(verify(&server, p, n, 1100), DNS_TSIG_GOOD);
	/* The answer and two further messages; one unsigned in between. */
	for (int i = 0; i < 3; i++) {
		n = query(p);
		p[2] = 0x84;
		assert_int_equal(dns_tsig_sign(&server, p, n, sizeof p, 1100, &n), OK);
		assert_int_equal(verify(&client, p, n, 1100), DNS_TSIG_GOOD);
		assert_int_equal(client.continued, i > 0 || client.continued);
	}
	uint8_t plain[600];
	size_t plain_n = query(plain);
	server.unsigned_bytes = client.unsigned_bytes = slice_of(plain, plain_n);
	n = query(p);
	assert_int_equal(dns_tsig_sign(&server, p, n, sizeof p, 1100, &n), OK);
	assert_int_equal(verify(&client, p, n, 1100), DNS_TSIG_GOOD);
	assert_int_equal(client.unsigned_bytes.n, 0);
	/* An answer to another request does not hold. */
	struct dns_tsig stranger = { .key = &key };
	n = query(p);
	assert_int_equal(dns_tsig_sign(&stranger, p, n, sizeof p, 1100, &n), OK);
	assert_int_equal(verify(&client, p, n, 1100), DNS_TSIG_BADSIG);
}

static void bad_signatures_are_told_apart(void **state)
{
	struct dns_tsig_key key = key_named("key.test."), other = key_named("other.test."),
			    wrong = key_named("key.test.");
	struct dns_tsig t = { .key = &key };
	uint8_t p[600], q[600];
	size_t n = query(p), at;

	wrong.secret[0] ^= 1;
	assert_int_equal(dns_tsig_sign(&t, p, n, sizeof p, 1000, &n), OK);
	assert_int_equal(verify(&(struct dns_tsig){ .key = &key }, p, n, 1000), DNS_TSIG_GOOD);
	assert_int_equal(verify(&(struct dns_tsig){ .key = &key }, p, n, 1301), DNS_TSIG_BADTIME);
	assert_int_equal(verify(&(struct dns_tsig){ .key = &key }, p, n, 699), DNS_TSIG_BADTIME);
	assert_int_equal(verify(&(struct dns_tsig){ .key = &other }, p, n, 1000), DNS_TSIG_BADKEY);
	assert_int_equal(verify(&(struct dns_tsig){ .key = &wrong }, p, n, 1000), DNS_TSIG_BADSIG);
	for (size_t i = 0; i < n;
	     i++) { /* every byte is covered, but for the letter case of the key's name and the id */
		memcpy(q, p, n);
		q[i] ^= 0x01;
		if (i < 2 || dns_tsig_find(slice_of(q, n), &at) != OK || at == 0)
			continue;
		assert_int_not_equal(dns_tsig_verify(&(struct dns_tsig){ .key = &key }, slice_of(q, n), at, 1000),
				     DNS_TSIG_GOOD);
	}
	for (size_t cut = 0; cut < n; cut++) {
		char *exact = exact_copy(slice_of(p, cut));
		assert_int_equal(dns_tsig_find(slice_of(exact, cut), &at), ERR_SYNTAX);
		free(exact);
	}
	/* A record behind the signature. */
	memcpy(p + n, "\x00\x00\x01\x00\x01\x00\x00\x00\x00\x00\x04\x01\x02\x03\x04", 15);
	p[11] = 2;
	assert_int_equal(dns_tsig_find(slice_of(p, n + 15), &at), ERR_SYNTAX);
	assert_int_equal(dns_tsig_error(DNS_TSIG_BADTIME), 18);
	n = query(p);
	t = (struct dns_tsig){ .key = &key };
	assert_int_equal(dns_tsig_sign(&t, p, n, n + 10, 1000, &n), ERR_RANGE);
}

int test_dns_rr(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compressed_records_are_read),
		cmocka_unit_test(damaged_messages_do_no_harm),
		cmocka_unit_test(pointers_only_go_back),
		cmocka_unit_test(a_conversation_is_signed_message_by_message),
		cmocka_unit_test(bad_signatures_are_told_apart),
	};

	return cmocka_run_group_tests_name("dns_rr", tests, NULL, NULL);
}
