/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns_zone_build: from the members of a plan item to a zone. Every record, written by people or made here (SOA, NS,
 * addresses of the edge, flattened names, keys), becomes an entry (node, type, TTL, data); sorted, they are RRsets.
 */
#include "base/base64.h"
#include "base/check.h"
#include "base/mem.h"
#include "dns/dns_zone.h"
#include "dns/rdata_names.h"
#include "model/dns_item.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { DNS_ZONE_BUILD__LABELS_MAX = 128, DNS_ZONE_BUILD__SOA_BYTES = 2 * DNS_NAME_BYTES + 20 };

struct dns_zone_build__entry {
	struct dns_node *node;
	uint16_t type;
	uint32_t ttl;
	struct slice data;
	uint32_t order; /* where it came from, so that sorting is stable */
};

struct dns_zone_build {
	struct dns_zone *z;
	const struct dns_item *item;
	const struct limits *limits;
	struct dns_zone_build__entry *entries;
	size_t n, cap;
	struct dns_node **nodes; /* parents before children */
	size_t nodes_n, nodes_cap;
	uint8_t *scratch; /* DNS_RDATA_BYTES */
	char where[64];
	struct diag *d;
};

/* The member for people: "records[].name" with the index in its brackets. */
static const char *dns_zone_build__where(struct dns_zone_build *b, const char *member, size_t i)
{
	struct slice rest = slice_str(member), list = slice_split(&rest, '[');

	if (!rest.p)
		return member;
	snprintf(b->where, sizeof b->where, "%.*s[%zu%.*s", SLICE_ARG(list), i, SLICE_ARG(rest));
	return b->where;
}

static enum err dns_zone_build__fail(struct dns_zone_build *b, const char *member, size_t i, const char *text)
{
	return diag_set(b->d, ERR_PLAN, dns_zone_build__where(b, member, i), "%s", text);
}

static enum err dns_zone_build__full(struct dns_zone_build *b)
{
	return diag_set(b->d, ERR_PLAN, NULL,
			"the zone needs more than limit dns_zone_bytes_max, %llu bytes, or has an"
			" RRset that does not fit a message, or a name with more than 256 types",
			(unsigned long long)b->limits->dns_zone_bytes_max);
}

/* ---- names ---- */

static struct dns_node *dns_zone_build__add_node(struct dns_zone_build *b, struct slice name, unsigned labels)
{
	struct dns_node *node = arena_zalloc(&b->z->arena, sizeof *node);
	struct slice copy = arena_copy(&b->z->arena, name);

	if (!node || !copy.p)
		return NULL;
	node->name = (const uint8_t *)copy.p;
	node->name_n = (uint8_t)copy.n;
	node->labels = (uint8_t)labels;
	map_put(&b->z->nodes, copy, node);
	if (b->nodes_n == b->nodes_cap) {
		b->nodes_cap = b->nodes_cap ? b->nodes_cap * 2 : 64;
		b->nodes = mem_resize(b->nodes, b->nodes_cap * sizeof *b->nodes);
	}
	b->nodes[b->nodes_n++] = node;
	return node;
}

/* The node of a name in the zone, made with every name above it that is not there yet. */
static enum err dns_zone_build__node(struct dns_zone_build *b, const struct dns_name *name, struct dns_node **ret)
{
	uint8_t starts[DNS_ZONE_BUILD__LABELS_MAX];
	struct dns_name lower = *name;
	struct dns_node *node = NULL;
	unsigned n = 0, labels = dns_name_labels(name);

	dns_name_lower(&lower);
	for (size_t at = 0;; at += 1 + (size_t)lower.w[at]) {
		node = map_get(&b->z->nodes, slice_of(lower.w + at, lower.n - at));
		if (node)
			break;
		CHECK(n < DNS_ZONE_BUILD__LABELS_MAX);
		starts[n++] = (uint8_t)at;
		if (lower.n - at == b->z->apex.n)
			break;
	}
	while (n) {
		size_t at = starts[--n];
		if (b->nodes_n >= b->limits->dns_zone_names_max)
			return diag_set(b->d, ERR_PLAN, NULL,
					"the zone has more than limit dns_zone_names_max, %llu names",
					(unsigned long long)b->limits->dns_zone_names_max);
		node = dns_zone_build__add_node(b, slice_of(lower.w + at, lower.n - at), labels - n);
		if (!node)
			return dns_zone_build__full(b);
	}
	*ret = node;
	return OK;
}

static enum err dns_zone_build__name(struct dns_zone_build *b, const char *member, size_t i, struct slice text,
				     struct dns_name *ret)
{
	enum err e = dns_name_parse(text, &dns_name_root, ret);

	if (e == OK)
		return OK;
	return dns_zone_build__fail(b, member, i,
				    e == ERR_RANGE ? "is too long for a name (63 bytes a label, 255 in all)"
						   : "is not a name");
}

/* A name that must lie in the zone. */
static enum err dns_zone_build__owner(struct dns_zone_build *b, const char *member, size_t i, struct slice text,
				      struct dns_node **ret)
{
	struct dns_name name;

	TRY(dns_zone_build__name(b, member, i, text, &name));
	if (!dns_name_in(&name, &b->z->apex))
		return dns_zone_build__fail(b, member, i, "is not a name of this zone");
	return dns_zone_build__node(b, &name, ret);
}

/* ---- entries ---- */

static enum err dns_zone_build__add(struct dns_zone_build *b, struct dns_node *node, uint16_t type, uint32_t ttl,
				    struct slice data)
{
	struct slice copy = arena_copy(&b->z->arena, data);

	if (!copy.p)
		return dns_zone_build__full(b);
	if (b->n == b->cap) {
		b->cap = b->cap ? b->cap * 2 : 64;
		b->entries = mem_resize(b->entries, b->cap * sizeof *b->entries);
	}
	b->entries[b->n] = (struct dns_zone_build__entry){ node, type, ttl, copy, (uint32_t)b->n };
	b->n++;
	return OK;
}

/* Types that this server makes itself, or that mean something only inside a message. */
static const char *dns_zone_build__refused(uint16_t type)
{
	switch (type) {
	case DNS_TYPE_SOA:
		return "the SOA record comes from member soa";
	case DNS_TYPE_DNAME:
		return "DNAME is not served; write CNAME records, or a wildcard";
	case DNS_TYPE_RRSIG:
	case DNS_TYPE_NSEC:
	case DNS_TYPE_NSEC3:
	case DNS_TYPE_NSEC3PARAM:
	case DNS_TYPE_NXNAME:
		return "signatures and denials are made by this server";
	case 0:
	case 41: /* OPT */
		return "is not a type of records";
	default:
		return type >= 249 && type <= 255 ? "is a type of questions, not of records" : NULL;
	}
}

static enum err dns_zone_build__record(struct dns_zone_build *b, size_t i)
{
	const struct dns_item_record *r = &b->item->records[i];
	struct cursor_out data = cursor_out_of(b->scratch, DNS_RDATA_BYTES);
	struct dns_node *node;
	uint16_t type;

	TRY(dns_zone_build__owner(b, "records[].name", i, r->name, &node));
	if (dns_type_parse(r->type, &type) != OK)
		return dns_zone_build__fail(b, "records[].type", i, "is not a record type; TYPEn takes any number");
	const char *refused = dns_zone_build__refused(type);
	if (refused)
		return dns_zone_build__fail(b, "records[].type", i, refused);
	enum err e = dns_rdata_parse(r->rdata, type, &dns_name_root, &data, b->d);
	if (e == OK && data.bad)
		e = ERR_RANGE;
	if (e != OK) {
		diag_set(b->d, ERR_PLAN, NULL, "is too long");
		diag_within(b->d, dns_zone_build__where(b, "records[].rdata", i), ": ");
		return ERR_PLAN;
	}
	if (type == DNS_TYPE_DS && node == b->nodes[0])
		return dns_zone_build__fail(b, "records[].name", i, "a DS record belongs to the parent zone");
	return dns_zone_build__add(b, node, type, r->ttl, slice_of(b->scratch, data.at));
}

static enum err dns_zone_build__addr(struct dns_zone_build *b, struct dns_node *node, const struct ip *ip, uint32_t ttl)
{
	return dns_zone_build__add(b, node, ip->family == 4 ? DNS_TYPE_A : DNS_TYPE_AAAA, ttl,
				   slice_of(ip->b, ip->family == 4 ? 4 : 16));
}

static enum err dns_zone_build__proxied(struct dns_zone_build *b, size_t i)
{
	const struct dns_item *it = b->item;
	struct cursor_out data = cursor_out_of(b->scratch, DNS_RDATA_BYTES);
	struct dns_node *node;

	TRY(dns_zone_build__owner(b, "proxied[].name", i, it->proxied[i], &node));
	for (size_t k = 0; k < it->edge_n; k++)
		TRY(dns_zone_build__addr(b, node, &it->edge[k], DNS_ITEM_TTL_AUTOMATIC));
	if (!it->edge_https.n)
		return OK;
	if (dns_rdata_parse(it->edge_https, DNS_TYPE_HTTPS, &dns_name_root, &data, b->d) != OK || data.bad) {
		diag_within(b->d, "edge.https", ": ");
		return ERR_PLAN;
	}
	return dns_zone_build__add(b, node, DNS_TYPE_HTTPS, DNS_ITEM_TTL_AUTOMATIC, slice_of(b->scratch, data.at));
}

static enum err dns_zone_build__flatten(struct dns_zone_build *b, size_t i)
{
	const struct dns_item_flatten *f = &b->item->flatten[i];
	struct dns_node *node;

	TRY(dns_zone_build__owner(b, "flatten[].name", i, f->name, &node));
	node->unresolved = f->unresolved;
	for (size_t k = 0; k < f->a_n; k++)
		TRY(dns_zone_build__addr(b, node, &f->a[k], f->ttl));
	for (size_t k = 0; k < f->aaaa_n; k++)
		TRY(dns_zone_build__addr(b, node, &f->aaaa[k], f->ttl));
	return OK;
}

static enum err dns_zone_build__ns(struct dns_zone_build *b)
{
	struct dns_name name;

	if (b->item->ns_n == 0)
		return dns_zone_build__fail(b, "ns", 0, "must name at least one name server");
	for (size_t i = 0; i < b->item->ns_n; i++) {
		TRY(dns_zone_build__name(b, "ns[]", i, b->item->ns[i], &name));
		TRY(dns_zone_build__add(b, b->nodes[0], DNS_TYPE_NS, b->item->ns_ttl, dns_name_wire(&name)));
	}
	return OK;
}

/* The two SOA RRsets: they differ in their TTL. */
static enum err dns_zone_build__soa(struct dns_zone_build *b)
{
	const struct dns_item_soa *s = &b->item->soa;
	struct dns_name mname, rname;
	uint8_t bytes[DNS_ZONE_BUILD__SOA_BYTES];
	struct cursor_out c = cursor_out_of(bytes, sizeof bytes);

	TRY(dns_zone_build__name(b, "soa.mname", 0, s->mname.n ? s->mname : b->item->ns[0], &mname));
	enum err e = s->rname.n ? dns_name_parse(s->rname, &dns_name_root, &rname)
				: dns_name_parse(SLICE("hostmaster"), &b->z->apex, &rname);
	if (e != OK)
		return dns_zone_build__fail(b, "soa.rname", 0, "is not a name, or too long for one");
	/* Revisions are microseconds of wall clock: seconds of them always grow, as serials must. */
	b->z->serial = s->has_serial ? s->serial : (uint32_t)(b->z->revision / 1000000);
	cursor_put_bytes(&c, dns_name_wire(&mname));
	cursor_put_bytes(&c, dns_name_wire(&rname));
	const uint32_t numbers[5] = { b->z->serial, s->refresh, s->retry, s->expire, s->min_ttl };
	for (int i = 0; i < 5; i++)
		cursor_put_u32(&c, numbers[i]);
	struct rrset_entry negative = { slice_of(bytes, c.at), s->ttl < s->min_ttl ? s->ttl : s->min_ttl };
	b->z->soa_negative = rrset_make(&b->z->arena, DNS_TYPE_SOA, &negative, 1);
	if (!b->z->soa_negative)
		return dns_zone_build__full(b);
	return dns_zone_build__add(b, b->nodes[0], DNS_TYPE_SOA, s->ttl, slice_of(bytes, c.at));
}

/* ---- keys ---- */

static enum err dns_zone_build__key(struct dns_zone_build *b, size_t i)
{
	const struct dns_item_key *k = &b->item->keys[i];
	struct dns_key *key = &b->z->keys[b->z->keys_n];
	struct buf public;

	buf_init(&public, 2 * P256_PUBLIC_BYTES);
	bool ok = base64_read(k->public, &public) == OK && buf_len(&public) == P256_PUBLIC_BYTES;
	if (ok) {
		dns_key_of(k->flags, (const uint8_t *)buf_slice(&public).p, key);
		key->active = k->active;
		key->parent = k->parent;
		key->sealed = mem_dup(k->private);
		b->z->keys_n++;
	}
	buf_fini(&public);
	if (!ok)
		return dns_zone_build__fail(b, "dnssec.keys[].public", i,
					    "is not a public key of algorithm 13 (64 bytes in base64)");
	if (!seal_is(k->private))
		return dns_zone_build__fail(b, "dnssec.keys[].private", i, "must be sealed");
	return dns_zone_build__add(b, b->nodes[0], DNS_TYPE_DNSKEY, DNS_ITEM_TTL_DNSKEY,
				   slice_of(key->data, sizeof key->data));
}

/* CDS and CDNSKEY: what the parent should have (RFC 7344), or that it should have nothing (RFC 8078 4). */
static enum err dns_zone_build__cds(struct dns_zone_build *b)
{
	static const uint8_t delete_ds[] = { 0, 0, 0, 0, 0 }, delete_key[] = { 0, 0, 3, 0, 0 };
	uint8_t ds[DNS_KEY_DS_BYTES];

	if (b->item->cds == DNS_ITEM_CDS_DELETE) {
		TRY(dns_zone_build__add(b, b->nodes[0], DNS_TYPE_CDS, DNS_ITEM_TTL_DNSKEY,
					slice_of(delete_ds, sizeof delete_ds)));
		return dns_zone_build__add(b, b->nodes[0], DNS_TYPE_CDNSKEY, DNS_ITEM_TTL_DNSKEY,
					   slice_of(delete_key, sizeof delete_key));
	}
	for (size_t i = 0; i < b->z->keys_n && b->item->cds == DNS_ITEM_CDS_PUBLISH; i++) {
		const struct dns_key *key = &b->z->keys[i];
		if (key->flags != DNS_KEY_KSK || !key->parent)
			continue;
		TRY(dns_key_ds(key, &b->z->apex, ds));
		TRY(dns_zone_build__add(b, b->nodes[0], DNS_TYPE_CDS, DNS_ITEM_TTL_DNSKEY, slice_of(ds, sizeof ds)));
		TRY(dns_zone_build__add(b, b->nodes[0], DNS_TYPE_CDNSKEY, DNS_ITEM_TTL_DNSKEY,
					slice_of(key->data, sizeof key->data)));
	}
	return OK;
}

static enum err dns_zone_build__dnssec(struct dns_zone_build *b)
{
	bool ksk = false, zsk = false;

	for (size_t i = 0; i < b->item->keys_n; i++) {
		TRY(dns_zone_build__key(b, i));
		ksk |= b->z->keys[i].active && b->z->keys[i].flags == DNS_KEY_KSK;
		zsk |= b->z->keys[i].active && b->z->keys[i].flags == DNS_KEY_ZSK;
	}
	if (b->item->keys_n && (!ksk || !zsk))
		return dns_zone_build__fail(b, "dnssec.keys", 0,
					    "must have an active key with flags 257 and one with 256");
	return dns_zone_build__cds(b);
}

/* ---- the end ---- */

static int dns_zone_build__order(const void *a, const void *b)
{
	const struct dns_zone_build__entry *x = a, *y = b;

	if (x->node != y->node)
		return (uintptr_t)x->node < (uintptr_t)y->node ? -1 : 1;
	if (x->type != y->type)
		return x->type < y->type ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* The records of an RRset as they stand behind a question for its owner. */
static bool dns_zone_build__ready(struct dns_zone_build *b, const struct dns_node *node, struct dns_slot *slot)
{
	struct rrset_place place = { .owner = DNS_MSG_HEAD_BYTES,
				     .apex = DNS_MSG_HEAD_BYTES + (size_t)node->name_n - b->z->apex.n,
				     .zone = dns_name_wire(&b->z->apex) };
	struct cursor_out c = cursor_out_of(b->scratch, DNS_RDATA_BYTES);

	rrset_put(&c, slot->set, &place, NULL);
	if (c.bad)
		return false;
	slot->ready = arena_copy(&b->z->arena, slice_of(b->scratch, c.at));
	return slot->ready.p != NULL;
}

/* Entries [from, to) are one RRset of one node; `slot` is its place. */
static bool dns_zone_build__slot(struct dns_zone_build *b, size_t from, size_t to, struct dns_slot *slot)
{
	struct rrset_entry *sets = mem_alloc_array(to - from, sizeof *sets);

	for (size_t i = from; i < to; i++)
		sets[i - from] = (struct rrset_entry){ b->entries[i].data, b->entries[i].ttl };
	slot->set = rrset_make(&b->z->arena, b->entries[from].type, sets, to - from);
	mem_free(sets);
	return slot->set && dns_zone_build__ready(b, b->entries[from].node, slot);
}

/* All entries of one node, [from, to), become its slots. */
static bool dns_zone_build__slots(struct dns_zone_build *b, size_t from, size_t to)
{
	struct dns_node *node = b->entries[from].node;
	size_t types = 0;

	for (size_t i = from; i < to; i++)
		types += i == from || b->entries[i].type != b->entries[i - 1].type;
	if (types > DNS_ZONE_TYPES_MAX)
		return false;
	node->slots = arena_zalloc(&b->z->arena, types * sizeof *node->slots);
	if (!node->slots)
		return false;
	for (size_t i = from, k; i < to; i = k) {
		for (k = i + 1; k < to && b->entries[k].type == b->entries[i].type; k++)
			;
		if (!dns_zone_build__slot(b, i, k, &node->slots[node->slots_n]))
			return false;
		node->slots_n++;
	}
	return true;
}

static enum err dns_zone_build__conflicts(struct dns_zone_build *b, const struct dns_node *node)
{
	const struct dns_slot *cname = dns_zone_slot(node, DNS_TYPE_CNAME);
	char text[DNS_NAME_TEXT_BYTES];
	struct text t = text_of(text, sizeof text);
	struct dns_name name = { .n = node->name_n };

	memcpy(name.w, node->name, node->name_n);
	dns_name_print_bare(&name, &t);
	if (cname && cname->set->count > 1)
		return diag_set(b->d, ERR_PLAN, "records", "%.*s has more than one CNAME", SLICE_ARG(text_slice(&t)));
	if (cname && node == b->z->top)
		return diag_set(b->d, ERR_PLAN, "records",
				"%.*s is the zone itself and cannot be a CNAME; use member flatten",
				SLICE_ARG(text_slice(&t)));
	if (cname && (dns_zone_slot(node, DNS_TYPE_A) || dns_zone_slot(node, DNS_TYPE_AAAA)))
		return diag_set(b->d, ERR_PLAN, "records", "%.*s has a CNAME and addresses", SLICE_ARG(text_slice(&t)));
	return OK;
}

/* Cuts and wildcards; parents come before their children. */
static enum err dns_zone_build__link(struct dns_zone_build *b)
{
	for (size_t i = 0; i < b->nodes_n; i++) {
		struct dns_node *node = b->nodes[i], *parent = NULL;
		size_t skip = 1 + (size_t)node->name[0];
		if (i)
			parent = map_get(&b->z->nodes, slice_of(node->name + skip, node->name_n - skip));
		CHECK(!i || parent);
		node->cut = i && dns_zone_slot(node, DNS_TYPE_NS);
		node->above = parent && parent->above ? parent->above : node->cut ? node : NULL;
		if (parent && node->name[0] == 1 && node->name[1] == '*')
			parent->wild = node;
		TRY(dns_zone_build__conflicts(b, node));
	}
	return OK;
}

static enum err dns_zone_build__finish(struct dns_zone_build *b)
{
	qsort(b->entries, b->n, sizeof *b->entries, dns_zone_build__order);
	for (size_t i = 0, k; i < b->n; i = k) {
		for (k = i + 1; k < b->n && b->entries[k].node == b->entries[i].node; k++)
			;
		if (!dns_zone_build__slots(b, i, k))
			return dns_zone_build__full(b);
	}
	b->z->top = b->nodes[0];
	b->z->nodes_n = b->nodes_n;
	b->z->soa = dns_zone_slot(b->z->top, DNS_TYPE_SOA)->set;
	return dns_zone_build__link(b);
}

static enum err dns_zone_build__transfer(struct dns_zone_build *b)
{
	size_t bytes = b->item->transfer_n * sizeof *b->z->transfer;

	b->z->transfer_n = b->item->transfer_n;
	b->z->transfer = arena_alloc(&b->z->arena, bytes);
	if (!b->z->transfer)
		return dns_zone_build__full(b);
	if (bytes)
		memcpy(b->z->transfer, b->item->transfer, bytes);
	for (size_t i = 0; i < b->item->transfer_keys_n; i++) {
		struct dns_zone_transfer_key *k = &b->z->transfer_keys[i];
		TRY(dns_zone_build__name(b, "transfer_keys[].name", i, b->item->transfer_keys[i].name, &k->key.name));
		dns_name_lower(&k->key.name);
		if (!seal_is(b->item->transfer_keys[i].secret))
			return dns_zone_build__fail(b, "transfer_keys[].secret", i, "must be sealed");
		k->sealed = mem_dup(b->item->transfer_keys[i].secret);
		b->z->transfer_keys_n++;
	}
	return OK;
}

static enum err dns_zone_build__apex(struct dns_zone_build *b)
{
	char text[DNS_NAME_TEXT_BYTES];
	struct text t = text_of(text, sizeof text);
	struct dns_node *top;

	TRY(dns_zone_build__name(b, "name", 0, b->item->name, &b->z->apex));
	if (b->z->apex.n == 1)
		return dns_zone_build__fail(b, "name", 0, "the root cannot be a zone here");
	dns_name_lower(&b->z->apex);
	dns_name_print_bare(&b->z->apex, &t);
	b->z->name = arena_copy(&b->z->arena, text_slice(&t));
	return b->z->name.p ? dns_zone_build__node(b, &b->z->apex, &top) : dns_zone_build__full(b);
}

static enum err dns_zone_build__all(struct dns_zone_build *b)
{
	TRY(dns_zone_build__apex(b));
	TRY(dns_zone_build__ns(b));
	TRY(dns_zone_build__soa(b));
	for (size_t i = 0; i < b->item->records_n; i++)
		TRY(dns_zone_build__record(b, i));
	for (size_t i = 0; i < b->item->proxied_n; i++)
		TRY(dns_zone_build__proxied(b, i));
	for (size_t i = 0; i < b->item->flatten_n; i++)
		TRY(dns_zone_build__flatten(b, i));
	TRY(dns_zone_build__dnssec(b));
	TRY(dns_zone_build__transfer(b));
	return dns_zone_build__finish(b);
}

enum err dns_zone_from_json(struct slice json, uint64_t revision, const struct limits *limits,
			    struct dns_zone **ret_zone, struct diag *d)
{
	struct dns_item *item;

	TRY(dns_item_read(json, &item, d));
	struct dns_zone_build b = { .item = item, .limits = limits, .d = d };
	b.z = mem_alloc(sizeof *b.z);
	b.z->magic = OBJ_DNS_ZONE;
	atomic_init(&b.z->refs, 1);
	b.z->revision = revision;
	arena_init(&b.z->arena, NULL, limits->dns_zone_bytes_max);
	map_init(&b.z->nodes);
	b.scratch = mem_alloc(DNS_RDATA_BYTES);
	enum err e = dns_zone_build__all(&b);
	mem_free(b.scratch);
	mem_free(b.entries);
	mem_free(b.nodes);
	dns_item_free(item);
	if (e != OK) {
		dns_zone_free(b.z);
		return e;
	}
	*ret_zone = b.z;
	return OK;
}
