/* SPDX-License-Identifier: Apache-2.0 */
/* test_pair: uploaded certificates with their keys: what is good is told, what is not is refused with the reason. */
#include "test_tls.h"

#include "tls/tls_pair.h"

#include <openssl/pem.h>

static const struct slice names[] = { SLICE_INIT("www.a.test"), SLICE_INIT("*.b.test") };

/* Chain and key in PEM, as people have them. */
static void pair_new(struct buf *chain, struct buf *key)
{
	const struct tls_ca_order o = { names, 2, NOW_S, 30, false };
	struct buf der;
	char *text;

	buf_init(chain, 65536);
	buf_init(key, 65536);
	buf_init(&der, 65536);
	assert_int_equal(tls_ca_issue(the_ca(), &o, chain, &der), OK);
	const unsigned char *at = (const unsigned char *)buf_slice(&der).p;
	EVP_PKEY *pkey = d2i_AutoPrivateKey(NULL, &at, (long)buf_len(&der));
	BIO *b = BIO_new(BIO_s_mem());
	assert_true(PEM_write_bio_PrivateKey(b, pkey, NULL, NULL, 0, NULL, NULL) == 1);
	long n = BIO_get_mem_data(b, &text);
	assert_true(buf_add(key, slice_of(text, (size_t)n)));
	BIO_free(b);
	EVP_PKEY_free(pkey);
	seal_wipe_buf(&der);
}

static enum err look(const struct buf *chain, const struct buf *key, struct slice name, struct tls_pair *ret,
		     struct buf *der, struct diag *d)
{
	const struct tls_pair_given given = { buf_slice(chain), buf_slice(key), name, NOW_S };

	return tls_pair_look(&given, ret, der, d);
}

static void a_good_one_is_told(void **state)
{
	struct buf chain, key, der;
	struct tls_pair p;
	struct diag d;

	pair_new(&chain, &key);
	buf_init(&der, 65536);
	diag_init(&d);
	assert_int_equal(look(&chain, &key, names[0], &p, &der, &d), OK);
	assert_string_equal(p.key, "EC private key - 256 bytes");
	assert_true(p.until_s == NOW_S + 30 * DAY_S && p.from_s <= NOW_S);
	const unsigned char *at = (const unsigned char *)buf_slice(&der).p;
	EVP_PKEY *pkey = d2i_AutoPrivateKey(NULL, &at, (long)buf_len(&der));
	assert_non_null(pkey);
	EVP_PKEY_free(pkey);
	buf_clear(&der);
	assert_int_equal(look(&chain, &key, names[1], &p, &der, &d), OK);
	assert_int_equal(look(&chain, &key, SLICE("x.b.test"), &p, &der, &d), OK);
	buf_fini(&chain);
	seal_wipe_buf(&key);
	seal_wipe_buf(&der);
}

static void refused(struct slice chain, struct slice key, struct slice name, int64_t now_s, const char *where,
		    const char *text)
{
	const struct tls_pair_given given = { chain, key, name, now_s };
	struct tls_pair p = { .until_s = 7 };
	struct buf der;
	struct diag d;

	buf_init(&der, 65536);
	diag_init(&d);
	assert_int_equal(tls_pair_look(&given, &p, &der, &d), ERR_PLAN);
	assert_string_equal(d.where, where);
	if (!strstr(d.text, text))
		fail_msg("%s", d.text);
	assert_true(p.until_s == 7 && buf_len(&der) == 0);
	buf_fini(&der);
}

static void what_is_wrong_is_said(void **state)
{
	struct buf chain, key, other_chain, other_key, both;

	pair_new(&chain, &key);
	pair_new(&other_chain, &other_key);
	buf_init(&both, 1 << 20);
	struct slice c = buf_slice(&chain), k = buf_slice(&key);
	refused(SLICE(""), k, names[0], NOW_S, "chain", "not a certificate in PEM");
	refused(SLICE("hello"), k, names[0], NOW_S, "chain", "not a certificate in PEM");
	refused(k, k, names[0], NOW_S, "chain", "not a certificate in PEM");
	refused(c, c, names[0], NOW_S, "key", "not a private key in PEM");
	refused(c, SLICE(""), names[0], NOW_S, "key", "not a private key in PEM");
	refused(c, buf_slice(&other_key), names[0], NOW_S, "key", "does not belong");
	refused(c, k, SLICE("c.test"), NOW_S, "chain", "is not for c.test");
	refused(c, k, SLICE("x.y.b.test"), NOW_S, "chain", "is not for x.y.b.test");
	refused(c, k, names[0], NOW_S + 31 * DAY_S, "chain", "has expired");
	buf_printf(&both, "%.*s-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", SLICE_ARG(c));
	refused(buf_slice(&both), k, names[0], NOW_S, "chain", "something that is not a certificate");
	buf_clear(&both);
	for (int i = 0; i < 12; i++)
		buf_add(&both, c);
	refused(buf_slice(&both), k, names[0], NOW_S, "chain", "holds more than 8");
	buf_fini(&both);
	buf_fini(&chain);
	seal_wipe_buf(&key);
	buf_fini(&other_chain);
	seal_wipe_buf(&other_key);
}

/* A passphrase is not asked for on the terminal of a server. */
static void a_key_with_a_passphrase_is_refused(void **state)
{
	struct buf chain, key, locked;
	char *text;

	pair_new(&chain, &key);
	BIO *in = BIO_new_mem_buf(buf_slice(&key).p, (int)buf_len(&key)), *out = BIO_new(BIO_s_mem());
	EVP_PKEY *pkey = PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);
	unsigned char phrase[] = "secret";
	assert_true(PEM_write_bio_PrivateKey(out, pkey, EVP_aes_128_cbc(), phrase, 6, NULL, NULL) == 1);
	long n = BIO_get_mem_data(out, &text);
	buf_init(&locked, 65536);
	assert_true(buf_add(&locked, slice_of(text, (size_t)n)));
	refused(buf_slice(&chain), buf_slice(&locked), names[0], NOW_S, "key", "without a passphrase");
	EVP_PKEY_free(pkey);
	BIO_free(in);
	BIO_free(out);
	buf_fini(&chain);
	seal_wipe_buf(&key);
	buf_fini(&locked);
}

int test_pair(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_one_is_told),
		cmocka_unit_test(what_is_wrong_is_said),
		cmocka_unit_test(a_key_with_a_passphrase_is_refused),
	};

	return cmocka_run_group_tests_name("pair", tests, NULL, NULL);
}
