/* SPDX-License-Identifier: Apache-2.0 */
/* test_acme_jws: signatures as a server checks them, the binding, a published thumbprint's form. */
#include "test_acme.h"

#include "acme/acme_jws.h"
#include "base/base64.h"
#include "base/crypto.h"

#include <jansson.h>
#include <string.h>

/* A member as bytes, decoded from base64url. */
static struct slice part(const json_t *obj, const char *member, struct buf *b)
{
	buf_init(b, 10000);
	assert_int_equal(base64_read(slice_str(json_string_value(json_object_get(obj, member))), b), OK);
	return buf_slice(b);
}

/* The signing input of a flattened signature. */
static void input_of(const json_t *obj, struct buf *b)
{
	buf_init(b, 10000);
	buf_printf(b, "%s.%s", json_string_value(json_object_get(obj, "protected")),
		   json_string_value(json_object_get(obj, "payload")));
}

static json_t *parse(struct slice s)
{
	json_t *v = json_loadb(s.p, s.n, JSON_REJECT_DUPLICATES, NULL);

	assert_non_null(v);
	return v;
}

static void a_request_verifies(void **state)
{
	const struct acme_jws_head head = { SLICE("https://ca.test/new"), SLICE("n\"1"), SLICE("") };
	uint8_t public[P256_PUBLIC_BYTES];
	struct buf out, b, input, sig;
	struct p256 *key;

	assert_int_equal(p256_generate(&key), OK);
	buf_init(&out, 10000);
	assert_int_equal(acme_jws_sign(&head, SLICE("{\"a\":1}"), key, &out), OK);
	json_t *obj = parse(buf_slice(&out));
	json_t *protected = parse(part(obj, "protected", &b));
	buf_fini(&b);
	assert_string_equal(json_string_value(json_object_get(protected, "alg")), "ES256");
	assert_string_equal(json_string_value(json_object_get(protected, "nonce")), "n\"1");
	assert_string_equal(json_string_value(json_object_get(protected, "url")), "https://ca.test/new");
	assert_null(json_object_get(protected, "kid"));
	const json_t *jwk = json_object_get(protected, "jwk");
	assert_string_equal(json_string_value(json_object_get(jwk, "kty")), "EC");
	p256_public(key, public);
	struct slice x = part(jwk, "x", &b);
	assert_int_equal(x.n, 32);
	assert_memory_equal(x.p, public, 32);
	buf_fini(&b);
	assert_true(slice_eq(part(obj, "payload", &b), SLICE("{\"a\":1}")));
	buf_fini(&b);
	input_of(obj, &input);
	struct slice s = part(obj, "signature", &sig);
	assert_int_equal(s.n, P256_SIGNATURE_BYTES);
	assert_true(p256_verify(public, buf_slice(&input), (const uint8_t *)s.p));
	buf_fini(&sig);
	buf_fini(&input);
	buf_fini(&out);
	json_decref(protected);
	json_decref(obj);
	p256_free(key);
}

static void an_account_signs_by_its_url(void **state)
{
	const struct acme_jws_head head = { SLICE("https://ca.test/o"), SLICE("n"), SLICE("https://ca.test/acct/1") };
	struct buf out, b;
	struct p256 *key;

	assert_int_equal(p256_generate(&key), OK);
	buf_init(&out, 10000);
	assert_int_equal(acme_jws_sign(&head, SLICE(""), key, &out), OK);
	json_t *obj = parse(buf_slice(&out));
	json_t *protected = parse(part(obj, "protected", &b));
	assert_string_equal(json_string_value(json_object_get(protected, "kid")), "https://ca.test/acct/1");
	assert_null(json_object_get(protected, "jwk"));
	assert_string_equal(json_string_value(json_object_get(obj, "payload")), "");
	buf_fini(&b);
	buf_fini(&out);
	json_decref(protected);
	json_decref(obj);
	/* What does not fit is refused. */
	buf_init(&out, 100);
	assert_int_equal(acme_jws_sign(&head, SLICE("{}"), key, &out), ERR_QUEUE_FULL);
	buf_fini(&out);
	p256_free(key);
}

static void a_binding_is_signed_with_the_shared_key(void **state)
{
	uint8_t mac[CRYPTO_SHA256_BYTES];
	struct buf out, b, input, sig;
	struct p256 *key;

	assert_int_equal(p256_generate(&key), OK);
	buf_init(&out, 10000);
	assert_int_equal(acme_jws_binding(SLICE("kid-1"), SLICE("secret"), SLICE("https://ca.test/acct"), key, &out),
			 OK);
	json_t *obj = parse(buf_slice(&out));
	json_t *protected = parse(part(obj, "protected", &b));
	assert_string_equal(json_string_value(json_object_get(protected, "alg")), "HS256");
	assert_string_equal(json_string_value(json_object_get(protected, "kid")), "kid-1");
	buf_fini(&b);
	input_of(obj, &input);
	assert_int_equal(crypto_hmac_sha256(SLICE("secret"), buf_slice(&input), mac), OK);
	assert_true(slice_eq(part(obj, "signature", &sig), slice_of(mac, sizeof mac)));
	json_t *jwk = parse(part(obj, "payload", &b));
	assert_string_equal(json_string_value(json_object_get(jwk, "crv")), "P-256");
	buf_fini(&b);
	buf_fini(&sig);
	buf_fini(&input);
	buf_fini(&out);
	json_decref(jwk);
	json_decref(protected);
	json_decref(obj);
	p256_free(key);
}

/* A thumbprint is the digest of the members in their order without space (RFC 7638 section 3). */
static void the_thumbprint_is_of_the_canonical_key(void **state)
{
	char got[ACME_JWS_THUMBPRINT_CHARS + 1];
	uint8_t public[P256_PUBLIC_BYTES], digest[CRYPTO_SHA256_BYTES];
	struct buf text, want;
	struct p256 *key;

	assert_int_equal(p256_generate(&key), OK);
	p256_public(key, public);
	buf_init(&text, 1000);
	buf_init(&want, 1000);
	buf_printf(&text, "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"");
	assert_int_equal(base64_write_url(slice_of(public, 32), &text), OK);
	buf_printf(&text, "\",\"y\":\"");
	assert_int_equal(base64_write_url(slice_of(public + 32, 32), &text), OK);
	buf_printf(&text, "\"}");
	assert_int_equal(crypto_sha256(buf_slice(&text), digest), OK);
	assert_int_equal(base64_write_url(slice_of(digest, sizeof digest), &want), OK);
	assert_int_equal(acme_jws_thumbprint(key, got), OK);
	assert_true(slice_eq(slice_str(got), buf_slice(&want)));
	buf_fini(&text);
	buf_fini(&want);
	p256_free(key);
}

int test_acme_jws(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_verifies),
		cmocka_unit_test(an_account_signs_by_its_url),
		cmocka_unit_test(a_binding_is_signed_with_the_shared_key),
		cmocka_unit_test(the_thumbprint_is_of_the_canonical_key),
	};

	return cmocka_run_group_tests_name("acme_jws", tests, NULL, NULL);
}
