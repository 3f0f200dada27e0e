/* SPDX-License-Identifier: Apache-2.0 */
/* dns_cookie: see dns_cookie.h. RFC 9018 4.4 prescribes SipHash-2-4 with little-endian numbers. */
#include "dns/dns_cookie.h"

#include "base/cursor.h"

enum {
	DNS_COOKIE__VERSION = 1,
	DNS_COOKIE__HEAD_BYTES = 16, /* client's cookie, version, reserved, time */
	DNS_COOKIE__OLD_S = 3600,
	DNS_COOKIE__EARLY_S = 300,
};

static uint64_t dns_cookie__rotate(uint64_t x, unsigned by)
{
	return x << by | x >> (64 - by);
}

static void dns_cookie__rounds(uint64_t v[static 4], int n)
{
	while (n-- > 0) {
		v[0] += v[1];
		v[1] = dns_cookie__rotate(v[1], 13) ^ v[0];
		v[0] = dns_cookie__rotate(v[0], 32);
		v[2] += v[3];
		v[3] = dns_cookie__rotate(v[3], 16) ^ v[2];
		v[0] += v[3];
		v[3] = dns_cookie__rotate(v[3], 21) ^ v[0];
		v[2] += v[1];
		v[1] = dns_cookie__rotate(v[1], 17) ^ v[2];
		v[2] = dns_cookie__rotate(v[2], 32);
	}
}

static uint64_t dns_cookie__little(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v |= (uint64_t)p[i] << 8 * i;
	return v;
}

static uint64_t dns_cookie__sip24(const uint8_t secret[static DNS_COOKIE_SECRET_BYTES], const uint8_t *p, size_t n)
{
	uint64_t k0 = dns_cookie__little(secret, 8), k1 = dns_cookie__little(secret + 8, 8);
	uint64_t v[4] = { k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261,
			  k1 ^ 0x7465646279746573 };
	size_t at = 0;

	for (;; at += 8) {
		size_t left = n - at < 8 ? n - at : 8;
		uint64_t m = dns_cookie__little(p + at, left);
		if (left < 8)
			m |= (uint64_t)n << 56;
		v[3] ^= m;
		dns_cookie__rounds(v, 2);
		v[0] ^= m;
		if (left < 8)
			break;
	}
	v[2] ^= 0xff;
	dns_cookie__rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* Fills in the hash over what stands before it and the address. */
static void dns_cookie__seal(const uint8_t secret[static DNS_COOKIE_SECRET_BYTES], const struct ip *from,
			     uint8_t cookie[static DNS_COOKIE_BYTES])
{
	uint8_t bytes[DNS_COOKIE__HEAD_BYTES + 16];
	size_t n = from->family == 4 ? 4 : 16;

	memcpy(bytes, cookie, DNS_COOKIE__HEAD_BYTES);
	memcpy(bytes + DNS_COOKIE__HEAD_BYTES, from->b, n);
	uint64_t h = dns_cookie__sip24(secret, bytes, DNS_COOKIE__HEAD_BYTES + n);
	for (int i = 0; i < 8; i++)
		cookie[DNS_COOKIE__HEAD_BYTES + i] = (uint8_t)(h >> 8 * i);
}

static void dns_cookie__fill(const uint8_t secret[static DNS_COOKIE_SECRET_BYTES], struct slice client,
			     const struct ip *from, uint32_t time_s, uint8_t ret[static DNS_COOKIE_BYTES])
{
	struct cursor_out c = cursor_out_of(ret, DNS_COOKIE_BYTES);

	cursor_put_bytes(&c, slice_first(client, DNS_COOKIE_CLIENT_BYTES));
	cursor_put_u32(&c, (uint32_t)DNS_COOKIE__VERSION << 24);
	cursor_put_u32(&c, time_s);
	dns_cookie__seal(secret, from, ret);
}

void dns_cookie_make(const uint8_t secret[static DNS_COOKIE_SECRET_BYTES], struct slice client, const struct ip *from,
		     uint32_t now_s, uint8_t ret[static DNS_COOKIE_BYTES])
{
	dns_cookie__fill(secret, client, from, now_s, ret);
}

bool dns_cookie_valid(const uint8_t secret[static DNS_COOKIE_SECRET_BYTES], struct slice option, const struct ip *from,
		      uint32_t now_s)
{
	uint8_t want[DNS_COOKIE_BYTES];

	if (option.n != DNS_COOKIE_BYTES)
		return false;
	struct cursor c = cursor_of(slice_from(option, DNS_COOKIE_CLIENT_BYTES + 4));
	uint32_t time_s = cursor_u32(&c);
	/* Serial-number arithmetic: the difference is small either way. */
	if ((int32_t)(now_s - time_s) > DNS_COOKIE__OLD_S || (int32_t)(time_s - now_s) > DNS_COOKIE__EARLY_S)
		return false;
	dns_cookie__fill(secret, option, from, time_s, want);
	return slice_eq_ct(slice_of(want, sizeof want), option);
}
