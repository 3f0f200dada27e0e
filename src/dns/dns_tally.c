/* SPDX-License-Identifier: Apache-2.0 */
/* dns_tally: counting answers by type and rcode, see dns_zones.h. */
#include "base/check.h"
#include "dns/dns_zones.h"

struct dns_tally__row {
	uint16_t number;
	const char *name;
};

static const struct dns_tally__row dns_tally__types[DNS_TALLY_TYPES] = {
	{ DNS_TYPE_A, "A" },
	{ DNS_TYPE_AAAA, "AAAA" },
	{ DNS_TYPE_CNAME, "CNAME" },
	{ DNS_TYPE_MX, "MX" },
	{ DNS_TYPE_TXT, "TXT" },
	{ DNS_TYPE_NS, "NS" },
	{ DNS_TYPE_SOA, "SOA" },
	{ DNS_TYPE_SRV, "SRV" },
	{ DNS_TYPE_CAA, "CAA" },
	{ DNS_TYPE_HTTPS, "HTTPS" },
	{ DNS_TYPE_DS, "DS" },
	{ DNS_TYPE_DNSKEY, "DNSKEY" },
	{ 0, "other" },
};

static const struct dns_tally__row dns_tally__rcodes[DNS_TALLY_RCODES] = {
	{ DNS_MSG_NOERROR, "NOERROR" },   { DNS_MSG_FORMERR, "FORMERR" }, { DNS_MSG_SERVFAIL, "SERVFAIL" },
	{ DNS_MSG_NXDOMAIN, "NXDOMAIN" }, { DNS_MSG_REFUSED, "REFUSED" }, { 0, "other" },
};

static void dns_tally__count(uint64_t *counts, const struct dns_tally__row *rows, size_t n, uint16_t number)
{
	size_t i = 0;

	while (i + 1 < n && rows[i].number != number)
		i++;
	__atomic_store_n(&counts[i], counts[i] + 1, __ATOMIC_RELAXED);
}

void dns_tally_add(struct dns_tally *t, uint16_t type, uint16_t rcode)
{
	dns_tally__count(t->types, dns_tally__types, DNS_TALLY_TYPES, type);
	dns_tally__count(t->rcodes, dns_tally__rcodes, DNS_TALLY_RCODES, rcode);
}

const char *dns_tally_type_name(size_t i)
{
	CHECK(i < DNS_TALLY_TYPES);
	return dns_tally__types[i].name;
}

const char *dns_tally_rcode_name(size_t i)
{
	CHECK(i < DNS_TALLY_RCODES);
	return dns_tally__rcodes[i].name;
}

static void dns_tally__rows(const char *member, const uint64_t *counts, const struct dns_tally__row *rows, size_t n,
			    struct buf *b)
{
	const char *between = "";

	buf_printf(b, "\"%s\":{", member);
	for (size_t i = 0; i < n; i++) {
		if (counts[i] == 0)
			continue;
		buf_printf(b, "%s\"%s\":%llu", between, rows[i].name, (unsigned long long)counts[i]);
		between = ",";
	}
	buf_add_byte(b, '}');
}

void dns_tally_json(const struct dns_tally *t, struct buf *b)
{
	buf_add_byte(b, '{');
	dns_tally__rows("types", t->types, dns_tally__types, DNS_TALLY_TYPES, b);
	buf_add_byte(b, ',');
	dns_tally__rows("rcodes", t->rcodes, dns_tally__rcodes, DNS_TALLY_RCODES, b);
	buf_add_byte(b, '}');
}
