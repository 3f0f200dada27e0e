/* SPDX-License-Identifier: Apache-2.0 */
/* test_csr: requests as a certificate authority reads them, and chains that belong to their order or do not. */
#include "test_tls.h"

#include "tls/tls_ca.h"
#include "tls/tls_csr.h"

#include <openssl/x509v3.h>
#include <string.h>

static const struct slice names[] = { SLICE_INIT("a.test"), SLICE_INIT("*.a.test") };

static void a_request_is_signed_and_names_all(void **state)
{
	struct buf csr, key;

	buf_init(&csr, 10000);
	buf_init(&key, 10000);
	assert_int_equal(tls_csr_make(names, 2, &csr, &key), OK);
	const unsigned char *der = (const unsigned char *)buf_slice(&csr).p;
	X509_REQ *req = d2i_X509_REQ(NULL, &der, (long)buf_len(&csr));
	assert_non_null(req);
	assert_int_equal(X509_REQ_verify(req, X509_REQ_get0_pubkey(req)), 1);
	STACK_OF(X509_EXTENSION) *list = X509_REQ_get_extensions(req);
	GENERAL_NAMES *found = X509V3_get_d2i(list, NID_subject_alt_name, NULL, NULL);
	assert_int_equal(sk_GENERAL_NAME_num(found), 2);
	for (int i = 0; i < 2; i++) {
		const ASN1_STRING *s = sk_GENERAL_NAME_value(found, i)->d.dNSName;
		assert_true(slice_eq(slice_of(ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s)), names[i]));
	}
	GENERAL_NAMES_free(found);
	sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
	X509_REQ_free(req);
	buf_fini(&csr);
	seal_wipe_buf(&key);
}

static void chains_are_held_against_their_order(void **state)
{
	const struct slice other[] = { SLICE_INIT("b.test") };
	struct tls_csr_leaf leaf;
	struct tls_ca *ca;
	struct buf chain, key, stranger, csr;
	struct diag d;

	buf_init(&chain, TLS_CA_CHAIN_BYTES_MAX);
	buf_init(&key, 10000);
	buf_init(&stranger, 10000);
	buf_init(&csr, 10000);
	assert_int_equal(tls_ca_make("node", 1000000, &ca), OK);
	const struct tls_ca_order o = { names, 2, 1000000, 90, false };
	assert_int_equal(tls_ca_issue(ca, &o, &chain, &key), OK);
	assert_int_equal(tls_csr_make(names, 2, &csr, &stranger), OK);
	diag_init(&d);
	struct tls_csr_order order = { names, 2, buf_slice(&key), 1000000 };
	assert_int_equal(tls_csr_look(buf_slice(&chain), &order, &leaf, &d), OK);
	assert_true(leaf.from_s <= 1000000 && leaf.until_s == 1000000 + 90 * 86400);
	assert_true(strchr(leaf.renewal_id, '.') != NULL && strlen(leaf.renewal_id) > 40);
	order.key = buf_slice(&stranger);
	assert_int_equal(tls_csr_look(buf_slice(&chain), &order, &leaf, &d), ERR_PLAN);
	assert_string_equal(d.text, "the certificate does not belong to the key of the order");
	order = (struct tls_csr_order){ other, 1, buf_slice(&key), 1000000 };
	diag_init(&d);
	assert_int_equal(tls_csr_look(buf_slice(&chain), &order, &leaf, &d), ERR_PLAN);
	assert_string_equal(d.text, "the certificate is not for b.test");
	order = (struct tls_csr_order){ names, 2, buf_slice(&key), 1000000 + 91 * 86400 };
	diag_init(&d);
	assert_int_equal(tls_csr_look(buf_slice(&chain), &order, &leaf, &d), ERR_PLAN);
	diag_init(&d);
	assert_int_equal(tls_csr_look(SLICE("no"), &order, &leaf, &d), ERR_PLAN);
	tls_ca_free(ca);
	buf_fini(&chain);
	buf_fini(&csr);
	seal_wipe_buf(&key);
	seal_wipe_buf(&stranger);
}

int test_csr(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_signed_and_names_all),
		cmocka_unit_test(chains_are_held_against_their_order),
	};

	return cmocka_run_group_tests_name("tls_csr", tests, NULL, NULL);
}
