/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_multipart: the first line is the Content-Type, the rest the body. Parts lie inside the body, in order, apart. */
#include "fuzz.h"
#include "wire/multipart.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice body = slice_of(data, n), type = slice_split(&body, '\n');
	const char *behind = body.p;
	struct multipart_part part;
	struct multipart m;
	enum err e;

	if (multipart_init(&m, type, body) != OK)
		return 0;
	FUZZ_CHECK(m.boundary.n > 0 && m.boundary.n <= MULTIPART_BOUNDARY_BYTES);
	while ((e = multipart_next(&m, &part)) == OK) {
		FUZZ_CHECK(fuzz_inside(body, part.name) && fuzz_inside(body, part.filename));
		FUZZ_CHECK(fuzz_inside(body, part.content_type) && fuzz_inside(body, part.body));
		FUZZ_CHECK(part.body.p >= behind);
		behind = part.body.p + part.body.n + 1;
	}
	FUZZ_CHECK(e == ERR_CLOSED || e == ERR_SYNTAX);
	return 0;
}
