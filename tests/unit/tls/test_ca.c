/* SPDX-License-Identifier: Apache-2.0 */
/* test_ca: what the authority makes is accepted by a verifier that trusts its root, for its hosts and times only. */
#include "test_tls.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

static X509 *read_cert(BIO *b)
{
	X509 *x = PEM_read_bio_X509(b, NULL, NULL, NULL);

	assert_non_null(x);
	return x;
}

/* X509_V_OK, or what is wrong with the chain for this host at that time. */
static int verify(struct slice chain, struct slice root, const char *host, int64_t at_s)
{
	BIO *b = BIO_new_mem_buf(chain.p, (int)chain.n), *r = BIO_new_mem_buf(root.p, (int)root.n);
	X509 *leaf = read_cert(b), *intermediate = read_cert(b), *trusted = read_cert(r);
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *rest = sk_X509_new_null();

	assert_int_equal(X509_STORE_add_cert(store, trusted), 1);
	assert_true(sk_X509_push(rest, intermediate) > 0);
	assert_int_equal(X509_STORE_CTX_init(ctx, store, leaf, rest), 1);
	X509_VERIFY_PARAM *p = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_flags(p, X509_V_FLAG_X509_STRICT);
	X509_VERIFY_PARAM_set_purpose(p, X509_PURPOSE_SSL_SERVER);
	X509_VERIFY_PARAM_set_time(p, at_s);
	if (X509_VERIFY_PARAM_set1_ip_asc(p, host) != 1)
		assert_int_equal(X509_VERIFY_PARAM_set1_host(p, host, 0), 1);
	int result = X509_verify_cert(ctx) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(ctx);
	X509_STORE_CTX_free(ctx);
	sk_X509_free(rest);
	X509_STORE_free(store);
	X509_free(leaf);
	X509_free(intermediate);
	X509_free(trusted);
	BIO_free(b);
	BIO_free(r);
	return result;
}

static void its_certificates_verify(void **state)
{
	const struct slice hosts[] = { SLICE("example.test"), SLICE("*.example.test"), SLICE("127.0.0.1"),
				       SLICE("::1") };
	const struct tls_ca_order o = { hosts, 4, NOW_S, 30, false };
	struct buf chain, key, root;

	buf_init(&chain, 65536);
	buf_init(&key, 65536);
	buf_init(&root, 65536);
	assert_int_equal(tls_ca_issue(the_ca(), &o, &chain, &key), OK);
	assert_int_equal(tls_ca_root(the_ca(), &root), OK);
	struct slice c = buf_slice(&chain), r = buf_slice(&root);
	assert_int_equal(verify(c, r, "example.test", NOW_S), X509_V_OK);
	assert_int_equal(verify(c, r, "www.example.test", NOW_S), X509_V_OK);
	assert_int_equal(verify(c, r, "127.0.0.1", NOW_S), X509_V_OK);
	assert_int_equal(verify(c, r, "::1", NOW_S), X509_V_OK);
	assert_int_equal(verify(c, r, "other.test", NOW_S), X509_V_ERR_HOSTNAME_MISMATCH);
	assert_int_equal(verify(c, r, "example.test", NOW_S + 31 * DAY_S), X509_V_ERR_CERT_HAS_EXPIRED);
	assert_int_equal(verify(c, r, "example.test", NOW_S - 2 * 3600), X509_V_ERR_CERT_NOT_YET_VALID);
	buf_fini(&chain);
	seal_wipe_buf(&key);
	buf_fini(&root);
}

static void a_long_name_is_left_out_of_the_subject(void **state)
{
	const struct slice hosts[] = { SLICE("a-name-that-is-longer.than-a-common-name-may-be.in-x-509.example.test") };
	const struct tls_ca_order o = { hosts, 1, NOW_S, 1, false };
	struct buf chain, key, root;

	buf_init(&chain, 65536);
	buf_init(&key, 65536);
	buf_init(&root, 65536);
	assert_int_equal(tls_ca_issue(the_ca(), &o, &chain, &key), OK);
	assert_int_equal(tls_ca_root(the_ca(), &root), OK);
	assert_int_equal(verify(buf_slice(&chain), buf_slice(&root), hosts[0].p, NOW_S), X509_V_OK);
	buf_fini(&chain);
	seal_wipe_buf(&key);
	buf_fini(&root);
}

static void it_is_kept_as_text(void **state)
{
	struct buf text, root, again;
	struct tls_ca *ca = NULL;
	struct diag d;

	diag_init(&d);
	buf_init(&text, 65536);
	buf_init(&root, 65536);
	buf_init(&again, 65536);
	assert_int_equal(tls_ca_save(the_ca(), the_seal(), &text), OK);
	assert_false(slice_contains(buf_slice(&text), SLICE("PRIVATE")));
	assert_int_equal(tls_ca_load(buf_slice(&text), the_seal(), &ca, &d), OK);
	assert_int_equal(tls_ca_root(the_ca(), &root), OK);
	assert_int_equal(tls_ca_root(ca, &again), OK);
	assert_true(slice_eq(buf_slice(&root), buf_slice(&again)));
	tls_ca_free(ca);
	buf_fini(&text);
	buf_fini(&root);
	buf_fini(&again);
}

static void other_texts_are_no_authority(void **state)
{
	static const uint8_t other_key[SEAL_KEY_BYTES] = { 8 };
	struct tls_ca *ca = NULL;
	struct seal other;
	struct buf text;
	struct diag d;

	seal_init(&other, other_key);
	buf_init(&text, 65536);
	assert_int_equal(tls_ca_save(the_ca(), the_seal(), &text), OK);
	diag_init(&d);
	assert_int_equal(tls_ca_load(buf_slice(&text), &other, &ca, &d), ERR_CONFIG);
	assert_non_null(strstr(d.text, "another node"));
	for (size_t n = 0; n < buf_len(&text); n += 97) {
		diag_init(&d);
		assert_int_equal(tls_ca_load(slice_first(buf_slice(&text), n), the_seal(), &ca, &d), ERR_CONFIG);
	}
	buf_fini(&text);
}

int test_ca(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_certificates_verify),
		cmocka_unit_test(a_long_name_is_left_out_of_the_subject),
		cmocka_unit_test(it_is_kept_as_text),
		cmocka_unit_test(other_texts_are_no_authority),
	};
	return cmocka_run_group_tests_name("ca", tests, NULL, NULL);
}
