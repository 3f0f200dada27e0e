/* SPDX-License-Identifier: Apache-2.0 */
/* dns_rr: see dns_rr.h. */
#include "wire/dns_rr.h"

#include "wire/dns_rdata.h"
#include "wire/dns_type.h"

enum { DNS_RR__POINTER = 0xc0, DNS_RR__OPT = 41 };

enum err dns_rr_name(struct slice message, size_t *at, struct dns_name *ret)
{
	const uint8_t *p = (const uint8_t *)message.p;
	size_t here = *at, behind = 0, limit = *at;
	struct dns_name name = { 0 };

	for (;;) {
		if (here >= message.n)
			return ERR_SYNTAX;
		uint8_t n = p[here];
		if ((n & DNS_RR__POINTER) == DNS_RR__POINTER) {
			if (here + 1 >= message.n)
				return ERR_SYNTAX;
			size_t to = (size_t)(n & 0x3f) << 8 | p[here + 1];
			if (!behind)
				behind = here + 2;
			if (to >= limit) /* only backwards, so it ends */
				return ERR_SYNTAX;
			here = limit = to;
			continue;
		}
		if (n & DNS_RR__POINTER || here + 1 + n > message.n)
			return ERR_SYNTAX;
		if (name.n + 1u + n > DNS_NAME_BYTES)
			return ERR_RANGE;
		memcpy(name.w + name.n, p + here, 1u + n);
		name.n = (uint8_t)(name.n + 1 + n);
		here += 1u + n;
		if (n == 0)
			break;
	}
	*at = behind ? behind : here;
	*ret = name;
	return OK;
}

enum err dns_rr_begin(struct slice message, struct dns_rr_reader *ret)
{
	struct cursor c = cursor_of(message);
	struct dns_rr_head h = { .id = cursor_u16(&c) };

	h.flags = cursor_u16(&c);
	h.questions = cursor_u16(&c);
	h.answers = cursor_u16(&c);
	h.authorities = cursor_u16(&c);
	h.additionals = cursor_u16(&c);
	if (c.bad)
		return ERR_SYNTAX;
	*ret = (struct dns_rr_reader){ message, h, c.at };
	return OK;
}

enum err dns_rr_question(struct dns_rr_reader *r, struct dns_name *ret_name, uint16_t *ret_type, uint16_t *ret_klass)
{
	size_t at = r->at;
	struct dns_name name;

	TRY(dns_rr_name(r->message, &at, &name));
	struct cursor c = cursor_of(slice_from(r->message, at));
	uint16_t type = cursor_u16(&c), klass = cursor_u16(&c);
	if (c.bad)
		return ERR_SYNTAX;
	r->at = at + 4;
	*ret_name = name;
	*ret_type = type;
	*ret_klass = klass;
	return OK;
}

/* The types whose names other servers may have compressed (RFC 3597 section 4). */
static bool dns_rr__compresses(uint16_t type)
{
	static const uint16_t types[] = { DNS_TYPE_NS, DNS_TYPE_CNAME, DNS_TYPE_SOA, DNS_TYPE_PTR,   DNS_TYPE_MX,
					  DNS_TYPE_RP, DNS_TYPE_AFSDB, DNS_TYPE_SRV, DNS_TYPE_NAPTR, DNS_TYPE_DNAME };

	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (types[i] == type)
			return true;
	return false;
}

/* Bytes of a field of dns_type.def's format that is no name, at p with `left` bytes; SIZE_MAX: all that is left. */
static size_t dns_rr__field(char letter, const uint8_t *p, size_t left)
{
	switch (letter) {
	case '1':
		return 1;
	case '2':
		return 2;
	case '4':
	case 't':
		return 4;
	case 's':
		return left ? 1u + p[0] : 1;
	default:
		return SIZE_MAX;
	}
}

/* Copies the data of message[at..end) with its names written out. */
static enum err dns_rr__expand(struct slice message, size_t at, size_t end, uint16_t type, struct cursor_out *out)
{
	struct slice whole = slice_first(message, end);
	struct dns_name name;

	for (const char *f = dns_type_format(type); *f; f++) {
		if (*f == 'n') {
			TRY(dns_rr_name(whole, &at, &name));
			cursor_put_bytes(out, dns_name_wire(&name));
			continue;
		}
		size_t n = dns_rr__field(*f, (const uint8_t *)message.p + at, end - at);
		if (n == SIZE_MAX)
			break;
		if (n > end - at)
			return ERR_SYNTAX;
		cursor_put_bytes(out, slice_of(message.p + at, n));
		at += n;
	}
	cursor_put_bytes(out, slice_of(message.p + at, end - at));
	return OK;
}

enum err dns_rr_next(struct dns_rr_reader *r, struct cursor_out rdata, struct dns_rr *ret)
{
	struct dns_rr rr = { .at = r->at };
	size_t at = r->at;

	TRY(dns_rr_name(r->message, &at, &rr.name));
	struct cursor c = cursor_of(slice_from(r->message, at));
	rr.type = cursor_u16(&c);
	rr.klass = cursor_u16(&c);
	rr.ttl = cursor_u32(&c);
	size_t n = cursor_u16(&c);
	cursor_bytes(&c, n);
	if (c.bad)
		return ERR_SYNTAX;
	rr.end = at + c.at;
	size_t from = rr.end - n;
	if (dns_rr__compresses(rr.type))
		TRY(dns_rr__expand(r->message, from, rr.end, rr.type, &rdata));
	else
		cursor_put_bytes(&rdata, slice_of(r->message.p + from, n));
	if (rdata.bad || rdata.at > DNS_RR_RDATA_BYTES)
		return ERR_RANGE;
	rr.rdata = slice_of(rdata.p, rdata.at);
	/* OPT and what has no format is taken as it is. */
	if (rr.type != DNS_RR__OPT)
		TRY(dns_rdata_check(rr.type, rr.rdata));
	r->at = rr.end;
	*ret = rr;
	return OK;
}
