/* SPDX-License-Identifier: Apache-2.0 */
/*
 * input: turns a request and an answer into the variables that rules look at. How each is made, and where ModSecurity's
 * versions differ, stands at the functions. Lifetime: request.
 */
#ifndef WAF_INPUT_H
#define WAF_INPUT_H

#include "waf/eval.h"
#include "waf/value.h"

struct input {
	struct arena *arena;
	const struct rule_options *options;
	struct value_list var[VAR_COUNT];
	uint64_t args_bytes; /* names and values together */
	uint32_t args_n;
	bool body_error;
	bool args_full; /* SecArgumentsLimit was reached */
};

/* The variables of a head. False when the arena is full. */
bool input_head(struct input *in, const struct eval_request *request);
/*
 * Reads a body with the processor of that name (URLENCODED, MULTIPART, JSON, XML; "" for none). type: the value of
 * Content-Type. total: bytes that the body had. force: REQUEST_BODY even without a processor. False: the arena is full.
 */
bool input_body(struct input *in, struct slice processor, struct slice type, struct slice body, uint64_t total,
		bool force);
/* The variables of an answer's head and body. False when the arena is full. */
bool input_answer(struct input *in, const struct eval_answer *answer);
bool input_answer_body(struct input *in, struct slice body, uint64_t total);

/* Adds an argument: to ARGS and to the given lists. False when the arena is full. */
bool input_argument(struct input *in, enum variable values, enum variable names, struct slice name, struct slice value);
/* Marks the body as one that its processor could not read. */
bool input_error(struct input *in, const char *why);
/* Sets a flag variable to 1. */
bool input_flag(struct input *in, enum variable v);
/* The first header of that name (case-blind); p == NULL when there is none. */
struct slice input_header(const struct input *in, struct slice name);
/* %XX decoded into the arena; plus: '+' is a blank. Gives s itself when nothing changes. */
struct slice input_percent(struct arena *a, struct slice s, bool plus);

#endif
