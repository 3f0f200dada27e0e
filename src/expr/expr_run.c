/* SPDX-License-Identifier: Apache-2.0 */
/* expr_run: evaluation, see expr.h and expr_code.h. */
#include "base/check.h"
#include "expr/expr_code.h"

struct expr_run {
	const struct expr *e;
	struct expr_env *env;
	struct expr_value stack[EXPR_CODE_STACK_MAX];
	size_t n;
};

static int expr_run__order(const struct expr_value *a, const struct expr_value *b)
{
	if (a->type == EXPR_INT)
		return a->i < b->i ? -1 : a->i > b->i;
	if (a->type == EXPR_BOOL)
		return (int)a->b - (int)b->b;
	if (a->type == EXPR_IP)
		return ip_eq(&a->ip, &b->ip) ? 0 : 1;
	size_t n = a->s.n < b->s.n ? a->s.n : b->s.n;
	int order = n ? memcmp(a->s.p, b->s.p, n) : 0;
	return order ? order : a->s.n < b->s.n ? -1 : a->s.n > b->s.n;
}

bool expr_code_compare(unsigned op, const struct expr_value *a, const struct expr_value *b)
{
	if (a->type == EXPR_MISSING || b->type == EXPR_MISSING)
		return false;
	CHECK(a->type == b->type);
	if (op == EXPR_T_CONTAINS)
		return b->s.n == 0 || (a->s.n >= b->s.n && memmem(a->s.p, a->s.n, b->s.p, b->s.n));
	if (a->type == EXPR_BYTES && (op == EXPR_T_EQ || op == EXPR_T_NE))
		return slice_eq(a->s, b->s) == (op == EXPR_T_EQ);
	int order = expr_run__order(a, b);
	switch (op) {
	case EXPR_T_EQ:
		return order == 0;
	case EXPR_T_NE:
		return order != 0;
	case EXPR_T_LT:
		return order < 0;
	case EXPR_T_LE:
		return order <= 0;
	case EXPR_T_GT:
		return order > 0;
	case EXPR_T_GE:
		return order >= 0;
	default:
		CHECK(op == EXPR_T_EQ); /* no other is compiled */
		return false;
	}
}

/* What an instruction does with one operand. */
static void expr_run__one(struct expr_run *r, const struct expr_instr *i, const struct expr_value *v,
			  const struct expr_value *rest, struct expr_value *ret)
{
	bool yes = false;

	switch (i->op) {
	case EXPR_O_COMPARE:
		yes = expr_code_compare(i->x, v, rest);
		break;
	case EXPR_O_CONST_EQ:
		yes = expr_code_compare(i->x, v, &r->e->consts[i->arg]);
		break;
	case EXPR_O_IN:
		yes = expr_set_has(i->use, v);
		break;
	case EXPR_O_GLOB:
		yes = v->type == EXPR_BYTES && expr_glob_match(i->use, v->s, r->env->arena, NULL);
		break;
	default:
		yes = v->type == EXPR_BYTES && expr_regex_find(i->use, r->env->scratch, v->s, NULL, &r->env->gave_up);
		break;
	}
	*ret = expr_bool(yes);
}

static void expr_run__call(struct expr_run *r, const struct expr_instr *i, const struct expr_value *args,
			   struct expr_value *ret)
{
	struct expr_calling c = { .env = r->env, .args = args, .n = i->n };

	if (i->x == EXPR_C_WILDCARD_REPLACE)
		c.glob = i->use;
	else
		c.regex = i->use;
	*ret = (struct expr_value){ .type = EXPR_MISSING };
	expr_call_run((enum expr_call)i->x, &c, ret);
}

/* The instruction for each element of the list at[0]; at[1 …] are the other operands. The list of results to *ret. */
static void expr_run__each(struct expr_run *r, const struct expr_instr *i, struct expr_value *at,
			   struct expr_value *ret)
{
	struct expr_value list = at[0], *made;
	size_t n = 0;
	uint8_t scalar = EXPR_BOOL;

	*ret = (struct expr_value){ .type = EXPR_MISSING };
	if (list.type == EXPR_MISSING)
		return;
	CHECK(list.type & EXPR_LIST);
	made = arena_alloc(r->env->arena, list.list_n * sizeof *made);
	if (!made) {
		r->env->gave_up = true;
		return;
	}
	for (size_t k = 0; k < list.list_n; k++) {
		at[0] = list.list[k];
		if (i->op == EXPR_O_CALL)
			expr_run__call(r, i, at, &made[n]);
		else
			expr_run__one(r, i, &at[0], &at[1], &made[n]);
		if (made[n].type != EXPR_MISSING)
			scalar = made[n++].type;
	}
	*ret = expr_list(scalar, made, n);
}

static void expr_run__field(struct expr_run *r, const struct expr_instr *i)
{
	struct expr_value *v = &r->stack[r->n++];

	*v = (struct expr_value){ .type = EXPR_MISSING };
	r->env->get(r->env->of, (enum expr_field)i->n, i->op == EXPR_O_MEMBER ? &r->e->consts[i->arg].s : NULL, v);
}

static void expr_run__index(struct expr_run *r, const struct expr_instr *i)
{
	struct expr_value *v = &r->stack[r->n - 1];

	if (v->type & EXPR_LIST && i->arg < v->list_n)
		*v = v->list[i->arg];
	else
		*v = (struct expr_value){ .type = EXPR_MISSING };
}

static void expr_run__has_key(struct expr_run *r, const struct expr_instr *i)
{
	struct expr_value *key = &r->stack[r->n - 1], got = { .type = EXPR_MISSING };

	if (key->type == EXPR_BYTES)
		r->env->get(r->env->of, (enum expr_field)i->n, &key->s, &got);
	*key = expr_bool(got.type != EXPR_MISSING);
}

/* Takes the operands from the stack and puts the result there. */
static void expr_run__apply(struct expr_run *r, const struct expr_instr *i)
{
	size_t operands = i->op == EXPR_O_CALL ? i->n : i->op == EXPR_O_COMPARE ? 2 : 1;
	struct expr_value *at = &r->stack[r->n - operands], result;

	if (i->each)
		expr_run__each(r, i, at, &result);
	else if (i->op == EXPR_O_CALL)
		expr_run__call(r, i, at, &result);
	else
		expr_run__one(r, i, at, at + 1, &result);
	*at = result;
	r->n -= operands - 1;
}

static bool expr_run__truth(const struct expr_value *v)
{
	return v->type == EXPR_BOOL && v->b;
}

/* not and xor. */
static void expr_run__logic(struct expr_run *r, const struct expr_instr *i)
{
	struct expr_value *top = &r->stack[r->n - 1];

	if (i->op == EXPR_O_NOT) {
		*top = expr_bool(!expr_run__truth(top));
		return;
	}
	top[-1] = expr_bool(expr_run__truth(top) != expr_run__truth(top - 1));
	r->n--;
}

static struct expr_value expr_run__all(const struct expr *e, struct expr_env *env)
{
	struct expr_run r;

	r.e = e;
	r.env = env;
	r.n = 0;
	for (size_t pc = 0; pc < e->code_n; pc++) {
		const struct expr_instr *i = &e->code[pc];
		switch ((enum expr_op)i->op) {
		case EXPR_O_FIELD:
		case EXPR_O_MEMBER:
			expr_run__field(&r, i);
			break;
		case EXPR_O_CONST:
			r.stack[r.n++] = e->consts[i->arg];
			break;
		case EXPR_O_INDEX:
			expr_run__index(&r, i);
			break;
		case EXPR_O_HAS_KEY:
			expr_run__has_key(&r, i);
			break;
		case EXPR_O_CALL:
		case EXPR_O_COMPARE:
		case EXPR_O_CONST_EQ:
		case EXPR_O_IN:
		case EXPR_O_GLOB:
		case EXPR_O_REGEX:
			expr_run__apply(&r, i);
			break;
		case EXPR_O_NOT:
		case EXPR_O_XOR:
			expr_run__logic(&r, i);
			break;
		case EXPR_O_IF_FALSE:
		case EXPR_O_IF_TRUE:
			/* The loop's own step goes past the target's predecessor. */
			if (expr_run__truth(&r.stack[r.n - 1]) == (i->op == EXPR_O_IF_TRUE))
				pc = i->arg - 1;
			else
				r.n--;
			break;
		}
	}
	CHECK(r.n == 1);
	return r.stack[0];
}

bool expr_test(const struct expr *e, struct expr_env *env)
{
	CHECK(e->want == EXPR_WANT_BOOL);
	struct expr_value v = expr_run__all(e, env);
	return expr_run__truth(&v);
}

struct slice expr_text(const struct expr *e, struct expr_env *env)
{
	CHECK(e->want == EXPR_WANT_TEXT);
	struct expr_value v = expr_run__all(e, env), text = { .type = EXPR_MISSING };

	if (v.type == EXPR_BYTES)
		return v.s;
	struct expr_calling c = { .env = env, .args = &v, .n = 1 };
	expr_call_run(EXPR_C_TO_STRING, &c, &text);
	return text.type == EXPR_BYTES ? text.s : slice_of(NULL, 0);
}
