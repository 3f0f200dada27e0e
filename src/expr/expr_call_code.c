/* SPDX-License-Identifier: Apache-2.0 */
/* expr_call_code: functions that encode, decode and sign, see expr_call.h and function.def. RFC 3986, RFC 4648, RFC
 * 9562. */
#include "base/crypto.h"
#include "base/text.h"
#include "expr/expr_call.h"

enum { EXPR_CALL__DECODE_ROUNDS = 8, EXPR_CALL__TIME_DIGITS = 10, EXPR_CALL__MAC_CHARS = 43 };

static int expr_call__hex(char c)
{
	char low = slice_lower(c);

	if (slice_is_digit(c))
		return c - '0';
	return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/* n hexadecimal digits at s.p[at]; -1 when they are not. */
static int expr_call__hexes(struct slice s, size_t at, size_t n)
{
	int v = 0;

	if (at + n > s.n)
		return -1;
	for (size_t i = 0; i < n; i++) {
		int d = expr_call__hex(s.p[at + i]);
		if (d < 0)
			return -1;
		v = v << 4 | d;
	}
	return v;
}

static size_t expr_call__utf8(unsigned u, char *out)
{
	if (u < 0x80) {
		out[0] = (char)u;
		return 1;
	}
	if (u < 0x800) {
		out[0] = (char)(0xc0 | u >> 6);
		out[1] = (char)(0x80 | (u & 0x3f));
		return 2;
	}
	if (u < 0x10000) {
		out[0] = (char)(0xe0 | u >> 12);
		out[1] = (char)(0x80 | (u >> 6 & 0x3f));
		out[2] = (char)(0x80 | (u & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | u >> 18);
	out[1] = (char)(0x80 | (u >> 12 & 0x3f));
	out[2] = (char)(0x80 | (u >> 6 & 0x3f));
	out[3] = (char)(0x80 | (u & 0x3f));
	return 4;
}

/* One pass from s to out (room for s.n), which may be the same memory. Returns the length. */
static size_t expr_call__unescape(struct slice s, bool wide, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n;) {
		int v = s.p[i] == '%' ? expr_call__hexes(s, i + 1, 2) : -1;
		int u = wide && s.p[i] == '%' && i + 1 < s.n && (s.p[i + 1] == 'u' || s.p[i + 1] == 'U')
				? expr_call__hexes(s, i + 2, 4)
				: -1;
		if (v >= 0) {
			out[n++] = (char)v;
			i += 3;
		} else if (u >= 0) { /* six bytes become at most three */
			n += expr_call__utf8((unsigned)u, out + n);
			i += 6;
		} else {
			out[n++] = s.p[i] == '+' ? ' ' : s.p[i];
			i++;
		}
	}
	return n;
}

void expr_call__url_decode(const struct expr_calling *c, struct expr_value *ret)
{
	struct slice s = c->args[0].s, flags = c->n > 1 ? c->args[1].s : slice_of(NULL, 0);
	bool again = slice_find(flags, 'r') != SIZE_MAX, wide = slice_find(flags, 'u') != SIZE_MAX;

	if (slice_find(s, '%') == SIZE_MAX && slice_find(s, '+') == SIZE_MAX) {
		*ret = c->args[0];
		return;
	}
	char *out = arena_alloc(c->env->arena, s.n + 1);
	if (!out)
		return;
	size_t n = expr_call__unescape(s, wide, out), before = s.n;
	for (unsigned round = 1; again && n != before && round < EXPR_CALL__DECODE_ROUNDS; round++) {
		before = n;
		n = expr_call__unescape(slice_of(out, n), wide, out);
	}
	*ret = expr_bytes(slice_of(out, n));
}

/* ---- base64 */

static const char expr_call__alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void expr_call__encode_base64(const struct expr_calling *c, struct expr_value *ret)
{
	struct slice s = c->args[0].s, flags = c->n > 1 ? c->args[1].s : slice_of(NULL, 0);
	bool url = slice_find(flags, 'u') != SIZE_MAX, pad = slice_find(flags, 'p') != SIZE_MAX;
	size_t n = 0;
	char *out = arena_alloc(c->env->arena, s.n / 3 * 4 + 5);

	if (!out)
		return;
	for (size_t i = 0; i < s.n; i += 3) {
		size_t have = s.n - i < 3 ? s.n - i : 3;
		unsigned v = 0;
		for (size_t k = 0; k < 3; k++)
			v = v << 8 | (k < have ? (unsigned char)s.p[i + k] : 0);
		for (size_t k = 0; k <= have; k++)
			out[n++] = expr_call__alphabet[v >> (18 - 6 * k) & 63];
		for (size_t k = have; pad && k < 3; k++)
			out[n++] = '=';
	}
	for (size_t i = 0; url && i < n; i++)
		out[i] = out[i] == '+' ? '-' : out[i] == '/' ? '_' : out[i];
	*ret = expr_bytes(slice_of(out, n));
}

static int expr_call__sextet(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (slice_is_digit(c))
		return c - '0' + 52;
	if (c == '+' || c == '-')
		return 62;
	return c == '/' || c == '_' ? 63 : -1;
}

/* Both alphabets, padding or not. The length, or SIZE_MAX when it is not base64. out has room for s.n. */
static size_t expr_call__unbase64(struct slice s, char *out)
{
	unsigned bits = 0, have = 0;
	size_t n = 0;

	while (s.n && s.p[s.n - 1] == '=')
		s.n--;
	if (s.n % 4 == 1)
		return SIZE_MAX;
	for (size_t i = 0; i < s.n; i++) {
		int v = expr_call__sextet(s.p[i]);
		if (v < 0)
			return SIZE_MAX;
		bits = bits << 6 | (unsigned)v;
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[n++] = (char)(bits >> have);
		}
	}
	return n;
}

void expr_call__decode_base64(const struct expr_calling *c, struct expr_value *ret)
{
	struct slice s = c->args[0].s;
	char *out = arena_alloc(c->env->arena, s.n + 1);
	size_t n = out ? expr_call__unbase64(s, out) : SIZE_MAX;

	if (n != SIZE_MAX)
		*ret = expr_bytes(slice_of(out, n));
}

/* ---- digests */

void expr_call__sha256(const struct expr_calling *c, struct expr_value *ret)
{
	uint8_t *out = arena_alloc(c->env->arena, CRYPTO_SHA256_BYTES);

	if (out && crypto_sha256(c->args[0].s, out) == OK)
		*ret = expr_bytes(slice_of(out, CRYPTO_SHA256_BYTES));
}

/* message, separator, ten digits, "-", MAC: where the digits begin, or SIZE_MAX. The last place wins. */
static size_t expr_call__timestamp(struct slice s)
{
	size_t least = 1 + EXPR_CALL__TIME_DIGITS + 1 + EXPR_CALL__MAC_CHARS;

	if (s.n < least)
		return SIZE_MAX;
	for (size_t dash = s.n - EXPR_CALL__MAC_CHARS - 1; dash > EXPR_CALL__TIME_DIGITS; dash--) {
		size_t digits = 0;
		if (s.p[dash] != '-')
			continue;
		while (digits < EXPR_CALL__TIME_DIGITS && slice_is_digit(s.p[dash - 1 - digits]))
			digits++;
		if (digits == EXPR_CALL__TIME_DIGITS)
			return dash - EXPR_CALL__TIME_DIGITS;
	}
	return SIZE_MAX;
}

/* The bytes of the MAC as sent; SIZE_MAX when it is not one. out has room for sent.n. */
static size_t expr_call__mac(struct slice sent, bool is_plain, char *out)
{
	if (is_plain)
		return expr_call__unbase64(sent, out);
	/* Percent-encoded; a plus sign of the MAC is one, not a space. */
	memcpy(out, sent.p, sent.n);
	for (size_t i = 0; i < sent.n; i++)
		out[i] = out[i] == '+' ? '-' : out[i];
	size_t n = expr_call__unescape(slice_of(out, sent.n), false, out);
	return expr_call__unbase64(slice_of(out, n), out);
}

/* key, message with MAC, life in seconds, now, length of the separator, flag s: the MAC is not percent-encoded. */
void expr_call__timed_hmac(const struct expr_calling *c, struct expr_value *ret)
{
	struct slice s = c->args[1].s;
	int64_t ttl = c->args[2].i, now = c->args[3].i, sep = c->n > 4 ? c->args[4].i : 0, made;
	size_t at = expr_call__timestamp(s), body = at + EXPR_CALL__TIME_DIGITS;
	uint8_t mac[CRYPTO_SHA256_BYTES];
	uint64_t digits = 0;

	*ret = expr_bool(false);
	if (at == SIZE_MAX || sep < 0 || (uint64_t)sep >= at)
		return;
	char *got = arena_alloc(c->env->arena, s.n), *mem = arena_alloc(c->env->arena, body);
	if (!got || !mem || !slice_u64(slice_of(s.p + at, EXPR_CALL__TIME_DIGITS), &digits))
		return;
	made = (int64_t)digits;
	struct text signed_text = text_of(mem, body);
	text_add(&signed_text, slice_first(s, at - (size_t)sep));
	text_add(&signed_text, slice_of(s.p + at, EXPR_CALL__TIME_DIGITS));
	size_t n = expr_call__mac(slice_from(s, body + 1), c->n > 5 && c->args[5].s.n, got);
	if (n != sizeof mac || crypto_hmac_sha256(c->args[0].s, text_slice(&signed_text), mac) != OK)
		return;
	bool in_time = made <= now && now - made <= ttl;
	*ret = expr_bool(slice_eq_ct(slice_of(mac, sizeof mac), slice_of(got, n)) && in_time);
}

void expr_call__uuidv4(const struct expr_calling *c, struct expr_value *ret)
{
	struct text t = text_of(arena_alloc(c->env->arena, 36), 36);

	if (c->args[0].s.n < 16 || !t.p)
		return;
	for (size_t i = 0; i < 16; i++) {
		unsigned v = (unsigned char)c->args[0].s.p[i];
		if (i == 6)
			v = (v & 0x0f) | 0x40;
		if (i == 8)
			v = (v & 0x3f) | 0x80;
		if (i == 4 || i == 6 || i == 8 || i == 10)
			text_byte(&t, '-');
		text_hex(&t, v, 2);
	}
	*ret = expr_bytes(text_slice(&t));
}

/* ---- queries */

/* Whether the parameter "name" or "name=value" has one of the names in args[1 …]. */
static bool expr_call__is_named(const struct expr_calling *c, struct slice parameter)
{
	struct slice name = slice_first(parameter, slice_find(parameter, '='));

	for (size_t i = 1; i < c->n; i++)
		if (slice_eq(name, c->args[i].s))
			return true;
	return false;
}

void expr_call__remove_query_args(const struct expr_calling *c, struct expr_value *ret)
{
	struct slice rest = c->args[0].s;
	struct text t = text_of(arena_alloc(c->env->arena, rest.n + 1), rest.n + 1);
	bool first = true;

	while (t.p && rest.p) {
		struct slice part = slice_split(&rest, '&');
		if (expr_call__is_named(c, part))
			continue;
		if (!first)
			text_byte(&t, '&');
		first = false;
		text_add(&t, part);
	}
	if (t.p)
		*ret = expr_bytes(text_slice(&t));
}
