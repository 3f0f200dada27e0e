/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_resolve: any bytes as the answer of another name server. */
#include "control/resolve_read.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const uint16_t types[] = { 1, 28, 2 };
	static const struct dns_name name = { 8, "\1a\4test" };
	struct resolve_answer a;

	if (n < 1)
		return 0;
	resolve_read(slice_of(data + 1, n - 1), &name, types[(data[0] >> 1) % 3], data[0] & 1, &a);
	FUZZ_CHECK((a.status == RESOLVE_FAILED) == (a.reason != NULL));
	FUZZ_CHECK((a.status == RESOLVE_OK) == (a.ips_n + a.names_n > 0));
	FUZZ_CHECK(a.ips_n <= RESOLVE_IPS_MAX && a.names_n <= RESOLVE_NAMES_MAX);
	FUZZ_CHECK(a.status == RESOLVE_FAILED || a.ttl <= INT32_MAX);
	for (size_t i = 0; i < a.names_n; i++)
		FUZZ_CHECK(memchr(a.names[i], 0, RESOLVE_NAME_BYTES));
	return 0;
}
