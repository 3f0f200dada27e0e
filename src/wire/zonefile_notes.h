/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zonefile_notes: what Cloudflare's zone files keep in comments: "words of a person cf_tags=a,b:c,cf-proxied:true".
 * Tags with special bytes are JSON strings there. Pure.
 */
#ifndef WIRE_ZONEFILE_NOTES_H
#define WIRE_ZONEFILE_NOTES_H

#include "base/slice.h"
#include "base/text.h"

/* A comment of a record with what Cloudflare's export packs into it. Slices are borrowed from the comment. */
struct zonefile_notes {
	struct slice text;         /* the person's comment */
	struct slice tags;         /* what stands behind cf_tags=, for zonefile_notes_tag */
	bool has_proxied, proxied; /* cf-proxied:true or false */
	bool has_flatten, flatten; /* cf-flatten-cname */
};

/* Splits a comment at its last "cf_tags=". */
void zonefile_notes_read(struct slice comment, struct zonefile_notes *ret);
/*
 * The next tag of *rest into out (at most cap bytes), JSON escapes undone; cf-proxied and cf-flatten-cname are passed
 * over. Returns false at the end. A tag that does not fit or is malformed ends the list.
 */
bool zonefile_notes_tag(struct slice *rest, char *out, size_t cap, size_t *ret_n);

#endif
