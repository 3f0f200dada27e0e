/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_detect: the detectors end, stay inside the value, and a fingerprint says guilty. */
#include "fuzz.h"
#include "waf/html.h"
#include "waf/sqli.h"
#include "waf/xss.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice in = slice_of(data, n);
	char fingerprint[SQLI_FINGERPRINT_BYTES];
	struct html h;

	bool guilty = sqli_detect(in, fingerprint, NULL);
	FUZZ_CHECK(guilty == (fingerprint[0] != 0) && strlen(fingerprint) <= 5);
	(void)xss_detect(in);
	for (int context = 0; context < HTML_CONTEXTS; context++) {
		size_t tokens = 0;
		html_init(&h, in, (enum html_context)context);
		while (html_next(&h)) {
			FUZZ_CHECK(fuzz_inside(in, h.token));
			FUZZ_CHECK(++tokens <= 2 * n + 4);
		}
	}
	return 0;
}
