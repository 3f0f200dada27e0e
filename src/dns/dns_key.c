/* SPDX-License-Identifier: Apache-2.0 */
/* dns_key: see dns_key.h. */
#include "dns/dns_key.h"

#include "base/base64.h"
#include "base/mem.h"

enum { DNS_KEY__PROTOCOL = 3 };

/* RFC 4034 appendix B. */
static uint16_t dns_key__tag(const uint8_t *data, size_t n)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += i & 1 ? data[i] : (uint32_t)data[i] << 8;
	return (uint16_t)(sum + (sum >> 16 & 0xffff));
}

void dns_key_of(uint16_t flags, const uint8_t public[static P256_PUBLIC_BYTES], struct dns_key *ret)
{
	*ret = (struct dns_key){ .flags = flags };
	ret->data[0] = (uint8_t)(flags >> 8);
	ret->data[1] = (uint8_t)flags;
	ret->data[2] = DNS_KEY__PROTOCOL;
	ret->data[3] = DNS_KEY_ALGORITHM;
	memcpy(ret->data + 4, public, P256_PUBLIC_BYTES);
	ret->tag = dns_key__tag(ret->data, sizeof ret->data);
}

struct slice dns_key_purpose(char out[static DNS_KEY_PURPOSE_BYTES], struct slice zone, uint16_t tag)
{
	struct text t = text_of(out, DNS_KEY_PURPOSE_BYTES);

	text_add(&t, SLICE("dnssec "));
	text_add(&t, slice_first(zone, 255));
	text_byte(&t, ' ');
	text_u64(&t, tag);
	return text_slice(&t);
}

enum err dns_key_draw(uint16_t flags, struct slice zone, const struct seal *seal, struct dns_key *ret)
{
	char purpose[DNS_KEY_PURPOSE_BYTES];
	uint8_t public[P256_PUBLIC_BYTES], secret[P256_SECRET_BYTES];
	struct p256 *key;
	struct buf sealed;

	TRY(p256_generate(&key));
	p256_public(key, public);
	enum err e = p256_secret(key, secret);
	p256_free(key);
	TRY(e);
	dns_key_of(flags, public, ret);
	ret->active = ret->parent = true;
	buf_init(&sealed, SEAL_SECRET_BYTES_MAX);
	e = seal_close(seal, dns_key_purpose(purpose, zone, ret->tag), slice_of(secret, sizeof secret), &sealed);
	crypto_wipe(secret, sizeof secret);
	if (e == OK)
		ret->sealed = mem_dup(buf_slice(&sealed));
	buf_fini(&sealed);
	return e;
}

enum err dns_key_json(const struct dns_key *key, struct buf *b)
{
	buf_printf(b, "{\"flags\":%u,\"active\":%s,\"public\":\"", key->flags, key->active ? "true" : "false");
	TRY(base64_write(slice_of(key->data + 4, P256_PUBLIC_BYTES), b));
	return buf_printf(b, "\",\"private\":\"%s\"}", key->sealed ? key->sealed : "") ? OK : ERR_QUEUE_FULL;
}

enum err dns_key_open(struct dns_key *key, const struct seal *seal, struct slice zone, struct diag *d)
{
	char purpose[DNS_KEY_PURPOSE_BYTES];
	uint8_t public[P256_PUBLIC_BYTES];
	struct buf scalar;

	if (key->private)
		return OK;
	buf_init(&scalar, SEAL_SECRET_BYTES_MAX);
	enum err e = seal_open(seal, dns_key_purpose(purpose, zone, key->tag), slice_str(key->sealed), &scalar);
	if (e == OK && buf_len(&scalar) != P256_SECRET_BYTES)
		e = ERR_CORRUPT;
	if (e == OK)
		e = p256_from_secret((const uint8_t *)buf_slice(&scalar).p, &key->private);
	seal_wipe_buf(&scalar);
	if (e == OK)
		p256_public(key->private, public);
	if (e == OK && memcmp(public, key->data + 4, sizeof public) != 0) {
		p256_free(key->private);
		key->private = NULL;
		e = ERR_CORRUPT;
	}
	if (e != OK)
		return diag_set(d, ERR_PLAN, NULL, "the private key %u cannot be used: %s", key->tag, err_text(e));
	return OK;
}

void dns_key_fini(struct dns_key *key)
{
	p256_free(key->private);
	mem_free(key->sealed);
	key->private = NULL;
	key->sealed = NULL;
}

enum err dns_key_ds(const struct dns_key *key, const struct dns_name *zone, uint8_t ret[static DNS_KEY_DS_BYTES])
{
	uint8_t bytes[DNS_NAME_BYTES + DNS_KEY_DATA_BYTES];

	memcpy(bytes, zone->w, zone->n);
	memcpy(bytes + zone->n, key->data, sizeof key->data);
	TRY(crypto_sha256(slice_of(bytes, zone->n + sizeof key->data), ret + 4));
	ret[0] = (uint8_t)(key->tag >> 8);
	ret[1] = (uint8_t)key->tag;
	ret[2] = DNS_KEY_ALGORITHM;
	ret[3] = DNS_KEY_DIGEST_SHA256;
	return OK;
}
