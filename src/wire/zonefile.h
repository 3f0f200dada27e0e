/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zonefile: master files (RFC 1035 5.1) as a stream of records: $ORIGIN, $TTL (RFC 2308 4), $GENERATE (bounded), names
 * and owners left out, parentheses, quotes, escapes. $INCLUDE is refused: a file from outside must not read another.
 * Pure; nothing is allocated.
 */
#ifndef WIRE_ZONEFILE_H
#define WIRE_ZONEFILE_H

#include "wire/dns_rdata.h"

enum {
	ZONEFILE_GENERATE_MAX = 65536, /* records that all $GENERATE of one file may make */
	ZONEFILE_LINE_BYTES = 4096,    /* one line that $GENERATE makes */
};

/* A record as read. Slices are borrowed: rdata until the next call, comment from the text. */
struct zonefile_record {
	struct dns_name owner;
	uint16_t type;
	bool has_ttl; /* false: neither the record, nor $TTL, nor a record before it, nor a SOA gives one */
	uint32_t ttl;
	struct slice rdata; /* wire form */
	uint32_t line;
	struct slice comment; /* the last one of its entry, p NULL: none */
};

/* A reader. Private but for `done`. About 70 KiB: keep it off small stacks. */
struct zonefile {
	struct dns_lex lex;
	struct dns_name origin, owner;
	bool has_owner, has_ttl, has_default_ttl, done;
	uint32_t ttl, default_ttl;
	struct {
		struct slice owner, rest; /* templates */
		uint64_t at, stop, step;
		uint32_t line;
		bool on;
	} generate;
	size_t generated;
	char line[ZONEFILE_LINE_BYTES];
	uint8_t rdata[DNS_RDATA_BYTES];
};

/* A reader at the start of `text`, which it borrows; names are relative to `origin` until $ORIGIN says otherwise. */
void zonefile_init(struct zonefile *z, struct slice text, const struct dns_name *origin);
/*
 * The next record; at the end z->done is set and ret is untouched.
 * errors: ERR_SYNTAX, ERR_RANGE; d says "line L, column C" and what to do. The reader stays usable only for its line
 * number: after an error the file is refused as a whole.
 */
enum err zonefile_next(struct zonefile *z, struct zonefile_record *ret, struct diag *d) MUST_USE;

#endif
