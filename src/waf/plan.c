/* SPDX-License-Identifier: Apache-2.0 */
/* plan: see plan.h. Which rules the databases and automata stand for, and how those are made. */
#include "waf/plan.h"

#include "base/check.h"
#include "base/mem.h"
#include "waf/pattern.h"
#include "waf/phrase.h"
#include "waf/plan_int.h"

enum { PLAN_AUTOMATON_STEPS = 30000, PLAN_LARGE_STEPS = 900 };

const struct plan__variable plan__variables[] = {
	{ VAR_ARGS, SEGMENT_ARGS, VAR_ARGS },
	{ VAR_ARGS_NAMES, SEGMENT_ARGS, VAR_ARGS_NAMES },
	{ VAR_ARGS_GET, SEGMENT_ARGS, VAR_ARGS },
	{ VAR_ARGS_GET_NAMES, SEGMENT_ARGS, VAR_ARGS_NAMES },
	{ VAR_ARGS_POST, SEGMENT_ARGS, VAR_ARGS },
	{ VAR_ARGS_POST_NAMES, SEGMENT_ARGS, VAR_ARGS_NAMES },
	{ VAR_FILES, SEGMENT_ARGS, VAR_FILES },
	{ VAR_FILES_NAMES, SEGMENT_ARGS, VAR_FILES_NAMES },
	{ VAR_XML, SEGMENT_ARGS, VAR_XML },
	{ VAR_MULTIPART_PART_HEADERS, SEGMENT_ARGS, VAR_MULTIPART_PART_HEADERS },
	{ VAR_REQUEST_COOKIES, SEGMENT_ARGS, VAR_REQUEST_COOKIES },
	{ VAR_REQUEST_COOKIES_NAMES, SEGMENT_ARGS, VAR_REQUEST_COOKIES_NAMES },
	{ VAR_REQUEST_HEADERS, SEGMENT_HEADERS, VAR_REQUEST_HEADERS },
	{ VAR_REQUEST_HEADERS_NAMES, SEGMENT_HEADERS, VAR_REQUEST_HEADERS_NAMES },
	{ VAR_REQUEST_FILENAME, SEGMENT_ADDRESS, VAR_REQUEST_FILENAME },
	{ VAR_REQUEST_BASENAME, SEGMENT_ADDRESS, VAR_REQUEST_BASENAME },
	{ VAR_REQUEST_URI, SEGMENT_ADDRESS, VAR_REQUEST_URI },
	{ VAR_REQUEST_URI_RAW, SEGMENT_ADDRESS, VAR_REQUEST_URI_RAW },
	{ VAR_REQUEST_LINE, SEGMENT_ADDRESS, VAR_REQUEST_LINE },
	{ VAR_QUERY_STRING, SEGMENT_ADDRESS, VAR_QUERY_STRING },
	{ VAR_REQUEST_BODY, SEGMENT_BODY, VAR_REQUEST_BODY },
	{ VAR_RESPONSE_BODY, SEGMENT_ANSWER, VAR_RESPONSE_BODY },
	{ VAR_RESPONSE_HEADERS, SEGMENT_ANSWER, VAR_RESPONSE_HEADERS },
	{ VAR_COUNT, SEGMENT_COUNT, VAR_COUNT },
};

/* The patterns of the segments while they are gathered. */
struct plan__patterns {
	struct scan_pattern *v;
	size_t n, cap;
};

struct plan__making {
	struct plan *p;
	const struct scan_store *store;
	struct plan__patterns patterns[SEGMENT_COUNT];
};

static const struct plan__variable *plan__variable_of(enum variable var)
{
	const struct plan__variable *v = plan__variables;

	while (v->segment != SEGMENT_COUNT && v->variable != var)
		v++;
	return v;
}

enum plan__segment plan__segment_of(const struct plan *p, const struct rule_target *t)
{
	const struct plan__variable *v = plan__variable_of(t->var);

	if (v->variable != VAR_REQUEST_HEADERS || !t->name.n || t->regex)
		return v->segment;
	for (size_t i = 0; i < p->names_n; i++)
		if (slice_eq_nocase(p->names[i], t->name))
			return SEGMENT_NAMED;
	return v->segment;
}

/* Bits of the segments that a rule looks at; 0 when it looks at anything else too. */
static uint8_t plan__segments(const struct plan *p, const struct rule *r)
{
	uint8_t segments = 0;

	for (size_t i = 0; i < r->targets_n; i++) {
		enum plan__segment s = plan__segment_of(p, &r->targets[i]);
		if (r->targets[i].exclude)
			continue;
		if (s == SEGMENT_COUNT || r->targets[i].count)
			return 0;
		segments |= (uint8_t)(1u << s);
	}
	return segments;
}

static bool plan__is_regex(const struct rule *r)
{
	return (r->op.kind == OP_RX || r->op.kind == OP_RX_GLOBAL) && r->op.regex && !r->op.negated &&
	       !regex_test(r->op.regex, SLICE(""));
}

/* A pattern that joined values are no trouble for, and that can be handed over as text. */
static bool plan__is_joinable(struct slice pattern)
{
	return !plan__sees_ends(pattern) && !(pattern.n && memchr(pattern.p, 0, pattern.n));
}

static bool plan__is_phrases(const struct rule *r)
{
	return (r->op.kind == OP_PM || r->op.kind == OP_PM_FROM_FILE) && !r->op.negated && r->op.phrases;
}

/* One TX variable by its name. */
static bool plan__is_variable(const struct rule_target *t)
{
	return t->var == VAR_TX && t->slot != RULE_SLOT_NONE && !t->count && !t->exclude && !t->regex;
}

/* A rule that compares one TX variable with a number and jumps, as paranoia levels do. */
static bool plan__is_gate(const struct rule *r)
{
	bool quiet = !r->actions && !r->log && !r->audit && r->disrupt == DISRUPT_PASS && !r->capture;

	return quiet && r->op.kind == OP_LT && !r->op.negated && r->op.arg.constant && r->skip_after.n && !r->link &&
	       r->transforms_n == 0 && r->targets_n == 1 && plan__is_variable(&r->targets[0]);
}

/* Asks nothing, or compares one TX variable, or whether there is one, with a number. */
static bool plan__asks_little(const struct rule *r)
{
	const struct rule_target *t = r->targets;

	if (r->targets_n == 0)
		return true;
	return r->targets_n == 1 && t->var == VAR_TX && t->slot != RULE_SLOT_NONE && !t->exclude && !t->regex &&
	       r->op.kind == OP_EQ && !r->op.negated && r->op.arg.constant && !r->transforms_n;
}

/* Nothing but variables is changed by its match. */
static bool plan__only_sets(const struct rule *r)
{
	for (const struct rule_action *a = r->actions; a; a = a->next)
		if (a->kind != ACTION_SETVAR)
			return false;
	return !r->log && !r->audit && r->disrupt == DISRUPT_PASS && !r->skip_after.n && !r->skip;
}

static bool plan__is_quiet(const struct rule *r)
{
	return plan__asks_little(r) && plan__only_sets(r) && !r->capture && !r->link && !r->multi_match;
}

/* The highest paranoia level whose gate stands before rule i of its phase and jumps past it. */
static unsigned plan__level(const struct rule_set *set, unsigned phase, size_t i)
{
	unsigned level = 0;

	for (size_t k = 0; k < i; k++) {
		const struct rule *g = set->phase[phase][k];
		bool gate = g->op.kind == OP_LT && g->op.arg.constant && g->skip_after.n && g->skip_to > i &&
			    !g->link && g->targets_n == 1 && g->targets[0].var == VAR_TX &&
			    slice_ends(g->targets[0].name, SLICE("paranoia_level"));
		if (gate && g->op.number > level)
			level = (unsigned)g->op.number;
	}
	return level;
}

/* Takes the text. */
static void plan__add(struct plan__patterns *list, char *text, uint32_t place, bool plain)
{
	if (list->n == list->cap) {
		list->cap = list->cap ? list->cap * 2 : 256;
		list->v = mem_resize(list->v, list->cap * sizeof *list->v);
	}
	list->v[list->n++] =
		(struct scan_pattern){ .text = text,
				       .id = place,
				       .plain = plain,
				       .lines = !plain && plan__sees_lines(slice_str(text)),
				       .large = !plain && plan__steps(slice_str(text)) >= PLAN_LARGE_STEPS };
}

static void plan__gather(struct plan__making *m, const struct rule *r, uint32_t place, uint8_t segments)
{
	for (int s = 0; s < SEGMENT_COUNT; s++) {
		if (!(segments >> s & 1))
			continue;
		if (r->op.regex)
			plan__add(&m->patterns[s], pattern_caseless(r->op.arg.source), place, false);
		for (size_t i = 0; !r->op.regex && i < phrase_set_count(r->op.phrases); i++)
			plan__add(&m->patterns[s], plan__phrase(phrase_set_at(r->op.phrases, i)), place, true);
	}
}

/* Nodes of the tree that a rule looks at: the last one, with multiMatch all on the way. 0: one has no bit. */
static uint64_t plan__forms(const struct rule_set *set, const struct rule *r)
{
	if (r->chain == 0)
		return 1;
	uint64_t path = set->chains[r->chain].path;
	if (!path)
		return 0;
	return r->multi_match ? path | 1 : 1ull << r->chain;
}

/* What is looked at for the rule: no case is seen, so what lower-casing gives is looked at before it. */
static uint64_t plan__cased_forms(const struct rule_set *set, const struct rule *r)
{
	uint64_t forms = 0;

	for (uint64_t left = plan__forms(set, r); left; left &= left - 1) {
		uint32_t node = (uint32_t)__builtin_ctzll(left);
		while (node && plan__is_caseless(set->chains[node].transform))
			node = set->chains[node].parent;
		forms |= 1ull << node;
	}
	return forms;
}

/* The nodes on the way to those. */
static uint64_t plan__ways(const struct rule_set *set, uint64_t forms)
{
	uint64_t ways = 0;

	for (; forms; forms &= forms - 1)
		ways |= set->chains[__builtin_ctzll(forms)].path;
	return ways;
}

static bool plan__try_automaton(struct plan__making *m, size_t i, const struct rule *r, uint32_t place,
				uint8_t segments)
{
	struct plan__automaton *a = &m->p->automata[i];
	size_t n = automaton_count(a->automaton);

	if (automaton_steps(a->automaton) > PLAN_AUTOMATON_STEPS || !automaton_add(a->automaton, r->op.arg.source))
		return false;
	a->places[n] = place;
	a->forms |= plan__cased_forms(m->p->set, r);
	a->segments |= segments;
	m->p->rules[place].refused = false;
	return true;
}

/*
 * Gives a rule to an automaton with room, best to one of rules that look at the same forms: each form runs through all
 * automata that want it, but those of rare patterns only when it has a rare byte. True when one takes it.
 */
static bool plan__to_automaton(struct plan__making *m, const struct rule *r, uint32_t place, uint8_t segments)
{
	struct plan *p = m->p;
	uint64_t forms = plan__cased_forms(p->set, r);

	if (!plan__is_regex(r) || !forms)
		return false;
	bool rare = plan__is_rare(r->op.arg.source);
	for (size_t i = 0; i < p->automata_n; i++)
		if (p->automata[i].rare == rare && p->automata[i].forms == forms &&
		    plan__try_automaton(m, i, r, place, segments))
			return true;
	for (size_t i = 0; p->automata_n >= PLAN_AUTOMATA_OWN && i < p->automata_n; i++)
		if (p->automata[i].rare == rare && plan__try_automaton(m, i, r, place, segments))
			return true;
	if (p->automata_n == PLAN_AUTOMATA_MAX)
		return false;
	p->automata[p->automata_n] = (struct plan__automaton){ .automaton = automaton_new(), .rare = rare };
	if (plan__try_automaton(m, p->automata_n, r, place, segments)) {
		p->automata_n++;
		return true;
	}
	automaton_free(p->automata[p->automata_n].automaton);
	return false;
}

/* Decides how a rule's operator is stood for. False: not at all. */
static bool plan__choose(struct plan__making *m, const struct rule *r, uint32_t place, uint8_t segments)
{
	struct slice pattern = r->op.arg.source;
	uint8_t answer = 1u << SEGMENT_ANSWER;

	/* A phase knows the segments of its side, and of what came before: answers are scanned from phase 3 on. */
	if (!segments || ((segments & answer) && r->phase < 3) || !plan__forms(m->p->set, r))
		return false;
	if (plan__is_phrases(r)) {
		plan__gather(m, r, place, segments);
		return true;
	}
	if (!plan__is_regex(r))
		return false;
	char *text = plan__is_joinable(pattern) && !plan__is_loose(pattern) ? pattern_caseless(pattern) : NULL;
	mem_free(text);
	if (!text)
		return plan__to_automaton(m, r, place, segments);
	plan__gather(m, r, place, segments);
	return true;
}

/* Calls fn for each rule with its place and position in the phase. */
static void plan__each(struct plan__making *m, unsigned level,
		       void (*fn)(struct plan__making *m, const struct rule *r, uint32_t place, unsigned level))
{
	const struct rule_set *set = m->p->set;

	for (unsigned phase = 1; phase <= RULE_PHASES; phase++)
		for (uint32_t i = 0; i < set->phase_n[phase]; i++)
			fn(m, set->phase[phase][i], m->p->first[phase] + i,
			   level ? plan__level(set, phase, i) <= level : 0);
}

/* Not one of some phrases, in values as they are. */
static bool plan__is_watchable(const struct rule *r)
{
	return (r->op.kind == OP_PM || r->op.kind == OP_PM_FROM_FILE) && r->op.negated && r->op.phrases &&
	       r->chain == 0 && !r->multi_match && phrase_set_count(r->op.phrases) > 0;
}

static void plan__watch(struct plan__making *m, const struct rule *r, uint32_t place, uint8_t segments)
{
	m->p->rules[place].watched = true;
	plan__gather(m, r, place, segments);
}

static void plan__place_rule(struct plan__making *m, const struct rule *r, uint32_t place, unsigned wanted)
{
	uint8_t segments = plan__segments(m->p, r);

	m->p->report.always += r->op.regex || r->op.phrases;
	m->p->rules[place].gate = plan__is_gate(r);
	m->p->rules[place].quiet = plan__is_quiet(r);
	if (wanted && plan__choose(m, r, place, segments))
		m->p->rules[place].segments = segments;
	else if (wanted && segments && plan__is_watchable(r))
		plan__watch(m, r, place, segments);
}

/* Rules whose pattern the library refused go to an automaton, or always run. */
static void plan__settle_rule(struct plan__making *m, const struct rule *r, uint32_t place, unsigned unused)
{
	struct plan *p = m->p;
	struct plan__rule *known = &p->rules[place];

	known->watched &= !known->refused;
	if (known->refused && !plan__to_automaton(m, r, place, known->segments))
		known->segments = 0;
	if (!known->segments)
		p->must[place >> 6] |= 1ull << (place & 63);
	if (!known->segments && !known->watched)
		return;
	p->report.rules += !known->watched;
	p->report.always -= !known->watched;
	uint64_t forms = plan__cased_forms(p->set, r);
	for (size_t i = 0; i < r->targets_n; i++) {
		enum plan__segment s = plan__segment_of(p, &r->targets[i]);
		uint8_t in = plan__variable_of(r->targets[i].var)->in;
		if (s == SEGMENT_NAMED) {
			p->forms_named |= forms;
			p->ways_named |= plan__ways(p->set, forms);
		} else if (s != SEGMENT_COUNT && !r->targets[i].exclude) {
			p->forms[in] |= forms;
			p->ways[in] |= plan__ways(p->set, forms);
		}
	}
}

/* Makes the databases of the segments, and marks the rules that the library refused. */
static enum err plan__compile(struct plan__making *m, struct diag *d)
{
	for (int s = 0; s < SEGMENT_COUNT; s++) {
		struct plan__patterns *list = &m->patterns[s];
		if (list->n)
			TRY(scan_db_new(list->v, list->n, m->store, &m->p->db[s], d));
		m->p->report.bytes += scan_db_bytes(m->p->db[s]);
		for (size_t i = 0; i < list->n; i++) {
			m->p->rules[list->v[i].id].refused |= list->v[i].refused;
			m->p->report.patterns += !list->v[i].refused;
		}
	}
	return OK;
}

static void plan__free_patterns(struct plan__making *m)
{
	for (int s = 0; s < SEGMENT_COUNT; s++) {
		for (size_t i = 0; i < m->patterns[s].n; i++) {
			char *text;
			memcpy(&text, &m->patterns[s].v[i].text, sizeof text);
			mem_free(text);
		}
		mem_free(m->patterns[s].v);
	}
}

/* Header names that rules name one by one. */
static void plan__note_names(struct plan *p)
{
	for (size_t i = 0; i < p->set->rules_n; i++) {
		const struct rule *r = p->set->rules[i];
		for (size_t k = 0; k < r->targets_n && p->names_n < PLAN_NAMES_MAX; k++) {
			const struct rule_target *t = &r->targets[k];
			if (t->var != VAR_REQUEST_HEADERS || !t->name.n || t->regex || t->exclude || t->count ||
			    !(plan__is_phrases(r) || r->op.regex))
				continue;
			if (plan__segment_of(p, t) != SEGMENT_NAMED)
				p->names[p->names_n++] = t->name;
		}
	}
}

/* Which bytes wake which transformation, and which nodes hang on it. */
static void plan__note_triggers(struct plan *p)
{
	_Static_assert((int)TRANSFORM_COUNT <= (int)PLAN_RARE, "a bit for each transformation, and one more");

	for (unsigned b = 0; b < 256; b++)
		if (!plan__is_common((uint8_t)b))
			p->triggers[b] |= 1ull << PLAN_RARE;
	for (int t = 0; t < TRANSFORM_COUNT; t++) {
		if (transform_may_change((enum transform)t, slice_of("", 0)))
			p->always |= 1ull << t;
		for (unsigned b = 0; b < 256; b++) {
			char byte = (char)b;
			if (transform_may_change((enum transform)t, slice_of(&byte, 1)))
				p->triggers[b] |= 1ull << t;
		}
	}
	for (uint32_t i = 1; i < p->set->chains_n; i++)
		for (uint64_t path = p->set->chains[i].path; path; path &= path - 1)
			p->nodes_of[p->set->chains[__builtin_ctzll(path)].transform] |= 1ull << i;
}

static struct plan *plan__alloc(const struct rule_set *set)
{
	struct plan *p = mem_alloc(sizeof *p);
	uint32_t places = 0;

	p->set = set;
	for (unsigned phase = 1; phase <= RULE_PHASES; phase++) {
		p->first[phase] = places;
		places += ((uint32_t)set->phase_n[phase] + 63) / 64 * 64;
	}
	p->first[RULE_PHASES + 1] = places;
	p->rules = mem_alloc_array(places + 1, sizeof *p->rules);
	p->must = mem_alloc_array(places / 64 + 1, sizeof *p->must);
	return p;
}

enum err plan_new_stored(const struct rule_set *set, unsigned level, const struct scan_store *store, struct plan **ret,
			 struct diag *d)
{
	TRY(scan_self_test(d));
	struct plan__making m = { .p = plan__alloc(set), .store = store };
	struct plan *p = m.p;
	plan__note_names(p);
	plan__each(&m, level, plan__place_rule);
	enum err e = plan__compile(&m, d);
	if (e == OK)
		plan__each(&m, 0, plan__settle_rule);
	plan__free_patterns(&m);
	for (size_t i = 0; i < p->automata_n; i++) {
		automaton_fold(p->automata[i].automaton);
		automaton_finish(p->automata[i].automaton);
		p->automata_segments |= p->automata[i].segments;
		p->report.automata_steps += automaton_steps(p->automata[i].automaton);
	}
	plan__note_triggers(p);
	if (e != OK) {
		plan_free(p);
		return e;
	}
	*ret = p;
	return OK;
}

enum err plan_new(const struct rule_set *set, unsigned level, struct plan **ret, struct diag *d)
{
	return plan_new_stored(set, level, NULL, ret, d);
}

void plan_free(struct plan *p)
{
	if (!p)
		return;
	for (int s = 0; s < SEGMENT_COUNT; s++)
		scan_db_free(p->db[s]);
	for (size_t i = 0; i < p->automata_n; i++)
		automaton_free(p->automata[i].automaton);
	mem_free(p->rules);
	mem_free(p->must);
	mem_free(p);
}

struct plan_report plan_report(const struct plan *p)
{
	return p->report;
}

enum err plan_scratch_init(const struct plan *p, struct eval_scratch *s)
{
	struct scan_scratch *scan;

	TRY(scan_scratch_new(p->db, SEGMENT_COUNT, &scan));
	struct plan__scratch *own = mem_alloc(sizeof *own);
	own->scan = scan;
	for (size_t i = 0; i < p->automata_n; i++)
		own->caches[i] = automaton_cache_new(p->automata[i].automaton);
	s->scan = own;
	return OK;
}

void plan_scratch_fini(struct eval_scratch *s)
{
	struct plan__scratch *own = s->scan;

	if (!own)
		return;
	scan_scratch_free(own->scan);
	for (size_t i = 0; i < PLAN_AUTOMATA_MAX; i++)
		automaton_cache_free(own->caches[i]);
	mem_free(own);
	s->scan = NULL;
}
