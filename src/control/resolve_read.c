/* SPDX-License-Identifier: Apache-2.0 */
#include "control/resolve_read.h"

#include "base/mem.h"
#include "wire/dns_rr.h"
#include "wire/dns_type.h"

enum {
	RESOLVE_READ__RECORDS_MAX = 512, /* of one message; more are not looked at */
	RESOLVE_READ__RCODE = 15,
	RESOLVE_READ__NO_NAME = 3,
	RESOLVE_READ__TTL_MAX = 0x7fffffff,
	RESOLVE_READ__TRUNCATED = 0x0200,
};

/* A record as far as this room needs it. */
struct resolve_record {
	struct dns_name name, target; /* target: of CNAME and NS */
	uint16_t type;
	uint32_t ttl;
	struct ip ip;     /* of A and AAAA */
	uint32_t minimum; /* of SOA */
	char text[128];   /* of TXT */
	bool authority;
};

struct resolve_message {
	struct dns_rr_head head;
	size_t n;
	struct resolve_record records[RESOLVE_READ__RECORDS_MAX];
};

/* The strings of a TXT record behind each other; empty when they are longer than a challenge's or hold control bytes.
 */
static void resolve_read__text(struct slice rdata, struct resolve_record *r)
{
	struct cursor c = cursor_of(rdata);
	size_t n = 0;

	while (cursor_left(&c)) {
		struct slice piece = cursor_bytes(&c, cursor_u8(&c));
		if (c.bad || piece.n >= sizeof r->text - n) {
			n = 0;
			break;
		}
		memcpy(r->text + n, piece.p, piece.n);
		n += piece.n;
	}
	r->text[n] = '\0';
	for (size_t i = 0; i < n; i++)
		if (r->text[i] < ' ' || r->text[i] > '~')
			r->text[0] = '\0';
}

static void resolve_read__data(const struct dns_rr *rr, struct resolve_record *r)
{
	struct slice tail = slice_from(rr->rdata, rr->rdata.n >= 4 ? rr->rdata.n - 4 : 0);
	struct cursor c = cursor_of(tail);
	size_t used;

	if (rr->type == DNS_TYPE_A || rr->type == DNS_TYPE_AAAA) {
		r->ip.family = rr->type == DNS_TYPE_A ? 4 : 6;
		memcpy(r->ip.b, rr->rdata.p, rr->rdata.n);
	} else if (rr->type == DNS_TYPE_SOA) {
		r->minimum = cursor_u32(&c);
	} else if (rr->type == DNS_TYPE_TXT) {
		resolve_read__text(rr->rdata, r);
	} else if (rr->type != DNS_TYPE_DS && dns_name_from_wire(rr->rdata, &r->target, &used) != OK) {
		r->target = dns_name_root;
	}
}

static bool resolve_read__wanted(uint16_t type)
{
	return type == DNS_TYPE_A || type == DNS_TYPE_AAAA || type == DNS_TYPE_CNAME || type == DNS_TYPE_NS ||
	       type == DNS_TYPE_SOA || type == DNS_TYPE_DS || type == DNS_TYPE_TXT;
}

static enum err resolve_read__records(struct slice message, struct resolve_message *m, uint8_t *rdata)
{
	struct dns_rr_reader reader;
	struct dns_name name;
	uint16_t type, klass;

	TRY(dns_rr_begin(message, &reader));
	m->head = reader.head;
	for (unsigned i = 0; i < reader.head.questions; i++)
		TRY(dns_rr_question(&reader, &name, &type, &klass));
	for (unsigned i = 0; i < (unsigned)reader.head.answers + reader.head.authorities; i++) {
		struct dns_rr rr;

		TRY(dns_rr_next(&reader, cursor_out_of(rdata, DNS_RR_RDATA_BYTES), &rr));
		if (rr.klass != 1 || !resolve_read__wanted(rr.type) || m->n == RESOLVE_READ__RECORDS_MAX)
			continue;
		struct resolve_record *r = &m->records[m->n++];
		r->name = rr.name;
		r->type = rr.type;
		r->ttl = rr.ttl > RESOLVE_READ__TTL_MAX ? 0 : rr.ttl; /* RFC 2181 8 */
		r->authority = i >= reader.head.answers;
		resolve_read__data(&rr, r);
	}
	return OK;
}

static void resolve_read__failed(struct resolve_answer *a, const char *reason)
{
	*a = (struct resolve_answer){ .status = RESOLVE_FAILED, .reason = reason };
}

/* The CNAME of a name, or NULL. */
static const struct resolve_record *resolve_read__cname(const struct resolve_message *m, const struct dns_name *name)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->records[i].type == DNS_TYPE_CNAME && !m->records[i].authority &&
		    dns_name_eq(&m->records[i].name, name))
			return &m->records[i];
	return NULL;
}

static void resolve_read__add(struct resolve_answer *a, const struct resolve_record *r)
{
	if (r->ttl < a->ttl)
		a->ttl = r->ttl;
	if (r->type == DNS_TYPE_DS) {
		a->others_n++;
		return;
	}
	if (r->type == DNS_TYPE_TXT) {
		if (r->text[0] && a->names_n < RESOLVE_NAMES_MAX)
			memcpy(a->names[a->names_n++], r->text, sizeof r->text);
		return;
	}
	if (r->type != DNS_TYPE_NS) {
		if (a->ips_n < RESOLVE_IPS_MAX)
			a->ips[a->ips_n++] = r->ip;
		return;
	}
	if (a->names_n < RESOLVE_NAMES_MAX) {
		struct text t = text_of(a->names[a->names_n], RESOLVE_NAME_BYTES - 1);
		struct dns_name lower = r->target;

		dns_name_lower(&lower);
		dns_name_print_bare(&lower, &t);
		if (!t.bad)
			a->names[a->names_n++][t.n] = '\0';
	}
}

/* How long there is nothing: the lesser of the SOA's TTL and its minimum. */
static uint32_t resolve_read__negative(const struct resolve_message *m)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->records[i].type == DNS_TYPE_SOA && m->records[i].authority)
			return m->records[i].ttl < m->records[i].minimum ? m->records[i].ttl : m->records[i].minimum;
	return RESOLVE_TTL_NEGATIVE_S;
}

static void resolve_read__chain(const struct resolve_message *m, const struct dns_name *name, uint16_t type,
				bool recursive, struct resolve_answer *a)
{
	const struct resolve_record *cname;
	struct dns_name at = *name;
	unsigned rcode = m->head.flags & RESOLVE_READ__RCODE, steps = 0;

	a->ttl = UINT32_MAX;
	while ((cname = resolve_read__cname(m, &at)) != NULL) {
		if (++steps > RESOLVE_CHAIN_MAX) {
			resolve_read__failed(a, "the chain of CNAMEs loops or is too long");
			return;
		}
		if (cname->ttl < a->ttl)
			a->ttl = cname->ttl;
		at = cname->target;
	}
	for (size_t i = 0; i < m->n; i++)
		if (m->records[i].type == type && dns_name_eq(&m->records[i].name, &at) &&
		    (!m->records[i].authority || (!recursive && type == DNS_TYPE_NS)))
			resolve_read__add(a, &m->records[i]);
	if (a->ips_n + a->names_n + a->others_n) {
		a->status = RESOLVE_OK;
		return;
	}
	a->status = rcode == RESOLVE_READ__NO_NAME ? RESOLVE_NO_NAME : RESOLVE_NO_DATA;
	if (resolve_read__negative(m) < a->ttl)
		a->ttl = resolve_read__negative(m);
}

void resolve_read(struct slice message, const struct dns_name *name, uint16_t type, bool recursive,
		  struct resolve_answer *ret)
{
	struct resolve_message *m = mem_alloc(sizeof(*m));
	uint8_t *rdata = mem_alloc(DNS_RR_RDATA_BYTES);
	enum err e = resolve_read__records(message, m, rdata);
	unsigned rcode = m->head.flags & RESOLVE_READ__RCODE;

	*ret = (struct resolve_answer){ .status = RESOLVE_FAILED };
	if (e != OK)
		ret->reason = "the answer is malformed";
	else if (rcode != 0 && rcode != RESOLVE_READ__NO_NAME)
		ret->reason = rcode == 2   ? "the name server answers SERVFAIL"
			      : rcode == 5 ? "the name server answers REFUSED"
					   : "the name server answers with an error";
	else if (m->head.flags & RESOLVE_READ__TRUNCATED)
		ret->reason = "the answer is cut";
	else
		resolve_read__chain(m, name, type, recursive, ret);
	mem_free(rdata);
	mem_free(m);
}
