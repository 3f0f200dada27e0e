/* SPDX-License-Identifier: Apache-2.0 */
/* zone_ciphers: see zone_ciphers.h. */
#include "model/zone_ciphers.h"

#include "base/check.h"

static const char zone_ciphers__member[] = "ciphers";

bool zone_ciphers_is_known(struct slice name)
{
	/* ssl/edge-certificates/additional-options/cipher-suites/supported-cipher-suites */
	static const char *const known[] = {
		"ECDHE-ECDSA-AES128-GCM-SHA256",
		"ECDHE-ECDSA-CHACHA20-POLY1305",
		"ECDHE-ECDSA-AES256-GCM-SHA384",
		"ECDHE-RSA-AES128-GCM-SHA256",
		"ECDHE-RSA-CHACHA20-POLY1305",
		"ECDHE-RSA-AES256-GCM-SHA384",
		"ECDHE-ECDSA-AES128-SHA256",
		"ECDHE-ECDSA-AES128-SHA",
		"ECDHE-ECDSA-AES256-SHA384",
		"ECDHE-RSA-AES128-SHA256",
		"ECDHE-RSA-AES128-SHA",
		"ECDHE-RSA-AES256-SHA384",
		"ECDHE-RSA-AES256-SHA",
		"AES128-GCM-SHA256",
		"AES128-SHA256",
		"AES128-SHA",
		"AES256-GCM-SHA384",
		"AES256-SHA256",
		"AES256-SHA",
	};

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (slice_eq(name, slice_str(known[i])))
			return true;
	return false;
}

size_t zone_ciphers_bytes(const json_t *root)
{
	const json_t *list = json_object_get(root, zone_ciphers__member);
	size_t bytes = 0;

	for (size_t i = 0; i < json_array_size(list); i++)
		bytes += json_string_length(json_array_get(list, i)) + 1;
	return bytes;
}

enum err zone_ciphers_read(struct json_read *r, const json_t *root, struct text *memory, struct slice *ret)
{
	const json_t *list = json_object_get(root, zone_ciphers__member);
	size_t mark = json_read_in(r, zone_ciphers__member), at = memory->n, n = json_array_size(list);

	for (size_t i = 0; i < n; i++) {
		struct slice name = json_read_string(json_array_get(list, i));
		size_t inner = json_read_in_index(r, i);
		if (!json_is_string(json_array_get(list, i)) || !zone_ciphers_is_known(name))
			return json_read_fail(r, "\"%.*s\" is no cipher suite of TLS 1.2 that is offered here",
					      SLICE_ARG(slice_first(name, 80)));
		text_add(memory, name);
		text_byte(memory, i + 1 < n ? ':' : '\0');
		json_read_out(r, inner);
	}
	CHECK(!memory->bad);
	*ret = n ? slice_of(memory->p + at, memory->n - at - 1) : slice_of(NULL, 0);
	json_read_out(r, mark);
	return OK;
}
