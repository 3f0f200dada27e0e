/* SPDX-License-Identifier: Apache-2.0 */
/* dns_tsig: see dns_tsig.h. */
#include "wire/dns_tsig.h"

#include "base/crypto.h"
#include "base/cursor.h"
#include "wire/dns_rr.h"

enum {
	DNS_TSIG__CLASS_ANY = 255,
	DNS_TSIG__ARCOUNT_AT = 10,
	DNS_TSIG__HEAD_BYTES = 12,
	DNS_TSIG__VARIABLES_BYTES = DNS_NAME_BYTES + 64,
	DNS_TSIG__BADTIME = 18,
	DNS_TSIG__TIME_MAX_BITS = 48,
};

/* hmac-sha256. as a name on the wire (section 6). */
static const uint8_t dns_tsig__algorithm[] = "\x0bhmac-sha256";

/* What a TSIG record says. Slices are borrowed from the message. */
struct dns_tsig__record {
	struct dns_name key_name;
	bool is_sha256;
	uint64_t time_s;
	uint16_t fudge, original_id, error;
	struct slice mac, other;
};

/* ---- reading ---- */

static void dns_tsig__read_data(struct cursor *c, struct dns_tsig__record *ret)
{
	ret->time_s = (uint64_t)cursor_u16(c) << 32;
	ret->time_s |= cursor_u32(c);
	ret->fudge = cursor_u16(c);
	ret->mac = cursor_bytes(c, cursor_u16(c));
	ret->original_id = cursor_u16(c);
	ret->error = cursor_u16(c);
	ret->other = cursor_bytes(c, cursor_u16(c));
}

static enum err dns_tsig__read(struct slice message, size_t tsig_at, struct dns_tsig__record *ret)
{
	size_t at = tsig_at;
	struct dns_name algorithm;

	TRY(dns_rr_name(message, &at, &ret->key_name));
	struct cursor c = cursor_of(slice_from(message, at));
	uint16_t type = cursor_u16(&c), klass = cursor_u16(&c);
	uint32_t ttl = cursor_u32(&c);
	struct slice data = cursor_bytes(&c, cursor_u16(&c));
	if (c.bad || cursor_left(&c) || type != DNS_TSIG_TYPE || klass != DNS_TSIG__CLASS_ANY || ttl != 0)
		return ERR_SYNTAX;
	size_t used;
	TRY(dns_name_from_wire(data, &algorithm, &used));
	dns_name_lower(&algorithm);
	ret->is_sha256 = slice_eq(dns_name_wire(&algorithm), slice_of(dns_tsig__algorithm, sizeof dns_tsig__algorithm));
	c = cursor_of(slice_from(data, used));
	dns_tsig__read_data(&c, ret);
	return c.bad || cursor_left(&c) ? ERR_SYNTAX : OK;
}

/* Steps over one record without looking into it. errors: ERR_SYNTAX. */
static enum err dns_tsig__skip(struct slice message, size_t *at, uint16_t *ret_type)
{
	struct dns_name name;

	TRY(dns_rr_name(message, at, &name));
	struct cursor c = cursor_of(slice_from(message, *at));
	*ret_type = cursor_u16(&c);
	cursor_bytes(&c, 6);
	cursor_bytes(&c, cursor_u16(&c));
	*at += c.at;
	return c.bad ? ERR_SYNTAX : OK;
}

enum err dns_tsig_find(struct slice message, size_t *ret_at)
{
	struct dns_rr_reader r;
	struct dns_name name;
	uint16_t type = 0, klass;
	size_t before = 0;

	TRY(dns_rr_begin(message, &r));
	for (unsigned i = 0; i < r.head.questions; i++)
		TRY(dns_rr_question(&r, &name, &type, &klass));
	unsigned records = (unsigned)r.head.answers + r.head.authorities + r.head.additionals;
	type = 0;
	for (unsigned i = 0; i < records; i++) {
		if (type == DNS_TSIG_TYPE)
			return ERR_SYNTAX;
		before = r.at;
		TRY(dns_tsig__skip(message, &r.at, &type));
	}
	if (r.at != message.n || (type == DNS_TSIG_TYPE && r.head.additionals == 0))
		return ERR_SYNTAX;
	*ret_at = type == DNS_TSIG_TYPE ? before : 0;
	return OK;
}

enum err dns_tsig_key_name(struct slice message, size_t tsig_at, struct dns_name *ret)
{
	return dns_rr_name(message, &tsig_at, ret);
}

/* ---- the digest ---- */

/* What is signed besides the message: everything of the record, or only the timers inside a transfer (5.3.1). */
static struct slice dns_tsig__variables(const struct dns_tsig *t, const struct dns_tsig__record *r,
					uint8_t room[static DNS_TSIG__VARIABLES_BYTES])
{
	struct cursor_out c = cursor_out_of(room, DNS_TSIG__VARIABLES_BYTES);
	struct dns_name name = r->key_name;

	dns_name_lower(&name);
	if (!t->continued) {
		cursor_put_bytes(&c, dns_name_wire(&name));
		cursor_put_u16(&c, DNS_TSIG__CLASS_ANY);
		cursor_put_u32(&c, 0);
		cursor_put_bytes(&c, slice_of(dns_tsig__algorithm, sizeof dns_tsig__algorithm));
	}
	cursor_put_u16(&c, (uint16_t)(r->time_s >> 32));
	cursor_put_u32(&c, (uint32_t)r->time_s);
	cursor_put_u16(&c, r->fudge);
	if (!t->continued) {
		cursor_put_u16(&c, r->error);
		cursor_put_u16(&c, (uint16_t)r->other.n);
		cursor_put_bytes(&c, r->other);
	}
	return c.bad ? slice_of(NULL, 0) : slice_of(room, c.at);
}

/* head: the message's first 12 bytes as they were signed; body: what stands between them and the TSIG record. */
static enum err dns_tsig__digest(const struct dns_tsig *t, const uint8_t *head, struct slice body,
				 const struct dns_tsig__record *r, uint8_t ret[static DNS_TSIG_MAC_BYTES])
{
	uint8_t variables[DNS_TSIG__VARIABLES_BYTES], length[2] = { 0, DNS_TSIG_MAC_BYTES };
	const struct slice parts[] = {
		slice_of(length, t->has_mac ? sizeof length : 0),
		slice_of(t->mac, t->has_mac ? sizeof t->mac : 0),
		t->unsigned_bytes,
		slice_of(head, DNS_TSIG__HEAD_BYTES),
		body,
		dns_tsig__variables(t, r, variables),
	};
	size_t n = sizeof parts / sizeof parts[0];

	if (parts[n - 1].n == 0)
		return ERR_SYSTEM;
	return crypto_hmac_sha256_parts(slice_of(t->key->secret, t->key->secret_n), parts, n, ret);
}

static void dns_tsig__went_on(struct dns_tsig *t, const uint8_t mac[static DNS_TSIG_MAC_BYTES])
{
	t->continued = t->has_mac; /* behind the first answer */
	t->has_mac = true;
	memcpy(t->mac, mac, DNS_TSIG_MAC_BYTES);
	t->unsigned_bytes = slice_of(NULL, 0);
	t->unsigned_n = 0;
}

/* ---- signing and checking ---- */

/* A signature with a MAC of length 0 marks refusals of unknown keys; here every message is signed. */
static void dns_tsig__write(struct cursor_out *c, const struct dns_tsig__record *r,
			    const uint8_t mac[static DNS_TSIG_MAC_BYTES])
{
	size_t data_n = sizeof dns_tsig__algorithm + 16 + DNS_TSIG_MAC_BYTES + r->other.n;

	cursor_put_bytes(c, dns_name_wire(&r->key_name));
	cursor_put_u16(c, DNS_TSIG_TYPE);
	cursor_put_u16(c, DNS_TSIG__CLASS_ANY);
	cursor_put_u32(c, 0);
	cursor_put_u16(c, (uint16_t)data_n);
	cursor_put_bytes(c, slice_of(dns_tsig__algorithm, sizeof dns_tsig__algorithm));
	cursor_put_u16(c, (uint16_t)(r->time_s >> 32));
	cursor_put_u32(c, (uint32_t)r->time_s);
	cursor_put_u16(c, r->fudge);
	cursor_put_u16(c, DNS_TSIG_MAC_BYTES);
	cursor_put_bytes(c, slice_of(mac, DNS_TSIG_MAC_BYTES));
	cursor_put_u16(c, r->original_id);
	cursor_put_u16(c, r->error);
	cursor_put_u16(c, (uint16_t)r->other.n);
	cursor_put_bytes(c, r->other);
}

enum err dns_tsig_sign(struct dns_tsig *t, uint8_t *p, size_t n, size_t cap, uint64_t now_s, size_t *ret_n)
{
	uint8_t mac[DNS_TSIG_MAC_BYTES];
	struct dns_tsig__record r = {
		.key_name = t->key->name,
		.time_s = now_s & ((1ull << DNS_TSIG__TIME_MAX_BITS) - 1),
		.fudge = DNS_TSIG_FUDGE_S,
	};

	if (n < DNS_TSIG__HEAD_BYTES || n > cap)
		return ERR_RANGE;
	r.original_id = (uint16_t)(p[0] << 8 | p[1]);
	TRY(dns_tsig__digest(t, p, slice_of(p + DNS_TSIG__HEAD_BYTES, n - DNS_TSIG__HEAD_BYTES), &r, mac));
	struct cursor_out c = cursor_out_of(p + n, cap - n);
	dns_tsig__write(&c, &r, mac);
	if (c.bad)
		return ERR_RANGE;
	unsigned count = (unsigned)(p[DNS_TSIG__ARCOUNT_AT] << 8 | p[DNS_TSIG__ARCOUNT_AT + 1]) + 1;
	p[DNS_TSIG__ARCOUNT_AT] = (uint8_t)(count >> 8);
	p[DNS_TSIG__ARCOUNT_AT + 1] = (uint8_t)count;
	dns_tsig__went_on(t, mac);
	*ret_n = n + c.at;
	return OK;
}

/* The head as it was when it was signed: with its first id and without the TSIG record in its count. */
static void dns_tsig__head_before(struct slice message, uint16_t original_id, uint8_t ret[static DNS_TSIG__HEAD_BYTES])
{
	memcpy(ret, message.p, DNS_TSIG__HEAD_BYTES);
	unsigned count = (unsigned)(ret[DNS_TSIG__ARCOUNT_AT] << 8 | ret[DNS_TSIG__ARCOUNT_AT + 1]) - 1;
	ret[DNS_TSIG__ARCOUNT_AT] = (uint8_t)(count >> 8);
	ret[DNS_TSIG__ARCOUNT_AT + 1] = (uint8_t)count;
	ret[0] = (uint8_t)(original_id >> 8);
	ret[1] = (uint8_t)original_id;
}

enum dns_tsig_verdict dns_tsig_verify(struct dns_tsig *t, struct slice message, size_t tsig_at, uint64_t now_s)
{
	uint8_t head[DNS_TSIG__HEAD_BYTES], mac[DNS_TSIG_MAC_BYTES];
	struct dns_tsig__record r = { 0 };

	if (tsig_at < DNS_TSIG__HEAD_BYTES || tsig_at >= message.n || dns_tsig__read(message, tsig_at, &r) != OK)
		return DNS_TSIG_FORMERR;
	if (!dns_name_eq(&r.key_name, &t->key->name) || !r.is_sha256)
		return DNS_TSIG_BADKEY;
	if (r.mac.n > DNS_TSIG_MAC_BYTES)
		return DNS_TSIG_FORMERR;
	if (r.mac.n == 0)
		return DNS_TSIG_BADSIG;
	if (r.mac.n < DNS_TSIG_MAC_BYTES)
		return DNS_TSIG_BADTRUNC;
	dns_tsig__head_before(message, r.original_id, head);
	struct slice body = slice_from(slice_first(message, tsig_at), DNS_TSIG__HEAD_BYTES);
	if (dns_tsig__digest(t, head, body, &r, mac) != OK ||
	    !slice_eq_ct(slice_of(mac, sizeof mac), slice_of(r.mac.p, r.mac.n)))
		return DNS_TSIG_BADSIG;
	/* The time is looked at behind the signature, so that only who has the key learns about our clock (5.2.3). */
	uint64_t apart = now_s > r.time_s ? now_s - r.time_s : r.time_s - now_s;
	if (apart > r.fudge || apart > DNS_TSIG_FUDGE_S)
		return DNS_TSIG_BADTIME;
	t->signed_s = r.time_s;
	dns_tsig__went_on(t, mac);
	return r.error == DNS_TSIG__BADTIME ? DNS_TSIG_BADTIME : DNS_TSIG_GOOD;
}

unsigned dns_tsig_error(enum dns_tsig_verdict v)
{
	static const unsigned char codes[] = {
		[DNS_TSIG_FORMERR] = 1,  [DNS_TSIG_BADSIG] = 16,   [DNS_TSIG_BADKEY] = 17,
		[DNS_TSIG_BADTIME] = 18, [DNS_TSIG_BADTRUNC] = 22, [DNS_TSIG_MISSING] = 0,
	};

	return codes[v];
}

const char *dns_tsig_text(enum dns_tsig_verdict v)
{
	static const char *const texts[] = {
		[DNS_TSIG_GOOD] = "the signature holds",
		[DNS_TSIG_FORMERR] = "the TSIG record is malformed",
		[DNS_TSIG_BADSIG] = "the TSIG signature does not hold: is the secret the same on both sides?",
		[DNS_TSIG_BADKEY] = "the TSIG key or algorithm is another one (hmac-sha256 is taken)",
		[DNS_TSIG_BADTIME] = "the TSIG signature is of another time: are both clocks right?",
		[DNS_TSIG_BADTRUNC] = "the TSIG signature is shortened, which is not taken",
		[DNS_TSIG_MISSING] = "a message that should carry a TSIG signature has none",
	};

	return texts[v];
}
