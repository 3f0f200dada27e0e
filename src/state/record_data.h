/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_data: the two faces of a record's value in the API, `content` and the members of `data`, and its wire form.
 * One table says which members each type has, in the order of the text form.
 */
#ifndef STATE_RECORD_DATA_H
#define STATE_RECORD_DATA_H

#include "state/record.h"

/* Whether the API takes this type. */
bool state_record_data_knows(uint16_t type);
/* Whether records of this type may be proxied: A, AAAA, CNAME. */
bool state_record_data_proxiable(uint16_t type);
/*
 * Reads content, data and priority of a body into r (content, plain, rdata, data, priority), whose type is set.
 * errors: ERR_PLAN with the code of the type (9005, 9006, 9007 …) in `why`.
 */
enum err state_record_data_read(const json_t *body, struct state_record *r, struct state_refusal *why) MUST_USE;
/*
 * Sets content, data and priority of r from its wire form (import, transfer). errors: ERR_PLAN.
 */
enum err state_record_data_from_wire(struct slice rdata, struct state_record *r, struct state_refusal *why) MUST_USE;
/* The host name that the record points to (CNAME, MX, NS, PTR, SRV …) in ASCII without final dot into ret; false: none.
 */
bool state_record_data_target(const struct state_record *r, char ret[static STATE_NAME_BYTES]);

#endif
