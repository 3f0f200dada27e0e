/* SPDX-License-Identifier: Apache-2.0 */
/* zonefile_notes: the comments of Cloudflare's zone files. */
#include "wire/zonefile_notes.h"

static const struct slice zonefile_notes__mark = SLICE_INIT("cf_tags=");

void zonefile_notes_read(struct slice comment, struct zonefile_notes *ret)
{
	struct slice mark = zonefile_notes__mark, rest;
	size_t at = SIZE_MAX;

	*ret = (struct zonefile_notes){ .text = comment };
	for (size_t i = 0; i + mark.n <= comment.n; i++)
		if (memcmp(comment.p + i, mark.p, mark.n) == 0 && (i == 0 || comment.p[i - 1] == ' '))
			at = i;
	if (at == SIZE_MAX)
		return;
	ret->text = slice_trim(slice_first(comment, at));
	ret->tags = rest = slice_from(comment, at + mark.n);
	while (rest.n) {
		struct slice raw = slice_trim(slice_split(&rest, ','));

		if (slice_eq_nocase(raw, SLICE("cf-proxied:true")) || slice_eq_nocase(raw, SLICE("cf-proxied:false"))) {
			ret->has_proxied = true;
			ret->proxied = raw.n == sizeof("cf-proxied:true") - 1;
		} else if (slice_eq_nocase(raw, SLICE("cf-flatten-cname"))) {
			ret->has_flatten = ret->flatten = true;
		}
	}
}

/* The bytes of a JSON string up to its closing quote; \uXXXX beyond ASCII is not used by the writers of these files. */
static bool zonefile_notes__quoted(struct slice *rest, struct text *t)
{
	size_t i = 1;

	for (; i < rest->n && rest->p[i] != '"'; i++) {
		if (rest->p[i] == '\\' && ++i == rest->n)
			return false;
		text_byte(t, rest->p[i]);
	}
	if (i >= rest->n)
		return false;
	*rest = slice_from(*rest, i + 1);
	return true;
}

static bool zonefile_notes__special(struct slice tag)
{
	return slice_starts_nocase(tag, SLICE("cf-proxied:")) || slice_eq_nocase(tag, SLICE("cf-flatten-cname"));
}

/* One tag as written, perhaps with quoted parts: name:"va,lue". */
static bool zonefile_notes__tag(struct slice *rest, struct text *t)
{
	while (rest->n && rest->p[0] != ',') {
		if (rest->p[0] == '"') {
			if (!zonefile_notes__quoted(rest, t))
				return false;
			continue;
		}
		text_byte(t, rest->p[0]);
		*rest = slice_from(*rest, 1);
	}
	*rest = slice_from(*rest, 1);
	return true;
}

bool zonefile_notes_tag(struct slice *rest, char *out, size_t cap, size_t *ret_n)
{
	while (rest->n) {
		struct text t = text_of(out, cap);
		struct slice tag;

		if (!zonefile_notes__tag(rest, &t) || t.bad)
			return false;
		tag = slice_trim(text_slice(&t));
		if (tag.n == 0 || zonefile_notes__special(tag))
			continue;
		memmove(out, tag.p, tag.n);
		*ret_n = tag.n;
		return true;
	}
	return false;
}
