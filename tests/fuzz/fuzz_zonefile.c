/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_zonefile: any bytes as a master file. Records are bounded in number; each has data of its type, and written as a
 * line of its own it reads back the same. A refusal has a place and a reason.
 */
#include "fuzz.h"
#include "wire/zonefile.h"
#include "wire/zonefile_notes.h"

static struct zonefile z, line_reader;
static char line[DNS_RDATA_BYTES * 4 + 8192];

static void read_again(const struct zonefile_record *r)
{
	struct text t = text_of(line, sizeof(line));
	struct zonefile_record again;

	dns_name_print(&r->owner, &t);
	text_printf(&t, "\t%u\tIN\t", r->ttl);
	dns_type_print(r->type, &t);
	text_byte(&t, '\t');
	FUZZ_CHECK(dns_rdata_print(r->type, r->rdata, &t) == OK);
	FUZZ_CHECK(!t.bad);
	zonefile_init(&line_reader, text_slice(&t), &dns_name_root);
	FUZZ_CHECK(zonefile_next(&line_reader, &again, NULL) == OK && !line_reader.done);
	FUZZ_CHECK(dns_name_eq(&again.owner, &r->owner) && again.type == r->type && again.ttl == r->ttl);
	FUZZ_CHECK(slice_eq(again.rdata, r->rdata));
	FUZZ_CHECK(zonefile_next(&line_reader, &again, NULL) == OK && line_reader.done);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct dns_name origin = { 6, "\4test" };
	struct zonefile_record r;
	size_t count = 0;
	struct diag d;
	enum err e;

	diag_init(&d);
	zonefile_init(&z, slice_of(data, n), &origin);
	while ((e = zonefile_next(&z, &r, &d)) == OK && !z.done) {
		struct zonefile_notes notes;
		char tag[64];
		size_t len;

		FUZZ_CHECK(++count <= n + ZONEFILE_GENERATE_MAX);
		FUZZ_CHECK(fuzz_inside(slice_of(data, n), r.comment) || z.generate.line);
		if (count < 64)
			read_again(&r);
		zonefile_notes_read(r.comment, &notes);
		while (zonefile_notes_tag(&notes.tags, tag, sizeof(tag), &len))
			FUZZ_CHECK(len > 0 && len <= sizeof(tag));
		if (count > 4096)
			return 0;
	}
	FUZZ_CHECK((e == OK) == (d.code == OK));
	FUZZ_CHECK(e == OK || (d.where[0] && d.text[0]));
	return 0;
}
