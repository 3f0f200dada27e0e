/* SPDX-License-Identifier: Apache-2.0 */
/* dns_denial: see dns_denial.h. */
#include "dns/dns_denial.h"

#include "base/check.h"

void dns_denial_next(const struct dns_name *name, struct dns_name *ret)
{
	struct dns_name next = *name;

	if (name->n + 2 <= DNS_NAME_BYTES) {
		next.n = (uint8_t)(name->n + 2);
		next.w[0] = 1;
		next.w[1] = 0;
		memcpy(next.w + 2, name->w, name->n);
	}
	for (uint8_t i = next.n == name->n ? next.w[0] : 0; i > 0; i--) {
		if (next.w[i] == 255)
			continue;
		/* Upper case would sort as lower case, behind. */
		next.w[i] = next.w[i] == '@' ? '[' : (uint8_t)(next.w[i] + 1);
		break;
	}
	*ret = next;
}

static void dns_denial__add_type(uint16_t *types, size_t *n, uint16_t type)
{
	size_t at = *n;

	while (at > 0 && types[at - 1] > type)
		at--;
	if (at > 0 && types[at - 1] == type)
		return;
	memmove(types + at + 1, types + at, (*n - at) * sizeof *types);
	types[at] = type;
	++*n;
}

/* What is there, ascending. */
static size_t dns_denial__types(const struct dns_node *node, uint16_t types[static DNS_DENIAL_TYPES_MAX])
{
	size_t n = 0;

	for (size_t i = 0; node && i < node->slots_n; i++) {
		uint16_t t = node->slots[i].set->type;
		/* At a cut only the delegation is ours: NS and DS (RFC 4035 2.3). */
		if (!node->cut || t == DNS_TYPE_NS || t == DNS_TYPE_DS)
			types[n++] = t;
	}
	if (node && node->unresolved) {
		/* Nobody may conclude that there are no addresses from a time when they were not known. */
		dns_denial__add_type(types, &n, DNS_TYPE_A);
		dns_denial__add_type(types, &n, DNS_TYPE_AAAA);
	}
	if (!node)
		dns_denial__add_type(types, &n, DNS_TYPE_NXNAME);
	dns_denial__add_type(types, &n, DNS_TYPE_RRSIG);
	dns_denial__add_type(types, &n, DNS_TYPE_NSEC);
	return n;
}

/* RFC 4034 4.1.2. */
static void dns_denial__bitmap(const uint16_t *types, size_t n, struct cursor_out *c)
{
	for (size_t i = 0; i < n;) {
		uint8_t bits[32] = { 0 }, used = 0, window = (uint8_t)(types[i] >> 8);
		for (; i < n && types[i] >> 8 == window; i++) {
			uint8_t low = (uint8_t)types[i];
			bits[low / 8] |= (uint8_t)(0x80 >> low % 8);
			used = (uint8_t)(low / 8 + 1);
		}
		cursor_put_u8(c, window);
		cursor_put_u8(c, used);
		cursor_put_bytes(c, slice_of(bits, used));
	}
}

void dns_denial_nsec(const struct dns_node *node, struct slice next, uint32_t ttl,
		     uint8_t data[static DNS_DENIAL_NSEC_BYTES], struct rrset *ret)
{
	uint16_t types[DNS_DENIAL_TYPES_MAX];
	struct cursor_out c = cursor_out_of(data + 2, DNS_DENIAL_NSEC_BYTES - 2);

	cursor_put_bytes(&c, next);
	dns_denial__bitmap(types, dns_denial__types(node, types), &c);
	CHECK(!c.bad);
	data[0] = (uint8_t)(c.at >> 8);
	data[1] = (uint8_t)c.at;
	*ret = (struct rrset){
		.type = DNS_TYPE_NSEC, .count = 1, .ttl = ttl, .bytes = (uint32_t)c.at + 2, .data = data
	};
	ret->content = hash_bytes(&(struct hash_key){ DNS_TYPE_NSEC, ttl }, slice_of(data, ret->bytes));
}
