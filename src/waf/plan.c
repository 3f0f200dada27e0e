/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan: which rules the databases stand for, and the scan of a request. Variables belong to segments (arguments,
 * cookies, headers, address, body, answer); a hit in one segment says nothing about rules that look at others.
 */
#include "waf/plan.h"

#include "base/check.h"
#include "base/mem.h"
#include "waf/eval_int.h"
#include "waf/phrase.h"
#include "waf/scan.h"

enum plan__segment {
	SEGMENT_ARGS,
	SEGMENT_COOKIES,
	SEGMENT_HEADERS,
	SEGMENT_ADDRESS,
	SEGMENT_BODY,
	SEGMENT_ANSWER,
	SEGMENT_COUNT
};

enum { PLAN_NONE = UINT32_MAX, PLAN_JOIN_BYTES = 16384, PLAN_DIRECT_BYTES = 4096, PLAN_JOINED = 1024 };

struct plan__variable {
	uint8_t variable, segment;
	bool covered; /* its values stand in another variable that is scanned */
};

static const struct plan__variable plan__variables[] = {
	{ VAR_ARGS, SEGMENT_ARGS, false },
	{ VAR_ARGS_NAMES, SEGMENT_ARGS, false },
	{ VAR_ARGS_GET, SEGMENT_ARGS, true },
	{ VAR_ARGS_GET_NAMES, SEGMENT_ARGS, true },
	{ VAR_ARGS_POST, SEGMENT_ARGS, true },
	{ VAR_ARGS_POST_NAMES, SEGMENT_ARGS, true },
	{ VAR_FILES, SEGMENT_ARGS, false },
	{ VAR_FILES_NAMES, SEGMENT_ARGS, false },
	{ VAR_XML, SEGMENT_ARGS, false },
	{ VAR_MULTIPART_PART_HEADERS, SEGMENT_ARGS, false },
	{ VAR_REQUEST_COOKIES, SEGMENT_COOKIES, false },
	{ VAR_REQUEST_COOKIES_NAMES, SEGMENT_COOKIES, false },
	{ VAR_REQUEST_HEADERS, SEGMENT_HEADERS, false },
	{ VAR_REQUEST_HEADERS_NAMES, SEGMENT_HEADERS, false },
	{ VAR_REQUEST_FILENAME, SEGMENT_ADDRESS, false },
	{ VAR_REQUEST_BASENAME, SEGMENT_ADDRESS, false },
	{ VAR_REQUEST_URI, SEGMENT_ADDRESS, false },
	{ VAR_REQUEST_URI_RAW, SEGMENT_ADDRESS, false },
	{ VAR_REQUEST_LINE, SEGMENT_ADDRESS, false },
	{ VAR_QUERY_STRING, SEGMENT_ADDRESS, false },
	{ VAR_REQUEST_BODY, SEGMENT_BODY, false },
	{ VAR_RESPONSE_BODY, SEGMENT_ANSWER, false },
	{ VAR_RESPONSE_HEADERS, SEGMENT_ANSWER, false },
};

/* What the plan knows of a rule, by its index. */
struct plan__rule {
	uint32_t bit;     /* in the candidates, PLAN_NONE: always runs */
	uint8_t segments; /* bits of those that it looks at */
};

struct plan {
	const struct rule_set *set;
	struct plan__rule *rules;
	struct scan_db *request, *answer;
	uint64_t forms[SEGMENT_COUNT]; /* nodes whose results rules of the segment look at */
	uint32_t bits;
	uint64_t triggers[256];             /* by byte: transformations that may change a value with it */
	uint64_t always;                    /* those that may change any value */
	uint64_t nodes_of[TRANSFORM_COUNT]; /* nodes with that transformation on their way */
	struct plan_report report;
};

struct plan__scratch {
	struct scan_scratch *scan;
	char join[PLAN_JOIN_BYTES];
	uint32_t ends[PLAN_JOINED]; /* where the separators stand */
};

/* A scan that runs: where hits go. */
struct plan__run {
	struct eval *e;
	const struct scan_db *db;
	uint64_t *bits; /* of the segment */
	size_t joined, ends_n;
	bool all; /* the library failed: everything is a candidate */
};

static const struct plan__variable *plan__variable_of(enum variable v)
{
	for (size_t i = 0; i < sizeof plan__variables / sizeof *plan__variables; i++)
		if (plan__variables[i].variable == v)
			return &plan__variables[i];
	return NULL;
}

/* Bits of the segments that a rule looks at; 0 when it looks at anything else too. */
static uint8_t plan__segments(const struct rule *r)
{
	uint8_t segments = 0;

	for (size_t i = 0; i < r->targets_n; i++) {
		const struct plan__variable *v = plan__variable_of(r->targets[i].var);
		if (r->targets[i].exclude)
			continue;
		if (!v || r->targets[i].count)
			return 0;
		segments |= (uint8_t)(1u << v->segment);
	}
	return segments;
}

/* Patterns that see where a value begins or ends other than by lines: in joined values that is another place. */
static bool plan__sees_ends(struct slice pattern)
{
	for (size_t i = 0; i + 1 < pattern.n; i++) {
		if (pattern.p[i] != '\\')
			continue;
		if (memchr("AzZGK", pattern.p[i + 1], 5))
			return true;
		i++;
	}
	return false;
}

/* "^" or "$" stands in the pattern, other than as the mark of a negated class or escaped. */
static bool plan__sees_lines(struct slice pattern)
{
	for (size_t i = 0; i < pattern.n; i++) {
		char c = pattern.p[i];
		if (c == '\\')
			i++;
		else if (c == '$' || (c == '^' && !(i && pattern.p[i - 1] == '[')))
			return true;
	}
	return false;
}

static bool plan__fits(const struct rule *r)
{
	bool regex = (r->op.kind == OP_RX || r->op.kind == OP_RX_GLOBAL) && r->op.regex &&
		     !plan__sees_ends(r->op.arg.source);
	bool phrases = r->op.kind == OP_PM || r->op.kind == OP_PM_FROM_FILE;

	/* A pattern with a NUL byte cannot be handed over as text; one that meets the empty value needs no byte to
	 * match. */
	if (regex && ((r->op.arg.source.n && memchr(r->op.arg.source.p, 0, r->op.arg.source.n)) ||
		      regex_test(r->op.regex, SLICE(""))))
		return false;
	return (regex || phrases) && !r->op.negated;
}

/* The highest paranoia level whose gate stands before rule i of its phase and jumps past it. */
static unsigned plan__gate(const struct rule_set *set, unsigned phase, size_t i)
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

/* The patterns of one side while they are gathered. */
struct plan__patterns {
	struct scan_pattern *v;
	size_t n, cap;
};

static void plan__add(struct plan__patterns *list, char *text, uint32_t bit, bool plain)
{
	if (list->n == list->cap) {
		list->cap = list->cap ? list->cap * 2 : 256;
		list->v = mem_resize(list->v, list->cap * sizeof *list->v);
	}
	list->v[list->n++] = (struct scan_pattern){
		.text = text, .id = bit, .plain = plain, .lines = !plain && plan__sees_lines(slice_str(text))
	};
}

/* A phrase as a pattern: each byte as \xNN. */
static char *plan__phrase(struct slice phrase)
{
	static const char digits[] = "0123456789abcdef";
	char *text = mem_alloc(phrase.n * 4 + 1);

	for (size_t i = 0; i < phrase.n; i++) {
		text[4 * i] = '\\';
		text[4 * i + 1] = 'x';
		text[4 * i + 2] = digits[(uint8_t)phrase.p[i] >> 4];
		text[4 * i + 3] = digits[phrase.p[i] & 15];
	}
	return text;
}

static void plan__gather(struct plan__patterns *list, const struct rule *r, uint32_t bit)
{
	if (r->op.regex) {
		plan__add(list, mem_dup(r->op.arg.source), bit, false);
		return;
	}
	for (size_t i = 0; i < phrase_set_count(r->op.phrases); i++)
		plan__add(list, plan__phrase(phrase_set_at(r->op.phrases, i)), bit, true);
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

/* Gives bits to the rules of some phases and gathers their patterns. */
static void plan__choose(struct plan *p, struct plan__patterns *list, unsigned first, unsigned last, unsigned level)
{
	bool answer = first >= 3;

	for (unsigned phase = first; phase <= last; phase++)
		for (size_t i = 0; i < p->set->phase_n[phase]; i++) {
			const struct rule *r = p->set->phase[phase][i];
			uint8_t segments = plan__segments(r);
			bool pattern = r->op.regex || r->op.phrases;
			/* Each side has its database: a rule that looks at both sides always runs. */
			bool one_side = answer ? segments == 1u << SEGMENT_ANSWER : !(segments >> SEGMENT_ANSWER & 1);
			p->report.always += pattern;
			if (!segments || !one_side || !plan__fits(r) || !plan__forms(p->set, r) ||
			    plan__gate(p->set, phase, i) > level)
				continue;
			p->rules[r->index] = (struct plan__rule){ p->bits, segments };
			plan__gather(list, r, p->bits++);
		}
}

/* Rules one of whose patterns the library refused always run. */
static void plan__drop_refused(struct plan *p, const struct plan__patterns *list)
{
	for (size_t i = 0; i < p->set->rules_n; i++) {
		struct plan__rule *r = &p->rules[i];
		for (size_t k = 0; k < list->n && r->bit != PLAN_NONE; k++)
			if (list->v[k].id == r->bit && list->v[k].refused)
				r->bit = PLAN_NONE;
	}
}

static enum err plan__compile(struct plan *p, unsigned first, unsigned last, unsigned level, struct scan_db **ret,
			      struct diag *d)
{
	struct plan__patterns list = { 0 };

	plan__choose(p, &list, first, last, level);
	enum err e = list.n ? scan_db_new(list.v, list.n, ret, d) : OK;
	if (e == OK)
		plan__drop_refused(p, &list);
	for (size_t i = 0; i < list.n; i++) {
		char *text;
		p->report.patterns += !list.v[i].refused;
		memcpy(&text, &list.v[i].text, sizeof text);
		mem_free(text);
	}
	mem_free(list.v);
	return e;
}

/* Which bytes wake which transformation, and which nodes hang on it. */
static void plan__note_triggers(struct plan *p)
{
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

/* Looks at a value once: which transformations may change it, and so which nodes. One pass over its bytes. */
static void plan__look(const struct plan *p, struct value *v)
{
	uint64_t transforms = p->always;

	for (size_t i = 0; i < v->text.n; i++)
		transforms |= p->triggers[(uint8_t)v->text.p[i]];
	v->looked = true;
	v->wakers = transforms;
	for (; transforms; transforms &= transforms - 1)
		v->awake |= p->nodes_of[__builtin_ctzll(transforms)];
}

static void plan__note_forms(struct plan *p)
{
	for (size_t i = 0; i < p->set->rules_n; i++) {
		if (p->rules[i].bit == PLAN_NONE)
			continue;
		p->report.rules++;
		p->report.always--;
		for (int s = 0; s < SEGMENT_COUNT; s++)
			if (p->rules[i].segments >> s & 1)
				p->forms[s] |= plan__forms(p->set, p->set->rules[i]);
	}
	p->report.bytes = scan_db_bytes(p->request) + scan_db_bytes(p->answer);
}

enum err plan_new(const struct rule_set *set, unsigned level, struct plan **ret, struct diag *d)
{
	TRY(scan_self_test(d));
	struct plan *p = mem_alloc(sizeof *p);
	p->set = set;
	p->rules = mem_alloc_array(set->rules_n + 1, sizeof *p->rules);
	for (size_t i = 0; i < set->rules_n; i++)
		p->rules[i].bit = PLAN_NONE;
	enum err e = plan__compile(p, 1, 2, level, &p->request, d);
	if (e == OK)
		e = plan__compile(p, 3, 4, level, &p->answer, d);
	if (e != OK) {
		plan_free(p);
		return e;
	}
	plan__note_forms(p);
	plan__note_triggers(p);
	*ret = p;
	return OK;
}

void plan_free(struct plan *p)
{
	if (!p)
		return;
	scan_db_free(p->request);
	scan_db_free(p->answer);
	mem_free(p->rules);
	mem_free(p);
}

struct plan_report plan_report(const struct plan *p)
{
	return p->report;
}

enum err plan_scratch_init(const struct plan *p, struct eval_scratch *s)
{
	struct scan_scratch *scan;

	TRY(scan_scratch_new(p->request, p->answer, &scan));
	struct plan__scratch *own = mem_alloc(sizeof *own);
	own->scan = scan;
	s->scan = own;
	return OK;
}

void plan_scratch_fini(struct eval_scratch *s)
{
	struct plan__scratch *own = s->scan;

	if (own)
		scan_scratch_free(own->scan);
	mem_free(own);
	s->scan = NULL;
}

/* Runs one transformation; the text itself when it does not change. p == NULL: arena full. */
static struct slice plan__apply(struct eval *e, enum transform t, struct slice text)
{
	if (!transform_may_change(t, text))
		return text;
	char *out = arena_alloc(e->arena, transform_bound(t, text.n));
	if (!out)
		return slice_of(NULL, 0);
	eval__spend(e, text.n);
	struct slice got = slice_of(out, transform_apply(t, text, out));
	return slice_eq(got, text) ? text : got;
}

static struct value_text *plan__find(const struct value *v, uint32_t node)
{
	struct value_text *t = v->texts;

	while (t && t->node != node)
		t = t->next;
	return t;
}

/* The result of one node whose parent gave `text`, from the memo or made. */
static struct slice plan__step(struct eval *e, struct value *v, uint32_t node, struct slice text)
{
	if (v->known >> node & 1) {
		struct value_text *t = v->changed >> node & 1 ? plan__find(v, node) : NULL;
		return t ? t->text : text;
	}
	enum transform transform = e->set->chains[node].transform;
	bool still = text.p == v->text.p && text.n == v->text.n && !(v->wakers >> transform & 1);
	struct slice next = still ? text : plan__apply(e, transform, text);
	if (!next.p && text.p)
		return next;
	v->known |= 1ull << node;
	if (next.p == text.p && next.n == text.n)
		return text;
	struct value_text *t = arena_alloc(e->arena, sizeof *t);
	if (!t)
		return slice_of(NULL, 0);
	*t = (struct value_text){ .next = v->texts, .node = node, .text = next };
	v->texts = t;
	v->changed |= 1ull << node;
	return next;
}

/* The value after the transformations on the way to a node that has a bit. */
static struct slice plan__form(struct eval *e, struct value *v, uint32_t node)
{
	struct slice text = v->text;

	if (node == 0)
		return text;
	if (!v->looked)
		plan__look(e->plan, v);
	if (!(v->awake >> node & 1))
		return text;
	uint64_t path = e->set->chains[node].path;
	if ((v->known & path) == path && !(v->changed & path))
		return text;
	/* Children have higher numbers than their parents: ascending bits are the way down. */
	for (; path && (text.p || v->text.p == NULL); path &= path - 1)
		text = plan__step(e, v, (uint32_t)__builtin_ctzll(path), text);
	return text;
}

struct slice plan__transformed(struct eval *e, const struct rule *r, struct value *v)
{
	struct slice text = v->text;

	if (r->chain == 0 || e->set->chains[r->chain].path)
		return plan__form(e, v, r->chain);
	for (size_t i = 0; i < r->transforms_n && text.p; i++)
		text = plan__apply(e, (enum transform)r->transforms[i], text);
	return text;
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

	eval__spend(run->e, text.n * 4);
	run->all |= !scan_run(run->db, lines, text, own->scan, plan__hit, run->bits);
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

	if (text.n == 0)
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

/* Scans a value in all the forms that rules of its segment look at. False: arena full. */
static bool plan__value(struct plan__run *run, struct value *v, uint64_t forms)
{
	struct eval *e = run->e;

	plan__take(run, v->text);
	(void)plan__form(e, v, 1);
	for (forms &= v->awake; forms; forms &= forms - 1) {
		uint32_t node = (uint32_t)__builtin_ctzll(forms);
		/* The database does not see case: what lower-casing gives is scanned before it. */
		while (node && (e->set->chains[node].transform == TRANSFORM_LOWERCASE ||
				e->set->chains[node].transform == TRANSFORM_UPPERCASE))
			node = e->set->chains[node].parent;
		struct slice text = plan__form(e, v, node);
		if (!text.p && v->text.p)
			return false;
		if (!(v->changed & (node ? e->set->chains[node].path : 0)))
			continue;
		/* Which node on the way made this text? It is scanned once for all that share it. */
		while (node && !(v->changed >> node & 1))
			node = e->set->chains[node].parent;
		struct value_text *t = plan__find(v, node);
		if (!t || t->scanned)
			continue;
		t->scanned = true;
		plan__take(run, t->text);
	}
	return true;
}

static bool plan__list(struct plan__run *run, enum variable var, uint64_t forms)
{
	struct value_list *list = &run->e->in.var[var];

	for (uint32_t i = run->e->scanned[var]; i < list->n; i++)
		if (!plan__value(run, &list->v[i], forms))
			return false;
	run->e->scanned[var] = list->n;
	return true;
}

/* The candidates of a segment: words of 64 rules. */
static uint64_t *plan__bits(const struct eval *e, int segment)
{
	return e->candidates + (size_t)segment * (e->plan->bits / 64 + 1);
}

bool plan__scan(struct eval *e, bool answer)
{
	const struct plan *p = e->plan;
	const struct scan_db *db = answer ? p->answer : p->request;
	size_t words = p->bits / 64 + 1;

	if (!e->candidates)
		e->candidates = arena_zalloc(e->arena, SEGMENT_COUNT * words * sizeof *e->candidates);
	if (!e->candidates)
		return false;
	for (int s = 0; db && s < SEGMENT_COUNT; s++) {
		struct plan__run run = { .e = e, .db = db, .bits = plan__bits(e, s) };
		if ((s == SEGMENT_ANSWER) != answer || !p->forms[s])
			continue;
		for (size_t i = 0; i < sizeof plan__variables / sizeof *plan__variables; i++)
			if (plan__variables[i].segment == s && !plan__variables[i].covered &&
			    !plan__list(&run, (enum variable)plan__variables[i].variable, p->forms[s]))
				return false;
		plan__flush(&run);
		if (run.all)
			memset(run.bits, 0xff, words * sizeof *run.bits);
	}
	return true;
}

bool plan__may_match(const struct eval *e, const struct rule *r)
{
	const struct plan__rule *known = &e->plan->rules[r->index];

	if (known->bit == PLAN_NONE)
		return true;
	for (int s = 0; s < SEGMENT_COUNT; s++)
		if ((known->segments >> s & 1) && (plan__bits(e, s)[known->bit >> 6] >> (known->bit & 63) & 1))
			return true;
	return false;
}
