/* SPDX-License-Identifier: Apache-2.0 */
/* client_hello: see client_hello.h. */
#include "wire/client_hello.h"

#include <stdlib.h>
#include <string.h>

enum {
	CLIENT_HELLO__TYPE = 1,
	CLIENT_HELLO__RANDOM = 32,
	CLIENT_HELLO__ALNUM_MAX = 99,
	EXTENSION_SERVER_NAME = 0,
	EXTENSION_GROUPS = 10,
	EXTENSION_FORMATS = 11,
	EXTENSION_SIGNATURES = 13,
	EXTENSION_ALPN = 16,
	EXTENSION_VERSIONS = 43,
};

/* ---- reading ---- */

/* What is left to read; bad when somebody wanted more. */
struct client_hello__in {
	const uint8_t *p;
	size_t n;
	bool bad;
};

static struct slice client_hello__take(struct client_hello__in *in, size_t n)
{
	struct slice s = slice_of(in->p, n);

	if (in->bad || n > in->n) {
		in->bad = true;
		return slice_of(NULL, 0);
	}
	in->p += n;
	in->n -= n;
	return s;
}

static size_t client_hello__number(struct client_hello__in *in, size_t bytes)
{
	struct slice s = client_hello__take(in, bytes);
	size_t v = 0;

	for (size_t i = 0; i < s.n; i++)
		v = v << 8 | (uint8_t)s.p[i];
	return v;
}

/* A vector with a length of so many bytes in front. */
static struct client_hello__in client_hello__vector(struct client_hello__in *in, size_t length_bytes)
{
	struct slice s = client_hello__take(in, client_hello__number(in, length_bytes));

	return (struct client_hello__in){ (const uint8_t *)s.p, s.n, in->bad };
}

/* A vector of 16-bit numbers that fills what is left. */
static bool client_hello__list(struct client_hello__in *in, size_t length_bytes, struct client_hello_list *ret)
{
	struct client_hello__in v = client_hello__vector(in, length_bytes);

	*ret = (struct client_hello_list){ v.p, v.n / 2 };
	return !in->bad && v.n % 2 == 0 && ret->n <= CLIENT_HELLO_LIST_MAX;
}

/* The first name; only one kind of name is known (RFC 6066 section 3). */
static bool client_hello__host(struct client_hello__in *in, struct client_hello *ret)
{
	struct client_hello__in list = client_hello__vector(in, 2);

	ret->has_host = true;
	if (in->bad || list.n == 0)
		return !in->bad;
	if (client_hello__number(&list, 1) != 0)
		return true;
	struct client_hello__in name = client_hello__vector(&list, 2);
	ret->host = slice_of(name.p, name.n);
	return !list.bad;
}

static bool client_hello__alpn(struct client_hello__in *in, struct client_hello *ret)
{
	struct client_hello__in list = client_hello__vector(in, 2);
	struct client_hello__in first = client_hello__vector(&list, 1);

	ret->alpn = slice_of(first.p, first.n);
	return !in->bad && !list.bad;
}

static bool client_hello__extension(struct client_hello__in in, uint16_t type, struct client_hello *ret)
{
	struct client_hello__in v;

	switch (type) {
	case EXTENSION_SERVER_NAME:
		return client_hello__host(&in, ret);
	case EXTENSION_GROUPS:
		return client_hello__list(&in, 2, &ret->groups);
	case EXTENSION_SIGNATURES:
		return client_hello__list(&in, 2, &ret->signatures);
	case EXTENSION_VERSIONS:
		return client_hello__list(&in, 1, &ret->versions);
	case EXTENSION_ALPN:
		return client_hello__alpn(&in, ret);
	case EXTENSION_FORMATS:
		v = client_hello__vector(&in, 1);
		ret->formats = slice_of(v.p, v.n);
		return !in.bad;
	default:
		return true;
	}
}

static bool client_hello__extensions(struct client_hello__in *in, struct client_hello *ret)
{
	if (in->n == 0)
		return true; /* none at all, as before TLS 1.2 */
	struct client_hello__in all = client_hello__vector(in, 2);
	if (in->bad || in->n)
		return false;
	while (all.n) {
		uint16_t type = (uint16_t)client_hello__number(&all, 2);
		struct client_hello__in body = client_hello__vector(&all, 2);
		if (all.bad || ret->extensions_n == CLIENT_HELLO_LIST_MAX)
			return false;
		ret->extensions[ret->extensions_n++] = type;
		if (!client_hello__extension(body, type, ret))
			return false;
	}
	return true;
}

enum err client_hello_parse(struct slice message, struct client_hello *ret)
{
	struct client_hello__in in = { (const uint8_t *)message.p, message.n, message.n > CLIENT_HELLO_BYTES_MAX };

	memset(ret, 0, sizeof *ret);
	if (client_hello__number(&in, 1) != CLIENT_HELLO__TYPE || client_hello__number(&in, 3) != in.n)
		return ERR_SYNTAX;
	ret->version = (uint16_t)client_hello__number(&in, 2);
	client_hello__take(&in, CLIENT_HELLO__RANDOM);
	client_hello__vector(&in, 1); /* session id */
	if (!client_hello__list(&in, 2, &ret->ciphers))
		return ERR_SYNTAX;
	client_hello__vector(&in, 1); /* compression */
	return !in.bad && client_hello__extensions(&in, ret) ? OK : ERR_SYNTAX;
}

/* ---- writing ---- */

static uint16_t client_hello__at(const struct client_hello_list *l, size_t i)
{
	return (uint16_t)(l->p[2 * i] << 8 | l->p[2 * i + 1]);
}

/* Values without a meaning, which some clients send so that servers stay tolerant (RFC 8701); not in fingerprints. */
static bool client_hello__is_grease(uint16_t v)
{
	return (v & 0x0f0f) == 0x0a0a && v >> 8 == (v & 0xff);
}

static void client_hello__decimal(struct text *t, uint16_t v, bool *first)
{
	if (!*first)
		text_byte(t, '-');
	*first = false;
	text_u64(t, v);
}

static void client_hello__decimals(struct text *t, const struct client_hello_list *l)
{
	bool first = true;

	text_byte(t, ',');
	for (size_t i = 0; i < l->n; i++)
		if (!client_hello__is_grease(client_hello__at(l, i)))
			client_hello__decimal(t, client_hello__at(l, i), &first);
}

void client_hello_ja3(const struct client_hello *h, struct text *t)
{
	bool first = true;

	text_u64(t, h->version);
	client_hello__decimals(t, &h->ciphers);
	text_byte(t, ',');
	for (size_t i = 0; i < h->extensions_n; i++)
		if (!client_hello__is_grease(h->extensions[i]))
			client_hello__decimal(t, h->extensions[i], &first);
	client_hello__decimals(t, &h->groups);
	text_byte(t, ',');
	first = true;
	for (size_t i = 0; i < h->formats.n; i++)
		client_hello__decimal(t, (uint8_t)h->formats.p[i], &first);
}

static struct slice client_hello__version(const struct client_hello *h)
{
	uint16_t best = h->versions.n ? 0 : h->version;

	for (size_t i = 0; i < h->versions.n; i++) {
		uint16_t v = client_hello__at(&h->versions, i);
		if (!client_hello__is_grease(v) && v > best)
			best = v;
	}
	switch (best) {
	case 0x0304:
		return SLICE("13");
	case 0x0303:
		return SLICE("12");
	case 0x0302:
		return SLICE("11");
	case 0x0301:
		return SLICE("10");
	case 0x0300:
		return SLICE("s3");
	case 0x0002:
		return SLICE("s2");
	default:
		return SLICE("00");
	}
}

static void client_hello__two_digits(struct text *t, size_t n)
{
	n = n < CLIENT_HELLO__ALNUM_MAX ? n : CLIENT_HELLO__ALNUM_MAX;
	text_byte(t, (char)('0' + n / 10));
	text_byte(t, (char)('0' + n % 10));
}

static bool client_hello__is_alnum(char c)
{
	return slice_is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* First and last character of the first protocol, or of its hexadecimal form when they are none to read. */
static void client_hello__protocol(struct text *t, struct slice alpn)
{
	static const char digits[] = "0123456789abcdef";

	if (alpn.n == 0) {
		text_add(t, SLICE("00"));
		return;
	}
	char first = alpn.p[0], last = alpn.p[alpn.n - 1];
	if (client_hello__is_alnum(first) && client_hello__is_alnum(last)) {
		text_byte(t, first);
		text_byte(t, last);
		return;
	}
	text_byte(t, digits[(uint8_t)first >> 4]);
	text_byte(t, digits[(uint8_t)last & 15]);
}

void client_hello_ja4(const struct client_hello *h, struct text *t)
{
	size_t ciphers = 0, extensions = 0;

	for (size_t i = 0; i < h->ciphers.n; i++)
		ciphers += !client_hello__is_grease(client_hello__at(&h->ciphers, i));
	for (size_t i = 0; i < h->extensions_n; i++)
		extensions += !client_hello__is_grease(h->extensions[i]);
	text_byte(t, 't');
	text_add(t, client_hello__version(h));
	text_byte(t, h->has_host ? 'd' : 'i');
	client_hello__two_digits(t, ciphers);
	client_hello__two_digits(t, extensions);
	client_hello__protocol(t, h->alpn);
}

static int client_hello__order(const void *a, const void *b)
{
	const uint16_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void client_hello__hexes(struct text *t, const uint16_t *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i)
			text_byte(t, ',');
		text_hex(t, v[i], 4);
	}
}

void client_hello_ja4_ciphers(const struct client_hello *h, struct text *t)
{
	uint16_t v[CLIENT_HELLO_LIST_MAX];
	size_t n = 0;

	for (size_t i = 0; i < h->ciphers.n; i++)
		if (!client_hello__is_grease(client_hello__at(&h->ciphers, i)))
			v[n++] = client_hello__at(&h->ciphers, i);
	qsort(v, n, sizeof v[0], client_hello__order);
	client_hello__hexes(t, v, n);
}

void client_hello_ja4_extensions(const struct client_hello *h, struct text *t)
{
	uint16_t v[CLIENT_HELLO_LIST_MAX];
	size_t n = 0;

	for (size_t i = 0; i < h->extensions_n; i++) {
		uint16_t type = h->extensions[i];
		if (!client_hello__is_grease(type) && type != EXTENSION_SERVER_NAME && type != EXTENSION_ALPN)
			v[n++] = type;
	}
	qsort(v, n, sizeof v[0], client_hello__order);
	client_hello__hexes(t, v, n);
	n = 0;
	for (size_t i = 0; i < h->signatures.n; i++)
		if (!client_hello__is_grease(client_hello__at(&h->signatures, i)))
			v[n++] = client_hello__at(&h->signatures, i);
	if (n && t->n)
		text_byte(t, '_');
	if (t->n)
		client_hello__hexes(t, v, n);
}
