/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zone_json: the JSON form of a zone plan item, read strictly: unknown members, wrong types and values out of range are
 * refused with the member's path. The format is described in docs/PLAN.md.
 */
#ifndef MODEL_ZONE_JSON_H
#define MODEL_ZONE_JSON_H

#include "base/diag.h"
#include "base/limits.h"
#include "model/zone.h"

/*
 * Builds a zone from one plan item {"kind":"zone", "name":…}.
 * out: *ret_zone with one reference, the caller's. revision is stored as given.
 * errors: ERR_PLAN with d->where = member path ("hosts[2].origins[0]") or line:column of a JSON syntax error;
 * ERR_MEMORY. thread: any, off the data path; allocates.
 */
enum err zone_from_json(struct slice json, uint64_t revision, const struct limits *limits, struct zone **ret_zone,
			struct diag *d) MUST_USE;

#endif
