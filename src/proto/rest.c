/* SPDX-License-Identifier: Apache-2.0 */
/* rest: see rest.h. */
#include "proto/rest.h"

#include "base/check.h"

void rest_begin(struct rest_line *l, struct rest *r)
{
	if (r->prev)
		return;
	if (!l->first)
		l->last = &l->first;
	r->next = NULL;
	r->prev = l->last;
	*l->last = r;
	l->last = &r->next;
}

void rest_over(struct rest_line *l, struct rest *r)
{
	if (!r->prev)
		return;
	*r->prev = r->next;
	if (r->next)
		r->next->prev = r->prev;
	else
		l->last = r->prev;
	r->prev = NULL;
}

bool rest_make_room(struct rest_line *l)
{
	struct rest *r = l->first;

	if (!r)
		return false;
	r->end(r);
	CHECK(l->first != r);
	return true;
}
