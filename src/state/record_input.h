/* SPDX-License-Identifier: Apache-2.0 */
/* record_input: the body of a create or change as a judged record: each member checked, nothing looked up. */
#ifndef STATE_RECORD_INPUT_H
#define STATE_RECORD_INPUT_H

#include "base/ip.h"
#include "state/record.h"

/* What this node asks of records beyond their form. Borrowed. */
struct state_record_rules {
	bool allow_private; /* proxied records may point to loopback and private addresses ([origin] allow_private) */
	const struct ip *edge; /* addresses of this edge: a proxied record to one of them would be a loop */
	size_t edge_n;
};

/*
 * Judges a whole body (POST, PUT; for PATCH what state_record_input_merge gives). r must be initialised; on success it
 * holds all but id and dates, and perhaps a warning. errors: ERR_PLAN with code, pointer and reason in `why`.
 */
enum err state_record_input_read(const struct state_zone *z, const struct state_record_rules *rules, const json_t *body,
				 struct state_record *r, struct state_refusal *why) MUST_USE;
/* The body of `old` with the members of a patch laid over it; the caller's reference. */
json_t *state_record_input_merge(const struct state_record *old, json_t *patch);
/*
 * A name of a body as the zone has it: "@", relative, whole, with or without a final dot, Unicode.
 * errors: ERR_SYNTAX.
 */
enum err state_record_input_name(const struct state_zone *z, struct slice name,
				 char ret[static STATE_NAME_BYTES]) MUST_USE;
/* Loopback, private, link-local, shared, multicast and unspecified addresses: nothing of the public network. */
bool state_record_input_private(const struct ip *ip);

#endif
