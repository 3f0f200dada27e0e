/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_dns_rr: a DNS message of another server. Records lie inside it, reading ends, written-out names are names. */
#include "fuzz.h"
#include "wire/dns_rr.h"
#include "wire/dns_tsig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static uint8_t room[DNS_RR_RDATA_BYTES];
	struct slice in = slice_of(data, n);
	struct dns_rr_reader r;
	struct dns_name name;
	struct dns_rr rr;
	uint16_t type, klass;
	size_t at;

	if (dns_rr_begin(in, &r) != OK)
		return 0;
	for (unsigned i = 0; i < r.head.questions; i++)
		if (dns_rr_question(&r, &name, &type, &klass) != OK)
			return 0;
	for (;;) {
		size_t before = r.at;
		if (dns_rr_next(&r, cursor_out_of(room, sizeof room), &rr) != OK)
			break;
		FUZZ_CHECK(rr.at == before && rr.end == r.at && rr.end > before && rr.end <= n);
		FUZZ_CHECK(rr.name.n > 0 && rr.name.w[rr.name.n - 1] == 0);
		FUZZ_CHECK(rr.rdata.n <= sizeof room);
	}
	if (dns_tsig_find(in, &at) == OK && at) {
		struct dns_tsig_key key = { .name = { 1, { 0 } }, .secret_n = 16 };
		struct dns_tsig t = { .key = &key };
		FUZZ_CHECK(at < n);
		(void)dns_tsig_verify(&t, in, at, 0);
	}
	return 0;
}
