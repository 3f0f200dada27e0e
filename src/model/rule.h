/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rule: what an admin wants to happen to requests: an expression and an action, in the order of a phase; with them the
 * address rules, lockdowns and agent rules of a zone. Part of a zone, with its lifetime: snapshot. Built by
 * rule_read.c.
 */
#ifndef MODEL_RULE_H
#define MODEL_RULE_H

#include "expr/expr.h"
#include "model/zone.h"
#include "wire/field.h"

enum rule_action {
	RULE_BLOCK,
	RULE_CHALLENGE, /* of the three in this order: with a person, by a program of the page, what is enough */
	RULE_JS_CHALLENGE,
	RULE_MANAGED_CHALLENGE,
	RULE_SKIP,
	RULE_LOG,
	RULE_REDIRECT,
	RULE_REWRITE,
	RULE_ROUTE,
	RULE_SET_CONFIG,
	RULE_CACHE,
	RULE_SERVE_ERROR,
	RULE_EXECUTE,
	RULE_ACTION_COUNT
};

/* Actions below that one keep a visitor out: for good, or until he has passed a challenge. */
enum { RULE_REFUSALS = RULE_MANAGED_CHALLENGE + 1 };

enum rule_phase {
#define RULE_PHASE(id, name, actions, when) RULE_PHASE_##id,
#include "model/rule_phase.def"
#undef RULE_PHASE
	RULE_PHASE_COUNT
};

/* What a skip rule leaves out besides rules of its own phase. */
enum rule_skip {
	RULE_SKIP_RULESET = 1,
	RULE_SKIP_PHASE = 2,
	RULE_SKIP_LOCKDOWN = 4,
	RULE_SKIP_AGENTS = 8,
	RULE_SKIP_RATE = 16,
	RULE_SKIP_LEVEL = 32, /* the challenge of the zone's security level */
	RULE_SKIP_BROWSER = 64,
	RULE_SKIP_MANAGED = 128 /* the firewall engine */
};

struct rule_managed;

/* Text, or an expression that makes it. */
struct rule_value {
	struct slice text;
	struct expr *expr; /* NULL: text */
};

enum rule_header_op { RULE_HEADER_SET, RULE_HEADER_ADD, RULE_HEADER_REMOVE };

struct rule_header {
	struct slice name;
	uint16_t id; /* enum field_id */
	uint8_t op;  /* enum rule_header_op */
	struct rule_value value;
};

struct rule_rewrite {
	bool has_path, has_query;
	struct rule_value path, query;
	struct rule_header *headers;
	size_t headers_n;
};

struct rule_redirect {
	struct rule_value to;
	uint16_t status;
	bool keep_query;
};

/* An answer made here: of block, and of serve_error. */
struct rule_answer {
	uint16_t status; /* 0: the one at hand */
	struct slice content, content_type;
};

struct rule_route {
	struct slice host_header;  /* empty: unchanged */
	struct slice sni;          /* the name of the TLS handshake with the origin; empty: the visitor's host */
	const struct site *origin; /* whose origins are asked; NULL: the request's own */
	uint16_t port;             /* 0: unchanged */
};

/* Members of cache rules: which of them a rule names. */
enum rule_cache_member {
	RULE_CACHE_ELIGIBILITY = 1,
	RULE_CACHE_EDGE_TTL = 2,
	RULE_CACHE_BROWSER_TTL = 4,
	RULE_CACHE_STALE = 8,
	RULE_CACHE_PORTS = 16,
	RULE_CACHE_KEY = 32
};

/* Members of configuration rules: which of them a rule names. */
enum rule_config_member {
	RULE_CONFIG_BIC = 1,
	RULE_CONFIG_SSL = 2,
	RULE_CONFIG_REWRITES = 4,
	RULE_CONFIG_OPPORTUNISTIC = 8
};

struct rule_config {
	unsigned members;   /* enum rule_config_member */
	bool bic;           /* refuse requests without a user agent */
	bool rewrites;      /* automatic_https_rewrites */
	bool opportunistic; /* opportunistic_encryption */
	uint8_t ssl;        /* enum zone_ssl */
};

struct rule_cache {
	unsigned members; /* enum rule_cache_member */
	struct cache_policy policy;
};

/* What a rate limit tells visitors apart by. */
enum rule_rate_by { RULE_RATE_BY_TEXT, RULE_RATE_BY_ADDRESS /* IPv6: by its /64 */ };

struct rule_rate_key {
	uint8_t by; /* enum rule_rate_by */
	struct expr *text;
};

/* The limit of a rule of phase http_ratelimit: how much is too much, and what is counted. */
struct rule_rate {
	struct rule_rate_key *keys;
	size_t keys_n;
	uint32_t period_s, timeout_s; /* timeout 0: only what is too much is refused */
	uint64_t most;                /* requests, or points of the score */
	struct expr *counting;        /* NULL: what the rule's own expression is about */
	bool by_answer;               /* counting looks at the answer */
	bool to_origin;               /* what the cache answers is not counted */
	struct slice score_header;    /* points of an answer, a field of the origin's; empty: each request is one */
};

struct rule {
	struct slice id;
	struct expr *when;
	uint8_t action;               /* enum rule_action */
	uint8_t phase;                /* enum rule_phase */
	bool logs;                    /* what it did goes into the log */
	unsigned skips;               /* of RULE_SKIP: enum rule_skip */
	const struct rule_rate *rate; /* of RULE_PHASE_RATE */
	union {
		const struct rule_redirect *redirect;
		const struct rule_rewrite *rewrite;
		const struct rule_route *route;
		const struct rule_answer *answer; /* NULL: the edge's own page */
		const struct rule_cache *cache;
		const struct rule_managed *managed; /* of execute; of skip in the managed phase */
		const struct rule_config *config;
	};
};

struct rule_list {
	struct rule *rules; /* enabled ones, in order */
	size_t n;
};

/* One address rule, for the log; what decides is the sets of the book. */
struct rule_access {
	struct slice id;
	struct expr_set *set;
	uint8_t action; /* enum rule_action: RULE_SKIP (let in), or below RULE_REFUSALS */
};

/* Only some addresses may ask for URLs of a pattern. */
struct rule_lockdown {
	struct slice id;
	struct expr **urls; /* each a condition */
	size_t urls_n;
	struct expr_set *allowed;
};

struct rule_book {
	struct rule_list phases[RULE_PHASE_COUNT];
	/* Of all access rules, and user agents, by action; NULL: none. */
	struct expr_set *allow, *refuse[RULE_REFUSALS], *agents[RULE_REFUSALS];
	struct rule_access *access;
	size_t access_n;
	struct rule_lockdown *lockdowns;
	size_t lockdowns_n;
	struct map lists; /* names to struct expr_set */
	bool has_lists;
	bool sets_ssl;          /* a configuration rule names the SSL mode */
	struct arena_pool pool; /* all the above but expressions and sets */
	struct arena arena;
};

/* The name of a phase; process lifetime. */
struct slice rule_phase_name(enum rule_phase p);
/* The phase of that name into *ret; false when rules of it are not run here. */
bool rule_phase_find(struct slice name, enum rule_phase *ret);
/* The name of an action as the API has it; process lifetime. */
struct slice rule_action_name(enum rule_action a);
/* Frees what one rule holds; its memory is the book's. */
void rule_release(struct rule *r);
/* Frees the book with all it holds. NULL is fine. */
void rule_book_free(struct rule_book *b);
/* The policy with what the rule's members say about it. */
void rule_cache_merge(const struct rule_cache *rule, struct cache_policy *policy);

#endif
