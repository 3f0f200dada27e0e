/* SPDX-License-Identifier: Apache-2.0 */
/* clearance: see clearance.h. */
#include "shield/clearance.h"

#include "base/check.h"
#include "base/crypto.h"
#include "base/text.h"

#include <string.h>

enum { CLEARANCE__MAC_BYTES = 16, CLEARANCE__MAC_TEXT = 22, CLEARANCE__NUMBERS = 4 };

/* The texts by their first member: it is signed too, so that one kind cannot stand for the other. */
static const struct slice clearance__given = SLICE_INIT("1"), clearance__asked = SLICE_INIT("p");

/* 16 bytes as 22 characters of base64url (RFC 4648 5). */
static void clearance__base64(const uint8_t mac[static CLEARANCE__MAC_BYTES], char out[static CLEARANCE__MAC_TEXT])
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	size_t n = 0;

	for (size_t bit = 0; n < CLEARANCE__MAC_TEXT; bit += 6) {
		size_t at = bit / 8;
		unsigned two = (unsigned)mac[at] << 8 | (at + 1 < CLEARANCE__MAC_BYTES ? mac[at + 1] : 0);
		out[n++] = letters[two >> (10 - bit % 8) & 63];
	}
}

/* Of everything before the mac, and of whom it is for. */
static enum err clearance__mac(const struct clearance_visitor *v, struct slice text,
			       char out[static CLEARANCE__MAC_TEXT])
{
	struct ip net = v->ip.family == 6 ? ip_network(&v->ip, 64) : v->ip;
	const struct slice parts[] = { text,    slice_of(&net.family, 1), slice_of(net.b, sizeof net.b),
				       v->zone, slice_of("", 1),          v->agent };
	uint8_t mac[CRYPTO_SHA256_BYTES];

	TRY(crypto_hmac_sha256_parts(slice_of(v->key, CLEARANCE_KEY_BYTES), parts, sizeof parts / sizeof parts[0],
				     mac));
	clearance__base64(mac, out);
	return OK;
}

/* Ends the text with its mac and a NUL. */
static enum err clearance__sign(const struct clearance_visitor *v, struct text *t)
{
	char mac[CLEARANCE__MAC_TEXT];

	TRY(clearance__mac(v, text_slice(t), mac));
	text_byte(t, '.');
	text_add(t, slice_of(mac, sizeof mac));
	text_byte(t, '\0');
	CHECK(!t->bad);
	return OK;
}

/* A number of 1 to 16 hexadecimal digits. */
static bool clearance__hex(struct slice s, uint64_t *ret)
{
	uint64_t v = 0;

	if (!s.n || s.n > 16)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (!slice_is_digit(c) && !(c >= 'a' && c <= 'f'))
			return false;
		v = v << 4 | (unsigned)(slice_is_digit(c) ? c - '0' : c - 'a' + 10);
	}
	*ret = v;
	return true;
}

/*
 * The n numbers of a text of that kind. errors: ERR_SYNTAX; ERR_CORRUPT: not of this key and visitor.
 */
static enum err clearance__read(const struct clearance_visitor *v, struct slice text, struct slice kind, size_t n,
				uint64_t ret[static CLEARANCE__NUMBERS])
{
	struct slice rest = text;
	char mac[CLEARANCE__MAC_TEXT];

	if (text.n >= CLEARANCE_TEXT_BYTES || !slice_eq(slice_split(&rest, '.'), kind))
		return ERR_SYNTAX;
	for (size_t i = 0; i < n; i++)
		if (!rest.p || !clearance__hex(slice_split(&rest, '.'), &ret[i]))
			return ERR_SYNTAX;
	if (rest.n != sizeof mac)
		return ERR_SYNTAX;
	TRY(clearance__mac(v, slice_first(text, text.n - rest.n - 1), mac));
	return crypto_same(mac, rest.p, sizeof mac) ? OK : ERR_CORRUPT;
}

/* How long ago; negative only as far as clocks may be apart. errors: ERR_EXPIRED. */
static enum err clearance__age(uint64_t issued, int64_t most_s, int64_t now_s, int64_t *ret_s)
{
	if (issued > (uint64_t)now_s + CLEARANCE_SKEW_S || now_s - (int64_t)issued > most_s)
		return ERR_EXPIRED;
	*ret_s = now_s - (int64_t)issued;
	return OK;
}

enum err clearance_issue(const struct clearance_visitor *v, enum clearance_level level, int64_t now_s,
			 char ret[static CLEARANCE_TEXT_BYTES])
{
	struct text t = text_of(ret, CLEARANCE_TEXT_BYTES);

	text_add(&t, clearance__given);
	text_printf(&t, ".%x.%llx", (unsigned)level, (unsigned long long)now_s);
	return clearance__sign(v, &t);
}

enum clearance_level clearance_check(const struct clearance_visitor *v, struct slice text, int64_t ttl_s, int64_t now_s,
				     int64_t *ret_age_s)
{
	uint64_t n[CLEARANCE__NUMBERS];

	*ret_age_s = 0;
	if (clearance__read(v, text, clearance__given, 2, n) != OK || n[0] >= CLEARANCE_LEVELS ||
	    clearance__age(n[1], ttl_s, now_s, ret_age_s) != OK)
		return CLEARANCE_NONE;
	return (enum clearance_level)n[0];
}

enum err clearance_puzzle(const struct clearance_visitor *v, enum clearance_level level, unsigned bits, uint64_t nonce,
			  int64_t now_s, char ret[static CLEARANCE_TEXT_BYTES])
{
	struct text t = text_of(ret, CLEARANCE_TEXT_BYTES);

	CHECK(bits <= CLEARANCE_BITS_MAX);
	text_add(&t, clearance__asked);
	text_printf(&t, ".%x.%llx.%x.%llx", (unsigned)level, (unsigned long long)now_s, bits,
		    (unsigned long long)nonce);
	return clearance__sign(v, &t);
}

/* Whether SHA-256(puzzle "." answer) begins with so many zero bits. */
static bool clearance__solves(struct slice puzzle, struct slice answer, uint64_t bits)
{
	char memory[CLEARANCE_TEXT_BYTES + CLEARANCE_ANSWER_MAX + 1];
	struct text t = text_of(memory, sizeof memory);
	uint8_t hash[CRYPTO_SHA256_BYTES];

	if (!bits || bits > CLEARANCE_BITS_MAX || answer.n > CLEARANCE_ANSWER_MAX)
		return false;
	text_add(&t, puzzle);
	text_byte(&t, '.');
	text_add(&t, answer);
	if (crypto_sha256(text_slice(&t), hash) != OK)
		return false;
	for (size_t i = 0; i < bits; i++)
		if (hash[i / 8] & 0x80u >> i % 8)
			return false;
	return true;
}

enum err clearance_solve(const struct clearance_visitor *v, struct slice puzzle, struct slice answer, int64_t wait_s,
			 int64_t now_s, enum clearance_level *ret_level)
{
	uint64_t n[CLEARANCE__NUMBERS];
	int64_t age_s;

	TRY(clearance__read(v, puzzle, clearance__asked, 4, n));
	TRY(clearance__age(n[1], CLEARANCE_PUZZLE_S, now_s, &age_s));
	if (n[0] >= CLEARANCE_LEVELS)
		return ERR_CORRUPT;
	if (!clearance__solves(puzzle, answer, n[2]) && (wait_s < 0 || age_s < wait_s))
		return ERR_AGAIN;
	*ret_level = (enum clearance_level)n[0];
	return OK;
}
