/* SPDX-License-Identifier: Apache-2.0 */
/* plan_scan: the values of a request, in the forms that rules look at, through the databases and automata. */
#include "base/check.h"
#include "waf/plan_int.h"

enum { PLAN_SEEN = 6, PLAN_NODES = 64 };

/* A value and the forms of it that were looked at. */
struct plan__seen {
	struct slice text;
	uint64_t forms;
};

/* A scan that runs: where hits go. */
struct plan__run {
	struct eval *e;
	enum plan__segment segment;
	uint64_t *bits; /* of the segment */
	uint64_t forms; /* of the variable at hand */
	uint64_t ways;  /* to them */
	bool bare;      /* no rule looks at it but as it is, and no automaton does: its bytes need not be counted */
	/* by node that is awake and on a way: what the value at hand is there; NULL: what it was from the start */
	struct value_text *made[PLAN_NODES];
	struct plan__seen seen[PLAN_SEEN];
	size_t joined, ends_n;
	bool all; /* the library failed: everything is a candidate */
};

/* The transformations that may change a text: one pass over its bytes. */
static uint64_t plan__wakers(const struct plan *p, struct slice text)
{
	uint64_t a = p->always, b = 0;
	size_t i = 0;

	for (; i + 2 <= text.n; i += 2) {
		a |= p->triggers[(uint8_t)text.p[i]];
		b |= p->triggers[(uint8_t)text.p[i + 1]];
	}
	if (i < text.n)
		a |= p->triggers[(uint8_t)text.p[i]];
	return a | b;
}

/* Looks at a value once: which transformations may change it, and so which nodes. */
static void plan__look(const struct plan *p, struct value *v)
{
	v->looked = true;
	v->wakers = plan__wakers(p, v->text);
	for (uint64_t transforms = v->wakers & ~(1ull << PLAN_RARE); transforms; transforms &= transforms - 1)
		v->awake |= p->nodes_of[__builtin_ctzll(transforms)];
}

/* Runs one transformation; the text itself when it does not change. p == NULL: arena full. */
static struct slice plan__apply(struct eval *e, enum transform t, struct slice text)
{
	char *out = arena_alloc(e->arena, transform_bound(t, text.n));
	if (!out)
		return slice_of(NULL, 0);
	eval__spend(e, text.n);
	struct slice got = slice_of(out, transform_apply(t, text, out));
	return slice_eq(got, text) ? text : got;
}

static struct value_text *plan__find(const struct value *v, uint32_t node)
{
	const struct value_node *n = v->nodes;

	while (n && n->node != node)
		n = n->next;
	return n ? n->text : NULL;
}

/* A text on its way down the tree, and the transformations that may change it. */
struct plan__way {
	struct slice text;
	uint64_t wakers;
	struct value_text *made; /* by the last change; NULL: none so far */
};

/*
 * What a transformation makes of a text, run once however many nodes ask for it: chains differ mostly in steps that
 * change nothing. *ret NULL: it changes nothing. False: arena full.
 */
static bool plan__change(struct eval *e, struct value *v, enum transform transform, const struct plan__way *way,
			 struct value_text **ret)
{
	uint64_t *tried = way->made ? &way->made->tried : &v->tried, bit = 1ull << transform;
	struct value_text *t = v->texts;

	*ret = NULL;
	if (*tried & bit) {
		while (t && (t->from != way->made || t->transform != transform))
			t = t->next;
		*ret = t;
		return true;
	}
	*tried |= bit;
	struct slice next = plan__apply(e, transform, way->text);
	if (!next.p && way->text.p)
		return false;
	if (next.p == way->text.p && next.n == way->text.n)
		return true;
	t = arena_alloc(e->arena, sizeof *t);
	if (!t)
		return false;
	*t = (struct value_text){ .next = v->texts,
				  .from = way->made,
				  .transform = (uint8_t)transform,
				  .text = next,
				  .wakers = plan__wakers(e->plan, next) };
	*ret = v->texts = t;
	return true;
}

/* Goes on to a node, from the memo or by its transformation. False: arena full. */
static bool plan__step(struct eval *e, struct value *v, uint32_t node, struct plan__way *way)
{
	enum transform transform = e->set->chains[node].transform;
	struct value_text *t = NULL;

	if (v->known >> node & 1) {
		if (v->changed >> node & 1)
			t = plan__find(v, node);
	} else if (way->wakers >> transform & 1) {
		if (!plan__change(e, v, transform, way, &t))
			return false;
		struct value_node *n = t ? arena_alloc(e->arena, sizeof *n) : NULL;
		if (t && !n)
			return false;
		if (t) {
			*n = (struct value_node){ v->nodes, t, node };
			v->nodes = n;
			v->changed |= 1ull << node;
		}
	}
	v->known |= 1ull << node;
	if (t)
		*way = (struct plan__way){ t->text, t->wakers, t };
	return true;
}

/* The value after the transformations on the way to a node that has a bit. */
static struct slice plan__form(struct eval *e, struct value *v, uint32_t node)
{
	struct plan__way way = { .text = v->text };

	if (node == 0)
		return way.text;
	if (!v->looked)
		plan__look(e->plan, v);
	if (!(v->awake >> node & 1))
		return way.text;
	uint64_t path = e->set->chains[node].path;
	if ((v->known & path) == path && !(v->changed & path))
		return way.text;
	way.wakers = v->wakers;
	path &= v->changed | ~v->known; /* what is known and changed nothing is no step */
	/* Children have higher numbers than their parents: ascending bits are the way down. */
	for (; path; path &= path - 1)
		if (!plan__step(e, v, (uint32_t)__builtin_ctzll(path), &way))
			return slice_of(NULL, 0);
	return way.text;
}

struct slice plan__transformed(struct eval *e, const struct rule *r, struct value *v)
{
	struct slice text = v->text;

	if (r->chain == 0 || e->set->chains[r->chain].path)
		return plan__form(e, v, r->chain);
	for (size_t i = 0; i < r->transforms_n && text.p; i++)
		if (transform_may_change((enum transform)r->transforms[i], text))
			text = plan__apply(e, (enum transform)r->transforms[i], text);
	return text;
}

bool plan__changes(struct eval *e, const struct rule *r, struct value *v, uint64_t *ret)
{
	uint64_t path = e->set->chains[r->chain].path;

	*ret = 0;
	if (!plan__form(e, v, r->chain).p && v->text.p)
		return false;
	*ret = v->awake >> r->chain & 1 ? v->changed & path : 0;
	return true;
}

struct slice plan__made(const struct value *v, uint32_t node)
{
	const struct value_text *t = plan__find(v, node);

	return t ? t->text : v->text;
}

static void plan__hit(void *ctx, unsigned id)
{
	uint64_t *bits = ctx;

	bits[id >> 6] |= 1ull << (id & 63);
}

/* Scans bytes with the patterns that see lines, or with the others. */
static void plan__run_scan(struct plan__run *run, bool lines, struct slice text)
{
	const struct plan__scratch *own = run->e->scratch->scan;
	const struct scan_db *db = run->e->plan->db[run->segment];

	eval__spend(run->e, text.n * 4);
	run->all |= !scan_run(db, lines, text, own->scan, plan__hit, run->bits);
}

/*
 * Values are joined by a byte that no pattern begins with; for those that see lines, by newlines. Many patterns of
 * shell commands begin with a newline, and would start at each value.
 */
static void plan__flush(struct plan__run *run)
{
	struct plan__scratch *own = run->e->scratch->scan;

	if (run->joined) {
		plan__run_scan(run, false, slice_of(own->join, run->joined));
		for (size_t i = 0; i < run->ends_n; i++)
			own->join[own->ends[i]] = '\n';
		plan__run_scan(run, true, slice_of(own->join, run->joined));
	}
	run->joined = run->ends_n = 0;
}

/* Adds a text to what is scanned: small ones are joined, large ones stand alone. */
static void plan__take(struct plan__run *run, struct slice text)
{
	struct plan__scratch *own = run->e->scratch->scan;

	if (text.n == 0 || !run->e->plan->db[run->segment] || run->e->exhausted)
		return;
	if (text.n > PLAN_DIRECT_BYTES) {
		plan__run_scan(run, false, text);
		plan__run_scan(run, true, text);
		return;
	}
	if (run->joined + text.n + 1 > PLAN_JOIN_BYTES || run->ends_n == PLAN_JOINED)
		plan__flush(run);
	memcpy(own->join + run->joined, text.p, text.n);
	run->joined += text.n;
	own->ends[run->ends_n++] = (uint32_t)run->joined;
	own->join[run->joined++] = 1;
}

static void plan__note_found(struct plan__run *run, size_t i, uint64_t found)
{
	for (; found; found &= found - 1)
		plan__hit(run->bits, run->e->plan->automata[i].places[__builtin_ctzll(found)]);
}

/* Two automata walk over a text at once, as the processor would wait for one alone; the last of an odd number does. */
static void plan__run_automata(struct plan__run *run, unsigned which, struct slice text)
{
	struct eval *e = run->e;
	const struct plan__automaton *automata = e->plan->automata;
	struct plan__scratch *own = e->scratch->scan;

	while (which && text.n && !e->exhausted) {
		unsigned i = (unsigned)__builtin_ctz(which), rest = which & (which - 1);
		int64_t left = e->automata_work;
		if (rest) {
			unsigned k = (unsigned)__builtin_ctz(rest);
			const struct automaton *two[] = { automata[i].automaton, automata[k].automaton };
			struct automaton_cache *caches[] = { own->caches[i], own->caches[k] };
			uint64_t found[2];
			automaton_run_two(two, caches, text, &e->automata_work, found);
			plan__note_found(run, i, found[0]);
			plan__note_found(run, k, found[1]);
			eval__spend(e, text.n * 2);
			rest &= rest - 1;
		} else {
			plan__note_found(run, i,
					 automaton_run(automata[i].automaton, own->caches[i], text, &e->automata_work));
		}
		eval__spend(e, text.n * 2 + (uint64_t)(left - e->automata_work));
		which = rest;
	}
}

/* Walks the tree once: what a value becomes on the ways to its forms. False: arena full. */
static bool plan__make_forms(struct plan__run *run, struct value *v)
{
	struct eval *e = run->e;

	/* Children have higher numbers than their parents: ascending bits are the way down. */
	for (uint64_t nodes = run->ways & v->awake; nodes; nodes &= nodes - 1) {
		uint32_t node = (uint32_t)__builtin_ctzll(nodes), parent = e->set->chains[node].parent;
		struct value_text *from = v->awake >> parent & 1 ? run->made[parent] : NULL;
		struct plan__way way = { v->text, v->wakers, NULL };
		if (from)
			way = (struct plan__way){ from->text, from->wakers, from };
		if (!plan__step(e, v, node, &way))
			return false;
		run->made[node] = way.made;
	}
	return true;
}

/* The automata look at each value by itself: as it is, and in each form that differs. */
static void plan__automata(struct plan__run *run, struct value *v)
{
	const struct plan *p = run->e->plan;
	unsigned plain = 0;

	for (size_t i = 0; i < p->automata_n; i++) {
		const struct plan__automaton *a = &p->automata[i];
		uint16_t mark = (uint16_t)(1u << (i + (run->segment == SEGMENT_NAMED ? PLAN_AUTOMATA_MAX : 0)));
		uint64_t forms = a->forms & run->forms;
		bool bare = forms & ~v->awake;
		if (!(a->segments >> run->segment & 1))
			continue;
		for (forms &= v->awake; forms; forms &= forms - 1) {
			struct value_text *t = run->made[__builtin_ctzll(forms)];
			bare |= !t;
			if (!t || (t->ran & mark) || (a->rare && !(t->wakers >> PLAN_RARE & 1)))
				continue;
			t->ran |= mark;
			plan__run_automata(run, 1u << i, t->text);
		}
		if (bare && (!a->rare || v->wakers >> PLAN_RARE & 1))
			plain |= 1u << i;
	}
	plan__run_automata(run, plain, v->text);
}

/*
 * True when the same bytes were taken before, as the address is in several variables: the forms that were looked at
 * then are left out of *forms. Only few values are remembered.
 */
static bool plan__seen(struct plan__run *run, const struct value *v, uint64_t *forms)
{
	struct plan__seen *free = NULL;

	if (run->segment != SEGMENT_ADDRESS)
		return false;
	for (size_t i = 0; i < PLAN_SEEN; i++) {
		struct plan__seen *s = &run->seen[i];
		if (s->text.p && slice_eq(s->text, v->text)) {
			uint64_t before = s->forms;
			s->forms |= *forms;
			*forms &= ~before;
			return true;
		}
		if (!s->text.p && !free)
			free = s;
	}
	if (free)
		*free = (struct plan__seen){ v->text, *forms };
	return false;
}

/* Scans a value in all the forms that rules of its variable look at. False: arena full. */
static bool plan__value(struct plan__run *run, struct value *v)
{
	struct eval *e = run->e;
	uint64_t forms = run->forms;

	/* Nothing runs any more: what is not seen cannot be missed. */
	if (e->exhausted)
		return true;
	if (run->bare) {
		plan__take(run, v->text);
		return true;
	}
	if (!v->looked)
		plan__look(e->plan, v);
	if (!plan__make_forms(run, v))
		return false;
	if (!plan__seen(run, v, &forms))
		plan__take(run, v->text);
	for (forms &= v->awake; forms; forms &= forms - 1) {
		struct value_text *t = run->made[__builtin_ctzll(forms)];
		if (!t || (t->scanned >> run->segment & 1))
			continue;
		t->scanned |= (uint8_t)(1u << run->segment);
		plan__take(run, t->text);
	}
	plan__automata(run, v);
	return true;
}

static bool plan__is_named(const struct plan *p, struct slice name)
{
	for (size_t i = 0; i < p->names_n; i++)
		if (slice_eq_nocase(p->names[i], name))
			return true;
	return false;
}

/* The values of a variable that are new since the last scan. */
static bool plan__list(struct plan__run *run, enum variable var)
{
	struct value_list *list = &run->e->in.var[var];

	for (uint32_t i = run->e->scanned[var]; i < list->n; i++)
		if ((run->segment != SEGMENT_NAMED || plan__is_named(run->e->plan, list->v[i].name)) &&
		    !plan__value(run, &list->v[i]))
			return false;
	return true;
}

/* The variables of a segment. False: arena full. */
static bool plan__segment(struct eval *e, enum plan__segment s)
{
	const struct plan *p = e->plan;
	struct plan__run run = { .e = e, .segment = s, .bits = e->candidates + (size_t)s * plan__words(p) };
	enum plan__segment list = s == SEGMENT_NAMED ? SEGMENT_HEADERS : s;

	for (const struct plan__variable *v = plan__variables; v->segment != SEGMENT_COUNT; v++) {
		if (v->segment != list || v->in != v->variable ||
		    (s == SEGMENT_NAMED && v->variable != VAR_REQUEST_HEADERS))
			continue;
		run.forms = s == SEGMENT_NAMED ? p->forms_named : p->forms[v->variable];
		run.ways = s == SEGMENT_NAMED ? p->ways_named : p->ways[v->variable];
		run.bare = !run.ways && !(p->automata_segments >> s & 1);
		if (run.forms && !plan__list(&run, (enum variable)v->variable))
			return false;
	}
	plan__flush(&run);
	if (run.all)
		memset(run.bits, 0xff, plan__words(p) * sizeof *run.bits);
	return true;
}

/* Bits of the segments in which there are values that were not scanned. */
static unsigned plan__fresh(const struct eval *e)
{
	unsigned fresh = 0;

	for (const struct plan__variable *v = plan__variables; v->segment != SEGMENT_COUNT; v++)
		if (e->scanned[v->variable] < e->in.var[v->variable].n)
			fresh |= 1u << v->segment;
	return fresh >> SEGMENT_HEADERS & 1 ? fresh | 1u << SEGMENT_NAMED : fresh;
}

bool plan__scan(struct eval *e)
{
	const struct plan *p = e->plan;
	size_t words = plan__words(p);

	if (!e->candidates) {
		e->candidates = arena_zalloc(e->arena, (SEGMENT_COUNT + 1) * words * sizeof *e->candidates);
		if (!e->candidates)
			return false;
		e->may_match = e->candidates + SEGMENT_COUNT * words;
		memcpy(e->may_match, p->must, words * sizeof *e->may_match);
		e->automata_work = PLAN_AUTOMATA_WORK;
	}
	unsigned fresh = plan__fresh(e);
	for (int s = 0; s < SEGMENT_COUNT; s++) {
		const uint64_t *bits = e->candidates + (size_t)s * words;
		if (!(fresh >> s & 1))
			continue;
		if (!plan__segment(e, (enum plan__segment)s))
			return false;
		for (size_t i = 0; i < words; i++)
			e->may_match[i] |= bits[i];
	}
	for (const struct plan__variable *v = plan__variables; v->segment != SEGMENT_COUNT; v++)
		e->scanned[v->variable] = e->in.var[v->variable].n;
	return true;
}
