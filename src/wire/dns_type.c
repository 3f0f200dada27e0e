/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/dns_type.h"

struct dns_type_row {
	struct slice name;
	uint16_t number;
	const char *format;
};

static const struct dns_type_row dns_type__rows[] = {
#define DNS_TYPE(name, number, format) { SLICE_INIT(#name), number, format },
#include "wire/dns_type.def"
#undef DNS_TYPE
};

enum { DNS_TYPE__ROWS = sizeof(dns_type__rows) / sizeof(dns_type__rows[0]) };

static const struct dns_type_row *dns_type__row(uint16_t type)
{
	for (size_t i = 0; i < DNS_TYPE__ROWS; i++)
		if (dns_type__rows[i].number == type)
			return &dns_type__rows[i];
	return NULL;
}

enum err dns_type_parse(struct slice s, uint16_t *ret)
{
	uint64_t v;

	for (size_t i = 0; i < DNS_TYPE__ROWS; i++) {
		if (slice_eq_nocase(dns_type__rows[i].name, s)) {
			*ret = dns_type__rows[i].number;
			return OK;
		}
	}
	if (!slice_starts_nocase(s, SLICE("TYPE")) || !slice_u64(slice_from(s, 4), &v))
		return ERR_NOT_FOUND;
	if (v > 65535)
		return ERR_RANGE;
	*ret = (uint16_t)v;
	return OK;
}

void dns_type_print(uint16_t type, struct text *t)
{
	const struct dns_type_row *row = dns_type__row(type);

	if (row) {
		text_add(t, row->name);
		return;
	}
	text_add(t, SLICE("TYPE"));
	text_u64(t, type);
}

const char *dns_type_format(uint16_t type)
{
	const struct dns_type_row *row = dns_type__row(type);

	return row ? row->format : "";
}
