/* SPDX-License-Identifier: Apache-2.0 */
/* gate: see gate.h. */
#include "shield/gate.h"

#include "base/check.h"

bool gate_enter(struct gate *g, unsigned limit, bool known)
{
	if (g->inside >= limit || g->first[1] || (!known && g->first[0]))
		return false;
	g->inside++;
	return true;
}

void gate_wait(struct gate *g, struct gate_wait *w, bool known)
{
	CHECK(!w->prev);
	if (!g->last[known])
		g->last[known] = &g->first[known];
	w->known = known;
	w->next = NULL;
	w->prev = g->last[known];
	*g->last[known] = w;
	g->last[known] = &w->next;
	g->waiting++;
}

void gate_cancel(struct gate *g, struct gate_wait *w)
{
	if (!w->prev)
		return;
	*w->prev = w->next;
	if (w->next)
		w->next->prev = w->prev;
	else
		g->last[w->known] = w->prev;
	w->prev = NULL;
	g->waiting--;
}

struct gate_wait *gate_yield(struct gate *g)
{
	if (!g->first[0])
		return NULL;
	/* last points to the member `next` of the last one. */
	struct gate_wait *w = (struct gate_wait *)(void *)((char *)g->last[0] - offsetof(struct gate_wait, next));
	gate_cancel(g, w);
	return w;
}

void gate_leave(struct gate *g)
{
	CHECK(g->inside);
	g->inside--;
}

struct gate_wait *gate_next(struct gate *g, unsigned limit)
{
	struct gate_wait *w = g->first[1] ? g->first[1] : g->first[0];

	if (!w || g->inside >= limit)
		return NULL;
	gate_cancel(g, w);
	g->inside++;
	return w;
}
