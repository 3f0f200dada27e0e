/* SPDX-License-Identifier: Apache-2.0 */
/* rdata_names: see rdata_names.h. */
#include "dns/rdata_names.h"

struct rdata_names__row {
	uint16_t type;
	uint8_t skip;    /* bytes before the first name */
	uint8_t strings; /* character strings before it */
	uint8_t names;
	bool compress;
};

static const struct rdata_names__row rdata_names__rows[] = {
	{ 2, 0, 0, 1, true },   /* NS */
	{ 5, 0, 0, 1, true },   /* CNAME */
	{ 6, 0, 0, 2, true },   /* SOA */
	{ 12, 0, 0, 1, true },  /* PTR */
	{ 14, 0, 0, 2, true },  /* MINFO */
	{ 15, 2, 0, 1, true },  /* MX */
	{ 17, 0, 0, 2, false }, /* RP */
	{ 18, 2, 0, 1, false }, /* AFSDB */
	{ 21, 2, 0, 1, false }, /* RT */
	{ 26, 2, 0, 2, false }, /* PX */
	{ 33, 6, 0, 1, false }, /* SRV */
	{ 35, 4, 3, 1, false }, /* NAPTR */
	{ 36, 2, 0, 1, false }, /* KX */
	{ 39, 0, 0, 1, false }, /* DNAME */
};

/* Bytes of the name at `at`, 0 when it does not end inside the data. */
static size_t rdata_names__length(struct slice data, size_t at)
{
	size_t from = at;

	while (at < data.n) {
		uint8_t n = (uint8_t)data.p[at];
		if (n > 63)
			return 0;
		at += 1 + (size_t)n;
		if (n == 0)
			return at <= data.n ? at - from : 0;
	}
	return 0;
}

void rdata_names_find(uint16_t type, struct slice data, struct rdata_names *ret)
{
	const struct rdata_names__row *row = NULL;

	ret->n = 0;
	ret->compress = false;
	for (size_t i = 0; i < sizeof rdata_names__rows / sizeof rdata_names__rows[0] && !row; i++)
		if (rdata_names__rows[i].type == type)
			row = &rdata_names__rows[i];
	if (!row)
		return;
	size_t at = row->skip;
	for (unsigned i = 0; i < row->strings && at < data.n; i++)
		at += 1 + (size_t)(uint8_t)data.p[at];
	ret->compress = row->compress;
	for (unsigned i = 0; i < row->names; i++) {
		size_t len = rdata_names__length(data, at);
		if (len == 0)
			return;
		ret->at[ret->n] = at;
		ret->len[ret->n++] = len;
		at += len;
	}
}

void rdata_names_canonical(uint16_t type, struct slice data, uint8_t *out)
{
	struct rdata_names names;

	if (data.n)
		memcpy(out, data.p, data.n);
	rdata_names_find(type, data, &names);
	for (size_t i = 0; i < names.n; i++)
		for (size_t k = names.at[i]; k < names.at[i] + names.len[i]; k++)
			out[k] = (uint8_t)slice_lower(data.p[k]);
}

/* One byte of the canonical form. */
static uint8_t rdata_names__byte(struct slice data, const struct rdata_names *names, size_t at)
{
	for (size_t i = 0; i < names->n; i++)
		if (at >= names->at[i] && at < names->at[i] + names->len[i])
			return (uint8_t)slice_lower(data.p[at]);
	return (uint8_t)data.p[at];
}

int rdata_names_compare(uint16_t type, struct slice a, struct slice b)
{
	struct rdata_names in_a, in_b;
	size_t n = a.n < b.n ? a.n : b.n;

	rdata_names_find(type, a, &in_a);
	rdata_names_find(type, b, &in_b);
	for (size_t i = 0; i < n; i++) {
		int x = rdata_names__byte(a, &in_a, i), y = rdata_names__byte(b, &in_b, i);
		if (x != y)
			return x - y;
	}
	return a.n < b.n ? -1 : a.n > b.n;
}
