/* SPDX-License-Identifier: Apache-2.0 */
/* graphql_query: see graphql_query.h. A reader that looks one token ahead; recursion is bounded by the depth. */
#include "api/graphql_query.h"

#include <string.h>

struct graphql_query {
	struct slice text;
	size_t at;
	const json_t *variables;
	json_t *defaults; /* of variables, by name; borrowed by the caller */
	struct arena *arena;
	struct diag *d;
	unsigned depth, fields;
};

static enum err graphql_query__value(struct graphql_query *q, bool constant, json_t **ret);
static enum err graphql_query__selection(struct graphql_query *q, struct graphql_field **ret);

/* ---- bytes */

static enum err graphql_query__fail(struct graphql_query *q, const char *what)
{
	char where[64];
	size_t line = 1, column = 1;

	for (size_t i = 0; i < q->at && i < q->text.n; i++) {
		line += q->text.p[i] == '\n';
		column = q->text.p[i] == '\n' ? 1 : column + 1;
	}
	snprintf(where, sizeof where, "%zu:%zu", line, column);
	return diag_set(q->d, ERR_SYNTAX, where, "%s", what);
}

/* White space, commas, comments and a byte order mark mean nothing. */
static void graphql_query__skip(struct graphql_query *q)
{
	while (q->at < q->text.n) {
		char c = q->text.p[q->at];
		if (c == '#')
			while (q->at < q->text.n && q->text.p[q->at] != '\n')
				q->at++;
		else if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ',')
			q->at++;
		else
			return;
	}
}

/* The next byte that means something; 0 at the end. */
static char graphql_query__peek(struct graphql_query *q)
{
	graphql_query__skip(q);
	return q->at < q->text.n ? q->text.p[q->at] : 0;
}

static bool graphql_query__take(struct graphql_query *q, char c)
{
	bool is = graphql_query__peek(q) == c;

	q->at += is;
	return is;
}

static bool graphql_query__is_name(char c, bool first)
{
	char l = slice_lower(c);

	return (l >= 'a' && l <= 'z') || c == '_' || (!first && slice_is_digit(c));
}

/* n 0: there is none. */
static struct slice graphql_query__name(struct graphql_query *q)
{
	if (!graphql_query__is_name(graphql_query__peek(q), true))
		return slice_of(NULL, 0);
	size_t from = q->at;
	while (q->at < q->text.n && graphql_query__is_name(q->text.p[q->at], false))
		q->at++;
	return slice_of(q->text.p + from, q->at - from);
}

/* ---- values */

/* As JSON writes them. */
static enum err graphql_query__number(struct graphql_query *q, json_t **ret)
{
	size_t from = q->at;

	while (q->at < q->text.n && memchr("+-.eE0123456789", q->text.p[q->at], 15))
		q->at++;
	*ret = json_loadb(q->text.p + from, q->at - from, JSON_DECODE_ANY, NULL);
	return *ret ? OK : graphql_query__fail(q, "this is no number, or too large");
}

/* The text between quotes, whose escapes are those of JSON. */
static enum err graphql_query__string(struct graphql_query *q, json_t **ret)
{
	size_t from = q->at++;

	if (slice_starts(slice_from(q->text, from), SLICE("\"\"\"")))
		return graphql_query__fail(q, "block strings are not understood; write a string in one line");
	while (q->at < q->text.n && q->text.p[q->at] != '"' && q->text.p[q->at] != '\n')
		q->at += q->text.p[q->at] == '\\' ? 2 : 1;
	if (q->at >= q->text.n || q->text.p[q->at] != '"')
		return graphql_query__fail(q, "a string without its closing quote");
	q->at++;
	*ret = json_loadb(q->text.p + from, q->at - from, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
	return *ret ? OK : graphql_query__fail(q, "a string with a bad escape, or that is no UTF-8");
}

static enum err graphql_query__variable(struct graphql_query *q, json_t **ret)
{
	struct slice name = graphql_query__name(q);
	json_t *v = name.n ? json_object_getn(q->variables, name.p, name.n) : NULL;

	if (!v && name.n)
		v = json_object_getn(q->defaults, name.p, name.n);
	if (!v)
		return graphql_query__fail(q, "a variable that has no value");
	*ret = json_incref(v);
	return OK;
}

static enum err graphql_query__list(struct graphql_query *q, bool constant, json_t **ret)
{
	json_t *list = json_array(), *one;

	while (!graphql_query__take(q, ']')) {
		enum err e = graphql_query__value(q, constant, &one);
		if (e != OK) {
			json_decref(list);
			return e;
		}
		json_array_append_new(list, one);
	}
	*ret = list;
	return OK;
}

/* Members until the closing byte: of an object, or arguments. */
static enum err graphql_query__members(struct graphql_query *q, bool constant, char close, json_t **ret)
{
	json_t *object = json_object(), *one;
	enum err e = OK;

	while (e == OK && !graphql_query__take(q, close)) {
		struct slice name = graphql_query__name(q);
		if (!name.n || !graphql_query__take(q, ':')) {
			e = graphql_query__fail(q, "expected name: value");
		} else if (json_object_getn(object, name.p, name.n)) {
			e = graphql_query__fail(q, "given twice");
		} else {
			e = graphql_query__value(q, constant, &one);
			if (e == OK)
				json_object_setn_new(object, name.p, name.n, one);
		}
	}
	if (e != OK) {
		json_decref(object);
		return e;
	}
	*ret = object;
	return OK;
}

static enum err graphql_query__word(struct graphql_query *q, json_t **ret)
{
	struct slice word = graphql_query__name(q);

	if (!word.n)
		return graphql_query__fail(q, "expected a value");
	if (slice_eq(word, SLICE("true")) || slice_eq(word, SLICE("false")))
		*ret = json_boolean(word.p[0] == 't');
	else if (slice_eq(word, SLICE("null")))
		*ret = json_null();
	else
		*ret = json_stringn(word.p, word.n); /* a name of an enumeration */
	return OK;
}

/* constant: a variable may not stand here. */
static enum err graphql_query__value(struct graphql_query *q, bool constant, json_t **ret)
{
	char c = graphql_query__peek(q);
	enum err e;

	if (++q->depth > GRAPHQL_QUERY_DEPTH_MAX)
		return graphql_query__fail(q, "nested too deep");
	if (c == '"')
		e = graphql_query__string(q, ret);
	else if (c == '-' || slice_is_digit(c))
		e = graphql_query__number(q, ret);
	else if (c == '$' && !constant && graphql_query__take(q, '$'))
		e = graphql_query__variable(q, ret);
	else if (graphql_query__take(q, '['))
		e = graphql_query__list(q, constant, ret);
	else if (graphql_query__take(q, '{'))
		e = graphql_query__members(q, constant, '}', ret);
	else
		e = graphql_query__word(q, ret);
	q->depth--;
	return e;
}

/* ---- fields */

static enum err graphql_query__field(struct graphql_query *q, struct graphql_field **ret)
{
	struct slice name = graphql_query__name(q);

	if (!name.n)
		return graphql_query__fail(q, graphql_query__peek(q) == '.' ? "fragments are not understood; name the "
									      "fields themselves"
									    : "expected the name of a field");
	if (++q->fields > GRAPHQL_QUERY_FIELDS_MAX)
		return graphql_query__fail(q, "too many fields");
	struct graphql_field *f = arena_zalloc(q->arena, sizeof *f);
	if (!f)
		return graphql_query__fail(q, "too large");
	f->alias = f->name = name;
	f->args = json_object();
	*ret = f; /* whatever comes: the caller frees it */
	if (graphql_query__take(q, ':')) {
		f->name = graphql_query__name(q);
		if (!f->name.n)
			return graphql_query__fail(q, "expected the name of a field");
	}
	if (graphql_query__take(q, '(')) {
		json_decref(f->args);
		f->args = NULL;
		TRY(graphql_query__members(q, false, ')', &f->args));
	}
	if (graphql_query__peek(q) == '@')
		return graphql_query__fail(q, "directives are not understood");
	return graphql_query__peek(q) == '{' ? graphql_query__selection(q, &f->fields) : OK;
}

static enum err graphql_query__selection(struct graphql_query *q, struct graphql_field **ret)
{
	if (!graphql_query__take(q, '{'))
		return graphql_query__fail(q, "expected {");
	if (++q->depth > GRAPHQL_QUERY_DEPTH_MAX)
		return graphql_query__fail(q, "nested too deep");
	while (!graphql_query__take(q, '}')) {
		TRY(graphql_query__field(q, ret));
		ret = &(*ret)->next;
	}
	q->depth--;
	return OK;
}

/* ---- the operation */

/* A type: a name, or one in brackets; what it is does not matter, as each argument is looked at where it is used. */
static enum err graphql_query__type(struct graphql_query *q)
{
	unsigned lists = 0;

	while (graphql_query__take(q, '['))
		lists++;
	if (!graphql_query__name(q).n)
		return graphql_query__fail(q, "expected a type");
	(void)graphql_query__take(q, '!');
	for (; lists; lists--) {
		if (!graphql_query__take(q, ']'))
			return graphql_query__fail(q, "expected ]");
		(void)graphql_query__take(q, '!');
	}
	return OK;
}

/* ($a: Type = default, …) */
static enum err graphql_query__definitions(struct graphql_query *q)
{
	while (!graphql_query__take(q, ')')) {
		json_t *v;
		if (!graphql_query__take(q, '$'))
			return graphql_query__fail(q, "expected $variable: Type");
		struct slice name = graphql_query__name(q);
		if (!name.n || !graphql_query__take(q, ':'))
			return graphql_query__fail(q, "expected $variable: Type");
		TRY(graphql_query__type(q));
		if (!graphql_query__take(q, '='))
			continue;
		TRY(graphql_query__value(q, true, &v));
		json_object_setn_new(q->defaults, name.p, name.n, v);
	}
	return OK;
}

static enum err graphql_query__operation(struct graphql_query *q, struct graphql_field **ret)
{
	struct slice kind = graphql_query__name(q);

	if (kind.n && !slice_eq(kind, SLICE("query")))
		return graphql_query__fail(q, "only queries are answered here");
	if (kind.n)
		(void)graphql_query__name(q);
	if (kind.n && graphql_query__take(q, '('))
		TRY(graphql_query__definitions(q));
	TRY(graphql_query__selection(q, ret));
	return graphql_query__peek(q) ? graphql_query__fail(q, "one operation only, without fragments") : OK;
}

enum err graphql_query_parse(struct slice text, const json_t *variables, struct arena *arena,
			     struct graphql_field **ret, struct diag *d)
{
	struct graphql_query q = {
		.text = text, .variables = variables, .defaults = json_object(), .arena = arena, .d = d
	};

	*ret = NULL;
	enum err e = graphql_query__operation(&q, ret);
	json_decref(q.defaults);
	return e;
}

void graphql_query_free(struct graphql_field *f)
{
	for (; f; f = f->next) {
		json_decref(f->args);
		f->args = NULL;
		graphql_query_free(f->fields);
	}
}
