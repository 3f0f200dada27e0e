/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expr_parse: text to tree, see expr_tree.h. One loop over the words with a bounded stack of what is open (parentheses,
 * calls, operators that wait for their right side) and one of finished operands; nothing recurses.
 */
#include "base/check.h"
#include "base/mem.h"
#include "expr/expr_tree.h"

enum expr_parse__open { EXPR_P_PAREN, EXPR_P_CALL, EXPR_P_OPERATOR };

/* How tightly operators bind. */
enum { EXPR_P_OR = 1, EXPR_P_XOR, EXPR_P_AND, EXPR_P_NOT, EXPR_P_COMPARE };

struct expr_parse__frame {
	uint8_t open;  /* enum expr_parse__open */
	uint8_t binds; /* of an operator */
	enum expr_call call;
	size_t height; /* finished operands when it was opened */
	struct expr_token token;
};

struct expr_parse {
	struct expr_tree *t;
	struct expr_lex lex;
	struct expr_token now;
	struct expr_parse__frame frames[EXPR_TREE_DEPTH_MAX];
	size_t frames_n;
	uint32_t done[EXPR_TREE_DEPTH_MAX * 2 + EXPR_TREE_ARGS_MAX];
	size_t done_n;
	bool have; /* an operand is finished: an operator or an end comes next */
};

uint32_t expr_tree_add(struct expr_tree *t, enum expr_node_kind kind, size_t at)
{
	CHECK(t->nodes_n < t->nodes_cap);
	struct expr_node *n = &t->nodes[t->nodes_n];
	*n = (struct expr_node){ .kind = (uint8_t)kind, .at = (uint32_t)at };
	return (uint32_t)t->nodes_n++;
}

enum err expr_tree_string(struct expr_tree *t, const struct expr_token *token, bool pattern, struct slice *ret)
{
	TRY(expr_lex_string(token, pattern, t->d, t->owned.mem + t->mem_n, ret));
	t->mem_n += ret->n;
	return OK;
}

static enum err expr_parse__step(struct expr_parse *p)
{
	return expr_lex_next(&p->lex, &p->now);
}

static enum err expr_parse__push(struct expr_parse *p, struct expr_parse__frame frame)
{
	if (p->frames_n == EXPR_TREE_DEPTH_MAX)
		return expr_lex_fail(p->t->d, p->now.at, "nested deeper than %d", EXPR_TREE_DEPTH_MAX);
	frame.height = p->done_n;
	frame.token = p->now;
	p->frames[p->frames_n++] = frame;
	return OK;
}

static enum err expr_parse__finish(struct expr_parse *p, uint32_t node)
{
	if (p->done_n == sizeof p->done / sizeof p->done[0])
		return expr_lex_fail(p->t->d, p->now.at, "too many arguments");
	p->done[p->done_n++] = node;
	p->have = true;
	return OK;
}

/* Applies operators that bind at least as tightly to the operands that are finished. */
static enum err expr_parse__reduce(struct expr_parse *p, unsigned binds)
{
	static const enum expr_node_kind kinds[] = {
		[EXPR_P_OR] = EXPR_N_OR, [EXPR_P_XOR] = EXPR_N_XOR, [EXPR_P_AND] = EXPR_N_AND, [EXPR_P_NOT] = EXPR_N_NOT
	};

	while (p->frames_n) {
		const struct expr_parse__frame *f = &p->frames[p->frames_n - 1];
		uint32_t node, sides[2];
		if (f->open != EXPR_P_OPERATOR || f->binds < binds)
			break;
		size_t n = f->binds == EXPR_P_NOT ? 1 : 2;
		CHECK(p->done_n >= n);
		sides[0] = p->done[p->done_n - n];
		sides[1] = p->done[p->done_n - 1];
		if (f->binds == EXPR_P_COMPARE)
			TRY(expr_check_compare(p->t, &f->token, sides, &node));
		else
			TRY(expr_check_logic(p->t, kinds[f->binds], f->token.at, sides, &node));
		p->done_n -= n;
		p->done[p->done_n++] = node;
		p->frames_n--;
	}
	return OK;
}

/* ---- where an operand is wanted */

static enum err expr_parse__string(struct expr_parse *p)
{
	const struct expr_parse__frame *f = p->frames_n ? &p->frames[p->frames_n - 1] : NULL;
	char want = f && f->open == EXPR_P_CALL ? expr_call_arg(f->call, p->done_n - f->height) : 0;
	struct slice text;

	TRY(expr_tree_string(p->t, &p->now, want == 'x' || want == 'w', &text));
	uint32_t node = expr_tree_add(p->t, EXPR_N_LITERAL, p->now.at);
	p->t->nodes[node].type = EXPR_BYTES;
	p->t->nodes[node].value = expr_bytes(text);
	TRY(expr_parse__finish(p, node));
	return expr_parse__step(p);
}

static enum err expr_parse__truth(struct expr_parse *p)
{
	uint32_t node = expr_tree_add(p->t, EXPR_N_LITERAL, p->now.at);

	p->t->nodes[node].type = EXPR_BOOL;
	p->t->nodes[node].value = expr_bool(p->now.kind == EXPR_T_TRUE);
	TRY(expr_parse__finish(p, node));
	return expr_parse__step(p);
}

/* A field, a function, a number or an address. */
static enum err expr_parse__word(struct expr_parse *p)
{
	struct expr_token word = p->now;
	enum expr_call call;
	uint32_t node;

	TRY(expr_parse__step(p));
	if (expr_literal_is(word.text)) {
		TRY(expr_literal_word(p->t, &word, &node));
		return expr_parse__finish(p, node);
	}
	if (p->now.kind != EXPR_T_OPEN) {
		TRY(expr_check_field(p->t, &word, &node));
		return expr_parse__finish(p, node);
	}
	struct slice name = slice_first(word.text, 60);
	if (!expr_call_find(word.text, &call))
		return expr_lex_fail(p->t->d, word.at, "unknown function \"%.*s\"", SLICE_ARG(name));
	TRY(expr_parse__push(p, (struct expr_parse__frame){ .open = EXPR_P_CALL, .call = call }));
	p->frames[p->frames_n - 1].token = word;
	return expr_parse__step(p);
}

static enum err expr_parse__operand(struct expr_parse *p)
{
	const struct expr_parse__frame *f = p->frames_n ? &p->frames[p->frames_n - 1] : NULL;
	bool compares = f && f->open == EXPR_P_OPERATOR && f->binds == EXPR_P_COMPARE;
	char show[64];

	if (p->now.kind == EXPR_T_STRING)
		return expr_parse__string(p);
	if (p->now.kind == EXPR_T_TRUE || p->now.kind == EXPR_T_FALSE)
		return expr_parse__truth(p);
	if (p->now.kind == EXPR_T_WORD)
		return expr_parse__word(p);
	if (p->now.kind == EXPR_T_OPEN || (p->now.kind == EXPR_T_NOT && !compares)) {
		struct expr_parse__frame frame = { .open = EXPR_P_PAREN };
		if (p->now.kind == EXPR_T_NOT)
			frame = (struct expr_parse__frame){ .open = EXPR_P_OPERATOR, .binds = EXPR_P_NOT };
		TRY(expr_parse__push(p, frame));
		return expr_parse__step(p);
	}
	return expr_lex_fail(p->t->d, p->now.at, "expected a field, a function or a value, found %s",
			     expr_lex_show(&p->now, show, sizeof show));
}

/* ---- where an operand is finished */

static enum err expr_parse__index(struct expr_parse *p)
{
	TRY(expr_parse__step(p));
	TRY(expr_check_index(p->t, &p->now, &p->done[p->done_n - 1]));
	TRY(expr_parse__step(p));
	if (p->now.kind != EXPR_T_CLOSE_BRACKET)
		return expr_lex_fail(p->t->d, p->now.at, "expected ]");
	return expr_parse__step(p);
}

static enum err expr_parse__no_chain(struct expr_parse *p)
{
	const struct expr_parse__frame *f = p->frames_n ? &p->frames[p->frames_n - 1] : NULL;

	if (f && f->open == EXPR_P_OPERATOR && f->binds == EXPR_P_COMPARE)
		return expr_lex_fail(p->t->d, p->now.at, "one comparison ends here; join it with \"and\" or \"or\"");
	return OK;
}

static enum err expr_parse__compare(struct expr_parse *p)
{
	struct expr_token op = p->now;

	TRY(expr_parse__no_chain(p));
	TRY(expr_parse__push(p, (struct expr_parse__frame){ .open = EXPR_P_OPERATOR, .binds = EXPR_P_COMPARE }));
	p->frames[p->frames_n - 1].token = op;
	p->have = false;
	return expr_parse__step(p);
}

static enum err expr_parse__pattern(struct expr_parse *p)
{
	struct expr_token op = p->now;

	TRY(expr_parse__no_chain(p));
	TRY(expr_parse__step(p));
	TRY(expr_check_pattern(p->t, &op, p->done[p->done_n - 1], &p->now, &p->done[p->done_n - 1]));
	return expr_parse__step(p);
}

/* The braces behind `in`. */
static enum err expr_parse__braces(struct expr_parse *p, uint32_t left, const struct expr_set **ret)
{
	enum expr_type type = p->t->nodes[left].type & EXPR_SCALAR;

	if (type == EXPR_BOOL || type == EXPR_MISSING)
		return expr_lex_fail(p->t->d, p->now.at, "in goes with text, numbers and addresses");
	struct expr_set *set = expr_set_new(type);
	p->t->owned.sets[p->t->owned.sets_n++] = set;
	TRY(expr_parse__step(p));
	while (p->now.kind != EXPR_T_CLOSE_BRACE) {
		if (p->now.kind == EXPR_T_COMMA)
			return expr_lex_fail(p->t->d, p->now.at, "the elements of a set are separated by spaces");
		TRY(expr_literal_element(p->t, set, &p->now));
		TRY(expr_parse__step(p));
	}
	expr_set_seal(set);
	if (expr_set_count(set) == 0)
		return expr_lex_fail(p->t->d, p->now.at, "the set is empty");
	*ret = set;
	return OK;
}

static enum err expr_parse__in(struct expr_parse *p)
{
	uint32_t *left = &p->done[p->done_n - 1];
	size_t at = p->now.at;
	const struct expr_set *set = NULL;
	char show[64];

	TRY(expr_parse__no_chain(p));
	TRY(expr_check_operand(p->t, *left, 0, ""));
	TRY(expr_parse__step(p));
	if (p->now.kind == EXPR_T_LIST) {
		set = p->t->o->list ? p->t->o->list(p->t->o->list_of, p->now.text) : NULL;
		struct slice name = slice_first(p->now.text, 60);
		if (!set)
			return expr_lex_fail(p->t->d, p->now.at, "there is no list named \"%.*s\"", SLICE_ARG(name));
	} else if (p->now.kind == EXPR_T_OPEN_BRACE) {
		TRY(expr_parse__braces(p, *left, &set));
	} else {
		return expr_lex_fail(p->t->d, p->now.at, "expected { or a list like $name after \"in\", found %s",
				     expr_lex_show(&p->now, show, sizeof show));
	}
	TRY(expr_check_in(p->t, at, *left, set, left));
	return expr_parse__step(p);
}

static enum err expr_parse__logic(struct expr_parse *p)
{
	struct expr_token op = p->now;
	unsigned binds = op.kind == EXPR_T_AND ? EXPR_P_AND : op.kind == EXPR_T_XOR ? EXPR_P_XOR : EXPR_P_OR;

	TRY(expr_parse__reduce(p, binds));
	TRY(expr_parse__push(p, (struct expr_parse__frame){ .open = EXPR_P_OPERATOR, .binds = (uint8_t)binds }));
	p->frames[p->frames_n - 1].token = op;
	p->have = false;
	return expr_parse__step(p);
}

static enum err expr_parse__comma(struct expr_parse *p)
{
	TRY(expr_parse__reduce(p, 0));
	if (!p->frames_n || p->frames[p->frames_n - 1].open != EXPR_P_CALL)
		return expr_lex_fail(p->t->d, p->now.at, "a comma stands between the arguments of a function only");
	if (p->done_n - p->frames[p->frames_n - 1].height >= EXPR_TREE_ARGS_MAX)
		return expr_lex_fail(p->t->d, p->now.at, "at most %d arguments", EXPR_TREE_ARGS_MAX);
	p->have = false;
	return expr_parse__step(p);
}

static enum err expr_parse__close(struct expr_parse *p)
{
	TRY(expr_parse__reduce(p, 0));
	if (!p->frames_n)
		return expr_lex_fail(p->t->d, p->now.at, "this parenthesis closes nothing");
	const struct expr_parse__frame *f = &p->frames[--p->frames_n];
	if (f->open == EXPR_P_CALL) {
		uint32_t node;
		size_t n = p->done_n - f->height;
		TRY(expr_check_call(p->t, f->call, f->token.at, &p->done[f->height], n, &node));
		p->done_n = f->height;
		TRY(expr_parse__finish(p, node));
	}
	return expr_parse__step(p);
}

static enum err expr_parse__operator(struct expr_parse *p)
{
	static enum err (*const table[])(struct expr_parse * p) = {
		[EXPR_T_OPEN_BRACKET] = expr_parse__index, [EXPR_T_EQ] = expr_parse__compare,
		[EXPR_T_NE] = expr_parse__compare,         [EXPR_T_LT] = expr_parse__compare,
		[EXPR_T_LE] = expr_parse__compare,         [EXPR_T_GT] = expr_parse__compare,
		[EXPR_T_GE] = expr_parse__compare,         [EXPR_T_CONTAINS] = expr_parse__compare,
		[EXPR_T_MATCHES] = expr_parse__pattern,    [EXPR_T_WILDCARD] = expr_parse__pattern,
		[EXPR_T_STRICT] = expr_parse__pattern,     [EXPR_T_IN] = expr_parse__in,
		[EXPR_T_AND] = expr_parse__logic,          [EXPR_T_XOR] = expr_parse__logic,
		[EXPR_T_OR] = expr_parse__logic,           [EXPR_T_COMMA] = expr_parse__comma,
		[EXPR_T_CLOSE] = expr_parse__close,
	};
	char show[64];

	if (p->now.kind < sizeof table / sizeof table[0] && table[p->now.kind])
		return table[p->now.kind](p);
	return expr_lex_fail(p->t->d, p->now.at, "expected an operator or the end, found %s",
			     expr_lex_show(&p->now, show, sizeof show));
}

static enum err expr_parse__run(struct expr_parse *p)
{
	TRY(expr_parse__step(p));
	while (!p->have || p->now.kind != EXPR_T_END) {
		/* "name()" has no argument to wait for. */
		bool empty_call = !p->have && p->now.kind == EXPR_T_CLOSE && p->frames_n &&
				  p->frames[p->frames_n - 1].open == EXPR_P_CALL &&
				  p->done_n == p->frames[p->frames_n - 1].height;
		TRY(p->have || empty_call ? expr_parse__operator(p) : expr_parse__operand(p));
	}
	TRY(expr_parse__reduce(p, 0));
	if (p->frames_n)
		return expr_lex_fail(p->t->d, p->now.at, "the parenthesis opened at column %zu is not closed",
				     p->frames[p->frames_n - 1].token.at + 1);
	CHECK(p->done_n == 1);
	return expr_check_root(p->t, p->done[0]);
}

enum err expr_tree_parse(struct slice text, const struct expr_options *o, struct diag *d, struct expr_tree *ret)
{
	struct expr_parse p = { .t = ret, .lex = { .src = text, .d = d } };

	*ret = (struct expr_tree){ .text = text, .o = o, .d = d };
	if (text.n > EXPR_TEXT_BYTES_MAX)
		return expr_lex_fail(d, EXPR_TEXT_BYTES_MAX, "an expression is at most %d bytes long, this one has %zu",
				     EXPR_TEXT_BYTES_MAX, text.n);
	/* A node, an argument, a set, a pattern: each needs at least one byte of the text. */
	ret->nodes_cap = text.n + 2;
	ret->nodes = mem_alloc_array(ret->nodes_cap, sizeof *ret->nodes);
	ret->args = mem_alloc_array(ret->nodes_cap, sizeof *ret->args);
	ret->owned.sets = mem_alloc_array(ret->nodes_cap, sizeof(struct expr_set *));
	ret->owned.globs = mem_alloc_array(ret->nodes_cap, sizeof(struct expr_glob *));
	ret->owned.regexes = mem_alloc_array(ret->nodes_cap, sizeof(struct expr_regex *));
	ret->owned.mem = mem_alloc(text.n + 2);
	ret->nodes_n = 1; /* number 0 is none */
	TRY(expr_parse__run(&p));
	/* Brackets change a node in place and [n] adds one, so the root is the last. */
	return OK;
}

void expr_tree_disown(struct expr_owned *o)
{
	for (size_t i = 0; i < o->sets_n; i++)
		expr_set_free(o->sets[i]);
	for (size_t i = 0; i < o->globs_n; i++)
		expr_glob_free(o->globs[i]);
	for (size_t i = 0; i < o->regexes_n; i++)
		expr_regex_free(o->regexes[i]);
	mem_free(o->sets);
	mem_free(o->globs);
	mem_free(o->regexes);
	mem_free(o->mem);
	*o = (struct expr_owned){ .sets = NULL };
}

void expr_tree_fini(struct expr_tree *t)
{
	mem_free(t->nodes);
	mem_free(t->args);
	expr_tree_disown(&t->owned);
	t->nodes = NULL;
	t->args = NULL;
}
