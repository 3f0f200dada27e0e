/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of a plan: plan.c what the databases stand for, plan_scan.c the scan of a request, plan_walk.c which rules
 * run, plan_text.c what can be said of a pattern by reading it.
 *
 * Variables belong to segments; a hit in one segment says nothing about rules that look at others. Rules have places:
 * bits in the order in which they run, each phase from a word of its own on.
 */
#ifndef WAF_PLAN_INT_H
#define WAF_PLAN_INT_H

#include "waf/automaton.h"
#include "waf/eval_int.h"
#include "waf/plan.h"
#include "waf/scan.h"

enum plan__segment {
	SEGMENT_ARGS, /* and cookies, names of files, XML */
	SEGMENT_HEADERS,
	SEGMENT_NAMED, /* header values that rules name: User-Agent, Referer */
	SEGMENT_ADDRESS,
	SEGMENT_BODY,
	SEGMENT_ANSWER,
	SEGMENT_COUNT
};

enum {
	PLAN_NONE = UINT32_MAX,
	PLAN_JOIN_BYTES = 16384,
	PLAN_DIRECT_BYTES = 4096,
	PLAN_JOINED = 1024,
	PLAN_NAMES_MAX = 64,
	PLAN_AUTOMATA_MAX = 8,
	PLAN_AUTOMATA_OWN = 3,       /* so many may be made for a set of forms of their own */
	PLAN_RARE = 63,              /* bit of the wakers of a text: it has a byte that is not common */
	PLAN_AUTOMATA_WORK = 2000000 /* what new states may cost a request, in units of eval_work */
};

struct plan__variable {
	uint8_t variable, segment;
	uint8_t in; /* the variable that is scanned, and holds its values too */
};

/* What the plan knows of a rule, by its place. */
struct plan__rule {
	uint8_t segments; /* bits of those that it looks at; 0: it always runs */
	bool refused;     /* by the library */
	bool watched;     /* always runs, but its phrases are in the databases: "none of them" is known */
	bool gate;        /* compares one TX variable with a number, and jumps: a paranoia level */
	bool quiet;       /* does so, or asks nothing, and only sets variables: what a rule set begins with */
};

/* The rules that an automaton stands for. */
struct plan__automaton {
	struct automaton *automaton;
	uint64_t forms; /* of all its rules */
	bool rare;      /* none of its patterns stands in a text of common bytes */
	uint8_t segments;
	uint32_t places[AUTOMATON_PATTERNS_MAX];
};

struct plan {
	const struct rule_set *set;
	uint32_t first[RULE_PHASES + 2]; /* place of a phase's first rule; the last: of none */
	struct plan__rule *rules;
	uint64_t *must; /* places of rules that always run */
	struct scan_db *db[SEGMENT_COUNT];
	struct plan__automaton automata[PLAN_AUTOMATA_MAX];
	size_t automata_n;
	uint8_t automata_segments;          /* in which any of them runs */
	struct slice names[PLAN_NAMES_MAX]; /* of SEGMENT_NAMED */
	size_t names_n;
	uint64_t forms[VAR_COUNT];          /* nodes whose results rules look at, by variable that is scanned */
	uint64_t ways[VAR_COUNT];           /* nodes on the way to those */
	uint64_t forms_named, ways_named;   /* and of SEGMENT_NAMED */
	uint64_t triggers[256];             /* by byte: transformations that may change a value with it */
	uint64_t always;                    /* those that may change any value */
	uint64_t nodes_of[TRANSFORM_COUNT]; /* nodes with that transformation on their way */
	struct plan_report report;
};

struct plan__scratch {
	struct scan_scratch *scan;
	struct automaton_cache *caches[PLAN_AUTOMATA_MAX];
	char join[PLAN_JOIN_BYTES];
	uint32_t ends[PLAN_JOINED]; /* where the separators stand */
};

/* The variables that are scanned; ends with one whose segment is SEGMENT_COUNT. */
extern const struct plan__variable plan__variables[];

/* The segment of a target, SEGMENT_COUNT when it is not scanned. */
enum plan__segment plan__segment_of(const struct plan *p, const struct rule_target *t);
/* Bytes of ordinary names, numbers and prose. What attacks is rarely made of them alone. */
static inline bool plan__is_common(uint8_t b)
{
	char c = slice_lower((char)b);

	return b >= 0x80 || (c >= 'a' && c <= 'z') || slice_is_digit(c) || (b && strchr("_-. ,", c));
}
/* What only changes the case of letters. */
static inline bool plan__is_caseless(enum transform t)
{
	return t == TRANSFORM_LOWERCASE || t == TRANSFORM_UPPERCASE;
}
/* Words of the bits of all places. */
static inline size_t plan__words(const struct plan *p)
{
	return p->first[RULE_PHASES + 1] / 64;
}

/* plan_text.c: "\A" and its like: in joined values that is another place. */
bool plan__sees_ends(struct slice pattern);
/* "^" or "$" stands in the pattern, other than as the mark of a negated class or escaped. */
bool plan__sees_lines(struct slice pattern);
/* A phrase as a pattern: each byte as \xNN. Caller frees with mem_free. */
char *plan__phrase(struct slice phrase);
/* How large the pattern is as a program of steps; 0 when it is not understood. */
size_t plan__steps(struct slice pattern);
/* The pattern, in any case of letters, stands in no text that has only common bytes. */
bool plan__is_rare(struct slice pattern);
/* The library would be slow: a large pattern in which no two literal bytes have to stand side by side. */
bool plan__is_loose(struct slice pattern);

#endif
