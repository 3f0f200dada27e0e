/* SPDX-License-Identifier: Apache-2.0 */
/* transform_decode: the encodings: URL, HTML, JavaScript, CSS, C escapes, hexadecimal, Base64. */
#include "waf/transform_int.h"

/* The byte of two hexadecimal digits at s.p[i], or -1. */
static int transform__hex2(struct slice s, size_t i)
{
	if (i + 1 >= s.n)
		return -1;
	int high = transform__hex(s.p[i]), low = transform__hex(s.p[i + 1]);
	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/* The number of four hexadecimal digits at s.p[i], or -1. */
static int transform__hex4(struct slice s, size_t i)
{
	int high = transform__hex2(s, i), low = transform__hex2(s, i + 2);

	return high < 0 || low < 0 ? -1 : high * 256 + low;
}

size_t transform__url_decode(struct slice in, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < in.n; i++) {
		int byte = in.p[i] == '%' ? transform__hex2(in, i + 1) : -1;
		if (byte >= 0) {
			out[n++] = (char)byte;
			i += 2;
		} else {
			out[n++] = in.p[i] == '+' ? ' ' : in.p[i];
		}
	}
	return n;
}

/* %uXXXX as IIS read it: the nearest ASCII byte, else the low byte. */
static char transform__uni(unsigned code)
{
	int fit = transform__best_fit(code);

	return fit >= 0 ? (char)fit : transform__narrow(code);
}

size_t transform__url_decode_uni(struct slice in, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < in.n; i++) {
		char c = in.p[i];
		if (c != '%') {
			out[n++] = c == '+' ? ' ' : c;
			continue;
		}
		bool wide = i + 1 < in.n && slice_lower(in.p[i + 1]) == 'u';
		int code = wide ? transform__hex4(in, i + 2) : transform__hex2(in, i + 1);
		if (code < 0) {
			out[n++] = c;
		} else if (wide) {
			out[n++] = transform__uni((unsigned)code);
			i += 5;
		} else {
			out[n++] = (char)code;
			i += 2;
		}
	}
	return n;
}

size_t transform__url_encode(struct slice in, char *out)
{
	static const char digits[] = "0123456789abcdef";
	size_t n = 0;

	for (size_t i = 0; i < in.n; i++) {
		uint8_t c = (uint8_t)in.p[i];
		bool plain = slice_is_digit((char)c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '*';
		if (c == ' ') {
			out[n++] = '+';
		} else if (plain) {
			out[n++] = (char)c;
		} else {
			out[n++] = '%';
			out[n++] = digits[c >> 4];
			out[n++] = digits[c & 15];
		}
	}
	return n;
}

/* Digits of a base from i on. ret_byte: the low byte of the number; a number past 63 bits saturates, as strtol does. */
static size_t transform__digits(struct slice in, size_t i, unsigned base, char *ret_byte)
{
	uint64_t v = 0;
	size_t k = i;

	for (; k < in.n; k++) {
		int d = transform__hex(in.p[k]);
		if (d < 0 || (unsigned)d >= base)
			break;
		v = v > (INT64_MAX - (uint64_t)d) / base ? INT64_MAX : v * base + (uint64_t)d;
	}
	*ret_byte = (char)(v & 0xff);
	return k - i;
}

/* A numeric reference whose '#' stands at i. Returns its bytes from there, 0 when it is none. */
static size_t transform__html_number(struct slice in, size_t i, char *ret_byte)
{
	bool hex = i + 1 < in.n && slice_lower(in.p[i + 1]) == 'x';
	size_t mark = hex ? 2 : 1, digits = transform__digits(in, i + mark, hex ? 16 : 10, ret_byte);

	return digits ? mark + digits : 0;
}

/* A named reference whose name begins at i. Returns the length of the name, 0 when it is none. */
static size_t transform__html_name(struct slice in, size_t i, char *ret_byte)
{
	static const struct {
		struct slice name;
		char byte;
	} names[] = { { SLICE_INIT("quot"), '"' },
		      { SLICE_INIT("amp"), '&' },
		      { SLICE_INIT("lt"), '<' },
		      { SLICE_INIT("gt"), '>' },
		      { SLICE_INIT("nbsp"), (char)0xa0 } };
	size_t k = i;

	while (k < in.n && (slice_is_digit(in.p[k]) || (slice_lower(in.p[k]) >= 'a' && slice_lower(in.p[k]) <= 'z')))
		k++;
	for (size_t j = 0; j < sizeof names / sizeof *names; j++)
		if (slice_eq_nocase(slice_of(in.p + i, k - i), names[j].name)) {
			*ret_byte = names[j].byte;
			return k - i;
		}
	return 0;
}

size_t transform__html_entity_decode(struct slice in, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < in.n;) {
		size_t took = 0;
		char byte = in.p[i];
		if (byte == '&' && i + 1 < in.n)
			took = in.p[i + 1] == '#' ? transform__html_number(in, i + 1, &byte)
						  : transform__html_name(in, i + 1, &byte);
		out[n++] = took ? byte : in.p[i];
		i += took + 1;
		if (took && i < in.n && in.p[i] == ';')
			i++;
	}
	return n;
}

/* The control byte of a one-letter escape, or 0. */
static char transform__letter(char c)
{
	static const char letters[] = "abfnrtv", bytes[] = "\a\b\f\n\r\t\v";
	const char *at = c ? strchr(letters, c) : NULL;

	return at ? bytes[at - letters] : 0;
}

/* Octal digits from i on, at most three and below 256. Returns how many. */
static size_t transform__octal(struct slice in, size_t i, size_t most, char *ret_byte)
{
	unsigned v = 0;
	size_t k = 0;

	while (k < most && i + k < in.n && in.p[i + k] >= '0' && in.p[i + k] <= '7')
		v = v * 8 + (unsigned)(in.p[i + k++] - '0');
	*ret_byte = (char)(v & 0xff);
	return k;
}

/* What follows a backslash at i - 1. Returns the bytes it took; *ret_byte is what they stand for. */
static size_t transform__js_escape(struct slice in, size_t i, char *ret_byte)
{
	int code;

	if (in.p[i] == 'u' && (code = transform__hex4(in, i + 1)) >= 0) {
		*ret_byte = transform__narrow((unsigned)code);
		return 5;
	}
	if (in.p[i] == 'x' && (code = transform__hex2(in, i + 1)) >= 0) {
		*ret_byte = (char)code;
		return 3;
	}
	size_t digits = transform__octal(in, i, in.p[i] > '3' ? 2 : 3, ret_byte);
	if (digits)
		return digits;
	*ret_byte = transform__letter(in.p[i]) ? transform__letter(in.p[i]) : in.p[i];
	return 1;
}

size_t transform__js_decode(struct slice in, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < in.n; i++) {
		char byte = in.p[i];
		if (byte == '\\' && i + 1 < in.n)
			i += transform__js_escape(in, i + 1, &byte);
		out[n++] = byte;
	}
	return n;
}

size_t transform__escape_seq_decode(struct slice in, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < in.n; i++) {
		char byte = in.p[i];
		if (byte == '\\' && i + 1 < in.n) {
			char next = in.p[i + 1];
			int code = slice_lower(next) == 'x' ? transform__hex2(in, i + 2) : -1;
			size_t digits = transform__octal(in, i + 1, 3, &byte);
			if (code >= 0)
				byte = (char)code;
			else if (!digits)
				byte = transform__letter(next) ? transform__letter(next) : next;
			i += code >= 0 ? 3 : digits ? digits : 1;
		}
		out[n++] = byte;
	}
	return n;
}

/* A CSS escape whose hexadecimal digits begin at i. Returns the bytes it took, with the blank that ends it. */
static size_t transform__css_hex(struct slice in, size_t i, char *ret_byte)
{
	unsigned code = 0;
	size_t k = 0;

	while (k < 6 && i + k < in.n && transform__hex(in.p[i + k]) >= 0)
		code = code * 16 + (unsigned)transform__hex(in.p[i + k++]);
	/* The full-width forms count only when nothing but zeros stands before them. */
	*ret_byte = k >= 4 && code <= 0xffff ? transform__narrow(code) : (char)(code & 0xff);
	return i + k < in.n && transform__space(in.p[i + k]) ? k + 1 : k;
}

size_t transform__css_decode(struct slice in, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < in.n; i++) {
		if (in.p[i] != '\\') {
			out[n++] = in.p[i];
		} else if (i + 1 < in.n && transform__hex(in.p[i + 1]) >= 0) {
			i += transform__css_hex(in, i + 1, &out[n++]);
		} else if (i + 1 < in.n) {
			if (in.p[++i] != '\n')
				out[n++] = in.p[i];
		}
	}
	return n;
}

size_t transform__hex_encode(struct slice in, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < in.n; i++) {
		out[2 * i] = digits[(uint8_t)in.p[i] >> 4];
		out[2 * i + 1] = digits[in.p[i] & 15];
	}
	return in.n * 2;
}

/* Pairs that are not two digits are left out. */
size_t transform__hex_decode(struct slice in, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i + 1 < in.n; i += 2) {
		int byte = transform__hex2(in, i);
		if (byte >= 0)
			out[n++] = (char)byte;
	}
	return n;
}

/* The six bits of a Base64 letter, or -1. */
static int transform__b64(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (slice_is_digit(c))
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static size_t transform__base64(struct slice in, char *out, bool skip_bad)
{
	uint32_t bits = 0;
	unsigned have = 0;
	size_t n = 0;

	for (size_t i = 0; i < in.n; i++) {
		int six = transform__b64(in.p[i]);
		if (six < 0 && (skip_bad && in.p[i] != '='))
			continue;
		if (six < 0 && !transform__space(in.p[i]))
			break;
		if (six < 0)
			continue;
		bits = bits << 6 | (uint32_t)six;
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[n++] = (char)(bits >> have & 0xff);
		}
	}
	return n;
}

size_t transform__base64_decode(struct slice in, char *out)
{
	return transform__base64(in, out, false);
}

size_t transform__base64_decode_ext(struct slice in, char *out)
{
	return transform__base64(in, out, true);
}

size_t transform__base64_encode(struct slice in, char *out)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t n = 0;

	for (size_t i = 0; i < in.n; i += 3) {
		uint32_t three = (uint32_t)(uint8_t)in.p[i] << 16;
		if (i + 1 < in.n)
			three |= (uint32_t)(uint8_t)in.p[i + 1] << 8;
		if (i + 2 < in.n)
			three |= (uint8_t)in.p[i + 2];
		out[n++] = letters[three >> 18];
		out[n++] = letters[three >> 12 & 63];
		out[n++] = i + 1 < in.n ? letters[three >> 6 & 63] : '=';
		out[n++] = i + 2 < in.n ? letters[three & 63] : '=';
	}
	return n;
}
