/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_client_hello: the first message of a TLS handshake, and the texts of its fingerprints. */
#include "fuzz.h"
#include "wire/client_hello.h"

#include <string.h>

static void check_list(struct slice in, const struct client_hello_list *l)
{
	FUZZ_CHECK(l->n <= CLIENT_HELLO_LIST_MAX && fuzz_inside(in, slice_of(l->p, 2 * l->n)));
}

static void check_accepted(struct slice in, const struct client_hello *h)
{
	char ja3[CLIENT_HELLO_JA3_BYTES], list[CLIENT_HELLO_LIST_BYTES], ja4[CLIENT_HELLO_JA4_BYTES];
	struct text t = text_of(ja3, sizeof ja3);

	FUZZ_CHECK(h->extensions_n <= CLIENT_HELLO_LIST_MAX);
	check_list(in, &h->ciphers);
	check_list(in, &h->groups);
	check_list(in, &h->signatures);
	check_list(in, &h->versions);
	FUZZ_CHECK(fuzz_inside(in, h->formats) && fuzz_inside(in, h->alpn) && fuzz_inside(in, h->host));
	FUZZ_CHECK(h->host.n == 0 || h->has_host);
	/* The rooms that the header promises are enough, whatever is in the message. */
	client_hello_ja3(h, &t);
	FUZZ_CHECK(!t.bad);
	t = text_of(ja4, sizeof ja4);
	client_hello_ja4(h, &t);
	FUZZ_CHECK(!t.bad && t.n == 10);
	t = text_of(list, sizeof list);
	client_hello_ja4_ciphers(h, &t);
	FUZZ_CHECK(!t.bad && (t.n == 0 || t.n % 5 == 4));
	t = text_of(list, sizeof list);
	client_hello_ja4_extensions(h, &t);
	FUZZ_CHECK(!t.bad);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice in = slice_of(data, n);
	struct fuzz_rng r = fuzz_rng_of(data, n);
	struct client_hello h;

	if (client_hello_parse(in, &h) != OK)
		return 0;
	check_accepted(in, &h);
	/* The message says how long it is: no part of it is one. */
	size_t part = fuzz_below(&r, n);
	char *copy = malloc(part ? part : 1);
	memcpy(copy, data, part);
	FUZZ_CHECK(client_hello_parse(slice_of(copy, part), &h) != OK);
	free(copy);
	return 0;
}
