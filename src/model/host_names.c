/* SPDX-License-Identifier: Apache-2.0 */
/* host_names: see host_names.h. */
#include "model/host_names.h"

#include "base/check.h"
#include "wire/uri.h"

enum { HOST_NAMES__HOST_BYTES = 256 };

static const char host_names__member[] = "hosts";

size_t host_names_bytes(const json_t *root, size_t *ret_n)
{
	const json_t *hosts = json_object_get(root, host_names__member);
	size_t bytes = 0;

	*ret_n = json_array_size(hosts);
	for (size_t i = 0; i < *ret_n; i++)
		bytes += json_string_length(json_array_get(hosts, i));
	return bytes;
}

static enum err host_names__one(struct json_read *r, const json_t *v, struct text *memory, struct slice *ret)
{
	struct slice s = json_read_string(v);
	size_t star = slice_starts(s, SLICE("*.")) ? 2 : 0, at = memory->n;
	char canonical[HOST_NAMES__HOST_BYTES];
	struct uri_host host;

	if (!json_is_string(v) || uri_host_parse(slice_from(s, star), &host) != OK || host.is_ip ||
	    host.name.n != s.n - star || host.name.n >= sizeof canonical)
		return json_read_fail(r, "is no host name, or \"*.\" and one");
	text_add(memory, slice_first(s, star));
	text_add(memory, uri_host_canonical(host.name, canonical));
	*ret = slice_of(memory->p + at, memory->n - at);
	return OK;
}

enum err host_names_read(struct json_read *r, const json_t *root, struct text *memory, struct slice *ret)
{
	const json_t *hosts = json_object_get(root, host_names__member);
	size_t mark = json_read_in(r, host_names__member), n = json_array_size(hosts);

	if (n == 0 || n > HOST_NAMES_MAX)
		return json_read_fail(r, "must hold 1 to %d names", HOST_NAMES_MAX);
	for (size_t i = 0; i < n; i++) {
		size_t inner = json_read_in_index(r, i);
		TRY(host_names__one(r, json_array_get(hosts, i), memory, &ret[i]));
		json_read_out(r, inner);
	}
	CHECK(!memory->bad);
	json_read_out(r, mark);
	return OK;
}
