/* SPDX-License-Identifier: Apache-2.0 */
/* record_file: a zone's records from and to a master file, in the dialect of Cloudflare's import and export. */
#ifndef STATE_RECORD_FILE_H
#define STATE_RECORD_FILE_H

#include "base/buf.h"
#include "state/record_input.h"

/* How a file is to be taken. */
struct state_record_file_how {
	const struct state_record_rules *rules;
	bool proxied; /* A, AAAA and CNAME records that do not say it themselves become proxied */
};

/* What came of it. */
struct state_record_file_result {
	int64_t added, parsed; /* parsed: all records of the file; those that exist already and SOA are not added */
	json_t *warnings;      /* texts; the caller's reference */
};

/*
 * Adds every record of a master file, or none: the caller rolls back after a failure. SOA and NS records of the zone's
 * own name are passed over (they are the edge's), as are records that exist already.
 * errors: ERR_PLAN with "line L" in the text of `why`, as store_done.
 */
enum err state_record_file_read(struct state *st, const struct state_zone *z, const struct state_record_file_how *how,
				struct slice text, struct state_record_file_result *ret,
				struct state_refusal *why) MUST_USE;
/*
 * Appends the zone as a master file: SOA and NS of the given name servers, then every record by type, with comment,
 * tags and proxied in the notes. errors: ERR_QUEUE_FULL (out's bound), as store_done.
 */
enum err state_record_file_write(struct state *st, const struct state_zone *z, const json_t *nameservers,
				 struct buf *out) MUST_USE;

#endif
