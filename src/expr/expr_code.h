/* SPDX-License-Identifier: Apache-2.0 */
/* expr_code: a compiled expression: instructions for a small stack machine that only jumps forward. Private to this
 * room. */
#ifndef EXPR_CODE_H
#define EXPR_CODE_H

#include "expr/expr_tree.h"

enum { EXPR_CODE_STACK_MAX = 96 };

enum expr_op {
	EXPR_O_FIELD,    /* push field n */
	EXPR_O_MEMBER,   /* push the list under key consts[arg] of field n */
	EXPR_O_CONST,    /* push consts[arg] */
	EXPR_O_INDEX,    /* replace the list on top by its element arg */
	EXPR_O_CALL,     /* n arguments, function x; each: the first one is a list of first arguments */
	EXPR_O_HAS_KEY,  /* replace the key on top: has field n it? */
	EXPR_O_COMPARE,  /* two on top, operator x */
	EXPR_O_CONST_EQ, /* one on top, equal to consts[arg]; x: EXPR_T_EQ or EXPR_T_NE */
	EXPR_O_IN,       /* one on top, in sets[arg] */
	EXPR_O_GLOB,
	EXPR_O_REGEX,
	EXPR_O_NOT,
	EXPR_O_XOR,
	EXPR_O_IF_FALSE, /* false on top: go to arg, else drop it */
	EXPR_O_IF_TRUE
};

struct expr_instr {
	uint8_t op;   /* enum expr_op */
	uint8_t x;    /* operator or function */
	uint8_t each; /* the operand is a list, and so is the result */
	uint8_t n;
	uint32_t arg;
	const void *use; /* set, glob or regex */
};

struct expr {
	enum expr_want want;
	struct expr_instr *code;
	size_t code_n;
	struct expr_value *consts;
	size_t consts_n;
	uint64_t fields; /* bit f: field f is asked for */
	struct expr_owned owned;
};

/* How two scalars of one type compare with an operator of expr_lex.h; false when one is missing. */
bool expr_code_compare(unsigned op, const struct expr_value *a, const struct expr_value *b);

#endif
