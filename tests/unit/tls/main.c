/* SPDX-License-Identifier: Apache-2.0 */
/* unit-tls: the tests of src/tls, one group per file. */
#include "test_tls.h"

#include "base/text.h"

#include <stdio.h>

const struct seal *the_seal(void)
{
	static struct seal s;
	static const uint8_t key[SEAL_KEY_BYTES] = { 7 };

	seal_init(&s, key);
	return &s;
}

struct tls_ca *the_ca(void)
{
	static struct tls_ca *ca;

	if (!ca)
		assert_int_equal(tls_ca_make("test", NOW_S, &ca), OK);
	return ca;
}

static void add_json(struct buf *json, struct slice s)
{
	static char memory[65536];
	struct text t = text_of(memory, sizeof memory);

	text_json(&t, s);
	assert_true(buf_add(json, text_slice(&t)));
}

void make_item(const struct wanted *w, struct buf *json)
{
	struct slice hosts[4];
	struct buf chain, key, sealed;
	char purpose[300];
	size_t n = 0;

	for (; n < 4 && w->hosts[n]; n++)
		hosts[n] = slice_str(w->hosts[n]);
	buf_init(&chain, 65536);
	buf_init(&key, 65536);
	buf_init(&sealed, 65536);
	buf_init(json, 1 << 20);
	const struct tls_ca_order o = { hosts, n, w->now_s ? w->now_s : NOW_S, w->days ? w->days : 90, false };
	assert_int_equal(tls_ca_issue(the_ca(), &o, &chain, &key), OK);
	snprintf(purpose, sizeof purpose, "certificate %s", w->seal_for ? w->seal_for : w->name);
	assert_int_equal(seal_close(the_seal(), slice_str(purpose), buf_slice(&key), &sealed), OK);
	buf_printf(json, "{\"kind\":\"certificate\",\"name\":\"%s\",\"priority\":%u,\"hosts\":[", w->name, w->priority);
	for (size_t i = 0; i < n; i++)
		buf_printf(json, "%s\"%s\"", i ? "," : "", w->hosts[i]);
	buf_printf(json, "],\"chain\":");
	add_json(json, buf_slice(&chain));
	buf_printf(json, ",\"key\":");
	add_json(json, buf_slice(&sealed));
	buf_printf(json, "}");
	buf_fini(&chain);
	seal_wipe_buf(&key);
	buf_fini(&sealed);
}

struct tls_cert *make_cert(const struct wanted *w)
{
	struct limits limits;
	struct buf json;
	struct diag d;
	void *object = NULL;

	limits_init(&limits);
	diag_init(&d);
	make_item(w, &json);
	assert_int_equal(tls_cert_kind.build(buf_slice(&json), 1, &limits, &object, &d), OK);
	buf_fini(&json);
	return object;
}

int main(void)
{
	int failed = test_ca() + test_csr() + test_certs() + test_client() + test_tickets() + test_pair() +
		     test_pair_open() + test_fingerprint() + test_strikes() + test_server();

	tls_ca_free(the_ca());
	return failed;
}
