/* SPDX-License-Identifier: Apache-2.0 */
/* dns_field: one reader and one writer for each letter of dns_type.def. */
#include "base/check.h"
#include "base/ip.h"
#include "wire/dns_date.h"
#include "wire/dns_rdata_int.h"

enum err dns_field_word(struct dns_rdata_in *in, const char *what, struct dns_lex_word *ret)
{
	*ret = dns_lex_next(in->l);
	if (ret->kind == DNS_LEX_BAD || dns_lex_ends(ret))
		return dns_field_fail(in, ret, ERR_SYNTAX, "%s is missing", what);
	return OK;
}

enum err dns_field_number(struct dns_rdata_in *in, const char *what, uint64_t max, uint64_t *ret)
{
	struct dns_lex_word w;
	uint64_t v;

	TRY(dns_field_word(in, what, &w));
	if (!slice_u64(w.raw, &v))
		return dns_field_fail(in, &w, ERR_SYNTAX, "%s must be a number, not \"%.*s\"", what,
				      SLICE_ARG(slice_first(w.raw, 64)));
	if (v > max)
		return dns_field_fail(in, &w, ERR_RANGE, "%s must be at most %llu", what, (unsigned long long)max);
	*ret = v;
	return OK;
}

static enum err dns_field__read_1(struct dns_rdata_in *in)
{
	uint64_t v;

	TRY(dns_field_number(in, "a number", 255, &v));
	cursor_put_u8(in->out, (uint8_t)v);
	return OK;
}

static enum err dns_field__read_2(struct dns_rdata_in *in)
{
	uint64_t v;

	TRY(dns_field_number(in, "a number", 65535, &v));
	cursor_put_u16(in->out, (uint16_t)v);
	return OK;
}

static enum err dns_field__read_4(struct dns_rdata_in *in)
{
	uint64_t v;

	TRY(dns_field_number(in, "a number", UINT32_MAX, &v));
	cursor_put_u32(in->out, (uint32_t)v);
	return OK;
}

static enum err dns_field__print_1(struct cursor *c, struct text *t)
{
	text_u64(t, cursor_u8(c));
	return OK;
}

static enum err dns_field__print_2(struct cursor *c, struct text *t)
{
	text_u64(t, cursor_u16(c));
	return OK;
}

static enum err dns_field__print_4(struct cursor *c, struct text *t)
{
	text_u64(t, cursor_u32(c));
	return OK;
}

static enum err dns_field__read_ttl(struct dns_rdata_in *in)
{
	struct dns_lex_word w;
	uint64_t number;
	uint32_t v;

	TRY(dns_field_word(in, "a time", &w));
	if (slice_u64(w.raw, &number) && number <= UINT32_MAX)
		v = (uint32_t)number;
	else if (dns_date_ttl(w.raw, &v) != OK)
		return dns_field_fail(in, &w, ERR_SYNTAX, "\"%.*s\" is not a time in seconds (or like 1h30m)",
				      SLICE_ARG(slice_first(w.raw, 64)));
	cursor_put_u32(in->out, v);
	return OK;
}

static enum err dns_field__read_name(struct dns_rdata_in *in)
{
	struct dns_lex_word w;
	struct dns_name name;
	enum err e;

	TRY(dns_field_word(in, "a name", &w));
	e = dns_name_parse(w.raw, in->origin, &name);
	if (e != OK)
		return dns_field_fail(in, &w, e, "\"%.*s\" is not a domain name%s", SLICE_ARG(slice_first(w.raw, 100)),
				      e == ERR_RANGE ? ": a label may have 63 bytes, a name 255" : "");
	cursor_put_bytes(in->out, dns_name_wire(&name));
	return OK;
}

static enum err dns_field__print_name(struct cursor *c, struct text *t)
{
	struct dns_name name;
	size_t used;

	TRY(dns_name_from_wire(slice_of(c->p + c->at, cursor_left(c)), &name, &used));
	(void)cursor_bytes(c, used);
	dns_name_print(&name, t);
	return OK;
}

static enum err dns_field__read_ip(struct dns_rdata_in *in, uint8_t family)
{
	struct dns_lex_word w;
	struct ip ip;

	TRY(dns_field_word(in, "an address", &w));
	if (ip_parse(w.raw, &ip) != OK || ip.family != family)
		return dns_field_fail(in, &w, ERR_SYNTAX, "\"%.*s\" is not an IPv%u address",
				      SLICE_ARG(slice_first(w.raw, 64)), family);
	cursor_put_bytes(in->out, slice_of(ip.b, family == 4 ? 4 : 16));
	return OK;
}

static enum err dns_field__read_ip4(struct dns_rdata_in *in)
{
	return dns_field__read_ip(in, 4);
}

static enum err dns_field__read_ip6(struct dns_rdata_in *in)
{
	return dns_field__read_ip(in, 6);
}

static enum err dns_field__print_ip(struct cursor *c, struct text *t, uint8_t family)
{
	struct slice b = cursor_bytes(c, family == 4 ? 4 : 16);
	struct ip ip = { .family = family };
	char out[IP_TEXT_BYTES];

	if (c->bad)
		return ERR_SYNTAX;
	memcpy(ip.b, b.p, b.n);
	text_add(t, slice_of(out, ip_print(&ip, out)));
	return OK;
}

static enum err dns_field__print_ip4(struct cursor *c, struct text *t)
{
	return dns_field__print_ip(c, t, 4);
}

static enum err dns_field__print_ip6(struct cursor *c, struct text *t)
{
	return dns_field__print_ip(c, t, 6);
}

static enum err dns_field__string(struct dns_rdata_in *in, const struct dns_lex_word *w)
{
	char bytes[255];
	size_t n;
	enum err e = dns_lex_unescape(w->raw, false, bytes, sizeof(bytes), &n);

	if (e == ERR_RANGE)
		return dns_field_fail(in, w, e, "a string is over 255 bytes; split it into several");
	if (e != OK)
		return dns_field_fail(in, w, e, "a backslash needs a character or three digits up to 255 behind it");
	cursor_put_u8(in->out, (uint8_t)n);
	cursor_put_bytes(in->out, slice_of(bytes, n));
	return OK;
}

static enum err dns_field__read_string(struct dns_rdata_in *in)
{
	struct dns_lex_word w;

	TRY(dns_field_word(in, "a string", &w));
	return dns_field__string(in, &w);
}

static enum err dns_field__read_strings(struct dns_rdata_in *in)
{
	struct dns_lex_word w;

	TRY(dns_field_word(in, "a string", &w));
	while (!dns_lex_ends(&w)) {
		if (w.kind == DNS_LEX_BAD)
			return dns_field_fail(in, &w, ERR_SYNTAX, "malformed");
		TRY(dns_field__string(in, &w));
		w = dns_lex_next(in->l);
	}
	dns_lex_hold(in->l);
	return OK;
}

void dns_field_print_string(struct slice s, bool quotes, struct text *t)
{
	if (quotes)
		text_byte(t, '"');
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = (uint8_t)s.p[i];

		if (c >= 0x20 && c < 0x7f) {
			if (c == '"' || c == '\\')
				text_byte(t, '\\');
			text_byte(t, (char)c);
			continue;
		}
		text_byte(t, '\\');
		text_byte(t, (char)('0' + c / 100));
		text_byte(t, (char)('0' + c / 10 % 10));
		text_byte(t, (char)('0' + c % 10));
	}
	if (quotes)
		text_byte(t, '"');
}

static enum err dns_field__print_string(struct cursor *c, struct text *t)
{
	dns_field_print_string(cursor_bytes(c, cursor_u8(c)), true, t);
	return c->bad ? ERR_SYNTAX : OK;
}

static enum err dns_field__print_strings(struct cursor *c, struct text *t)
{
	TRY(dns_field__print_string(c, t));
	while (cursor_left(c)) {
		text_byte(t, ' ');
		TRY(dns_field__print_string(c, t));
	}
	return OK;
}

/* One string to the end of the data; straight into the output, since it may be long. */
static enum err dns_field__read_rest(struct dns_rdata_in *in)
{
	struct cursor_out *out = in->out;
	struct dns_lex_word w;
	size_t n = 0;
	enum err e;

	TRY(dns_field_word(in, "a value", &w));
	if (out->bad)
		return OK;
	e = dns_lex_unescape(w.raw, false, (char *)out->p + out->at, out->n - out->at, &n);
	if (e == ERR_RANGE)
		out->bad = true;
	else if (e != OK)
		return dns_field_fail(in, &w, e, "a backslash needs a character or three digits up to 255 behind it");
	out->at += n;
	return OK;
}

static enum err dns_field__print_rest(struct cursor *c, struct text *t)
{
	dns_field_print_string(cursor_bytes(c, cursor_left(c)), true, t);
	return OK;
}

static bool dns_field__tag_ok(struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = slice_lower(s.p[i]);

		if (!slice_is_digit(c) && (c < 'a' || c > 'z'))
			return false;
	}
	return s.n > 0 && s.n <= 255;
}

static enum err dns_field__read_tag(struct dns_rdata_in *in)
{
	struct dns_lex_word w;

	TRY(dns_field_word(in, "the property (issue, issuewild, iodef)", &w));
	if (!dns_field__tag_ok(w.raw))
		return dns_field_fail(in, &w, ERR_SYNTAX,
				      "\"%.*s\" is not a CAA property: letters and digits (RFC 8659 4.1)",
				      SLICE_ARG(slice_first(w.raw, 64)));
	cursor_put_u8(in->out, (uint8_t)w.raw.n);
	cursor_put_bytes(in->out, w.raw);
	return OK;
}

static enum err dns_field__print_tag(struct cursor *c, struct text *t)
{
	struct slice tag = cursor_bytes(c, cursor_u8(c));

	if (c->bad || !dns_field__tag_ok(tag))
		return ERR_SYNTAX;
	text_add(t, tag);
	return OK;
}

static int dns_field__hex_digit(char c)
{
	if (slice_is_digit(c))
		return c - '0';
	c = slice_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

enum err dns_field_hex(struct dns_rdata_in *in, size_t want)
{
	struct dns_lex_word w;
	size_t digits = 0;
	int high = 0;

	TRY(dns_field_word(in, "data in hexadecimal", &w));
	for (; !dns_lex_ends(&w) && digits / 2 < want; w = dns_lex_next(in->l)) {
		for (size_t i = 0; i < w.raw.n; i++, digits++) {
			int v = dns_field__hex_digit(w.raw.p[i]);

			if (v < 0)
				return dns_field_fail(in, &w, ERR_SYNTAX, "\"%.*s\" is not hexadecimal",
						      SLICE_ARG(slice_first(w.raw, 64)));
			if (digits % 2)
				cursor_put_u8(in->out, (uint8_t)(high << 4 | v));
			high = v;
		}
		if (w.kind == DNS_LEX_BAD)
			return dns_field_fail(in, &w, ERR_SYNTAX, "malformed");
	}
	dns_lex_hold(in->l);
	if (digits == 0)
		return dns_field_fail(in, &w, ERR_SYNTAX, "data in hexadecimal is missing");
	if (digits % 2 || (want != SIZE_MAX && digits / 2 != want))
		return dns_field_fail(in, &w, ERR_SYNTAX,
				      digits % 2 ? "an odd number of hexadecimal digits"
						 : "not as many bytes as the length says");
	return OK;
}

static enum err dns_field__read_hex(struct dns_rdata_in *in)
{
	return dns_field_hex(in, SIZE_MAX);
}

static enum err dns_field__print_hex(struct cursor *c, struct text *t)
{
	if (!cursor_left(c))
		return ERR_SYNTAX;
	while (cursor_left(c)) {
		uint8_t b = cursor_u8(c);

		text_byte(t, "0123456789ABCDEF"[b >> 4]);
		text_byte(t, "0123456789ABCDEF"[b & 15]);
	}
	return OK;
}

static int dns_field__base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (slice_is_digit(c))
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Base64 in pieces: bits not yet written, how many, and the padding seen. */
struct base64 {
	uint32_t bits;
	unsigned n, pads;
	size_t digits;
};

static bool dns_field__base64_take(struct base64 *b, char c, struct cursor_out *out)
{
	int v = dns_field__base64_digit(c);

	if (c == '=' && b->digits % 4 >= 2) {
		b->pads++;
		b->digits++;
		return b->pads <= 2;
	}
	if (v < 0 || b->pads)
		return false;
	b->bits = b->bits << 6 | (uint32_t)v;
	b->n += 6;
	b->digits++;
	if (b->n >= 8) {
		b->n -= 8;
		cursor_put_u8(out, (uint8_t)(b->bits >> b->n));
		b->bits &= (1u << b->n) - 1;
	}
	return true;
}

static enum err dns_field__read_base64(struct dns_rdata_in *in)
{
	struct base64 b = { 0 };
	struct dns_lex_word w;

	TRY(dns_field_word(in, "data in base64", &w));
	for (; !dns_lex_ends(&w); w = dns_lex_next(in->l)) {
		if (w.kind == DNS_LEX_BAD)
			return dns_field_fail(in, &w, ERR_SYNTAX, "malformed");
		for (size_t i = 0; i < w.raw.n; i++)
			if (!dns_field__base64_take(&b, w.raw.p[i], in->out))
				return dns_field_fail(in, &w, ERR_SYNTAX, "\"%.*s\" is not base64",
						      SLICE_ARG(slice_first(w.raw, 64)));
	}
	dns_lex_hold(in->l);
	if (b.digits == 0)
		return dns_field_fail(in, &w, ERR_SYNTAX, "data in base64 is missing");
	if (b.digits % 4 || b.bits)
		return dns_field_fail(in, &w, ERR_SYNTAX, "the base64 is cut short or ends in stray bits");
	return OK;
}

void dns_field_print_base64(struct slice s, struct text *t)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < s.n; i += 3) {
		size_t n = s.n - i < 3 ? s.n - i : 3;
		uint32_t v = 0;

		for (size_t k = 0; k < 3; k++)
			v = v << 8 | (k < n ? (uint8_t)s.p[i + k] : 0);
		for (size_t k = 0; k < 4; k++)
			text_byte(t, k <= n ? digits[v >> (18 - 6 * k) & 63] : '=');
	}
}

static enum err dns_field__print_base64(struct cursor *c, struct text *t)
{
	if (!cursor_left(c))
		return ERR_SYNTAX;
	dns_field_print_base64(cursor_bytes(c, cursor_left(c)), t);
	return OK;
}

/* A number that may be written as a mnemonic. */
struct mnemonic {
	struct slice name;
	uint16_t number;
};

/* DNS security algorithm numbers, IANA. */
static const struct mnemonic dns_field__algorithms[] = {
	{ SLICE_INIT("DELETE"), 0 },
	{ SLICE_INIT("RSAMD5"), 1 },
	{ SLICE_INIT("DH"), 2 },
	{ SLICE_INIT("DSA"), 3 },
	{ SLICE_INIT("RSASHA1"), 5 },
	{ SLICE_INIT("DSA-NSEC3-SHA1"), 6 },
	{ SLICE_INIT("RSASHA1-NSEC3-SHA1"), 7 },
	{ SLICE_INIT("RSASHA256"), 8 },
	{ SLICE_INIT("RSASHA512"), 10 },
	{ SLICE_INIT("ECC-GOST"), 12 },
	{ SLICE_INIT("ECDSAP256SHA256"), 13 },
	{ SLICE_INIT("ECDSAP384SHA384"), 14 },
	{ SLICE_INIT("ED25519"), 15 },
	{ SLICE_INIT("ED448"), 16 },
	{ SLICE_INIT("INDIRECT"), 252 },
	{ SLICE_INIT("PRIVATEDNS"), 253 },
	{ SLICE_INIT("PRIVATEOID"), 254 },
	{ { NULL, 0 }, 0 },
};

/* Certificate types, RFC 4398 2.1. */
static const struct mnemonic dns_field__certificates[] = {
	{ SLICE_INIT("PKIX"), 1 },   { SLICE_INIT("SPKI"), 2 },    { SLICE_INIT("PGP"), 3 },
	{ SLICE_INIT("IPKIX"), 4 },  { SLICE_INIT("ISPKI"), 5 },   { SLICE_INIT("IPGP"), 6 },
	{ SLICE_INIT("ACPKIX"), 7 }, { SLICE_INIT("IACPKIX"), 8 }, { SLICE_INIT("URI"), 253 },
	{ SLICE_INIT("OID"), 254 },  { { NULL, 0 }, 0 },
};

static enum err dns_field__mnemonic(struct dns_rdata_in *in, const struct mnemonic *table, const char *what,
				    uint64_t max, uint64_t *ret)
{
	struct dns_lex_word w;

	TRY(dns_field_word(in, what, &w));
	for (; table->name.n; table++) {
		if (slice_eq_nocase(table->name, w.raw)) {
			*ret = table->number;
			return OK;
		}
	}
	dns_lex_hold(in->l);
	return dns_field_number(in, what, max, ret);
}

static enum err dns_field__read_algorithm(struct dns_rdata_in *in)
{
	uint64_t v;

	TRY(dns_field__mnemonic(in, dns_field__algorithms, "the algorithm", 255, &v));
	cursor_put_u8(in->out, (uint8_t)v);
	return OK;
}

static enum err dns_field__read_certificate(struct dns_rdata_in *in)
{
	uint64_t v;

	TRY(dns_field__mnemonic(in, dns_field__certificates, "the certificate type", 65535, &v));
	cursor_put_u16(in->out, (uint16_t)v);
	return OK;
}

static enum err dns_field__read_type(struct dns_rdata_in *in)
{
	struct dns_lex_word w;
	uint16_t type;

	TRY(dns_field_word(in, "a record type", &w));
	if (dns_type_parse(w.raw, &type) != OK)
		return dns_field_fail(in, &w, ERR_SYNTAX, "\"%.*s\" is not a record type",
				      SLICE_ARG(slice_first(w.raw, 64)));
	cursor_put_u16(in->out, type);
	return OK;
}

static enum err dns_field__print_type(struct cursor *c, struct text *t)
{
	dns_type_print(cursor_u16(c), t);
	return OK;
}

static enum err dns_field__read_date(struct dns_rdata_in *in)
{
	struct dns_lex_word w;
	uint32_t v;

	TRY(dns_field_word(in, "a date", &w));
	if (dns_date_parse(w.raw, &v) != OK)
		return dns_field_fail(in, &w, ERR_SYNTAX, "\"%.*s\" is not a date like 20260131120000",
				      SLICE_ARG(slice_first(w.raw, 64)));
	cursor_put_u32(in->out, v);
	return OK;
}

static enum err dns_field__print_date(struct cursor *c, struct text *t)
{
	char out[DNS_DATE_BYTES];

	dns_date_print(cursor_u32(c), out);
	text_add(t, slice_of(out, sizeof(out)));
	return OK;
}

/* Type bitmap, RFC 4034 4.1.2: types to the end, any order in text. */
static enum err dns_field__read_bitmap(struct dns_rdata_in *in)
{
	uint8_t bits[8192] = { 0 };
	struct dns_lex_word w;

	for (w = dns_lex_next(in->l); !dns_lex_ends(&w); w = dns_lex_next(in->l)) {
		uint16_t type;

		if (w.kind == DNS_LEX_BAD || dns_type_parse(w.raw, &type) != OK)
			return dns_field_fail(in, &w, ERR_SYNTAX, "\"%.*s\" is not a record type",
					      SLICE_ARG(slice_first(w.raw, 64)));
		bits[type / 8] |= (uint8_t)(0x80 >> type % 8);
	}
	dns_lex_hold(in->l);
	for (size_t window = 0; window < 256; window++) {
		size_t n = 32;

		while (n && !bits[window * 32 + n - 1])
			n--;
		if (!n)
			continue;
		cursor_put_u8(in->out, (uint8_t)window);
		cursor_put_u8(in->out, (uint8_t)n);
		cursor_put_bytes(in->out, slice_of(bits + window * 32, n));
	}
	return OK;
}

static enum err dns_field__print_bitmap(struct cursor *c, struct text *t)
{
	int last = -1;

	while (cursor_left(c)) {
		uint8_t window = cursor_u8(c), n = cursor_u8(c);
		struct slice b = cursor_bytes(c, n);

		if (c->bad || n == 0 || n > 32 || window <= last || b.p[n - 1] == 0)
			return ERR_SYNTAX;
		last = window;
		for (unsigned i = 0; i < n * 8u; i++) {
			if (!((uint8_t)b.p[i / 8] & 0x80 >> i % 8))
				continue;
			if (t->n && t->p[t->n - 1] != ' ')
				text_byte(t, ' ');
			dns_type_print((uint16_t)(window * 256u + i), t);
		}
	}
	return OK;
}

static const struct dns_field dns_field__table[] = {
	{ '1', dns_field__read_1, dns_field__print_1 },
	{ '2', dns_field__read_2, dns_field__print_2 },
	{ '4', dns_field__read_4, dns_field__print_4 },
	{ 't', dns_field__read_ttl, dns_field__print_4 },
	{ 'n', dns_field__read_name, dns_field__print_name },
	{ 'a', dns_field__read_ip4, dns_field__print_ip4 },
	{ '6', dns_field__read_ip6, dns_field__print_ip6 },
	{ 's', dns_field__read_string, dns_field__print_string },
	{ 'S', dns_field__read_strings, dns_field__print_strings },
	{ 'r', dns_field__read_rest, dns_field__print_rest },
	{ 'k', dns_field__read_tag, dns_field__print_tag },
	{ 'x', dns_field__read_hex, dns_field__print_hex },
	{ 'b', dns_field__read_base64, dns_field__print_base64 },
	{ 'g', dns_field__read_algorithm, dns_field__print_1 },
	{ 'c', dns_field__read_certificate, dns_field__print_2 },
	{ 'L', dns_loc_read, dns_loc_print },
	{ 'P', dns_svcb_read, dns_svcb_print },
	{ 'T', dns_field__read_type, dns_field__print_type },
	{ 'M', dns_field__read_bitmap, dns_field__print_bitmap },
	{ 'd', dns_field__read_date, dns_field__print_date },
};

const struct dns_field *dns_field_find(char letter)
{
	for (size_t i = 0; i < sizeof(dns_field__table) / sizeof(dns_field__table[0]); i++)
		if (dns_field__table[i].letter == letter)
			return &dns_field__table[i];
	CHECK(false);
	return NULL;
}
