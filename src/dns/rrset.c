/* SPDX-License-Identifier: Apache-2.0 */
/* rrset: see rrset.h. */
#include "dns/rrset.h"

#include "base/hash.h"
#include "dns/rdata_names.h"

#include <stdlib.h>

static int rrset__order(const void *a, const void *b, void *type)
{
	const struct rrset_entry *x = a, *y = b;

	return rdata_names_compare(*(const uint16_t *)type, x->data, y->data);
}

/* Sorted, without doubles. Returns how many are left. */
static size_t rrset__sort(uint16_t type, struct rrset_entry *e, size_t n)
{
	size_t kept = 0;

	qsort_r(e, n, sizeof *e, rrset__order, &type);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || rdata_names_compare(type, e[kept - 1].data, e[i].data) != 0)
			e[kept++] = e[i];
	return kept;
}

struct rrset *rrset_make(struct arena *a, uint16_t type, struct rrset_entry *entries, size_t n)
{
	uint32_t ttl = UINT32_MAX;
	size_t bytes = 0;

	for (size_t i = 0; i < n; i++)
		ttl = entries[i].ttl < ttl ? entries[i].ttl : ttl;
	n = rrset__sort(type, entries, n);
	for (size_t i = 0; i < n; i++)
		bytes += 2 + entries[i].data.n;
	/* With an owner of two bytes and ten of head each, the set must fit a message of 64 KiB. */
	if (bytes + 10 * n > DNS_MSG_BYTES_MAX - 1024)
		return NULL;
	struct rrset *set = arena_alloc(a, sizeof *set);
	/* Type and TTL stand before the data, so that one hash covers all. */
	uint8_t *all = arena_alloc(a, 6 + bytes);
	if (!set || !all)
		return NULL;
	struct cursor_out c = cursor_out_of(all, 6 + bytes);
	cursor_put_u16(&c, type);
	cursor_put_u32(&c, ttl);
	for (size_t i = 0; i < n; i++) {
		cursor_put_u16(&c, (uint16_t)entries[i].data.n);
		cursor_put_bytes(&c, entries[i].data);
	}
	*set = (struct rrset){ .type = type,
			       .count = (uint16_t)n,
			       .ttl = ttl,
			       .bytes = (uint32_t)bytes,
			       .data = all + 6,
			       .content = hash_bytes(&(struct hash_key){ 0, 0 }, slice_of(all, 6 + bytes)) };
	return set;
}

bool rrset_next(const struct rrset *set, size_t *at, struct slice *ret_data)
{
	if (*at >= set->bytes)
		return false;
	size_t n = (size_t)set->data[*at] << 8 | set->data[*at + 1];
	*ret_data = slice_of(set->data + *at + 2, n);
	*at += 2 + n;
	return true;
}

size_t rrset_put_head(struct cursor_out *out, const struct rrset_place *place, uint16_t type, uint32_t ttl)
{
	if (place->owner < DNS_MSG_POINTER_END)
		cursor_put_u16(out, (uint16_t)(0xc000 | place->owner));
	else
		cursor_put_bytes(out, place->name);
	cursor_put_u16(out, type);
	cursor_put_u16(out, RRSET_CLASS_IN);
	cursor_put_u32(out, ttl);
	size_t at = out->at;
	cursor_put_u16(out, 0);
	return at;
}

void rrset_put_length(struct cursor_out *out, size_t length_at)
{
	if (out->bad)
		return;
	size_t n = out->at - length_at - 2;
	out->p[length_at] = (uint8_t)(n >> 8);
	out->p[length_at + 1] = (uint8_t)n;
}

/* Writes a name, its end as a pointer to the zone's name when it lies in the zone. */
static void rrset__put_name(struct cursor_out *out, struct slice name, const struct rrset_place *place)
{
	size_t n = place->zone.n;

	if (place->apex < DNS_MSG_POINTER_END && n > 1 && name.n >= n &&
	    slice_eq_nocase(slice_from(name, name.n - n), place->zone)) {
		/* Equal bytes at the end are equal labels only when a label begins there. */
		size_t at = 0;
		while (at < name.n - n)
			at += 1 + (size_t)(uint8_t)name.p[at];
		if (at == name.n - n) {
			cursor_put_bytes(out, slice_first(name, at));
			cursor_put_u16(out, (uint16_t)(0xc000 | place->apex));
			return;
		}
	}
	cursor_put_bytes(out, name);
}

static void rrset__put_data(struct cursor_out *out, uint16_t type, struct slice data, const struct rrset_place *place,
			    struct rrset_targets *targets)
{
	struct rdata_names names;
	size_t done = 0;

	rdata_names_find(type, data, &names);
	for (size_t i = 0; i < names.n && names.compress; i++) {
		cursor_put_bytes(out, slice_of(data.p + done, names.at[i] - done));
		if (targets && i == 0 && targets->n < RRSET_TARGETS_MAX)
			targets->at[targets->n++] = out->at;
		rrset__put_name(out, slice_of(data.p + names.at[i], names.len[i]), place);
		done = names.at[i] + names.len[i];
	}
	cursor_put_bytes(out, slice_from(data, done));
}

void rrset_put(struct cursor_out *out, const struct rrset *set, const struct rrset_place *place,
	       struct rrset_targets *targets)
{
	struct slice data;

	for (size_t at = 0; rrset_next(set, &at, &data);) {
		size_t length_at = rrset_put_head(out, place, set->type, set->ttl);
		rrset__put_data(out, set->type, data, place, targets);
		rrset_put_length(out, length_at);
	}
}
