/* SPDX-License-Identifier: Apache-2.0 */
/* tls_trust: see tls_trust.h. */
#include "tls/tls_trust_int.h"

#include "base/check.h"
#include "base/crypto.h"
#include "base/mem.h"
#include "model/host_names.h"
#include "tls/tls_session_int.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { TLS_TRUST__DN_BYTES = 2048, TLS_TRUST__TEXT_BYTES = 3 * TLS_TRUST__DN_BYTES };

struct tls_trust_store {
	X509_STORE *store;
	STACK_OF(X509_NAME) * names; /* said to clients, so that they choose one */
};

/* ---- the item ---- */

static void tls_trust__store_free(struct tls_trust_store *s)
{
	if (!s)
		return;
	X509_STORE_free(s->store);
	sk_X509_NAME_pop_free(s->names, X509_NAME_free);
	mem_free(s);
}

void tls_trust_ref(struct tls_trust *t)
{
	atomic_fetch_add_explicit(&t->refs, 1, memory_order_relaxed);
}

void tls_trust_unref(struct tls_trust *t)
{
	if (!t || atomic_fetch_sub_explicit(&t->refs, 1, memory_order_acq_rel) != 1)
		return;
	tls_trust__store_free(t->store);
	mem_free(t);
}

static void tls_trust__drop(void *object)
{
	tls_trust_unref(object);
}

/* One authority into the store. */
static enum err tls_trust__add(struct tls_trust_store *s, X509 *x, size_t i, struct diag *d)
{
	if (X509_check_ca(x) == 0)
		return diag_set(d, ERR_PLAN, "chain", "certificate %zu is none of an authority", i + 1);
	X509_NAME *name = X509_NAME_dup(X509_get_subject_name(x));
	if (!name || sk_X509_NAME_push(s->names, name) <= 0 || X509_STORE_add_cert(s->store, x) != 1) {
		return diag_set(d, ERR_MEMORY, "chain", "cannot be kept");
	}
	return OK;
}

static enum err tls_trust__chain(struct tls_trust_store *s, struct slice pem, struct diag *d)
{
	BIO *b = BIO_new_mem_buf(pem.p ? pem.p : "", (int)pem.n);
	enum err e = OK;
	size_t n = 0;
	X509 *x;

	CHECK(b);
	while (e == OK && (x = PEM_read_bio_X509(b, NULL, NULL, NULL))) {
		e = n < TLS_TRUST_CERTS_MAX
			    ? tls_trust__add(s, x, n, d)
			    : diag_set(d, ERR_PLAN, "chain", "holds more than %d certificates", TLS_TRUST_CERTS_MAX);
		n++;
		X509_free(x);
	}
	BIO_free(b);
	ERR_clear_error();
	return e == OK && n == 0 ? diag_set(d, ERR_PLAN, "chain", "does not begin with a certificate in PEM") : e;
}

static enum err tls_trust__store(struct slice pem, struct tls_trust_store **ret, struct diag *d)
{
	struct tls_trust_store *s = mem_alloc(sizeof *s);

	s->store = X509_STORE_new();
	s->names = sk_X509_NAME_new_null();
	CHECK(s->store && s->names);
	/* An intermediate that was uploaded alone is an authority too. */
	X509_STORE_set_flags(s->store, X509_V_FLAG_PARTIAL_CHAIN);
	enum err e = tls_trust__chain(s, pem, d);
	if (e == OK)
		*ret = s;
	else
		tls_trust__store_free(s);
	return e;
}

static int tls_trust__order(const void *a, const void *b)
{
	const struct slice *x = a, *y = b;
	int c = memcmp(x->p, y->p, x->n < y->n ? x->n : y->n);

	return c ? c : (x->n > y->n) - (x->n < y->n);
}

static bool tls_trust__is_serial(struct slice s)
{
	if (s.n == 0 || s.n >= TLS_TRUST_SERIAL_BYTES)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!slice_is_digit(s.p[i]) && !(s.p[i] >= 'A' && s.p[i] <= 'F'))
			return false;
	return true;
}

static size_t tls_trust__revoked_bytes(const json_t *list)
{
	size_t bytes = 0;

	for (size_t i = 0; i < json_array_size(list); i++)
		bytes += json_string_length(json_array_get(list, i));
	return bytes;
}

static enum err tls_trust__revoked(struct json_read *r, const json_t *list, struct tls_trust *t, struct text *memory)
{
	size_t mark = json_read_in(r, "revoked");

	for (size_t i = 0; i < t->revoked_n; i++) {
		struct slice s = json_read_string(json_array_get(list, i));
		size_t inner = json_read_in_index(r, i), at = memory->n;
		if (!json_is_string(json_array_get(list, i)) || !tls_trust__is_serial(s))
			return json_read_fail(r, "is no serial number in hexadecimal, upper case");
		text_add(memory, s);
		t->revoked[i] = slice_of(memory->p + at, s.n);
		json_read_out(r, inner);
	}
	CHECK(!memory->bad);
	qsort(t->revoked, t->revoked_n, sizeof *t->revoked, tls_trust__order);
	json_read_out(r, mark);
	return OK;
}

static struct tls_trust *tls_trust__alloc(const json_t *root, struct slice name, struct text *ret_memory)
{
	const json_t *list = json_object_get(root, "revoked");
	size_t hosts_n, bytes = name.n + host_names_bytes(root, &hosts_n) + tls_trust__revoked_bytes(list);
	size_t revoked_n = json_array_size(list);
	struct tls_trust *t = mem_alloc(sizeof *t + (hosts_n + revoked_n) * sizeof(struct slice) + bytes);

	atomic_init(&t->refs, 1);
	t->hosts = (struct slice *)(void *)(t + 1);
	t->hosts_n = hosts_n;
	t->revoked = t->hosts + hosts_n;
	t->revoked_n = revoked_n;
	*ret_memory = text_of(t->revoked + revoked_n, bytes);
	text_add(ret_memory, name);
	t->name = slice_of(ret_memory->p, name.n);
	return t;
}

static enum err tls_trust__read(const json_t *root, struct tls_trust **ret, struct diag *d)
{
	static const struct json_read_member members[] = {
		{ "kind", JSON_READ_STRING, true },    { "name", JSON_READ_STRING, true },
		{ "hosts", JSON_READ_ARRAY, true },    { "chain", JSON_READ_STRING, true },
		{ "revoked", JSON_READ_ARRAY, false }, { NULL, JSON_READ_STRING, false },
	};
	struct json_read r = json_read_at_root(d);
	struct text memory;

	TRY(json_read_object(&r, root, members));
	struct slice name = json_read_string(json_object_get(root, "name"));
	if (name.n == 0 || name.n > TLS_TRUST_NAME_MAX)
		return diag_set(d, ERR_PLAN, "name", "must be 1 to %d bytes long", TLS_TRUST_NAME_MAX);
	if (json_array_size(json_object_get(root, "revoked")) > TLS_TRUST_REVOKED_MAX)
		return diag_set(d, ERR_PLAN, "revoked", "holds more than %d numbers", TLS_TRUST_REVOKED_MAX);
	if (json_array_size(json_object_get(root, "hosts")) > HOST_NAMES_MAX)
		return diag_set(d, ERR_PLAN, "hosts", "must hold 1 to %d names", HOST_NAMES_MAX);
	struct tls_trust *t = tls_trust__alloc(root, name, &memory);
	enum err e = host_names_read(&r, root, &memory, t->hosts);
	if (e == OK)
		e = tls_trust__revoked(&r, json_object_get(root, "revoked"), t, &memory);
	if (e == OK)
		e = tls_trust__store(json_read_string(json_object_get(root, "chain")), &t->store, d);
	if (e == OK)
		*ret = t;
	else
		tls_trust__drop(t);
	return e;
}

static enum err tls_trust__build(struct slice json, uint64_t revision, const struct limits *limits, void **ret,
				 struct diag *d)
{
	struct tls_trust *t = NULL;
	json_t *root;

	TRY(json_read_parse(json, d, &root));
	enum err e = tls_trust__read(root, &t, d);
	json_decref(root);
	if (e == OK)
		*ret = t;
	return e;
}

static struct slice tls_trust__name(const void *object)
{
	return ((const struct tls_trust *)object)->name;
}

static struct slice tls_trust__claim(const void *object, size_t i, char where[static KIND_WHERE_BYTES])
{
	const struct tls_trust *t = object;

	if (i >= t->hosts_n)
		return slice_of(NULL, 0);
	snprintf(where, KIND_WHERE_BYTES, "hosts[%zu]", i);
	return t->hosts[i];
}

const struct kind tls_trust_kind = {
	.name = "client_ca",
	.build = tls_trust__build,
	.drop = tls_trust__drop,
	.object_name = tls_trust__name,
	.claim = tls_trust__claim,
	.claim_noun = "host",
};

/* ---- handshakes ---- */

/* What is wrong is noted; the handshake goes on. */
static int tls_trust__verified(int ok, X509_STORE_CTX *ctx)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls_session *s = ssl ? SSL_get_app_data(ssl) : NULL;

	if (!ok && s)
		s->peer_bad = true;
	return 1;
}

bool tls_trust_ask(const struct tls_trust *t, SSL *ssl)
{
	STACK_OF(X509_NAME) *names = sk_X509_NAME_deep_copy(t->store->names, X509_NAME_dup, X509_NAME_free);

	if (!names)
		return false;
	SSL_set_client_CA_list(ssl, names);
	SSL_set_verify(ssl, SSL_VERIFY_PEER, tls_trust__verified);
	SSL_set_options(ssl, SSL_OP_NO_TICKET);
	return SSL_set_num_tickets(ssl, 0) == 1 && SSL_set1_verify_cert_store(ssl, t->store->store) == 1;
}

static bool tls_trust__is_revoked(const struct tls_trust *t, struct slice serial)
{
	return t->revoked_n && bsearch(&serial, t->revoked, t->revoked_n, sizeof *t->revoked, tls_trust__order);
}

/* ---- what was shown ---- */

/* Texts behind each other, each with its NUL. */
struct tls_trust__texts {
	struct text t;
	size_t from;
};

static const char *tls_trust__end(struct tls_trust__texts *x)
{
	const char *p = x->t.p + x->from;

	text_byte(&x->t, '\0');
	x->from = x->t.n;
	return x->t.bad ? "" : p;
}

static const char *tls_trust__dn(struct tls_trust__texts *x, const X509_NAME *name)
{
	BIO *b = BIO_new(BIO_s_mem());
	const char *p = NULL;
	long n = b && X509_NAME_print_ex(b, name, 0, XN_FLAG_RFC2253) >= 0 ? BIO_get_mem_data(b, &p) : 0;

	if (n > 0 && n <= TLS_TRUST__DN_BYTES)
		text_add(&x->t, slice_of(p, (size_t)n));
	BIO_free(b);
	return tls_trust__end(x);
}

static const char *tls_trust__serial(struct tls_trust__texts *x, const X509 *cert)
{
	BIGNUM *n = ASN1_INTEGER_to_BN(X509_get0_serialNumber(cert), NULL);
	char *hex = n ? BN_bn2hex(n) : NULL;
	struct slice s = slice_str(hex ? hex : "");

	while (s.n > 1 && s.p[0] == '0')
		s = slice_from(s, 1);
	text_add(&x->t, s);
	OPENSSL_free(hex);
	BN_free(n);
	return tls_trust__end(x);
}

static const char *tls_trust__time(struct tls_trust__texts *x, const ASN1_TIME *time)
{
	BIO *b = BIO_new(BIO_s_mem());
	const char *p = NULL;
	long n = b && ASN1_TIME_print(b, time) == 1 ? BIO_get_mem_data(b, &p) : 0;

	if (n > 0)
		text_add(&x->t, slice_of(p, (size_t)n));
	BIO_free(b);
	return tls_trust__end(x);
}

static const char *tls_trust__digest(struct tls_trust__texts *x, const X509 *cert, const EVP_MD *md)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (X509_digest(cert, md, digest, &n) == 1)
		for (unsigned i = 0; i < n; i++)
			text_hex(&x->t, digest[i], 2);
	return tls_trust__end(x);
}

enum err tls_trust_look(struct slice pem, struct tls_trust_look *ret, struct diag *d)
{
	char memory[TLS_TRUST__TEXT_BYTES];
	struct tls_trust__texts x = { .t = text_of(memory, sizeof memory) };
	struct tls_trust_store *store;
	struct tm tm;

	TRY(tls_trust__store(pem, &store, d));
	tls_trust__store_free(store);
	BIO *b = BIO_new_mem_buf(pem.p, (int)pem.n);
	X509 *first = PEM_read_bio_X509(b, NULL, NULL, NULL);
	CHECK(first); /* the store took it */
	BIO_free(b);
	slice_cstr(slice_str(tls_trust__dn(&x, X509_get_issuer_name(first))), ret->issuer, sizeof ret->issuer);
	slice_cstr(slice_str(tls_trust__serial(&x, first)), ret->serial, sizeof ret->serial);
	slice_cstr(slice_str(OBJ_nid2sn(X509_get_signature_nid(first))), ret->signature, sizeof ret->signature);
	ret->until_s = ASN1_TIME_to_tm(X509_get0_notAfter(first), &tm) == 1 ? (int64_t)timegm(&tm) : 0;
	X509_free(first);
	ERR_clear_error();
	return OK;
}

struct http_tls_client *tls_trust_describe(const struct tls_trust *t, SSL *ssl, bool bad)
{
	const X509 *cert = SSL_get0_peer_certificate(ssl);

	if (!cert)
		return NULL;
	struct http_tls_client *c = mem_alloc(sizeof *c + TLS_TRUST__TEXT_BYTES);
	struct tls_trust__texts x = { .t = text_of(c + 1, TLS_TRUST__TEXT_BYTES) };
	*c = (struct http_tls_client){ .verified = !bad };
	c->serial = tls_trust__serial(&x, cert);
	c->revoked = tls_trust__is_revoked(t, slice_str(c->serial));
	c->fingerprint_sha1 = tls_trust__digest(&x, cert, EVP_sha1());
	c->fingerprint_sha256 = tls_trust__digest(&x, cert, EVP_sha256());
	c->not_before = tls_trust__time(&x, X509_get0_notBefore(cert));
	c->not_after = tls_trust__time(&x, X509_get0_notAfter(cert));
	c->subject_dn = tls_trust__dn(&x, X509_get_subject_name(cert));
	c->issuer_dn = tls_trust__dn(&x, X509_get_issuer_name(cert));
	ERR_clear_error();
	return c;
}
