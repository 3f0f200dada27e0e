/* SPDX-License-Identifier: Apache-2.0 */
/* seclang_operator: "!@name argument", and what of it is compiled when the rules are loaded. */
#include "base/ip.h"
#include "base/mem.h"
#include "waf/phrase.h"
#include "waf/seclang_int.h"

#include <stdio.h>

/* A file named in a rule, relative to the file that holds the rule. */
static enum err seclang__file(struct seclang *l, struct slice name, struct slice *ret_text)
{
	char path[SECLANG_PATH_BYTES];
	struct slice here = slice_str(l->file);
	size_t slash = slice_rfind(here, '/');
	struct slice folder =
		slash == SIZE_MAX || (name.n && name.p[0] == '/') ? slice_of(NULL, 0) : slice_first(here, slash + 1);

	if (!l->source)
		return seclang__fail(l, ERR_CONFIG, "files cannot be read here: %.*s", SLICE_ARG(name));
	if (folder.n + name.n >= sizeof path)
		return seclang__fail(l, ERR_RANGE, "the path %.*s is too long", SLICE_ARG(name));
	snprintf(path, sizeof path, "%.*s%.*s", SLICE_ARG(folder), SLICE_ARG(name));
	enum err e = l->source->read(l->source->ctx, path, ret_text);
	if (e != OK)
		return seclang__fail(l, e, "cannot read %s: %s", path, err_text(e));
	return OK;
}

/* "|41 42|" in a phrase stands for bytes. Writes to out (s.n bytes); returns the length, SIZE_MAX when it is malformed.
 */
static size_t seclang__phrase_bytes(struct slice s, char *out)
{
	size_t n = 0;
	bool hex = false;
	int high = -1;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '|') {
			if (high >= 0)
				return SIZE_MAX;
			hex = !hex;
			continue;
		}
		if (!hex) {
			out[n++] = s.p[i];
			continue;
		}
		char c = slice_lower(s.p[i]);
		int digit = slice_is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
		if (digit < 0 && c == ' ')
			continue;
		if (digit < 0)
			return SIZE_MAX;
		if (high >= 0)
			out[n++] = (char)(high * 16 + digit);
		high = high >= 0 ? -1 : digit;
	}
	return hex || high >= 0 ? SIZE_MAX : n;
}

static struct phrase_set *seclang__phrase_set(struct seclang *l)
{
	struct rule_set *set = l->set;

	if (set->phrase_sets_n == set->phrase_sets_cap) {
		set->phrase_sets_cap = set->phrase_sets_cap ? set->phrase_sets_cap * 2 : 16;
		set->phrase_sets = mem_resize(set->phrase_sets, set->phrase_sets_cap * sizeof *set->phrase_sets);
	}
	return set->phrase_sets[set->phrase_sets_n++] = phrase_set_new();
}

static enum err seclang__phrases(struct seclang *l, struct slice arg, struct rule_op *op)
{
	struct slice word;

	op->phrases = seclang__phrase_set(l);
	while (arg.n) {
		word = slice_split(&arg, ' ');
		char *out = arena_alloc(&l->set->arena, word.n);
		/* A lone bar, or bars without digits between, are what they look like. */
		size_t n = out ? seclang__phrase_bytes(word, out) : SIZE_MAX;
		phrase_set_add(op->phrases, n == SIZE_MAX ? word : slice_of(out, n));
	}
	phrase_set_finish(op->phrases);
	if (phrase_set_count(op->phrases) == 0)
		return seclang__fail(l, ERR_CONFIG, "@pm needs phrases");
	return OK;
}

/* The next line of a data file without blanks around; empty ones and comments are passed over. False at the end. */
static bool seclang__data_line(struct slice *rest, struct slice *ret)
{
	while (rest->n) {
		struct slice line = slice_split(rest, '\n');
		while (line.n &&
		       (line.p[line.n - 1] == '\r' || line.p[line.n - 1] == ' ' || line.p[line.n - 1] == '\t'))
			line.n--;
		line = slice_trim(line);
		if (line.n && line.p[0] != '#') {
			*ret = line;
			return true;
		}
	}
	return false;
}

static enum err seclang__phrase_files(struct seclang *l, struct slice arg, struct rule_op *op)
{
	struct slice text, line;

	op->phrases = seclang__phrase_set(l);
	while (arg.n) {
		struct slice name = slice_split(&arg, ' ');
		if (name.n == 0)
			continue;
		TRY(seclang__file(l, name, &text));
		while (seclang__data_line(&text, &line))
			phrase_set_add(op->phrases, line);
	}
	phrase_set_finish(op->phrases);
	if (phrase_set_count(op->phrases) == 0)
		return seclang__fail(l, ERR_CONFIG, "@pmFromFile needs a file with phrases");
	return OK;
}

static enum err seclang__prefix(struct seclang *l, struct slice text, struct rule_op *op, size_t cap)
{
	if (op->prefixes_n == cap)
		return seclang__fail(l, ERR_RANGE, "too many addresses");
	if (ip_prefix_parse(text, &op->prefixes[op->prefixes_n]) != OK)
		return seclang__fail(l, ERR_CONFIG, "\"%.*s\" is not an address or prefix (192.0.2.0/24)",
				     SLICE_ARG(text));
	op->prefixes_n++;
	return OK;
}

static enum err seclang__prefixes(struct seclang *l, struct slice arg, struct rule_op *op)
{
	size_t cap = 1;
	bool from_file = op->kind == OP_IP_MATCH_FROM_FILE;
	struct slice one;

	if (from_file)
		TRY(seclang__file(l, slice_trim(arg), &arg));
	for (size_t i = 0; i < arg.n; i++)
		cap += arg.p[i] == (from_file ? '\n' : ',');
	TRY(seclang__alloc(l, cap * sizeof *op->prefixes, &op->prefixes));
	if (from_file) {
		while (seclang__data_line(&arg, &one))
			TRY(seclang__prefix(l, one, op, cap));
	} else {
		while (arg.p && arg.n)
			TRY(seclang__prefix(l, slice_trim(slice_split(&arg, ',')), op, cap));
	}
	if (op->prefixes_n == 0)
		return seclang__fail(l, ERR_CONFIG, "@%s needs addresses", rule_operator_name(op->kind));
	return OK;
}

static enum err seclang__byte_range(struct seclang *l, struct slice arg, struct rule_op *op)
{
	TRY(seclang__alloc(l, 32, &op->bytes));
	while (arg.p && arg.n) {
		struct slice one = slice_trim(slice_split(&arg, ','));
		size_t dash = slice_find(one, '-');
		uint64_t first, last;
		TRY(seclang__number(l, slice_trim(slice_first(one, dash)), 255, &first));
		last = first;
		if (dash != SIZE_MAX)
			TRY(seclang__number(l, slice_trim(slice_from(one, dash + 1)), 255, &last));
		if (last < first)
			return seclang__fail(l, ERR_RANGE, "the range %.*s ends before it begins", SLICE_ARG(one));
		for (uint64_t b = first; b <= last; b++)
			op->bytes[b >> 3] |= (uint8_t)(1u << (b & 7));
	}
	return OK;
}

/*
 * Four backslashes as two. Apache reads a quoted word once more than others do, so rules that are meant for it write
 * four where one byte is meant; a pattern that wants two backslashes in a row is not known to us.
 */
static enum err seclang__backslashes(struct seclang *l, struct slice *text)
{
	static const char four[] = "\\\\\\\\";
	size_t n = 0;
	char *out;

	if (!slice_contains(*text, slice_of(four, 4)))
		return OK;
	TRY(seclang__alloc(l, text->n, &out));
	for (size_t i = 0; i < text->n; i++) {
		if (slice_starts(slice_from(*text, i), slice_of(four, 4)))
			i += 2;
		out[n++] = text->p[i];
	}
	*text = slice_of(out, n);
	return OK;
}

static enum err seclang__pattern(struct seclang *l, struct slice arg, struct rule_op *op)
{
	if (!op->arg.constant)
		return OK; /* compiled when its macros are known */
	if (rule_set_regex(l->set, arg, false, &op->regex, l->d) != OK) {
		struct diag why = *l->d;
		diag_init(l->d);
		return seclang__fail(l, ERR_CONFIG, "%s", why.text);
	}
	return OK;
}

static enum err seclang__fixed(struct seclang *l, struct slice arg, struct rule_op *op)
{
	switch ((int)op->kind) {
	case OP_PM:
		return seclang__phrases(l, arg, op);
	case OP_PM_FROM_FILE:
		return seclang__phrase_files(l, arg, op);
	case OP_IP_MATCH:
	case OP_IP_MATCH_FROM_FILE:
		return seclang__prefixes(l, arg, op);
	case OP_VALIDATE_BYTE_RANGE:
		return seclang__byte_range(l, arg, op);
	default:
		rule_set_note(l->set, l->file, l->line, "@%s looks nothing up here and never matches",
			      rule_operator_name(op->kind));
		return OK;
	}
}

enum err seclang__operator(struct seclang *l, struct slice text, struct rule_op *ret)
{
	struct rule_op op = { .kind = OP_RX };

	text = slice_trim(text);
	if (text.n && text.p[0] == '!') {
		op.negated = true;
		text = slice_trim(slice_from(text, 1));
	}
	if (text.n && text.p[0] == '@') {
		size_t end = slice_find(text, ' ');
		struct slice name = slice_of(text.p + 1, (end == SIZE_MAX ? text.n : end) - 1);
		op.kind = rule_operator_find(name);
		if (op.kind == OP_COUNT)
			return seclang__fail(l, ERR_CONFIG, "operator @%.*s is not supported", SLICE_ARG(name));
		text = end == SIZE_MAX ? slice_of(NULL, 0) : slice_from(text, end + 1);
	}
	enum operator_argument kind = rule_operator_argument(op.kind);
	if (kind == OPERATOR_REGEX)
		TRY(seclang__backslashes(l, &text));
	op.arg = (struct rule_text){ .source = text, .constant = true };
	if (kind == OPERATOR_TEXT || kind == OPERATOR_REGEX)
		TRY(seclang__text(l, text, &op.arg));
	op.number = rule_number(text);
	if (kind == OPERATOR_REGEX)
		TRY(seclang__pattern(l, text, &op));
	if (kind == OPERATOR_FIXED || op.kind == OP_GEO_LOOKUP)
		TRY(seclang__fixed(l, text, &op));
	*ret = op;
	return OK;
}
