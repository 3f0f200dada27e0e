/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rule: the normal form of a loaded rule set: what the parser (seclang) makes and the evaluators read. Everything
 * hangs on the set's arena and is read-only once seclang_finish returned; workers share it. Lifetime: snapshot.
 */
#ifndef WAF_RULE_H
#define WAF_RULE_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/map.h"
#include "waf/transform.h"

struct regex;
struct phrase_set;
struct ip_prefix;

enum variable {
#define VARIABLE(name, text, kind) VAR_##name,
#include "waf/variable.def"
#undef VARIABLE
	VAR_COUNT
};

enum variable_kind { VARIABLE_SCALAR, VARIABLE_LIST, VARIABLE_STORE };

enum rule_operator {
#define OPERATOR(name, text, argument) OP_##name,
#include "waf/operator.def"
#undef OPERATOR
	OP_COUNT
};

enum operator_argument { OPERATOR_NONE, OPERATOR_TEXT, OPERATOR_REGEX, OPERATOR_FIXED };

enum {
	RULE_PHASES = 5,
	RULE_TRANSFORMS_MAX = 24,
	RULE_CHAIN_MAX = 32,
	RULE_PIECES_MAX = 128,
	RULE_SLOT_NONE = UINT32_MAX
};

/* One piece of a text with macros: literal bytes, or a variable. */
struct rule_piece {
	bool is_macro;
	enum variable var;
	struct slice text; /* literal, or the selector in lower case ("" for none) */
	uint32_t slot;     /* of TX:selector, else RULE_SLOT_NONE */
};

/* A text that may hold macros. */
struct rule_text {
	struct slice source; /* as written */
	struct rule_piece *pieces;
	size_t n;
	bool constant; /* no macro in it: source is the value */
};

struct rule_target {
	enum variable var;
	bool count, exclude; /* &VAR, !VAR */
	struct slice name;   /* selector in lower case; empty: all */
	struct regex *regex; /* selector of the form /…/, else NULL */
	uint32_t slot;       /* of TX:name, else RULE_SLOT_NONE */
	uint8_t *slots;      /* of TX:/…/: a bit for each slot whose name it selects; NULL: not known */
};

struct rule_op {
	enum rule_operator kind;
	bool negated;
	struct rule_text arg;
	int64_t number;             /* of a constant argument, as the numeric operators read it */
	struct regex *regex;        /* rx; NULL when the pattern has macros */
	struct phrase_set *phrases; /* pm, pmFromFile */
	struct ip_prefix *prefixes; /* ipMatch */
	size_t prefixes_n;
	uint8_t *bytes; /* validateByteRange: 32 bytes, one bit for each byte that may stand */
};

enum rule_action_kind { ACTION_SETVAR, ACTION_CTL, ACTION_INITCOL, ACTION_EXPIREVAR };

enum rule_ctl {
	CTL_AUDIT_ENGINE,
	CTL_AUDIT_LOG_PARTS,
	CTL_FORCE_REQUEST_BODY_VARIABLE,
	CTL_REQUEST_BODY_ACCESS,
	CTL_REQUEST_BODY_PROCESSOR,
	CTL_RESPONSE_BODY_ACCESS,
	CTL_RULE_ENGINE,
	CTL_RULE_REMOVE_BY_ID,
	CTL_RULE_REMOVE_BY_MSG,
	CTL_RULE_REMOVE_BY_TAG,
	CTL_RULE_REMOVE_TARGET_BY_ID,
	CTL_RULE_REMOVE_TARGET_BY_MSG,
	CTL_RULE_REMOVE_TARGET_BY_TAG,
	CTL_COUNT
};

enum rule_setvar { SETVAR_SET, SETVAR_ADD, SETVAR_SUBTRACT, SETVAR_UNSET };

/* What a rule does when it matches, besides its disruptive action. In order of writing. */
struct rule_action {
	struct rule_action *next;
	enum rule_action_kind kind;
	/* setvar, expirevar, initcol */
	enum rule_setvar how;
	enum variable store;
	struct rule_text name;
	uint32_t slot; /* of a constant TX name, else RULE_SLOT_NONE */
	struct rule_text value;
	int64_t number; /* of a constant value */
	/* ctl */
	enum rule_ctl ctl;
	uint32_t id_first, id_last; /* …ById */
	struct regex *regex;        /* …ByTag, …ByMsg */
	uint8_t *means;             /* …Remove…: a bit for the index of each rule it is about */
	struct rule_target target;  /* …Target… */
	struct slice setting;       /* of the other ones */
};

enum rule_disruption {
	DISRUPT_NONE,
	DISRUPT_PASS,
	DISRUPT_BLOCK,
	DISRUPT_DENY,
	DISRUPT_DROP,
	DISRUPT_REDIRECT,
	DISRUPT_ALLOW
};
enum rule_allow { ALLOW_ALL, ALLOW_PHASE, ALLOW_REQUEST };
enum rule_severity { SEVERITY_NONE = 255 };

struct rule {
	uint32_t id;    /* of the chain's first link; 0 for SecMarker */
	uint32_t index; /* position in the set, links of a chain share it */
	uint8_t phase;  /* 1 to 5 */
	const char *file;
	unsigned line;

	struct rule_target *targets;
	size_t targets_n;
	struct rule_op op;
	uint8_t transforms[RULE_TRANSFORMS_MAX];
	size_t transforms_n;
	uint32_t chain; /* the same as a node of the set's tree of transformations */

	bool chained;       /* has a next link */
	struct rule *link;  /* next link of the chain */
	bool wants_matches; /* something in the chain asks for MATCHED_VARS or MATCHED_VARS_NAMES */

	bool capture, multi_match;
	bool log, audit; /* after defaults */
	bool transforms_none, log_said, audit_said;
	enum rule_disruption disrupt;
	enum rule_allow allow;
	int status;                /* of deny and redirect, 0 when not given */
	struct rule_text location; /* of redirect */
	struct rule_text msg, logdata;
	struct slice ver, rev;
	struct slice *tags;
	size_t tags_n, tags_cap;
	uint8_t severity; /* 0 to 7, or SEVERITY_NONE */
	unsigned skip;    /* rules to jump over */
	struct slice skip_after;
	uint32_t skip_to; /* where skipAfter goes: position in the phase's list */

	struct rule_action *actions;
	bool is_marker;
	struct slice marker; /* name of SecMarker */
	bool removed;        /* by SecRuleRemove… */
};

enum rule_engine { ENGINE_OFF, ENGINE_DETECTION, ENGINE_ON };

/* What the Sec… directives without rules set. Defaults are stated in rule.c. */
struct rule_options {
	enum rule_engine engine;
	bool request_body, response_body;
	uint64_t request_body_max, request_body_no_files_max, response_body_max;
	bool request_body_partial, response_body_partial; /* ProcessPartial instead of Reject */
	uint64_t json_depth_max, arguments_max, match_limit;
	uint64_t work_max; /* units of eval_work that one request may cost */
	char argument_separator;
	struct slice mime_types; /* of inspected responses, separated by blanks */
	struct slice signature;
};

/* A node of the tree of transformations: what its parent gives, transformed once more. Node 0 is the value itself. */
struct rule_chain {
	uint32_t parent;
	enum transform transform;
	uint64_t path; /* bits of the nodes from the first to this one; 0 for nodes from 64 on */
};

/* Defaults of a phase (SecDefaultAction). */
struct rule_default {
	bool set;
	struct rule actions; /* only the fields that actions fill */
};

struct rule_note {
	struct rule_note *next;
	struct slice text; /* "file:line: what" */
};

struct rule_set {
	struct arena_pool pool;
	struct arena arena;
	struct rule **rules; /* first links and markers, in file order */
	size_t rules_n, rules_cap;
	struct rule **phase[RULE_PHASES + 1]; /* the rules of a phase; filled by seclang_finish */
	size_t phase_n[RULE_PHASES + 1];
	struct rule_default defaults[RULE_PHASES + 1];
	struct rule_options options;
	struct map slots; /* name of a TX variable in lower case -> slot number + 1, as a pointer */
	struct slice *slot_names;
	uint32_t slots_n, slots_cap;
	uint32_t group_slots[10];             /* of TX:0 to TX:9, RULE_SLOT_NONE where no rule names it */
	struct rule_note *notes, **notes_end; /* accepted, but without effect here */
	size_t notes_n;
	struct rule_chain *chains;
	uint32_t chains_n, chains_cap;
	struct regex **regexes; /* to free */
	size_t regexes_n, regexes_cap;
	struct phrase_set **phrase_sets;
	size_t phrase_sets_n, phrase_sets_cap;
};

/* An empty set with default options. Caller frees with rule_set_free. */
struct rule_set *rule_set_new(void);
/* Frees everything that hangs on it; NULL is fine. */
void rule_set_free(struct rule_set *set);
/* The rule with that id, or NULL. Order of the number of rules. */
struct rule *rule_set_find(const struct rule_set *set, uint32_t id);
/* The slot of a TX name (any case), made when new. */
uint32_t rule_set_slot(struct rule_set *set, struct slice name);
/* The slot of a TX name in lower case, or RULE_SLOT_NONE. */
uint32_t rule_set_slot_find(const struct rule_set *set, struct slice name);
/* Adds a note for the admin. */
void rule_set_note(struct rule_set *set, const char *file, unsigned line, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* A compiled pattern that lives as long as the set. errors: ERR_CONFIG with the reason in d (where: file:line). */
enum err rule_set_regex(struct rule_set *set, struct slice pattern, bool caseless, struct regex **ret,
			struct diag *d) MUST_USE;

/* Names of the tables, case-blind; …_COUNT when unknown. */
enum variable rule_variable_find(struct slice name);
enum rule_operator rule_operator_find(struct slice name);
/* Spellings and kinds of the tables. Process lifetime. */
const char *rule_variable_name(enum variable v);
enum variable_kind rule_variable_kind(enum variable v);
const char *rule_operator_name(enum rule_operator o);
enum operator_argument rule_operator_argument(enum rule_operator o);
/* True when one of the rule's tags is matched by the pattern. */
bool rule_has_tag(const struct rule *r, const struct regex *pattern);
/* s in lower case, in the set's arena. */
struct slice rule_lower(struct arena *a, struct slice s);
/* The number that eq, ge … read: blanks, a sign, digits; 0 when there are none. Saturates. */
int64_t rule_number(struct slice s);

#endif
