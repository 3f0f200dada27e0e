/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_transform: every transformation stays within its bound, and changes nothing that it says it does not. */
#include "fuzz.h"
#include "waf/transform.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice in = slice_of(data, n);

	for (int t = 0; t < TRANSFORM_COUNT; t++) {
		size_t bound = transform_bound((enum transform)t, n);
		char *out = malloc(bound ? bound : 1);
		size_t got = transform_apply((enum transform)t, in, out);
		FUZZ_CHECK(got <= bound);
		FUZZ_CHECK(transform_may_change((enum transform)t, in) || slice_eq(in, slice_of(out, got)));
		free(out);
	}
	return 0;
}
