/* SPDX-License-Identifier: Apache-2.0 */
/* dns_loc: LOC records (RFC 1876): degrees to thousandths of a second of arc, metres to centimetres. Integers only. */
#include "wire/dns_rdata_int.h"

enum {
	DNS_LOC__EQUATOR = 1u << 31,          /* latitude and longitude are counted from here, in 1/1000 of a second */
	DNS_LOC__ALTITUDE_ZERO_CM = 10000000, /* altitude is counted from 100 km below the reference ellipsoid */
};

/* A number with up to `places` decimals, in units of the last one. A sign only where `negative` is not NULL. */
static bool dns_loc__decimal(struct slice s, unsigned places, bool *negative, uint64_t *ret)
{
	size_t dot;
	uint64_t whole, part = 0;
	struct slice frac = { NULL, 0 };

	if (negative) {
		*negative = s.n && s.p[0] == '-';
		if (*negative)
			s = slice_from(s, 1);
	}
	dot = slice_find(s, '.');
	if (dot != SIZE_MAX) {
		frac = slice_from(s, dot + 1);
		s = slice_first(s, dot);
		if (frac.n > places || !slice_u64(frac, &part))
			return false;
	}
	if (!slice_u64(s, &whole) || whole > UINT32_MAX)
		return false;
	for (size_t i = 0; i < places; i++) {
		whole *= 10;
		if (i >= frac.n)
			part *= 10;
	}
	*ret = whole + part;
	return true;
}

/* The number at place i of an angle (degrees, minutes, seconds), in 1/1000 of a second. */
static bool dns_loc__part(struct slice s, size_t i, uint64_t max_degrees, uint64_t *ret)
{
	static const uint64_t unit[3] = { 3600000, 60000, 1 };
	const uint64_t max[3] = { max_degrees, 59, 59999 };

	if (i > 2 || !dns_loc__decimal(s, i == 2 ? 3 : 0, NULL, ret) || *ret > max[i])
		return false;
	*ret *= unit[i];
	return true;
}

/* Degrees, minutes, seconds and a hemisphere: `plus` or `minus`; at most `max` degrees. */
static enum err dns_loc__angle(struct dns_rdata_in *in, uint64_t max, char plus, char minus)
{
	uint64_t all = 0, v;
	struct dns_lex_word w;

	for (size_t i = 0; i < 4; i++) {
		TRY(dns_field_word(in, "a latitude or longitude", &w));
		char c = w.raw.n == 1 ? (char)(w.raw.p[0] & ~0x20) : 0;

		if (i && (c == plus || c == minus)) {
			if (all > max * 3600000)
				return dns_field_fail(in, &w, ERR_RANGE, "more than %llu degrees",
						      (unsigned long long)max);
			cursor_put_u32(in->out,
				       (uint32_t)(c == plus ? DNS_LOC__EQUATOR + all : DNS_LOC__EQUATOR - all));
			return OK;
		}
		if (!dns_loc__part(w.raw, i, max, &v))
			break;
		all += v;
	}
	return dns_field_fail(in, &w, ERR_SYNTAX,
			      "\"%.*s\" does not fit here: degrees (to %llu), minutes, seconds, then %c or %c",
			      SLICE_ARG(slice_first(w.raw, 32)), (unsigned long long)max, plus, minus);
}

static struct slice dns_loc__metres(struct slice s)
{
	if (s.n > 1 && slice_lower(s.p[s.n - 1]) == 'm')
		s.n--;
	return s;
}

/* Centimetres as a digit and a power of ten, rounded down (RFC 1876 2). */
static uint8_t dns_loc__size(uint64_t cm)
{
	unsigned power = 0;

	for (; cm > 9; cm /= 10)
		power++;
	return (uint8_t)(cm << 4 | power);
}

/* The optional sizes, in the order of the text; what is left out has the default of the RFC. */
static enum err dns_loc__sizes(struct dns_rdata_in *in, uint8_t ret[3])
{
	ret[0] = 0x12;
	ret[1] = 0x16;
	ret[2] = 0x13;
	for (size_t i = 0; i < 3; i++) {
		struct dns_lex_word w = dns_lex_next(in->l);
		uint64_t cm;

		if (dns_lex_ends(&w))
			break;
		if (w.kind == DNS_LEX_BAD || !dns_loc__decimal(dns_loc__metres(w.raw), 2, NULL, &cm) || cm > 9000000000)
			return dns_field_fail(in, &w, ERR_SYNTAX, "\"%.*s\" is not a size in metres, 0 to 90000000",
					      SLICE_ARG(slice_first(w.raw, 32)));
		ret[i] = dns_loc__size(cm);
		if (i == 2)
			return OK;
	}
	dns_lex_hold(in->l);
	return OK;
}

enum err dns_loc_read(struct dns_rdata_in *in)
{
	struct cursor_out *out = in->out;
	size_t from = out->at;
	struct dns_lex_word w;
	uint8_t sizes[3];
	uint64_t cm;
	bool below;

	cursor_put_u32(out, 0);
	TRY(dns_loc__angle(in, 90, 'N', 'S'));
	TRY(dns_loc__angle(in, 180, 'E', 'W'));
	TRY(dns_field_word(in, "the altitude", &w));
	if (!dns_loc__decimal(dns_loc__metres(w.raw), 2, &below, &cm) ||
	    cm > (below ? (uint64_t)DNS_LOC__ALTITUDE_ZERO_CM : UINT32_MAX - (uint64_t)DNS_LOC__ALTITUDE_ZERO_CM))
		return dns_field_fail(in, &w, ERR_SYNTAX,
				      "\"%.*s\" is not an altitude in metres, -100000.00 to 42849672.95",
				      SLICE_ARG(slice_first(w.raw, 32)));
	cursor_put_u32(out, (uint32_t)(below ? DNS_LOC__ALTITUDE_ZERO_CM - cm : DNS_LOC__ALTITUDE_ZERO_CM + cm));
	TRY(dns_loc__sizes(in, sizes));
	if (!out->bad)
		memcpy(out->p + from + 1, sizes, sizeof(sizes));
	return OK;
}

static void dns_loc__print_decimal(struct text *t, uint64_t v, uint32_t unit)
{
	text_u64(t, v / unit);
	text_byte(t, '.');
	for (v %= unit; unit > 1; v %= unit) {
		unit /= 10;
		text_byte(t, (char)('0' + v / unit));
	}
}

static void dns_loc__print_angle(struct text *t, uint32_t v, char plus, char minus)
{
	uint32_t all = v >= DNS_LOC__EQUATOR ? v - DNS_LOC__EQUATOR : DNS_LOC__EQUATOR - v;

	text_u64(t, all / 3600000);
	text_byte(t, ' ');
	text_u64(t, all / 60000 % 60);
	text_byte(t, ' ');
	dns_loc__print_decimal(t, all % 60000, 1000);
	text_byte(t, ' ');
	text_byte(t, v >= DNS_LOC__EQUATOR ? plus : minus);
	text_byte(t, ' ');
}

/* True when the angle lies within `max` degrees on either side. */
static bool dns_loc__angle_ok(uint32_t v, uint32_t max)
{
	return v >= DNS_LOC__EQUATOR - max * 3600000 && v <= DNS_LOC__EQUATOR + max * 3600000;
}

enum err dns_loc_print(struct cursor *c, struct text *t)
{
	uint8_t version = cursor_u8(c), sizes[3];
	uint32_t latitude, longitude, altitude;

	for (size_t i = 0; i < 3; i++) {
		sizes[i] = cursor_u8(c);
		if (sizes[i] >> 4 > 9 || (sizes[i] & 15) > 9 || (sizes[i] >> 4 == 0 && sizes[i]))
			return ERR_SYNTAX;
	}
	latitude = cursor_u32(c);
	longitude = cursor_u32(c);
	altitude = cursor_u32(c);
	if (c->bad || version || !dns_loc__angle_ok(latitude, 90) || !dns_loc__angle_ok(longitude, 180))
		return ERR_SYNTAX;
	dns_loc__print_angle(t, latitude, 'N', 'S');
	dns_loc__print_angle(t, longitude, 'E', 'W');
	if (altitude < DNS_LOC__ALTITUDE_ZERO_CM)
		text_byte(t, '-');
	dns_loc__print_decimal(t,
			       altitude < DNS_LOC__ALTITUDE_ZERO_CM ? DNS_LOC__ALTITUDE_ZERO_CM - altitude
								    : altitude - DNS_LOC__ALTITUDE_ZERO_CM,
			       100);
	text_byte(t, 'm');
	for (size_t i = 0; i < 3; i++) {
		uint64_t cm = sizes[i] >> 4;

		for (unsigned k = sizes[i] & 15; k; k--)
			cm *= 10;
		text_byte(t, ' ');
		dns_loc__print_decimal(t, cm, 100);
		text_byte(t, 'm');
	}
	return OK;
}
