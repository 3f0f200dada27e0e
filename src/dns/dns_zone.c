/* SPDX-License-Identifier: Apache-2.0 */
/* dns_zone: see dns_zone.h. What a zone is after it was built; building is dns_zone_build.c. */
#include "dns/dns_zone.h"

#include "base/check.h"
#include "base/mem.h"

#include <stdatomic.h>
#include <stdio.h>

const struct dns_slot *dns_zone_slot(const struct dns_node *node, uint16_t type)
{
	size_t from = 0, to = node->slots_n;

	while (from < to) {
		size_t mid = (from + to) / 2;
		uint16_t t = node->slots[mid].set->type;
		if (t == type)
			return &node->slots[mid];
		if (t < type)
			from = mid + 1;
		else
			to = mid;
	}
	return NULL;
}

struct dns_zone *dns_zone_ref(struct dns_zone *z)
{
	OBJ(z, OBJ_DNS_ZONE);
	atomic_fetch_add(&z->refs, 1);
	return z;
}

struct slice dns_zone_transfer_purpose(char out[static DNS_KEY_PURPOSE_BYTES * 2], struct slice zone, struct slice key)
{
	struct text t = text_of(out, DNS_KEY_PURPOSE_BYTES * 2);

	text_add(&t, SLICE("transfer "));
	text_add(&t, slice_first(zone, 255));
	text_byte(&t, ' ');
	text_add(&t, slice_first(key, 255));
	return text_slice(&t);
}

static enum err dns_zone__open_transfer(struct dns_zone *z, size_t i, const struct seal *seal, struct diag *d)
{
	struct dns_zone_transfer_key *k = &z->transfer_keys[i];
	char purpose[DNS_KEY_PURPOSE_BYTES * 2], name[DNS_NAME_TEXT_BYTES], where[48];
	struct text t = text_of(name, sizeof name);
	struct buf secret;

	dns_name_print_bare(&k->key.name, &t);
	buf_init(&secret, SEAL_SECRET_BYTES_MAX);
	enum err e = seal_open(seal, dns_zone_transfer_purpose(purpose, z->name, text_slice(&t)), slice_str(k->sealed),
			       &secret);
	if (e == OK && (buf_len(&secret) < 16 || buf_len(&secret) > DNS_TSIG_SECRET_BYTES_MAX))
		e = ERR_RANGE;
	if (e == OK) {
		memcpy(k->key.secret, buf_slice(&secret).p, buf_len(&secret));
		k->key.secret_n = buf_len(&secret);
	}
	seal_wipe_buf(&secret);
	if (e == OK)
		return OK;
	snprintf(where, sizeof where, "transfer_keys[%zu].secret", i);
	return diag_set(d, ERR_PLAN, where, "cannot be used: %s", err_text(e));
}

enum err dns_zone_open_keys(struct dns_zone *z, const struct seal *seal, struct diag *d)
{
	char where[48];

	OBJ(z, OBJ_DNS_ZONE);
	for (size_t i = 0; i < z->keys_n; i++) {
		enum err e = dns_key_open(&z->keys[i], seal, z->name, d);
		if (e == OK)
			continue;
		snprintf(where, sizeof where, "dnssec.keys[%zu].private", i);
		diag_within(d, where, ": ");
		return e;
	}
	for (size_t i = 0; i < z->transfer_keys_n; i++)
		TRY(dns_zone__open_transfer(z, i, seal, d));
	return OK;
}

void dns_zone_free(struct dns_zone *z)
{
	if (!z)
		return;
	OBJ(z, OBJ_DNS_ZONE);
	if (atomic_fetch_sub(&z->refs, 1) > 1)
		return;
	for (size_t i = 0; i < z->keys_n; i++)
		dns_key_fini(&z->keys[i]);
	for (size_t i = 0; i < z->transfer_keys_n; i++) {
		crypto_wipe(z->transfer_keys[i].key.secret, sizeof z->transfer_keys[i].key.secret);
		mem_free(z->transfer_keys[i].sealed);
	}
	map_fini(&z->nodes);
	arena_reset(&z->arena);
	z->magic = OBJ_FREED;
	mem_free(z);
}
