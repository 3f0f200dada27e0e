/* SPDX-License-Identifier: Apache-2.0 */
/* seclang: physical lines to directives, directives to rules. Includes are a stack, not a recursion. */
#include "waf/seclang.h"

#include "base/check.h"
#include "base/mem.h"
#include "waf/seclang_int.h"

#include <stdarg.h>
#include <stdio.h>

struct seclang *seclang_new(struct rule_set *set, const struct seclang_source *source)
{
	struct seclang *l = mem_alloc(sizeof *l);

	l->set = set;
	l->source = source;
	l->updates_end = &l->updates;
	l->file = "";
	return l;
}

void seclang_free(struct seclang *l)
{
	mem_free(l);
}

enum err seclang__fail(struct seclang *l, enum err code, const char *fmt, ...)
{
	char where[DIAG_WHERE_BYTES], text[DIAG_TEXT_BYTES];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	snprintf(where, sizeof where, "%s:%u", l->file, l->line);
	return diag_set(l->d, code, where, "%s", text);
}

enum err seclang__alloc(struct seclang *l, size_t n, void *ret)
{
	void *p = arena_zalloc(&l->set->arena, n);

	if (!p)
		return seclang__fail(l, ERR_MEMORY, "rules take more memory than is allowed");
	memcpy(ret, &p, sizeof p);
	return OK;
}

static enum err seclang__push(struct seclang *l, struct slice text, const char *file)
{
	if (l->depth == SECLANG_DEPTH_MAX)
		return seclang__fail(l, ERR_RANGE, "files include each other more than %d deep", SECLANG_DEPTH_MAX);
	if (text.n > SECLANG_FILE_BYTES_MAX)
		return seclang__fail(l, ERR_RANGE, "%s is larger than %d bytes", file, SECLANG_FILE_BYTES_MAX);
	struct slice name = arena_copy(&l->set->arena, slice_of(file, strlen(file) + 1));
	if (!name.p)
		return seclang__fail(l, ERR_MEMORY, "rules take more memory than is allowed");
	l->frames[l->depth++] = (struct seclang_frame){ .rest = text, .file = name.p, .line = 1 };
	return OK;
}

/* Opens the next file that an Include names. False past the last. */
static bool seclang__next_file(struct seclang *l, struct seclang_frame *f, enum err *ret_error)
{
	char path[SECLANG_PATH_BYTES];
	struct slice text;

	*ret_error = OK;
	if (!f->pattern || l->source->match(l->source->ctx, f->pattern, f->next_file, path, sizeof path) != OK)
		return false;
	f->next_file++;
	struct slice name = arena_copy(&l->set->arena, slice_of(path, strlen(path) + 1));
	enum err e = name.p ? l->source->read(l->source->ctx, path, &text) : ERR_MEMORY;
	if (e == OK && text.n > SECLANG_FILE_BYTES_MAX)
		e = ERR_RANGE;
	if (e != OK) {
		*ret_error = seclang__fail(l, e, "Include: cannot read %s: %s", path, err_text(e));
		return true;
	}
	f->rest = text;
	f->file = name.p;
	f->line = 1;
	return true;
}

static enum err seclang__include(struct seclang *l, struct slice pattern, bool optional)
{
	char path[SECLANG_PATH_BYTES], full[SECLANG_PATH_BYTES];
	struct slice here = slice_str(l->file);
	size_t slash = slice_rfind(here, '/');
	bool absolute = slash == SIZE_MAX || (pattern.n && pattern.p[0] == '/');
	struct slice folder = absolute ? slice_of(NULL, 0) : slice_first(here, slash + 1);

	if (!l->source)
		return seclang__fail(l, ERR_CONFIG, "Include: files cannot be read here");
	if (folder.n + pattern.n >= sizeof full)
		return seclang__fail(l, ERR_RANGE, "Include: the path is too long");
	snprintf(full, sizeof full, "%.*s%.*s", SLICE_ARG(folder), SLICE_ARG(pattern));
	if (l->source->match(l->source->ctx, full, 0, path, sizeof path) != OK)
		return optional ? OK : seclang__fail(l, ERR_NOT_FOUND, "Include: no file is called %s", full);
	TRY(seclang__push(l, slice_of(NULL, 0), l->file));
	struct slice kept = arena_copy(&l->set->arena, slice_of(full, strlen(full) + 1));
	if (!kept.p)
		return seclang__fail(l, ERR_MEMORY, "rules take more memory than is allowed");
	l->frames[l->depth - 1].pattern = kept.p;
	return OK;
}

static void seclang__register(struct seclang *l, struct rule *r)
{
	struct rule_set *set = l->set;

	if (set->rules_n == set->rules_cap) {
		set->rules_cap = set->rules_cap ? set->rules_cap * 2 : 256;
		set->rules = mem_resize(set->rules, set->rules_cap * sizeof *set->rules);
	}
	r->index = (uint32_t)set->rules_n;
	set->rules[set->rules_n++] = r;
}

static enum err seclang__new_rule(struct seclang *l, struct rule **ret)
{
	TRY(seclang__alloc(l, sizeof **ret, ret));
	(*ret)->file = l->file;
	(*ret)->line = l->line;
	(*ret)->phase = 2;
	(*ret)->severity = SEVERITY_NONE;
	(*ret)->op = (struct rule_op){ .kind = OP_UNCONDITIONAL_MATCH, .arg.constant = true };
	return OK;
}

/* What only the first link of a chain may say. */
static enum err seclang__check_link(struct seclang *l, const struct rule *r)
{
	if (r->id)
		return seclang__fail(l, ERR_CONFIG, "only the first rule of a chain has an id; it is %u here",
				     l->head->id);
	if (r->disrupt != DISRUPT_NONE)
		return seclang__fail(l, ERR_CONFIG, "only the first rule of a chain has a disruptive action");
	if (r->skip_after.n || r->skip)
		return seclang__fail(l, ERR_CONFIG, "only the first rule of a chain may skip");
	return OK;
}

/* Puts a read rule where it belongs: at the end of the open chain, or into the set. */
static enum err seclang__place(struct seclang *l, struct rule *r)
{
	if (l->tail) {
		size_t links = 1;
		TRY(seclang__check_link(l, r));
		for (const struct rule *at = l->head; at; at = at->link)
			links++;
		if (links > RULE_CHAIN_MAX)
			return seclang__fail(l, ERR_RANGE, "a chain has at most %d rules", RULE_CHAIN_MAX);
		l->tail->link = r;
	} else {
		if (!r->id)
			return seclang__fail(l, ERR_CONFIG, "the rule has no id");
		seclang__register(l, r);
		l->head = r;
	}
	l->tail = r->chained ? r : NULL;
	if (!r->chained)
		l->head = NULL;
	return OK;
}

static enum err seclang__rule(struct seclang *l, const struct slice *words, size_t n)
{
	struct rule *r;

	if (n < 2 || n > 3)
		return seclang__fail(l, ERR_CONFIG,
				     "SecRule takes variables, an operator and actions; there are %zu words", n);
	TRY(seclang__new_rule(l, &r));
	TRY(seclang__targets(l, words[0], false, &r->targets, &r->targets_n));
	TRY(seclang__operator(l, words[1], &r->op));
	if (n == 3)
		TRY(seclang__actions(l, words[2], r));
	return seclang__place(l, r);
}

static enum err seclang__action(struct seclang *l, const struct slice *words, size_t n)
{
	struct rule *r;

	if (n != 1)
		return seclang__fail(l, ERR_CONFIG, "SecAction takes one list of actions");
	TRY(seclang__new_rule(l, &r));
	TRY(seclang__actions(l, words[0], r));
	return seclang__place(l, r);
}

static enum err seclang__marker(struct seclang *l, const struct slice *words, size_t n)
{
	struct rule *r;

	if (n != 1 || words[0].n == 0)
		return seclang__fail(l, ERR_CONFIG, "SecMarker takes a name");
	if (l->tail)
		return seclang__fail(l, ERR_CONFIG, "rule %u ends with chain, but a SecMarker follows", l->head->id);
	TRY(seclang__new_rule(l, &r));
	r->is_marker = true;
	r->marker = words[0];
	seclang__register(l, r);
	return OK;
}

static enum err seclang__default_action(struct seclang *l, const struct slice *words, size_t n)
{
	struct rule *r;

	if (n != 1)
		return seclang__fail(l, ERR_CONFIG, "SecDefaultAction takes one list of actions");
	TRY(seclang__new_rule(l, &r));
	TRY(seclang__actions(l, words[0], r));
	if (r->chained || r->id || r->skip_after.n)
		return seclang__fail(l, ERR_CONFIG, "SecDefaultAction cannot have id, chain or skipAfter");
	if (r->disrupt == DISRUPT_NONE || r->disrupt == DISRUPT_BLOCK)
		return seclang__fail(l, ERR_CONFIG, "SecDefaultAction needs a disruptive action other than block");
	if (l->set->defaults[r->phase].set)
		return seclang__fail(l, ERR_EXISTS, "phase %u has its SecDefaultAction already", r->phase);
	l->set->defaults[r->phase] = (struct rule_default){ .set = true, .actions = *r };
	return OK;
}

static enum err seclang__directive(struct seclang *l, struct slice name, const struct slice *words, size_t n)
{
	static const struct {
		struct slice name;
		enum err (*read)(struct seclang *l, const struct slice *words, size_t n);
	} rules[] = { { SLICE_INIT("SecRule"), seclang__rule },
		      { SLICE_INIT("SecAction"), seclang__action },
		      { SLICE_INIT("SecMarker"), seclang__marker },
		      { SLICE_INIT("SecDefaultAction"), seclang__default_action } };

	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		if (slice_eq_nocase(name, rules[i].name))
			return rules[i].read(l, words, n);
	bool include = slice_eq_nocase(name, SLICE("Include")),
	     optional = slice_eq_nocase(name, SLICE("IncludeOptional"));
	if (include || optional)
		return n == 1 ? seclang__include(l, words[0], optional)
			      : seclang__fail(l, ERR_CONFIG, "Include takes one path");
	enum err e = seclang__update(l, name, words, n);
	if (e == ERR_NOT_FOUND && l->d->code == OK)
		e = seclang__option(l, name, words, n);
	if (e == ERR_NOT_FOUND && l->d->code == OK)
		return seclang__fail(l, ERR_CONFIG, "directive %.*s is not supported", SLICE_ARG(name));
	return e;
}

/* The next physical line without its end. False at the end of the text. */
static bool seclang__line(struct seclang_frame *f, struct slice *ret)
{
	if (f->rest.n == 0)
		return false;
	*ret = slice_split(&f->rest, '\n');
	if (ret->n && ret->p[ret->n - 1] == '\r')
		ret->n--;
	f->line++;
	return true;
}

static bool seclang__continues(struct slice line)
{
	return line.n && line.p[line.n - 1] == '\\';
}

/* Bytes that a directive whose first line is `line` takes at most with its continuations. */
static size_t seclang__extent(struct seclang_frame f, struct slice line)
{
	size_t n = line.n;

	while (seclang__continues(line) && seclang__line(&f, &line))
		n += line.n;
	return n;
}

/* The next directive, its continued lines joined. False at the end of the text. */
static bool seclang__logical(struct seclang *l, struct seclang_frame *f, struct slice *ret)
{
	struct slice line;
	unsigned first = f->line;

	if (!seclang__line(f, &line))
		return false;
	l->file = f->file;
	l->line = first;
	*ret = slice_trim(line);
	if (ret->n == 0 || ret->p[0] == '#' || !seclang__continues(*ret))
		return true;
	line = *ret;
	char *joined = arena_alloc(&l->set->arena, seclang__extent(*f, line));
	size_t n = 0;
	/* Without memory the arena stays full, which seclang_finish reports. */
	while (joined && line.n) {
		bool more = seclang__continues(line);
		memcpy(joined + n, line.p, line.n - more);
		n += line.n - more;
		if (!more || !seclang__line(f, &line))
			break;
		while (line.n && (line.p[0] == ' ' || line.p[0] == '\t'))
			line = slice_from(line, 1);
	}
	*ret = slice_trim(slice_of(joined, joined ? n : 0));
	return true;
}

static enum err seclang__run(struct seclang *l, struct slice rest)
{
	struct slice name, words[SECLANG_WORDS_MAX];
	size_t n = 0;

	TRY(seclang__word(l, &rest, &name));
	for (;; n++) {
		struct slice word;
		enum err e = seclang__word(l, &rest, &word);
		if (e == ERR_NOT_FOUND)
			break;
		TRY(e);
		if (n == SECLANG_WORDS_MAX)
			return seclang__fail(l, ERR_RANGE, "more than %d words in one directive", SECLANG_WORDS_MAX);
		words[n] = word;
	}
	return seclang__directive(l, name, words, n);
}

enum err seclang_load(struct seclang *l, struct slice text, const char *file, struct diag *d)
{
	struct slice line;

	struct diag own;

	diag_init(&own);
	l->d = d ? d : &own;
	l->depth = 0;
	l->file = file;
	l->line = 0;
	TRY(seclang__push(l, text, file));
	while (l->depth) {
		struct seclang_frame *f = &l->frames[l->depth - 1];
		enum err e;
		if (seclang__logical(l, f, &line)) {
			if (line.n && line.p[0] != '#')
				TRY(seclang__run(l, line));
		} else if (!seclang__next_file(l, f, &e)) {
			l->depth--;
		} else {
			TRY(e);
		}
	}
	return OK;
}
