/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expr_compile: tree to program. Nodes stand children first, so one walk writes the instructions; the left side of
 * and/or is followed by a jump whose target is known when its parent comes up.
 */
#include "base/check.h"
#include "base/mem.h"
#include "expr/expr_code.h"

STATIC_CHECK(EXPR_FIELD_COUNT <= 64, "expr.fields has a bit for each");

struct expr_compile {
	const struct expr_tree *t;
	struct expr *e;
	uint32_t *jumps; /* by node: the jump that its left side wrote */
	size_t depth;
};

static void expr_compile__emit(struct expr_compile *c, struct expr_instr i)
{
	c->e->code[c->e->code_n++] = i;
}

static uint32_t expr_compile__const(struct expr_compile *c, const struct expr_value *v)
{
	c->e->consts[c->e->consts_n] = *v;
	return (uint32_t)c->e->consts_n++;
}

static bool expr_compile__push(struct expr_compile *c, size_t pops)
{
	c->depth = c->depth - pops + 1;
	return c->depth <= EXPR_CODE_STACK_MAX;
}

static void expr_compile__use(struct expr_compile *c, enum expr_field f)
{
	c->e->fields |= 1ULL << f;
}

/* A constant that is pushed only to be compared for equality becomes part of the comparison. */
static bool expr_compile__compare(struct expr_compile *c, const struct expr_node *n)
{
	const struct expr_node *left = &c->t->nodes[n->a], *right = &c->t->nodes[n->b];
	struct expr_instr i = { .op = EXPR_O_COMPARE, .x = n->op, .each = left->spread };

	if (right->kind == EXPR_N_LITERAL && (n->op == EXPR_T_EQ || n->op == EXPR_T_NE)) {
		i.op = EXPR_O_CONST_EQ;
		i.arg = c->e->code[--c->e->code_n].arg;
		c->depth--;
		expr_compile__emit(c, i);
		return true;
	}
	expr_compile__emit(c, i);
	return expr_compile__push(c, 2);
}

static bool expr_compile__call(struct expr_compile *c, const struct expr_node *n)
{
	const struct expr_node *first = &c->t->nodes[c->t->args[n->a]];
	struct expr_instr i = { .op = EXPR_O_CALL, .x = (uint8_t)n->call, .each = first->spread, .n = (uint8_t)n->b };

	if (n->call == EXPR_C_HAS_KEY) {
		i.op = EXPR_O_HAS_KEY;
		i.n = (uint8_t)first->field;
		expr_compile__use(c, first->field);
		expr_compile__emit(c, i);
		return true;
	}
	i.use = n->glob ? (const void *)n->glob : (const void *)n->regex;
	expr_compile__emit(c, i);
	return expr_compile__push(c, n->b);
}

static void expr_compile__test(struct expr_compile *c, const struct expr_node *n, enum expr_op op, const void *use)
{
	expr_compile__emit(c, (struct expr_instr){ .op = (uint8_t)op, .each = c->t->nodes[n->a].spread, .use = use });
}

static bool expr_compile__value(struct expr_compile *c, const struct expr_node *n)
{
	struct expr_instr i = { .op = EXPR_O_FIELD, .n = (uint8_t)n->field };

	if (n->kind == EXPR_N_LITERAL || n->kind == EXPR_N_MEMBER) {
		i.op = n->kind == EXPR_N_LITERAL ? EXPR_O_CONST : EXPR_O_MEMBER;
		i.arg = expr_compile__const(c, &n->value);
	}
	if (n->kind != EXPR_N_LITERAL)
		expr_compile__use(c, n->field);
	expr_compile__emit(c, i);
	return expr_compile__push(c, 0);
}

static bool expr_compile__node(struct expr_compile *c, uint32_t number)
{
	const struct expr_node *n = &c->t->nodes[number];

	switch ((enum expr_node_kind)n->kind) {
	case EXPR_N_FIELD:
	case EXPR_N_MEMBER:
	case EXPR_N_LITERAL:
		return expr_compile__value(c, n);
	case EXPR_N_MAP:
		return true;
	case EXPR_N_INDEX:
		expr_compile__emit(c, (struct expr_instr){ .op = EXPR_O_INDEX, .arg = (uint32_t)n->number });
		return true;
	case EXPR_N_CALL:
		return expr_compile__call(c, n);
	case EXPR_N_COMPARE:
		return expr_compile__compare(c, n);
	case EXPR_N_IN:
		expr_compile__test(c, n, EXPR_O_IN, n->set);
		return true;
	case EXPR_N_GLOB:
		expr_compile__test(c, n, EXPR_O_GLOB, n->glob);
		return true;
	case EXPR_N_REGEX:
		expr_compile__test(c, n, EXPR_O_REGEX, n->regex);
		return true;
	case EXPR_N_NOT:
		expr_compile__emit(c, (struct expr_instr){ .op = EXPR_O_NOT });
		return true;
	case EXPR_N_XOR:
		expr_compile__emit(c, (struct expr_instr){ .op = EXPR_O_XOR });
		return expr_compile__push(c, 2);
	case EXPR_N_AND:
	case EXPR_N_OR:
		c->e->code[c->jumps[number]].arg = (uint32_t)c->e->code_n;
		return true;
	}
	return true;
}

static enum err expr_compile__all(struct expr_compile *c)
{
	const struct expr_tree *t = c->t;

	for (uint32_t i = 1; i < t->nodes_n; i++) {
		const struct expr_node *n = &t->nodes[i];
		if (!expr_compile__node(c, i))
			return expr_lex_fail(t->d, n->at, "the expression holds too many values at once (%d)",
					     EXPR_CODE_STACK_MAX);
		if (!n->left_of)
			continue;
		c->jumps[n->left_of] = (uint32_t)c->e->code_n;
		bool and = t->nodes[n->left_of].kind == EXPR_N_AND;
		expr_compile__emit(c, (struct expr_instr){ .op = and? EXPR_O_IF_FALSE : EXPR_O_IF_TRUE });
		c->depth--;
	}
	CHECK(c->depth == 1);
	return OK;
}

enum err expr_compile(struct slice text, const struct expr_options *o, struct expr **ret, struct diag *d)
{
	struct expr_tree t;
	struct diag own;

	diag_init(&own);
	enum err e = expr_tree_parse(text, o, d ? d : &own, &t);
	if (e == OK) {
		struct expr_compile c = { .t = &t, .e = mem_alloc(sizeof *c.e) };
		c.e->want = o->want;
		/* An instruction and perhaps a jump for each node. */
		c.e->code = mem_alloc_array(2 * t.nodes_n, sizeof *c.e->code);
		c.e->consts = mem_alloc_array(t.nodes_n, sizeof *c.e->consts);
		c.jumps = mem_alloc_array(t.nodes_n, sizeof *c.jumps);
		e = expr_compile__all(&c);
		mem_free(c.jumps);
		if (e == OK) {
			c.e->code = mem_resize(c.e->code, c.e->code_n * sizeof *c.e->code);
			c.e->consts = mem_resize(c.e->consts, (c.e->consts_n + 1) * sizeof *c.e->consts);
			c.e->owned = t.owned;
			t.owned = (struct expr_owned){ .sets = NULL };
			*ret = c.e;
		} else {
			expr_free(c.e);
		}
	}
	expr_tree_fini(&t);
	return e;
}

void expr_free(struct expr *e)
{
	if (!e)
		return;
	expr_tree_disown(&e->owned);
	mem_free(e->code);
	mem_free(e->consts);
	mem_free(e);
}

bool expr_uses(const struct expr *e, enum expr_field f)
{
	return e->fields >> f & 1;
}
