/* SPDX-License-Identifier: Apache-2.0 */
/* test_pair_open: uploaded certificates with their keys: what is told of good ones, and what is wrong with others. */
#include "test_tls.h"

#include "base/mem.h"
#include "tls/tls_ca.h"
#include "tls/tls_pair.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>

static const struct slice names[] = { SLICE_INIT("a.test"), SLICE_INIT("*.a.test") };

/* A chain of the test's authority, and its key in PEM. */
struct upload {
	struct buf chain, key;
};

static void make_upload(struct upload *u)
{
	const struct tls_ca_order o = { names, 2, NOW_S, 90, false };
	struct buf der;
	char *text;

	buf_init(&u->chain, TLS_CA_CHAIN_BYTES_MAX);
	buf_init(&u->key, 10000);
	buf_init(&der, 10000);
	assert_int_equal(tls_ca_issue(the_ca(), &o, &u->chain, &der), OK);
	const unsigned char *p = (const unsigned char *)buf_slice(&der).p;
	EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &p, (long)buf_len(&der));
	BIO *b = BIO_new(BIO_s_mem());
	assert_int_equal(PEM_write_bio_PrivateKey(b, key, NULL, NULL, 0, NULL, NULL), 1);
	long n = BIO_get_mem_data(b, &text);
	assert_true(buf_add(&u->key, slice_of(text, (size_t)n)));
	BIO_free(b);
	EVP_PKEY_free(key);
	seal_wipe_buf(&der);
}

static void free_upload(struct upload *u)
{
	buf_fini(&u->chain);
	buf_fini(&u->key);
}

/* Opens; where and what it complains of, "" when it does not. */
static const char *opened(struct slice chain, struct slice key, int64_t now_s, struct tls_pair_leaf *leaf)
{
	static char text[DIAG_TEXT_BYTES + DIAG_WHERE_BYTES + 4];
	struct buf der;
	struct diag d;

	diag_init(&d);
	buf_init(&der, 10000);
	enum err e = tls_pair_open(chain, key, now_s, leaf, &der, &d);
	assert_true(e == OK ? buf_len(&der) > 0 : buf_len(&der) == 0);
	seal_wipe_buf(&der);
	return e == OK ? "" : diag_print(&d, text, sizeof text);
}

static void a_good_pair_says_what_it_is(void **state)
{
	struct tls_pair_leaf *leaf = mem_alloc(sizeof *leaf);
	struct upload u;

	make_upload(&u);
	assert_string_equal(opened(buf_slice(&u.chain), buf_slice(&u.key), NOW_S, leaf), "");
	assert_int_equal(leaf->hosts_n, 2);
	assert_string_equal(leaf->hosts[0], "a.test");
	assert_string_equal(leaf->hosts[1], "*.a.test");
	assert_string_equal(leaf->signature, "ECDSAWithSHA256");
	assert_string_equal(leaf->issuer, "Seawall test Issuing CA");
	assert_false(leaf->self_signed);
	assert_int_equal(leaf->until_s, NOW_S + 90 * 86400);
	free_upload(&u);
	mem_free(leaf);
}

static void bad_pairs_say_why(void **state)
{
	struct tls_pair_leaf *leaf = mem_alloc(sizeof *leaf);
	struct upload a, b;
	struct buf mixed;

	make_upload(&a);
	make_upload(&b);
	buf_init(&mixed, TLS_CA_CHAIN_BYTES_MAX);
	struct slice chain = buf_slice(&a.chain), key = buf_slice(&a.key);
	assert_non_null(strstr(opened(SLICE(""), key, NOW_S, leaf), "not a certificate"));
	assert_non_null(strstr(opened(chain, SLICE("x"), NOW_S, leaf), "not a private key"));
	assert_non_null(strstr(opened(chain, buf_slice(&b.key), NOW_S, leaf), "does not belong"));
	assert_non_null(strstr(opened(chain, key, NOW_S + 91 * 86400, leaf), "has expired"));
	/* Another leaf behind the leaf. */
	assert_true(buf_add(&mixed, chain) && buf_add(&mixed, buf_slice(&b.chain)));
	assert_non_null(strstr(opened(buf_slice(&mixed), key, NOW_S, leaf), "out of order"));
	assert_int_equal(leaf->hosts_n, 0);
	buf_fini(&mixed);
	free_upload(&a);
	free_upload(&b);
	mem_free(leaf);
}

int test_pair_open(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_pair_says_what_it_is),
		cmocka_unit_test(bad_pairs_say_why),
	};

	return cmocka_run_group_tests_name("pair_open", tests, NULL, NULL);
}
