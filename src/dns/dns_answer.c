/* SPDX-License-Identifier: Apache-2.0 */
/* dns_answer: see dns_answer.h. Each function below writes one part of a section; dns_answer_write puts them in order.
 */
#include "dns/dns_answer.h"

#include "base/check.h"
#include "dns/dns_denial.h"

enum {
	DNS_ANSWER__CHAIN_MAX = 9, /* names of a CNAME chain inside the zone */
	DNS_ANSWER__TYPE_ANY = 255,
};

/* Where an answer is: a name, what the zone has there, and where the name stands in the message. */
struct dns_answer__at {
	struct dns_name name;        /* lower case */
	size_t offset;               /* in the message */
	const struct dns_node *node; /* NULL: the name does not exist */
	bool wild;                   /* node is a wildcard that stands for the name */
	const struct dns_node *cut;
};

struct dns_answer__run {
	const struct dns_answer_ask *ask;
	struct dns_msg_out *o;
	struct dns_answer *ret;
	bool sign;
	size_t apex_at; /* offset of the zone's name in the question */
	enum err e;
};

static struct rrset_place dns_answer__place(const struct dns_answer__run *r, const struct dns_answer__at *at)
{
	return (struct rrset_place){ .owner = at->offset,
				     .name = dns_name_wire(&at->name),
				     .apex = r->apex_at,
				     .zone = dns_name_wire(&r->ask->zone->apex) };
}

/* Signatures of what was just written. */
static uint16_t dns_answer__sign(struct dns_answer__run *r, const struct rrset *set, const struct rrset_place *place,
				 struct slice owner, bool lasting)
{
	struct dns_sign_ask ask = { .zone = r->ask->zone,
				    .owner = owner,
				    .set = set,
				    .now_s = r->ask->now_s,
				    .lasting = lasting,
				    .unhurried = r->ask->tcp };
	uint16_t n = 0;

	if (!r->sign || r->e != OK)
		return 0;
	r->e = dns_sign_put(r->ask->signer, &ask, place, &r->o->out, &n);
	return n;
}

/* One RRset with its signatures; returns how many records. */
static uint16_t dns_answer__set(struct dns_answer__run *r, const struct dns_answer__at *at, const struct rrset *set,
				struct rrset_targets *targets)
{
	struct rrset_place place = dns_answer__place(r, at);

	rrset_put(&r->o->out, set, &place, targets);
	return (uint16_t)(set->count +
			  dns_answer__sign(r, set, &place, dns_name_wire(&at->name), at->node && !at->wild));
}

/* ---- denial ---- */

/* The NSEC record of the name; returns how many records with its signature. */
static uint16_t dns_answer__nsec(struct dns_answer__run *r, const struct dns_answer__at *at)
{
	uint8_t data[DNS_DENIAL_NSEC_BYTES];
	struct rrset_place place = dns_answer__place(r, at);
	struct dns_name next;
	struct rrset set;

	dns_denial_next(&at->name, &next);
	dns_denial_nsec(at->node, dns_name_wire(&next), r->ask->zone->soa_negative->ttl, data, &set);
	rrset_put(&r->o->out, &set, &place, NULL);
	return (uint16_t)(1 + dns_answer__sign(r, &set, &place, dns_name_wire(&at->name), at->node && !at->wild));
}

/* SOA and, in signed zones, the proof. */
static void dns_answer__deny(struct dns_answer__run *r, const struct dns_answer__at *at)
{
	const struct dns_zone *z = r->ask->zone;
	struct dns_answer__at apex = { .name = z->apex, .offset = r->apex_at, .node = z->top };

	r->o->authorities = (uint16_t)(r->o->authorities + dns_answer__set(r, &apex, z->soa_negative, NULL));
	if (r->sign)
		r->o->authorities = (uint16_t)(r->o->authorities + dns_answer__nsec(r, at));
}

static void dns_answer__no_data(struct dns_answer__run *r, const struct dns_answer__at *at)
{
	r->ret->kind = DNS_ANSWER_NODATA;
	dns_answer__deny(r, at);
}

static void dns_answer__no_name(struct dns_answer__run *r, const struct dns_answer__at *at)
{
	r->ret->kind = DNS_ANSWER_NXDOMAIN;
	/* To validators the name exists, with type NXNAME, unless they say that they know better (RFC 9824 3.1, 5.1).
	 */
	if (!r->sign || r->ask->query->compact_ok)
		r->ret->rcode = DNS_MSG_NXDOMAIN;
	dns_answer__deny(r, at);
}

/* ---- referrals ---- */

/* The addresses of name servers that lie in this zone; without them the delegation cannot be followed (RFC 9471). */
static void dns_answer__glue(struct dns_answer__run *r, const struct rrset *ns, const struct rrset_targets *targets)
{
	static const uint16_t types[] = { DNS_TYPE_A, DNS_TYPE_AAAA };
	struct slice data;
	size_t i = 0;

	for (size_t at = 0; rrset_next(ns, &at, &data) && i < targets->n; i++) {
		struct dns_answer__at where = { .offset = targets->at[i] };
		size_t used;
		if (dns_name_from_wire(data, &where.name, &used) != OK)
			continue;
		dns_name_lower(&where.name);
		const struct dns_node *node = dns_zone_node(r->ask->zone, where.name.w, where.name.n);
		for (size_t k = 0; node && k < 2; k++) {
			const struct dns_slot *slot = dns_zone_slot(node, types[k]);
			if (!slot)
				continue;
			struct rrset_place place = dns_answer__place(r, &where);
			rrset_put(&r->o->out, slot->set, &place, NULL);
			r->o->additionals = (uint16_t)(r->o->additionals + slot->set->count);
		}
	}
}

static void dns_answer__referral(struct dns_answer__run *r, const struct dns_answer__at *from)
{
	const struct dns_node *cut = from->cut;
	const struct rrset *ns = dns_zone_slot(cut, DNS_TYPE_NS)->set;
	const struct dns_slot *ds = dns_zone_slot(cut, DNS_TYPE_DS);
	struct dns_answer__at at = { .node = cut, .offset = from->offset + from->name.n - cut->name_n };
	struct rrset_targets targets = { 0 };

	r->ret->kind = DNS_ANSWER_REFERRAL;
	at.name.n = cut->name_n;
	memcpy(at.name.w, cut->name, cut->name_n);
	struct rrset_place place = dns_answer__place(r, &at);
	rrset_put(&r->o->out, ns, &place, &targets); /* not ours to sign */
	r->o->authorities = (uint16_t)(r->o->authorities + ns->count);
	if (ds && r->sign)
		r->o->authorities = (uint16_t)(r->o->authorities + dns_answer__set(r, &at, ds->set, NULL));
	else if (r->sign)
		r->o->authorities = (uint16_t)(r->o->authorities + dns_answer__nsec(r, &at));
	dns_answer__glue(r, ns, &targets);
}

/* ---- answers ---- */

/* Finds what the zone has for at->name. */
static void dns_answer__find(const struct dns_zone *z, struct dns_answer__at *at)
{
	const uint8_t *p = at->name.w;
	size_t n = at->name.n;
	const struct dns_node *node = dns_zone_node(z, p, n);

	at->wild = false;
	at->node = node;
	while (!node) { /* ends at the zone's own name at the latest */
		size_t skip = 1 + (size_t)p[0];
		p += skip;
		n -= skip;
		node = dns_zone_node(z, p, n);
	}
	at->cut = node->above;
	if (!at->node && node->wild) {
		at->node = node->wild;
		at->wild = true;
	}
}

/* ANY gets one small record (RFC 8482 4.2), also a question for signatures alone. */
static void dns_answer__minimal(struct dns_answer__run *r, const struct dns_answer__at *at)
{
	static const uint8_t hinfo[] = { 0, 9, 7, 'R', 'F', 'C', '8', '4', '8', '2', 0 };
	static const struct rrset set = {
		.type = DNS_TYPE_HINFO, .count = 1, .ttl = 3600, .bytes = sizeof hinfo, .data = hinfo, .content = 8482
	};

	r->o->answers = (uint16_t)(r->o->answers + dns_answer__set(r, at, &set, NULL));
}

/* True when the step ends the answer; false: the CNAME leads on to *at. */
static bool dns_answer__step(struct dns_answer__run *r, struct dns_answer__at *at)
{
	uint16_t type = r->ask->query->type;
	const struct dns_slot *slot = dns_zone_slot(at->node, type);
	struct rrset_targets target = { 0 };
	struct slice data;
	size_t from = 0, used;

	if (slot) {
		if (at->offset == DNS_MSG_HEAD_BYTES && !at->wild && slot->ready.n) {
			struct rrset_place place = dns_answer__place(r, at);
			cursor_put_bytes(&r->o->out, slot->ready);
			r->o->answers = (uint16_t)(slot->set->count + dns_answer__sign(r, slot->set, &place,
										       dns_name_wire(&at->name), true));
		} else {
			r->o->answers = (uint16_t)(r->o->answers + dns_answer__set(r, at, slot->set, NULL));
		}
		return true;
	}
	slot = dns_zone_slot(at->node, DNS_TYPE_CNAME);
	if (!slot || type == DNS_TYPE_NSEC) {
		if (type == DNS_TYPE_NSEC && r->ask->zone->keys_n)
			r->o->answers = (uint16_t)(r->o->answers + dns_answer__nsec(r, at));
		else
			dns_answer__no_data(r, at);
		return true;
	}
	r->o->answers = (uint16_t)(r->o->answers + dns_answer__set(r, at, slot->set, &target));
	if (r->o->out.bad || !rrset_next(slot->set, &from, &data) || dns_name_from_wire(data, &at->name, &used) != OK ||
	    !dns_name_in(&at->name, &r->ask->zone->apex))
		return true;
	dns_name_lower(&at->name);
	at->offset = target.at[0];
	return false;
}

/* What is at a name: data, nothing, or where to ask instead. True: done. */
static bool dns_answer__name(struct dns_answer__run *r, struct dns_answer__at *at, bool first)
{
	uint16_t type = r->ask->query->type;

	dns_answer__find(r->ask->zone, at);
	if (at->cut && (type != DNS_TYPE_DS || at->node != at->cut)) {
		/* A chain that leaves the zone ends there: whoever asked goes on with the last name. */
		if (first)
			dns_answer__referral(r, at);
		return true;
	}
	if (first)
		r->o->flags |= DNS_MSG_AA;
	if (!at->node) {
		dns_answer__no_name(r, at);
		return true;
	}
	if (at->node->unresolved && (type == DNS_TYPE_A || type == DNS_TYPE_AAAA)) {
		r->ret->rcode = DNS_MSG_SERVFAIL;
		r->ret->kind = DNS_ANSWER_ERROR;
		r->ret->ede = DNS_MSG_EDE_NO_AUTHORITY;
		return true;
	}
	if ((type == DNS_ANSWER__TYPE_ANY || type == DNS_TYPE_RRSIG) && at->node->slots_n) {
		dns_answer__minimal(r, at);
		return true;
	}
	return dns_answer__step(r, at);
}

static void dns_answer__chain(struct dns_answer__run *r)
{
	const struct dns_msg_query *q = r->ask->query;
	struct dns_answer__at at = { .name = q->name, .offset = DNS_MSG_HEAD_BYTES };
	struct dns_name seen[DNS_ANSWER__CHAIN_MAX];

	dns_name_lower(&at.name);
	for (size_t n = 0; n < DNS_ANSWER__CHAIN_MAX; n++) {
		for (size_t i = 0; i < n; i++)
			if (dns_name_eq(&seen[i], &at.name))
				return; /* the chain bites its tail: what there is has been said */
		seen[n] = at.name;
		if (dns_answer__name(r, &at, n == 0))
			return;
	}
}

/* Nothing but the question and a sign that there is more. */
static void dns_answer__truncate(struct dns_answer__run *r, const struct dns_msg_mark *start)
{
	dns_msg_rollback(r->o, start);
	r->o->flags |= DNS_MSG_TC;
	r->ret->rcode = DNS_MSG_NOERROR;
}

enum dns_answer_kind dns_answer_peek(const struct dns_zone *zone, const struct dns_name *lower, bool *ret_wild)
{
	struct dns_answer__at at = { .name = *lower };

	dns_answer__find(zone, &at);
	*ret_wild = at.wild;
	if (at.cut)
		return DNS_ANSWER_REFERRAL;
	return at.node ? DNS_ANSWER_DATA : DNS_ANSWER_NXDOMAIN;
}

void dns_answer_write(const struct dns_answer_ask *ask, struct dns_msg_out *o, struct dns_answer *ret)
{
	const struct dns_msg_query *q = ask->query;
	struct dns_msg_mark start = dns_msg_mark(o);
	struct dns_answer__run r = { .ask = ask, .o = o, .ret = ret };

	OBJ(ask->zone, OBJ_DNS_ZONE);
	CHECK(q->name.n >= ask->zone->apex.n);
	r.apex_at = DNS_MSG_HEAD_BYTES + (size_t)q->name.n - ask->zone->apex.n;
	r.sign = q->dnssec_ok && ask->zone->keys_n;
	*ret = (struct dns_answer){ DNS_MSG_NOERROR, DNS_ANSWER_DATA, DNS_MSG_EDE_NONE };
	dns_answer__chain(&r);
	if (r.e != OK && r.e != ERR_OVERLOAD) {
		dns_msg_rollback(o, &start);
		*ret = (struct dns_answer){ DNS_MSG_SERVFAIL, DNS_ANSWER_ERROR, DNS_MSG_EDE_OTHER };
	} else if (o->out.bad || r.e == ERR_OVERLOAD) {
		dns_answer__truncate(&r, &start);
	} else if (ret->rcode == DNS_MSG_SERVFAIL) {
		dns_msg_rollback(o, &start);
	}
}
