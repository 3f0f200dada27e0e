/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expr_tree: an expression as a row of nodes, children before parents, typed. Made by expr_parse.c, whose checks of
 * types are expr_check.c; turned into a program by expr_compile.c. Private to this room (and to the evaluator that
 * tests compare with).
 */
#ifndef EXPR_TREE_H
#define EXPR_TREE_H

#include "expr/expr.h"
#include "expr/expr_call.h"
#include "expr/expr_glob.h"
#include "expr/expr_lex.h"
#include "expr/expr_regex.h"

enum { EXPR_TREE_DEPTH_MAX = 64, EXPR_TREE_ARGS_MAX = 32 };

enum expr_node_kind {
	EXPR_N_FIELD,   /* field */
	EXPR_N_MAP,     /* field, given to a function that looks into it: no value of its own */
	EXPR_N_MEMBER,  /* field, value: the key */
	EXPR_N_INDEX,   /* a[number] */
	EXPR_N_LITERAL, /* value */
	EXPR_N_CALL,    /* call, args[a .. a + b) */
	EXPR_N_COMPARE, /* op, a and b */
	EXPR_N_IN,      /* a in set */
	EXPR_N_GLOB,    /* a against glob */
	EXPR_N_REGEX,   /* a against regex */
	EXPR_N_NOT,     /* a */
	EXPR_N_AND,
	EXPR_N_OR,
	EXPR_N_XOR
};

struct expr_node {
	uint8_t kind; /* enum expr_node_kind */
	uint8_t op;   /* enum expr_token_kind */
	uint8_t type; /* enum expr_type flags; with spread the type of one element */
	bool spread;  /* stands for each element of a list: what is done, is done to each */
	bool halfway; /* [*] of a map: the values under one key are a list, so another [*] must follow */
	uint32_t at;  /* offset in the text */
	uint32_t a, b;
	uint32_t left_of; /* the and/or node whose left side this is; 0: none */
	int64_t number;
	enum expr_field field;
	enum expr_call call;
	struct expr_value value;
	const struct expr_set *set;
	const struct expr_glob *glob;
	const struct expr_regex *regex;
};

/* What a tree owns beside its nodes and a program takes over. */
struct expr_owned {
	struct expr_set **sets;
	struct expr_glob **globs;
	struct expr_regex **regexes;
	size_t sets_n, globs_n, regexes_n;
	char *mem; /* bytes of literals */
};

struct expr_tree {
	struct slice text;
	const struct expr_options *o;
	struct diag *d;
	struct expr_node *nodes;
	size_t nodes_n, nodes_cap;
	uint32_t *args; /* of all calls */
	size_t args_n;
	struct expr_owned owned;
	size_t mem_n;
};

/* Parses and types the text; the root is the last node. Caller frees with expr_tree_fini, also after an error. errors:
 * ERR_SYNTAX with d. */
enum err expr_tree_parse(struct slice text, const struct expr_options *o, struct diag *d,
			 struct expr_tree *ret) MUST_USE;
/* Frees nodes, and what is still owned. */
void expr_tree_fini(struct expr_tree *t);
/* Frees what is owned. */
void expr_tree_disown(struct expr_owned *o);

/* A new node of that kind at that place; its number. */
uint32_t expr_tree_add(struct expr_tree *t, enum expr_node_kind kind, size_t at);
/* The bytes of a string word, kept with the tree. errors: ERR_SYNTAX. */
enum err expr_tree_string(struct expr_tree *t, const struct expr_token *token, bool pattern,
			  struct slice *ret) MUST_USE;

/* expr_check.c: each makes a node of its children, or says what does not fit. errors: ERR_SYNTAX. */
enum err expr_check_field(struct expr_tree *t, const struct expr_token *word, uint32_t *ret) MUST_USE;
/* The part of a map or list that stands in brackets: a key, a number, or each element (star). Changes *node. */
enum err expr_check_index(struct expr_tree *t, const struct expr_token *key, uint32_t *node) MUST_USE;
/* A comparison of two values. */
enum err expr_check_compare(struct expr_tree *t, const struct expr_token *op, const uint32_t sides[static 2],
			    uint32_t *ret) MUST_USE;
/* matches, wildcard and strict wildcard, with the pattern's word. */
enum err expr_check_pattern(struct expr_tree *t, const struct expr_token *op, uint32_t left,
			    const struct expr_token *pattern, uint32_t *ret) MUST_USE;
/* `in` with a finished set; its type must be that of the left side. */
enum err expr_check_in(struct expr_tree *t, size_t at, uint32_t left, const struct expr_set *set,
		       uint32_t *ret) MUST_USE;
/* not, and, xor, or; for not b is not used. */
enum err expr_check_logic(struct expr_tree *t, enum expr_node_kind kind, size_t at, const uint32_t sides[static 2],
			  uint32_t *ret) MUST_USE;
/* A function with its arguments. */
enum err expr_check_call(struct expr_tree *t, enum expr_call call, size_t at, const uint32_t *args, size_t n,
			 uint32_t *ret) MUST_USE;
/* The whole: a condition, or a value. */
enum err expr_check_root(struct expr_tree *t, uint32_t root) MUST_USE;
/* Whether the node can stand on the left of `in` and patterns: one value of the type, or each of a list. */
enum err expr_check_operand(struct expr_tree *t, uint32_t node, unsigned type, const char *what) MUST_USE;

/* expr_literal.c: a word that is a number or an address, as a node. errors: ERR_SYNTAX. */
enum err expr_literal_word(struct expr_tree *t, const struct expr_token *word, uint32_t *ret) MUST_USE;
/* One word of a set. errors: ERR_SYNTAX. */
enum err expr_literal_element(struct expr_tree *t, struct expr_set *set, const struct expr_token *word) MUST_USE;
/* Whether a word is a number or an address rather than a name. */
bool expr_literal_is(struct slice word);

#endif
