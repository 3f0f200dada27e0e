/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_date: HTTP dates. */
#include "fuzz.h"
#include "wire/date.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice in = slice_of(data, n);
	struct fuzz_rng r = fuzz_rng_of(data, n);
	int64_t now = (int64_t)fuzz_below(&r, 4000000000u), s, again;
	char out[DATE_BYTES];

	if (date_parse(in, now, &s) != OK)
		return 0;
	/* asctime is 24 bytes, the longest form has Wednesday. */
	FUZZ_CHECK(n >= 24 && n <= 33);
	for (size_t cut = 0; cut < n; cut++)
		FUZZ_CHECK(date_parse(slice_first(in, cut), now, &again) == ERR_SYNTAX);
	if (s < 0)
		return 0;
	date_print(s, out);
	FUZZ_CHECK(date_parse(slice_of(out, DATE_BYTES), now, &again) == OK && again == s);
	/* IMF-fixdate comes back byte for byte but for the weekday and a leap second. */
	if (n == DATE_BYTES && in.p[3] == ',' && in.p[7] == ' ')
		FUZZ_CHECK(memcmp(in.p + 5, out + 5, 18) == 0);
	return 0;
}
