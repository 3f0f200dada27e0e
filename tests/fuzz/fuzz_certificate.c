/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_certificate: plan items of kind certificate, with the X.509 in them; and a pair as somebody uploads it: chain
 * and key with a NUL between. What is taken has hosts, a type and an order of dates; what is refused has a reason.
 */
#include "fuzz.h"

#include "base/mem.h"
#include "tls/tls_cert.h"
#include "tls/tls_pair.h"

static void check_item(struct slice json)
{
	struct limits limits;
	struct diag d;
	void *object;

	limits_init(&limits);
	diag_init(&d);
	if (tls_cert_kind.build(json, 1, &limits, &object, &d) != OK) {
		FUZZ_CHECK(d.code != OK && d.text[0]);
		return;
	}
	const struct tls_cert *c = object;
	FUZZ_CHECK(c->item->hosts_n >= 1 && c->item->hosts_n <= CERTIFICATE_HOSTS_MAX);
	FUZZ_CHECK(c->item->name.n >= 1 && c->item->name.n <= CERTIFICATE_NAME_MAX);
	FUZZ_CHECK(c->type < TLS_KEY_TYPES && c->item->priority <= CERTIFICATE_PRIORITY_MAX);
	for (size_t i = 0; i < c->item->hosts_n; i++)
		FUZZ_CHECK(c->item->hosts[i].n && c->item->hosts[i].n <= 255);
	tls_cert_kind.drop(object);
}

static void check_pair(struct slice chain, struct slice key)
{
	struct tls_pair_leaf *leaf = mem_alloc(sizeof *leaf);
	struct buf der;
	struct diag d;

	diag_init(&d);
	buf_init(&der, SEAL_SECRET_BYTES_MAX);
	if (tls_pair_open(chain, key, 0, leaf, &der, &d) == OK) {
		FUZZ_CHECK(leaf->hosts_n >= 1 && leaf->until_s > 0 && buf_len(&der) > 0);
		for (size_t i = 0; i < leaf->hosts_n; i++)
			FUZZ_CHECK(leaf->hosts[i][0] && leaf->hosts[i][0] != '.');
	} else {
		FUZZ_CHECK(d.code == OK || d.text[0]);
		FUZZ_CHECK(leaf->hosts_n == 0);
	}
	buf_fini(&der);
	mem_free(leaf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice all = slice_of(data, n);
	size_t at = slice_find(all, '\0');

	check_item(all);
	check_pair(slice_first(all, at == SIZE_MAX ? n : at), slice_from(all, at == SIZE_MAX ? n : at + 1));
	return 0;
}
