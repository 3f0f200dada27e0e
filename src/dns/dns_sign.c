/* SPDX-License-Identifier: Apache-2.0 */
/* dns_sign: see dns_sign.h. */
#include "dns/dns_sign.h"

#include "base/check.h"
#include "base/hash.h"
#include "base/mem.h"
#include "dns/rdata_names.h"

enum {
	DNS_SIGN__WAYS = 4,
	DNS_SIGN__SKEW_S = 3600,
	DNS_SIGN__LASTING_S = 14 * 86400,
	DNS_SIGN__PASSING_S = 3 * 86400,
	DNS_SIGN__HEAD_BYTES = 18,             /* of RRSIG data, before the signer's name */
	DNS_SIGN__PASSING_SHARE = 4,           /* one in so many entries is for what strangers choose */
	DNS_SIGN__BYTES_MAX = 4 * 1024 * 1024, /* canonical form of the largest RRset with the longest name */
};

struct dns_sign__entry {
	uint64_t id, check; /* 128 bits of keyed hash: what is signed, and with what. 0, 0: empty */
	uint32_t inception, expiration;
	uint8_t sig[P256_SIGNATURE_BYTES];
};

struct dns_sign__table {
	struct dns_sign__entry *entries;
	size_t sets; /* a power of two */
	unsigned next;
};

struct dns_sign {
	struct hash_key id, check;
	struct dns_sign__table lasting, passing;
	struct buf message;
	uint64_t per_s, left;
	int64_t second;
	uint64_t made;
};

static void dns_sign__table_new(struct dns_sign__table *t, size_t entries)
{
	t->sets = 1;
	while (t->sets * 2 * DNS_SIGN__WAYS <= entries)
		t->sets *= 2;
	t->entries = mem_alloc_array(t->sets * DNS_SIGN__WAYS, sizeof *t->entries);
}

struct dns_sign *dns_sign_new(size_t entries, uint64_t per_s)
{
	struct dns_sign *s = mem_alloc(sizeof *s);

	hash_key_random(&s->id);
	hash_key_random(&s->check);
	dns_sign__table_new(&s->lasting, entries - entries / DNS_SIGN__PASSING_SHARE);
	dns_sign__table_new(&s->passing, entries / DNS_SIGN__PASSING_SHARE);
	buf_init(&s->message, DNS_SIGN__BYTES_MAX);
	s->per_s = per_s;
	return s;
}

void dns_sign_free(struct dns_sign *s)
{
	if (!s)
		return;
	mem_free(s->lasting.entries);
	mem_free(s->passing.entries);
	buf_fini(&s->message);
	mem_free(s);
}

uint64_t dns_sign_made(const struct dns_sign *s)
{
	return s->made;
}

/* The entry for these 128 bits, or one to overwrite: empty, else each way in turn. */
static struct dns_sign__entry *dns_sign__find(struct dns_sign__table *t, uint64_t id, uint64_t check)
{
	struct dns_sign__entry *set = &t->entries[(id & (t->sets - 1)) * DNS_SIGN__WAYS], *free = NULL;

	for (int i = 0; i < DNS_SIGN__WAYS; i++) {
		if (set[i].id == id && set[i].check == check)
			return &set[i];
		if (!free && set[i].id == 0 && set[i].check == 0)
			free = &set[i];
	}
	return free ? free : &set[t->next++ % DNS_SIGN__WAYS];
}

/* Labels of the owner that a signature counts: not the root, not a leading "*" (RFC 4034 3.1.3). */
static uint8_t dns_sign__labels(struct slice owner)
{
	uint8_t n = 0;

	for (size_t at = 0; owner.p[at]; at += 1 + (size_t)(uint8_t)owner.p[at])
		n++;
	return owner.p[0] == 1 && owner.p[1] == '*' ? (uint8_t)(n - 1) : n;
}

static void dns_sign__put_head(struct cursor_out *c, const struct dns_sign_ask *ask, const struct dns_key *key,
			       const struct dns_sign__entry *e)
{
	cursor_put_u16(c, ask->set->type);
	cursor_put_u8(c, DNS_KEY_ALGORITHM);
	cursor_put_u8(c, dns_sign__labels(ask->owner));
	cursor_put_u32(c, ask->set->ttl);
	cursor_put_u32(c, e->expiration);
	cursor_put_u32(c, e->inception);
	cursor_put_u16(c, key->tag);
	cursor_put_bytes(c, dns_name_wire(&ask->zone->apex));
}

/* RFC 4034 3.1.8.1: the RRSIG's data but for the signature, then each record in canonical form and order. */
static enum err dns_sign__message(struct dns_sign *s, const struct dns_sign_ask *ask, const struct dns_key *key,
				  const struct dns_sign__entry *e)
{
	const struct rrset *set = ask->set;
	size_t each = ask->owner.n + 10;
	size_t need = DNS_SIGN__HEAD_BYTES + ask->zone->apex.n + set->bytes + set->count * each;
	struct slice data;

	buf_clear(&s->message);
	uint8_t *p = (uint8_t *)buf_room(&s->message, need);
	if (!p)
		return ERR_SYSTEM;
	struct cursor_out c = cursor_out_of(p, need);
	dns_sign__put_head(&c, ask, key, e);
	for (size_t at = 0; rrset_next(set, &at, &data);) {
		cursor_put_bytes(&c, ask->owner);
		cursor_put_u16(&c, set->type);
		cursor_put_u16(&c, RRSET_CLASS_IN);
		cursor_put_u32(&c, set->ttl);
		cursor_put_u16(&c, (uint16_t)data.n);
		CHECK(!c.bad && c.n - c.at >= data.n);
		rdata_names_canonical(set->type, data, c.p + c.at);
		c.at += data.n;
	}
	buf_commit(&s->message, c.at);
	return OK;
}

/* Takes one of this second's signatures for strangers. */
static bool dns_sign__may(struct dns_sign *s, const struct dns_sign_ask *ask)
{
	if (ask->lasting || ask->unhurried || s->per_s == 0)
		return true;
	if (s->second != ask->now_s) {
		s->second = ask->now_s;
		s->left = s->per_s;
	}
	if (s->left == 0)
		return false;
	s->left--;
	return true;
}

static enum err dns_sign__make(struct dns_sign *s, const struct dns_sign_ask *ask, const struct dns_key *key,
			       struct dns_sign__entry *e)
{
	struct dns_sign__entry made = *e;
	int64_t valid = ask->lasting ? DNS_SIGN__LASTING_S : DNS_SIGN__PASSING_S + (int64_t)ask->set->ttl;

	if (!key->private)
		return ERR_SYSTEM;
	if (!dns_sign__may(s, ask))
		return ERR_OVERLOAD;
	/* Serial-number arithmetic (RFC 4034 3.1.5): the low 32 bits are the time. */
	made.inception = (uint32_t)(ask->now_s - DNS_SIGN__SKEW_S);
	made.expiration = (uint32_t)(ask->now_s + valid);
	TRY(dns_sign__message(s, ask, key, &made));
	TRY(p256_sign(key->private, buf_slice(&s->message), made.sig));
	s->made++;
	*e = made;
	return OK;
}

/* True when more than half of the time is left (and it did begin, should the clock have gone back). */
static bool dns_sign__fresh(const struct dns_sign__entry *e, int64_t now_s)
{
	uint32_t whole = e->expiration - e->inception, gone = (uint32_t)now_s - e->inception;

	return gone < whole / 2;
}

static enum err dns_sign__one(struct dns_sign *s, const struct dns_sign_ask *ask, const struct dns_key *key,
			      const struct dns_sign__entry **ret)
{
	uint8_t what[DNS_NAME_BYTES + 8 + 16];
	struct cursor_out c = cursor_out_of(what, sizeof what);

	cursor_put_bytes(&c, ask->owner);
	cursor_put_u64(&c, ask->set->content);
	cursor_put_bytes(&c, slice_of(key->data + 4, 16)); /* a public key is known by its first half of x */
	uint64_t id = hash_bytes(&s->id, slice_of(what, c.at)), check = hash_bytes(&s->check, slice_of(what, c.at));
	struct dns_sign__table *t = ask->lasting ? &s->lasting : &s->passing;
	struct dns_sign__entry *e = dns_sign__find(t, id, check);
	if (e->id != id || e->check != check || !dns_sign__fresh(e, ask->now_s)) {
		TRY(dns_sign__make(s, ask, key, e));
		e->id = id;
		e->check = check;
	}
	*ret = e;
	return OK;
}

/* DNSKEY, CDS and CDNSKEY are signed by key-signing keys, all else by a zone-signing key (RFC 7344 4.1). */
static bool dns_sign__by_ksk(uint16_t type)
{
	return type == DNS_TYPE_DNSKEY || type == DNS_TYPE_CDS || type == DNS_TYPE_CDNSKEY;
}

enum err dns_sign_put(struct dns_sign *s, const struct dns_sign_ask *ask, const struct rrset_place *place,
		      struct cursor_out *out, uint16_t *ret_count)
{
	uint16_t flags = dns_sign__by_ksk(ask->set->type) ? DNS_KEY_KSK : DNS_KEY_ZSK;

	*ret_count = 0;
	for (size_t i = 0; i < ask->zone->keys_n; i++) {
		const struct dns_key *key = &ask->zone->keys[i];
		const struct dns_sign__entry *e;
		if (!key->active || key->flags != flags)
			continue;
		TRY(dns_sign__one(s, ask, key, &e));
		size_t length_at = rrset_put_head(out, place, DNS_TYPE_RRSIG, ask->set->ttl);
		dns_sign__put_head(out, ask, key, e);
		cursor_put_bytes(out, slice_of(e->sig, sizeof e->sig));
		rrset_put_length(out, length_at);
		++*ret_count;
		if (flags == DNS_KEY_ZSK)
			break; /* one is enough; a second would only be active by mistake */
	}
	return OK;
}
