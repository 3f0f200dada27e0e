/* SPDX-License-Identifier: Apache-2.0 */
/* rules_phase: short names for the phases in which rules run, and rules out of options of `seawall rules add`. */
#ifndef CLIENT_RULES_PHASE_H
#define CLIENT_RULES_PHASE_H

#include "client/cli.h"

struct rules_phase {
	const char *word;   /* "origin" */
	const char *phase;  /* "http_request_origin" */
	const char *action; /* what a rule of the phase does unless --action says otherwise */
	/* Fills action_parameters from options; a sentence in *ret_missing when a rule without any makes no sense. */
	void (*parameters)(struct cli *c, json_t *parameters, const char **ret_missing);
};

/* By its short name or the API's. NULL after a complaint that lists them. */
const struct rules_phase *rules_phase_find(struct cli *c, const char *word);
/* The i-th, or NULL past the end. */
const struct rules_phase *rules_phase_at(size_t i);
/* The rule that words (ZONE PHASE EXPRESSION) and options describe, a new reference, or NULL after a complaint. */
json_t *rules_phase_rule(struct cli *c, const struct rules_phase *p);

/* The words that completion offers for PHASE. */
#define RULES_PHASE_WORDS                                                                                              \
	"custom ratelimit cache redirect origin rewrite request-headers response-headers config compression"

#endif
