/* SPDX-License-Identifier: Apache-2.0 */
/* tls_ca: see tls_ca.h. */
#include "tls/tls_ca.h"

#include "base/check.h"
#include "base/ip.h"
#include "base/mem.h"
#include "base/text.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>

enum { TLS_CA__SKEW_S = 3600, TLS_CA__DAY_S = 86400, TLS_CA__NAME_BYTES = 65, TLS_CA__SAN_ROW = 300 };

static const struct slice tls_ca__purpose = SLICE_INIT("internal ca");
static const struct slice tls_ca__key_line = SLICE_INIT("key ");

struct tls_ca {
	X509 *root, *intermediate;
	EVP_PKEY *key; /* of the intermediate */
};

/* One certificate to be made. */
struct tls_ca__draft {
	const char *name; /* common name, at most 64 bytes; empty: none */
	EVP_PKEY *key;    /* its own */
	X509 *issuer;     /* NULL: itself */
	EVP_PKEY *issuer_key;
	int64_t now_s;
	unsigned days;
	const char *constraints, *usage, *extended; /* values of X509V3_EXT_nconf; extended may be NULL */
	const char *alternative;                    /* subjectAltName; NULL: none */
};

void tls_ca_free(struct tls_ca *ca)
{
	if (!ca)
		return;
	X509_free(ca->root);
	X509_free(ca->intermediate);
	EVP_PKEY_free(ca->key);
	mem_free(ca);
}

/* ---- making one certificate ---- */

static bool tls_ca__extension(X509 *x, const struct tls_ca__draft *t, int nid, const char *value)
{
	X509V3_CTX ctx;

	if (!value)
		return true;
	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, t->issuer ? t->issuer : x, x, NULL, NULL, 0);
	X509_EXTENSION *e = X509V3_EXT_nconf_nid(NULL, &ctx, nid, value);
	bool ok = e && X509_add_ext(x, e, -1) == 1;
	X509_EXTENSION_free(e);
	return ok;
}

static bool tls_ca__serial(X509 *x)
{
	unsigned char bytes[16];

	if (RAND_bytes(bytes, sizeof bytes) != 1)
		return false;
	bytes[0] = (unsigned char)((bytes[0] & 0x7f) | 0x40); /* positive and always 16 bytes */
	BIGNUM *n = BN_bin2bn(bytes, sizeof bytes, NULL);
	bool ok = n && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x));
	BN_free(n);
	return ok;
}

static bool tls_ca__head(X509 *x, const struct tls_ca__draft *t)
{
	X509_NAME *name = X509_get_subject_name(x);
	const unsigned char *text = (const unsigned char *)t->name;

	return X509_set_version(x, 2) == 1 && tls_ca__serial(x) &&
	       (t->name[0] == '\0' || X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, text, -1, -1, 0) == 1) &&
	       X509_set_issuer_name(x, t->issuer ? X509_get_subject_name(t->issuer) : name) == 1 &&
	       ASN1_TIME_set(X509_getm_notBefore(x), (time_t)(t->now_s - TLS_CA__SKEW_S)) &&
	       ASN1_TIME_set(X509_getm_notAfter(x), (time_t)(t->now_s + (int64_t)t->days * TLS_CA__DAY_S)) &&
	       X509_set_pubkey(x, t->key) == 1;
}

static X509 *tls_ca__sign(const struct tls_ca__draft *t)
{
	X509 *x = X509_new();

	if (x && tls_ca__head(x, t) && tls_ca__extension(x, t, NID_basic_constraints, t->constraints) &&
	    tls_ca__extension(x, t, NID_key_usage, t->usage) &&
	    tls_ca__extension(x, t, NID_ext_key_usage, t->extended) &&
	    tls_ca__extension(x, t, NID_subject_key_identifier, "hash") &&
	    tls_ca__extension(x, t, NID_authority_key_identifier, t->issuer ? "keyid:always" : NULL) &&
	    tls_ca__extension(x, t, NID_subject_alt_name, t->alternative) &&
	    X509_sign(x, t->issuer_key, EVP_sha256()) > 0)
		return x;
	X509_free(x);
	ERR_clear_error();
	return NULL;
}

/* ---- the authority ---- */

enum err tls_ca_make(const char *node_name, int64_t now_s, struct tls_ca **ret)
{
	struct tls_ca *ca = mem_alloc(sizeof *ca);
	char name[TLS_CA__NAME_BYTES];
	EVP_PKEY *root_key = EVP_EC_gen("P-256");

	ca->key = EVP_EC_gen("P-256");
	snprintf(name, sizeof name, "Seawall %.40s Root CA", node_name);
	struct tls_ca__draft t = { .name = name,
				   .key = root_key,
				   .issuer_key = root_key,
				   .now_s = now_s,
				   .days = TLS_CA_DAYS,
				   .constraints = "critical,CA:TRUE",
				   .usage = "critical,keyCertSign,cRLSign" };
	ca->root = root_key && ca->key ? tls_ca__sign(&t) : NULL;
	snprintf(name, sizeof name, "Seawall %.40s Issuing CA", node_name);
	t.key = ca->key;
	t.issuer = ca->root;
	t.constraints = "critical,CA:TRUE,pathlen:0";
	ca->intermediate = ca->root ? tls_ca__sign(&t) : NULL;
	EVP_PKEY_free(root_key);
	if (!ca->intermediate) {
		tls_ca_free(ca);
		return ERR_SYSTEM;
	}
	*ret = ca;
	return OK;
}

static enum err tls_ca__pem(X509 *x, struct buf *out)
{
	BIO *b = BIO_new(BIO_s_mem());
	enum err e = ERR_SYSTEM;
	char *p = NULL;

	if (b && PEM_write_bio_X509(b, x) == 1) {
		long n = BIO_get_mem_data(b, &p);
		e = buf_add(out, slice_of(p, (size_t)n)) ? OK : ERR_QUEUE_FULL;
	}
	BIO_free(b);
	return e;
}

static enum err tls_ca__der(EVP_PKEY *key, struct buf *out)
{
	unsigned char *p = NULL;
	int n = i2d_PrivateKey(key, &p);

	if (n <= 0)
		return ERR_SYSTEM;
	enum err e = buf_add(out, slice_of(p, (size_t)n)) ? OK : ERR_QUEUE_FULL;
	OPENSSL_clear_free(p, (size_t)n);
	return e;
}

enum err tls_ca_root(const struct tls_ca *ca, struct buf *pem)
{
	return tls_ca__pem(ca->root, pem);
}

enum err tls_ca_save(const struct tls_ca *ca, const struct seal *seal, struct buf *text)
{
	struct buf der;

	TRY(tls_ca__pem(ca->root, text));
	TRY(tls_ca__pem(ca->intermediate, text));
	buf_init(&der, SEAL_SECRET_BYTES_MAX);
	enum err e = tls_ca__der(ca->key, &der);
	if (e == OK)
		e = buf_add(text, tls_ca__key_line) ? seal_close(seal, tls_ca__purpose, buf_slice(&der), text)
						    : ERR_QUEUE_FULL;
	if (e == OK)
		e = buf_add_byte(text, '\n') ? OK : ERR_QUEUE_FULL;
	seal_wipe_buf(&der);
	return e;
}

static struct slice tls_ca__find_key(struct slice text)
{
	while (text.p) {
		struct slice line = slice_split(&text, '\n');
		if (slice_starts(line, tls_ca__key_line))
			return slice_from(line, tls_ca__key_line.n);
	}
	return slice_of(NULL, 0);
}

enum err tls_ca_load(struct slice text, const struct seal *seal, struct tls_ca **ret, struct diag *d)
{
	struct tls_ca *ca = mem_alloc(sizeof *ca);
	BIO *b = BIO_new_mem_buf(text.p, (int)text.n);
	struct buf der;

	CHECK(b);
	ca->root = PEM_read_bio_X509(b, NULL, NULL, NULL);
	ca->intermediate = PEM_read_bio_X509(b, NULL, NULL, NULL);
	BIO_free(b);
	buf_init(&der, SEAL_SECRET_BYTES_MAX);
	enum err e = seal_open(seal, tls_ca__purpose, tls_ca__find_key(text), &der);
	const unsigned char *p = (const unsigned char *)buf_slice(&der).p;
	if (e == OK)
		ca->key = d2i_PrivateKey(EVP_PKEY_EC, NULL, &p, (long)buf_len(&der));
	seal_wipe_buf(&der);
	bool ok = ca->root && ca->intermediate && ca->key &&
		  X509_verify(ca->intermediate, X509_get0_pubkey(ca->root)) == 1 &&
		  X509_check_private_key(ca->intermediate, ca->key) == 1;
	ERR_clear_error();
	if (ok) {
		*ret = ca;
		return OK;
	}
	tls_ca_free(ca);
	return diag_set(d, ERR_CONFIG, NULL, "is not a certification authority of this node%s",
			e == ERR_SEAL_KEY ? ": its key is sealed with the key of another node" : "");
}

/* ---- issuing ---- */

/* critical: there is no other name in the subject (RFC 5280 4.2.1.6). */
static void tls_ca__alternative(const struct tls_ca_order *o, bool critical, struct text *t)
{
	struct ip ip;

	text_add(t, critical ? SLICE("critical,") : SLICE(""));
	for (size_t i = 0; i < o->hosts_n; i++) {
		text_add(t, i ? SLICE(",") : SLICE(""));
		text_add(t, ip_parse(o->hosts[i], &ip) == OK ? SLICE("IP:") : SLICE("DNS:"));
		text_add(t, o->hosts[i]);
	}
	text_byte(t, '\0');
}

static enum err tls_ca__leaf(const struct tls_ca *ca, const struct tls_ca_order *o, EVP_PKEY *key, X509 **ret)
{
	size_t cap = (o->hosts_n + 1) * TLS_CA__SAN_ROW;
	char *memory = mem_alloc(cap), name[TLS_CA__NAME_BYTES] = "";
	struct text alternative = text_of(memory, cap);

	if (o->hosts[0].n < sizeof name)
		slice_cstr(o->hosts[0], name, sizeof name);
	tls_ca__alternative(o, name[0] == '\0', &alternative);
	const struct tls_ca__draft t = { .name = name,
					 .key = key,
					 .issuer = ca->intermediate,
					 .issuer_key = ca->key,
					 .now_s = o->now_s,
					 .days = o->days,
					 .constraints = "critical,CA:FALSE",
					 .usage = "critical,digitalSignature",
					 .extended = o->client ? "clientAuth" : "serverAuth",
					 .alternative = memory };
	*ret = alternative.bad ? NULL : tls_ca__sign(&t);
	mem_free(memory);
	return *ret ? OK : ERR_SYSTEM;
}

enum err tls_ca_issue(const struct tls_ca *ca, const struct tls_ca_order *o, struct buf *chain, struct buf *key)
{
	EVP_PKEY *own = EVP_EC_gen("P-256");
	X509 *leaf = NULL;

	CHECK(o->hosts_n >= 1);
	enum err e = own ? tls_ca__leaf(ca, o, own, &leaf) : ERR_SYSTEM;
	if (e == OK)
		e = tls_ca__pem(leaf, chain);
	if (e == OK)
		e = tls_ca__pem(ca->intermediate, chain);
	if (e == OK)
		e = tls_ca__der(own, key);
	X509_free(leaf);
	EVP_PKEY_free(own);
	return e;
}
