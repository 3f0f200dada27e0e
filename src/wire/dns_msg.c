/* SPDX-License-Identifier: Apache-2.0 */
/* dns_msg: see dns_msg.h. */
#include "wire/dns_msg.h"

#include "base/check.h"

enum {
	DNS_MSG__SOA = 6,
	DNS_MSG__OPT = 41,
	DNS_MSG__TSIG = 250,
	DNS_MSG__IXFR = 251,
	DNS_MSG__RECORDS_MAX = 4, /* additional records of a query: OPT and TSIG are the ones with a meaning */
	DNS_MSG__DO = 0x8000,
	DNS_MSG__CO = 0x4000,
	DNS_MSG__OPT_BYTES = 11, /* an OPT record without options */
	DNS_MSG__OPTION_BYTES = 4,
};

enum dns_msg__option {
	DNS_MSG__NSID = 3,
	DNS_MSG__COOKIE = 10,
	DNS_MSG__KEEPALIVE = 11,
	DNS_MSG__PADDING = 12,
	DNS_MSG__EDE = 15,
};

/* ---- reading ---- */

struct dns_msg__record {
	bool root; /* the owner is the root */
	uint16_t type, klass;
	uint32_t ttl;
	struct slice data;
};

/* Steps over an owner name, which may end in a pointer. */
static void dns_msg__skip_name(struct cursor *c, bool *ret_root)
{
	size_t from = c->at;

	for (;;) {
		uint8_t n = cursor_u8(c);
		if (c->bad || n == 0)
			break;
		if (n >= 0xc0) {
			(void)cursor_u8(c);
			break;
		}
		if (n > DNS_NAME_LABEL_BYTES || c->at + n - from > DNS_NAME_BYTES) {
			c->bad = true;
			break;
		}
		(void)cursor_bytes(c, n);
	}
	*ret_root = c->at == from + 1;
}

static bool dns_msg__read_record(struct cursor *c, struct dns_msg__record *ret)
{
	dns_msg__skip_name(c, &ret->root);
	ret->type = cursor_u16(c);
	ret->klass = cursor_u16(c);
	ret->ttl = cursor_u32(c);
	ret->data = cursor_bytes(c, cursor_u16(c));
	return !c->bad;
}

static bool dns_msg__read_option(uint16_t code, struct slice data, struct dns_msg_query *q)
{
	switch (code) {
	case DNS_MSG__NSID:
		q->wants_nsid = true;
		return true;
	case DNS_MSG__COOKIE: /* RFC 7873 5.2.2: 8 bytes, or 16 to 40; only the first counts */
		if (data.n != DNS_MSG_COOKIE_BYTES &&
		    (data.n < 2 * DNS_MSG_COOKIE_BYTES || data.n > DNS_MSG_COOKIES_BYTES_MAX))
			return false;
		if (!q->cookie.p)
			q->cookie = data;
		return true;
	case DNS_MSG__KEEPALIVE: /* RFC 7828 3.2.1: a client sends it empty */
		q->wants_keepalive = true;
		return data.n == 0;
	case DNS_MSG__PADDING:
		q->wants_padding = true;
		return true;
	default: /* unknown options, and client subnets, are ignored (RFC 6891 6.1.2, RFC 7871 7.2.1) */
		return true;
	}
}

static bool dns_msg__read_opt(const struct dns_msg__record *r, struct dns_msg_query *q)
{
	struct cursor c = cursor_of(r->data);

	if (q->has_edns || !r->root)
		return false;
	q->has_edns = true;
	q->udp_bytes = r->klass < DNS_MSG_UDP_BYTES_MIN ? DNS_MSG_UDP_BYTES_MIN : r->klass;
	q->edns_version = (uint8_t)(r->ttl >> 16);
	q->dnssec_ok = (r->ttl & DNS_MSG__DO) != 0;
	q->compact_ok = (r->ttl & DNS_MSG__CO) != 0;
	if (q->edns_version != 0)
		return true; /* options of other versions may look otherwise */
	while (cursor_left(&c)) {
		uint16_t code = cursor_u16(&c);
		struct slice data = cursor_bytes(&c, cursor_u16(&c));
		if (c.bad || !dns_msg__read_option(code, data, q))
			return false;
	}
	return !c.bad;
}

/* The authority section of a query: empty, but for the SOA record of an IXFR (RFC 1995 3). */
static bool dns_msg__read_authority(struct cursor *c, uint16_t count, struct dns_msg_query *q)
{
	struct dns_msg__record r;
	bool root;

	if (count == 0)
		return true;
	if (count != 1 || !q->has_question || q->type != DNS_MSG__IXFR || !dns_msg__read_record(c, &r) ||
	    r.type != DNS_MSG__SOA)
		return false;
	/* The names may be compressed against the message; the five numbers are the end of the record. */
	struct cursor soa = cursor_of(r.data);
	dns_msg__skip_name(&soa, &root);
	dns_msg__skip_name(&soa, &root);
	q->serial = cursor_u32(&soa);
	q->has_serial = true;
	return !soa.bad && cursor_left(&soa) == 16;
}

static bool dns_msg__read_additional(struct cursor *c, uint16_t count, struct dns_msg_query *q)
{
	struct dns_msg__record r;

	if (count > DNS_MSG__RECORDS_MAX)
		return false;
	for (uint16_t i = 0; i < count; i++) {
		size_t at = c->at;
		if (!dns_msg__read_record(c, &r))
			return false;
		if (r.type == DNS_MSG__OPT && !dns_msg__read_opt(&r, q))
			return false;
		if (r.type != DNS_MSG__TSIG)
			continue;
		if (i + 1 != count)
			return false; /* RFC 8945 5.1: the last record, once */
		q->tsig_at = at;
	}
	return true;
}

/* Exactly one question; none is fine for who only wants a cookie (RFC 7873 5.4), which the caller looks at. */
static bool dns_msg__read_question(struct cursor *c, uint16_t count, struct dns_msg_query *q)
{
	size_t used;

	if (count == 0)
		return true;
	if (count != 1 || dns_name_from_wire(slice_of(c->p + c->at, c->n - c->at), &q->name, &used) != OK)
		return false;
	(void)cursor_bytes(c, used);
	q->type = cursor_u16(c);
	q->klass = cursor_u16(c);
	if (c->bad)
		return false;
	q->has_question = true;
	q->question_end = c->at;
	return true;
}

static enum dns_msg_verdict dns_msg__refuse(struct dns_msg_query *q, enum dns_msg_rcode rcode)
{
	q->rcode = rcode;
	return DNS_MSG_REFUSE;
}

enum dns_msg_verdict dns_msg_read(struct slice message, struct dns_msg_query *ret)
{
	struct cursor c = cursor_of(message);
	uint16_t counts[4];

	*ret = (struct dns_msg_query){ .question_end = DNS_MSG_HEAD_BYTES, .udp_bytes = DNS_MSG_UDP_BYTES_MIN };
	if (message.n < DNS_MSG_HEAD_BYTES || message.n > DNS_MSG_BYTES_MAX)
		return DNS_MSG_DROP;
	ret->id = cursor_u16(&c);
	ret->flags = cursor_u16(&c);
	ret->opcode = (uint8_t)(ret->flags >> 11 & 15);
	for (int i = 0; i < 4; i++)
		counts[i] = cursor_u16(&c);
	if (ret->flags & DNS_MSG_QR)
		return DNS_MSG_DROP; /* answering answers is how loops begin */
	if (ret->opcode != DNS_MSG_QUERY)
		return dns_msg__refuse(ret, DNS_MSG_NOTIMP);
	if (!dns_msg__read_question(&c, counts[0], ret) || counts[1] != 0 ||
	    !dns_msg__read_authority(&c, counts[2], ret) || !dns_msg__read_additional(&c, counts[3], ret) ||
	    cursor_left(&c) != 0)
		return dns_msg__refuse(ret, DNS_MSG_FORMERR);
	if (ret->has_edns && ret->edns_version != 0)
		return dns_msg__refuse(ret, DNS_MSG_BADVERS);
	if (!ret->has_question && !ret->cookie.p)
		return dns_msg__refuse(ret, DNS_MSG_FORMERR);
	return DNS_MSG_ANSWER;
}

/* ---- writing ---- */

static size_t dns_msg__opt_bytes(const struct dns_msg_edns *e)
{
	size_t n = DNS_MSG__OPT_BYTES;

	if (!e->on)
		return 0;
	if (e->ede != DNS_MSG_EDE_NONE)
		n += DNS_MSG_EDE_BYTES;
	if (e->cookie.n)
		n += DNS_MSG__OPTION_BYTES + e->cookie.n;
	if (e->nsid.p)
		n += DNS_MSG__OPTION_BYTES + e->nsid.n;
	if (e->keepalive_100ms >= 0)
		n += DNS_MSG__OPTION_BYTES + 2;
	return n;
}

void dns_msg_begin(struct dns_msg_out *o, void *p, size_t cap, struct slice query, const struct dns_msg_query *q,
		   const struct dns_msg_edns *edns)
{
	CHECK(cap >= DNS_MSG_UDP_BYTES_MIN && q->question_end <= query.n);
	*o = (struct dns_msg_out){ .reserved_bytes = dns_msg__opt_bytes(edns) };
	CHECK(o->reserved_bytes < DNS_MSG_UDP_BYTES_MIN / 2);
	o->out = cursor_out_of(p, cap - o->reserved_bytes);
	o->flags = (uint16_t)(DNS_MSG_QR | (q->flags & (DNS_MSG_RD | DNS_MSG_CD)) | q->opcode << 11);
	/* The header's place, then the question as it came. */
	cursor_put_bytes(&o->out, slice_first(query, q->has_question ? q->question_end : DNS_MSG_HEAD_BYTES));
}

static void dns_msg__put_option(struct cursor_out *c, enum dns_msg__option code, struct slice data)
{
	cursor_put_u16(c, (uint16_t)code);
	cursor_put_u16(c, (uint16_t)data.n);
	cursor_put_bytes(c, data);
}

/* Zeroes up to the next multiple of the block, as far as the message may grow (RFC 7830, RFC 8467 4.1). */
static void dns_msg__put_padding(struct cursor_out *c, size_t block)
{
	size_t size = c->at + DNS_MSG__OPTION_BYTES, wanted = (size + block - 1) / block * block;

	if (wanted > c->n)
		wanted = c->n;
	if (wanted < size)
		return;
	cursor_put_u16(c, DNS_MSG__PADDING);
	cursor_put_u16(c, (uint16_t)(wanted - size));
	memset(c->p + c->at, 0, wanted - size);
	c->at = wanted;
}

static void dns_msg__put_opt(struct cursor_out *c, enum dns_msg_rcode rcode, const struct dns_msg_edns *e)
{
	cursor_put_u8(c, 0);
	cursor_put_u16(c, DNS_MSG__OPT);
	cursor_put_u16(c, e->udp_bytes);
	cursor_put_u32(c, (uint32_t)rcode >> 4 << 24 | (e->dnssec_ok ? DNS_MSG__DO : 0));
	size_t length_at = c->at;
	cursor_put_u16(c, 0);
	if (e->nsid.p)
		dns_msg__put_option(c, DNS_MSG__NSID, e->nsid);
	if (e->cookie.n)
		dns_msg__put_option(c, DNS_MSG__COOKIE, e->cookie);
	if (e->keepalive_100ms >= 0) {
		uint8_t v[2] = { (uint8_t)(e->keepalive_100ms >> 8), (uint8_t)e->keepalive_100ms };
		dns_msg__put_option(c, DNS_MSG__KEEPALIVE, slice_of(v, 2));
	}
	if (e->ede != DNS_MSG_EDE_NONE) {
		cursor_put_u16(c, DNS_MSG__EDE);
		cursor_put_u16(c, 2);
		cursor_put_u16(c, (uint16_t)e->ede);
	}
	if (e->pad_block)
		dns_msg__put_padding(c, e->pad_block);
	CHECK(!c->bad);
	struct cursor_out length = cursor_out_of(c->p + length_at, 2);
	cursor_put_u16(&length, (uint16_t)(c->at - length_at - 2));
}

size_t dns_msg_end(struct dns_msg_out *o, const struct dns_msg_query *q, enum dns_msg_rcode rcode,
		   const struct dns_msg_edns *edns)
{
	struct cursor_out head = cursor_out_of(o->out.p, DNS_MSG_HEAD_BYTES);

	CHECK(!o->out.bad && (rcode < 16 || edns->on));
	o->out.n += o->reserved_bytes;
	o->reserved_bytes = 0;
	if (edns->on) {
		dns_msg__put_opt(&o->out, rcode, edns);
		o->additionals++;
	}
	cursor_put_u16(&head, q->id);
	cursor_put_u16(&head, (uint16_t)(o->flags | (rcode & 15)));
	cursor_put_u16(&head, q->has_question);
	cursor_put_u16(&head, o->answers);
	cursor_put_u16(&head, o->authorities);
	cursor_put_u16(&head, o->additionals);
	return o->out.at;
}

struct dns_msg_mark dns_msg_mark(const struct dns_msg_out *o)
{
	return (struct dns_msg_mark){ o->out.at, o->answers, o->authorities, o->additionals };
}

void dns_msg_rollback(struct dns_msg_out *o, const struct dns_msg_mark *mark)
{
	o->out.at = mark->at;
	o->out.bad = false;
	o->answers = mark->answers;
	o->authorities = mark->authorities;
	o->additionals = mark->additionals;
}
