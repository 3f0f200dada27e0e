/* SPDX-License-Identifier: Apache-2.0 */
/* resolve_read: what a message of another name server answers to one question. Pure, for tests and fuzzing. */
#ifndef CONTROL_RESOLVE_READ_H
#define CONTROL_RESOLVE_READ_H

#include "control/resolve.h"
#include "wire/dns_name.h"

/*
 * Reads the answer to (name, type) out of a message: the chain of CNAMEs from the name, records of the type at its end,
 * the least TTL of what was used, or that there is nothing and for how long (RFC 2308 5). Without `recursive` a
 * referral answers a question for NS. Loops, chains over RESOLVE_CHAIN_MAX and malformed messages are RESOLVE_FAILED.
 */
void resolve_read(struct slice message, const struct dns_name *name, uint16_t type, bool recursive,
		  struct resolve_answer *ret);

#endif
