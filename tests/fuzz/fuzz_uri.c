/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_uri: hosts, and the parts of a path. */
#include "fuzz.h"
#include "wire/uri.h"
#include "wire/uri_normal.h"

#include "base/text.h"

static void check_host(struct slice in)
{
	struct uri_host host, again;
	char lower[512], out[600];
	struct text t = text_of(out, sizeof out);

	if (uri_host_parse(in, &host) != OK)
		return;
	FUZZ_CHECK(host.name.n > 0 && host.name.n <= 254 && fuzz_inside(in, host.name));
	FUZZ_CHECK(host.port <= 65535);
	bool v6 = in.p[0] == '[';
	FUZZ_CHECK(!v6 || host.is_ip);
	for (size_t i = 0; i < host.name.n; i++)
		FUZZ_CHECK((uint8_t)host.name.p[i] > 0x20 && (uint8_t)host.name.p[i] < 0x7f);

	/* The canonical form is the same host, and canonical already. */
	struct slice canonical = uri_host_canonical(host.name, lower);
	FUZZ_CHECK(canonical.n > 0 && canonical.n <= host.name.n);
	if (v6)
		text_byte(&t, '[');
	text_add(&t, canonical);
	if (v6)
		text_byte(&t, ']');
	if (host.port) {
		text_byte(&t, ':');
		text_u64(&t, host.port);
	}
	FUZZ_CHECK(!t.bad && uri_host_parse(text_slice(&t), &again) == OK);
	FUZZ_CHECK(slice_eq(again.name, canonical) && again.port == host.port && again.is_ip == host.is_ip);
	FUZZ_CHECK(slice_eq(uri_host_canonical(again.name, out), slice_of(lower, canonical.n)));
}

/* Never longer, the same query, no segment that goes up, and itself when nothing is needed. */
static void check_normal(struct slice in)
{
	char *out = malloc(in.n + 1);
	struct slice normal = uri_normal_path(in, out), path = uri_path(normal);

	FUZZ_CHECK(normal.n <= in.n && slice_eq(uri_query(in), uri_query(normal)));
	FUZZ_CHECK(uri_normal_needed(in) || slice_eq(in, normal));
	if (path.n && path.p[0] == '/') {
		FUZZ_CHECK(!slice_contains(path, SLICE("//")) && !slice_contains(path, SLICE("/../")));
		FUZZ_CHECK(!slice_contains(path, SLICE("/./")) && !slice_ends(path, SLICE("/..")));
	}
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice in = slice_of(data, n);

	check_host(in);
	check_normal(in);
	struct slice path = uri_path(in), query = uri_query(in), extension = uri_extension(path);
	FUZZ_CHECK(path.n + (query.p ? query.n + 1 : 0) == n);
	FUZZ_CHECK(slice_find(path, '?') == SIZE_MAX && fuzz_inside(in, path) && fuzz_inside(in, query));
	FUZZ_CHECK(fuzz_inside(path, extension) && slice_ends(path, extension));
	FUZZ_CHECK(slice_find(extension, '/') == SIZE_MAX && slice_find(extension, '.') == SIZE_MAX);
	return 0;
}
