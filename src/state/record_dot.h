/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_dot: the slip of the final dot. "app.example.net" written where names are relative becomes
 * "app.example.net.example.com": legal, and almost never meant.
 */
#ifndef STATE_RECORD_DOT_H
#define STATE_RECORD_DOT_H

#include "state/record.h"

/*
 * Whether `name`, which lies in `zone`, looks like another whole name with the zone's appended: what stands before the
 * zone has a dot and ends in the zone's own name or in a label that is a top-level domain. Pure.
 * out: meant, the name without the zone.
 */
bool state_record_dot_looks(const char *zone, const char *name, char meant[static STATE_NAME_BYTES]);
/*
 * Looks at the names of a record, judged or stored, and writes what was probably meant into warning ("": nothing to
 * say). A name that exists in the zone is meant as it is. Returns whether there is a warning.
 */
bool state_record_dot_warn(struct state *st, const struct state_zone *z, const struct state_record *r,
			   char warning[static STATE_RECORD_WARNING_BYTES]);

#endif
