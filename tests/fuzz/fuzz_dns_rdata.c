/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_dns_rdata: two bytes choose a type; the rest is read as text and as wire. What is taken prints, and what is
 * printed reads back to the same bytes.
 */
#include "fuzz.h"
#include "wire/dns_rdata.h"

static const uint16_t types[] = {
#define DNS_TYPE(name, number, format) number,
#include "wire/dns_type.def"
#undef DNS_TYPE
	731
};

static uint8_t wire[DNS_RDATA_BYTES + 1], again[DNS_RDATA_BYTES + 1];
static char text[DNS_RDATA_BYTES * 8];

/* Every well-formed wire prints as text that reads back to it, with any origin. */
static void round_trip(uint16_t type, struct slice rdata)
{
	static const struct dns_name origin = { 3, "\1o" };
	struct text t = text_of(text, sizeof(text));
	struct cursor_out out = cursor_out_of(again, sizeof(again));

	FUZZ_CHECK(dns_rdata_print(type, rdata, &t) == OK && !t.bad);
	FUZZ_CHECK(dns_rdata_parse(text_slice(&t), type, &origin, &out, NULL) == OK);
	FUZZ_CHECK(slice_eq(slice_of(again, out.at), rdata));
	t = text_of(text, sizeof(text));
	out = cursor_out_of(again, sizeof(again));
	dns_rdata_print_generic(rdata, &t);
	FUZZ_CHECK(dns_rdata_parse(text_slice(&t), type, &origin, &out, NULL) == OK);
	FUZZ_CHECK(slice_eq(slice_of(again, out.at), rdata));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct cursor_out out = cursor_out_of(wire, sizeof(wire));
	struct slice in = slice_of(data, n);
	struct diag d;
	uint16_t type;

	if (n < 1)
		return 0;
	type = types[data[0] % (sizeof(types) / sizeof(types[0]))];
	in = slice_from(in, 1);
	diag_init(&d);
	if (dns_rdata_parse(in, type, &dns_name_root, &out, &d) == OK) {
		FUZZ_CHECK(d.code == OK && out.at <= DNS_RDATA_BYTES);
		FUZZ_CHECK(dns_rdata_check(type, slice_of(wire, out.at)) == OK);
		round_trip(type, slice_of(wire, out.at));
	} else {
		FUZZ_CHECK(d.code != OK && d.text[0] && d.where[0]);
	}
	/* The wire side: not every well-formed wire has a text (mandatory keys that are missing), but all that has one
	 * prints to a form that is stable. */
	if (n > 1 && dns_rdata_check(type, in) == OK && type != DNS_TYPE_SVCB && type != DNS_TYPE_HTTPS)
		round_trip(type, in);
	return 0;
}
