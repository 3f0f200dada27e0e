/* SPDX-License-Identifier: Apache-2.0 */
#include "state/record_dot.h"

#include "state/record_data.h"

#include <stdio.h>

/* Top-level domains of more than two letters that names in zone files end in. Country codes are told by their length.
 */
static const char record_dot__tlds[] = " app arpa biz blog cloud com dev edu example gov info int internal io live "
				       "local localhost mil mobi name net online org page pro shop site store tech "
				       "test xyz ";

static bool record_dot__is_tld(struct slice label)
{
	char padded[32];

	if (label.n == 2)
		return !slice_is_digit(label.p[0]) && !slice_is_digit(label.p[1]);
	if (label.n > sizeof(padded) - 3)
		return false;
	snprintf(padded, sizeof(padded), " %.*s ", SLICE_ARG(label));
	return strstr(record_dot__tlds, padded) != NULL;
}

bool state_record_dot_looks(const char *zone, const char *name, char meant[static STATE_NAME_BYTES])
{
	struct slice n = slice_str(name), z = slice_str(zone), before;
	size_t dot;

	if (n.n <= z.n + 1 || !slice_ends(n, z) || n.p[n.n - z.n - 1] != '.')
		return false;
	before = slice_first(n, n.n - z.n - 1);
	dot = slice_rfind(before, '.');
	if (dot == SIZE_MAX)
		return false;
	if (!record_dot__is_tld(slice_from(before, dot + 1)) && !(slice_ends(before, z) && before.n > z.n))
		return false;
	return slice_cstr(before, meant, STATE_NAME_BYTES);
}

bool state_record_dot_warn(struct state *st, const struct state_zone *z, const struct state_record *r,
			   char warning[static STATE_RECORD_WARNING_BYTES])
{
	char target[STATE_NAME_BYTES], meant[STATE_NAME_BYTES];
	bool has_target = state_record_data_target(r, target);

	warning[0] = '\0';
	if (has_target && !strchr(target, '.'))
		snprintf(warning, STATE_RECORD_WARNING_BYTES,
			 "the target \"%s\" is taken as a whole name, a top-level domain; \"%s.%s\" was probably meant",
			 target, target, z->name);
	else if (has_target && state_record_dot_looks(z->name, target, meant) &&
		 !state_record_exists(st, z->id, target))
		snprintf(
			warning, STATE_RECORD_WARNING_BYTES,
			"the target %s lies in the zone itself, where no such name exists; \"%s.\" was probably meant: "
			"in a zone file a name without a final dot gets the zone appended",
			target, meant);
	else if (state_record_dot_looks(z->name, r->name, meant))
		snprintf(warning, STATE_RECORD_WARNING_BYTES,
			 "the name %s is \"%s\" with the zone appended, since it does not end in %s; is that the zone "
			 "that was meant?",
			 r->name, meant, z->name);
	return warning[0] != '\0';
}
