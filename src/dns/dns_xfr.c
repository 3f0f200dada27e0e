/* SPDX-License-Identifier: Apache-2.0 */
/* dns_xfr: see dns_xfr.h. Names go out in canonical order, which is the order of the NSEC chain. */
#include "dns/dns_xfr.h"

#include "base/check.h"
#include "base/mem.h"
#include "dns/dns_denial.h"

#include <stdlib.h>

enum {
	DNS_XFR__BYTES = 16384, /* a message is closed when it has so many */
	DNS_XFR__LABELS_MAX = 128,
};

enum dns_xfr__phase { DNS_XFR__FIRST, DNS_XFR__NAMES, DNS_XFR__LAST, DNS_XFR__DONE };

struct dns_xfr {
	struct dns_zone *zone;
	bool soa_only;
	uint8_t query[DNS_MSG_HEAD_BYTES + DNS_NAME_BYTES + 4]; /* header and question */
	struct dns_msg_query q;
	struct dns_tsig tsig;
	const struct dns_node **nodes;
	size_t nodes_n;
	/* Where it is. */
	enum dns_xfr__phase phase;
	size_t node, slot; /* slot slots_n: the NSEC record */
};

/* ---- who ---- */

static bool dns_xfr__address(const struct dns_zone *z, const struct ip *peer)
{
	for (size_t i = 0; i < z->transfer_n; i++)
		if (ip_in(peer, &z->transfer[i]))
			return true;
	return false;
}

bool dns_xfr_may(const struct dns_xfr_ask *ask, struct dns_tsig *ret_tsig)
{
	const struct dns_zone *z = ask->zone;
	struct dns_name name;

	*ret_tsig = (struct dns_tsig){ .key = NULL };
	if (z->transfer_n && !dns_xfr__address(z, &ask->peer))
		return false;
	if (z->transfer_keys_n == 0)
		return z->transfer_n != 0;
	if (!ask->query->tsig_at || dns_tsig_key_name(ask->message, ask->query->tsig_at, &name) != OK)
		return false;
	for (size_t i = 0; i < z->transfer_keys_n; i++) {
		if (!dns_name_eq(&z->transfer_keys[i].key.name, &name))
			continue;
		ret_tsig->key = &z->transfer_keys[i].key;
		return dns_tsig_verify(ret_tsig, ask->message, ask->query->tsig_at, ask->now_s) == DNS_TSIG_GOOD;
	}
	return false;
}

/* ---- order ---- */

/* Where the labels of a name begin, the last first; returns how many. */
static size_t dns_xfr__labels(const struct dns_node *node, uint8_t starts[static DNS_XFR__LABELS_MAX])
{
	size_t n = 0;

	for (size_t at = 0; node->name[at]; at += 1 + (size_t)node->name[at])
		starts[n++] = (uint8_t)at;
	for (size_t i = 0; i < n / 2; i++) {
		uint8_t t = starts[i];
		starts[i] = starts[n - 1 - i];
		starts[n - 1 - i] = t;
	}
	return n;
}

/* RFC 4034 6.1; names are lower case already. */
static int dns_xfr__order(const void *a, const void *b)
{
	const struct dns_node *x = *(const struct dns_node *const *)a, *y = *(const struct dns_node *const *)b;
	uint8_t sx[DNS_XFR__LABELS_MAX], sy[DNS_XFR__LABELS_MAX];
	size_t nx = dns_xfr__labels(x, sx), ny = dns_xfr__labels(y, sy);

	for (size_t i = 0; i < nx && i < ny; i++) {
		const uint8_t *p = x->name + sx[i], *q = y->name + sy[i];
		int c = memcmp(p + 1, q + 1, p[0] < q[0] ? p[0] : q[0]);
		if (c == 0)
			c = p[0] - q[0];
		if (c)
			return c;
	}
	return nx < ny ? -1 : nx > ny;
}

/* Below a cut: there for glue only, neither signed nor part of the chain. */
static bool dns_xfr__hidden(const struct dns_node *node)
{
	return node->above && node->above != node;
}

struct dns_xfr *dns_xfr_new(const struct dns_xfr_ask *ask, const struct dns_tsig *tsig, bool soa_only)
{
	struct dns_xfr *x = mem_alloc(sizeof *x);
	struct slice name;
	void *node;

	x->zone = dns_zone_ref(ask->zone);
	x->soa_only = soa_only;
	x->q = *ask->query;
	x->q.cookie = slice_of(NULL, 0);
	CHECK(x->q.question_end <= sizeof x->query);
	memcpy(x->query, ask->message.p, x->q.question_end);
	x->tsig = *tsig;
	x->nodes = mem_alloc_array(x->zone->nodes_n, sizeof *x->nodes);
	for (size_t at = 0; map_next(&x->zone->nodes, &at, &name, &node);)
		if (((const struct dns_node *)node)->slots_n)
			x->nodes[x->nodes_n++] = node;
	qsort(x->nodes, x->nodes_n, sizeof *x->nodes, dns_xfr__order);
	return x;
}

void dns_xfr_free(struct dns_xfr *x)
{
	if (!x)
		return;
	dns_zone_free(x->zone);
	mem_free(x->nodes);
	mem_free(x);
}

/* ---- messages ---- */

struct dns_xfr__run {
	struct dns_xfr *x;
	struct dns_sign *signer;
	int64_t now_s;
	struct dns_msg_out o;
};

static enum err dns_xfr__set(struct dns_xfr__run *r, const struct dns_node *node, const struct rrset *set, bool sign,
			     bool lasting)
{
	const struct dns_zone *z = r->x->zone;
	struct rrset_place place = { .owner = SIZE_MAX,
				     .name = slice_of(node->name, node->name_n),
				     .apex = DNS_MSG_HEAD_BYTES,
				     .zone = dns_name_wire(&z->apex) };
	struct dns_sign_ask ask = { z, place.name, set, r->now_s, lasting, true };
	uint16_t n = 0;

	/* The first record names the owner; the others and the signatures point to it. */
	size_t at = r->o.out.at;
	if (node == z->top)
		place.owner = DNS_MSG_HEAD_BYTES;
	rrset_put(&r->o.out, set, &place, NULL);
	if (node != z->top && at < DNS_MSG_POINTER_END)
		place.owner = at;
	if (sign)
		TRY(dns_sign_put(r->signer, &ask, &place, &r->o.out, &n));
	r->o.answers = (uint16_t)(r->o.answers + set->count + n);
	return OK;
}

/* The name that the chain goes on with: the next one that is no glue, at the end the zone's own. */
static const struct dns_node *dns_xfr__next_name(const struct dns_xfr *x)
{
	for (size_t i = x->node + 1; i < x->nodes_n; i++)
		if (!dns_xfr__hidden(x->nodes[i]))
			return x->nodes[i];
	return x->zone->top;
}

static enum err dns_xfr__nsec(struct dns_xfr__run *r, const struct dns_node *node)
{
	const struct dns_node *next = dns_xfr__next_name(r->x);
	uint8_t data[DNS_DENIAL_NSEC_BYTES];
	struct rrset set;

	dns_denial_nsec(node, slice_of(next->name, next->name_n), r->x->zone->soa_negative->ttl, data, &set);
	return dns_xfr__set(r, node, &set, true, false);
}

/* One step of the names: an RRset, or the NSEC record behind the last. */
static enum err dns_xfr__step_name(struct dns_xfr__run *r)
{
	struct dns_xfr *x = r->x;
	const struct dns_node *node = x->nodes[x->node];
	bool is_signed = x->zone->keys_n && !dns_xfr__hidden(node);

	if (x->slot == node->slots_n)
		return is_signed ? dns_xfr__nsec(r, node) : OK;
	const struct rrset *set = node->slots[x->slot].set;
	if (node == x->zone->top && set->type == DNS_TYPE_SOA)
		return OK; /* first and last, not in between */
	/* NS at a cut is the child's. */
	return dns_xfr__set(r, node, set, is_signed && (!node->cut || set->type == DNS_TYPE_DS), true);
}

static enum err dns_xfr__step(struct dns_xfr__run *r)
{
	struct dns_xfr *x = r->x;

	if (x->phase != DNS_XFR__NAMES)
		return dns_xfr__set(r, x->zone->top, x->zone->soa,
				    x->phase == DNS_XFR__FIRST && x->zone->keys_n && !x->soa_only, true);
	return dns_xfr__step_name(r);
}

static void dns_xfr__advance(struct dns_xfr *x)
{
	if (x->phase == DNS_XFR__FIRST) {
		x->phase = x->soa_only ? DNS_XFR__DONE : DNS_XFR__NAMES;
	} else if (x->phase == DNS_XFR__LAST) {
		x->phase = DNS_XFR__DONE;
	} else if (x->slot++ == x->nodes[x->node]->slots_n) {
		x->slot = 0;
		if (++x->node == x->nodes_n)
			x->phase = DNS_XFR__LAST;
	}
}

/* Steps until the message is full enough. */
static enum err dns_xfr__fill(struct dns_xfr__run *r)
{
	while (r->x->phase != DNS_XFR__DONE && r->o.out.at < DNS_XFR__BYTES) {
		struct dns_msg_mark mark = dns_msg_mark(&r->o);
		TRY(dns_xfr__step(r));
		if (r->o.out.bad) {
			dns_msg_rollback(&r->o, &mark);
			return r->o.answers ? OK : ERR_RANGE;
		}
		dns_xfr__advance(r->x);
	}
	return OK;
}

enum err dns_xfr_next(struct dns_xfr *x, struct dns_sign *signer, int64_t now_s, uint8_t *out, size_t cap,
		      size_t *ret_n)
{
	struct dns_msg_edns edns = { .on = false, .ede = DNS_MSG_EDE_NONE, .keepalive_100ms = -1 };
	struct dns_xfr__run r = { .x = x, .signer = signer, .now_s = now_s };
	size_t room = x->tsig.key ? DNS_TSIG_RECORD_BYTES : 0;

	*ret_n = 0;
	if (x->phase == DNS_XFR__DONE)
		return OK;
	dns_msg_begin(&r.o, out, cap - room, slice_of(x->query, x->q.question_end), &x->q, &edns);
	r.o.flags |= DNS_MSG_AA;
	TRY(dns_xfr__fill(&r));
	size_t n = dns_msg_end(&r.o, &x->q, DNS_MSG_NOERROR, &edns);
	if (x->tsig.key)
		TRY(dns_tsig_sign(&x->tsig, out, n, cap, (uint64_t)now_s, &n));
	*ret_n = n;
	return OK;
}
