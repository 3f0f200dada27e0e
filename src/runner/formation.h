/* SPDX-License-Identifier: Apache-2.0 */
/*
 * formation: the instances of one app: how many of each type are wanted, which of them run, and what to do next. Pure:
 * no process, no clock; the owner tells what happened and asks for one action after the other.
 *
 * An instance goes STARTING → READY (its port answers) → LIVE (it gets traffic) → LEAVING (traffic is taken away) →
 * STOPPING → gone. A slot is a place for one ("web-1"); during a restart it has two: the old one stays LIVE until the
 * new ones of all restarted slots of the type are READY, then they change places in one publication. An old one is
 * stopped when all edges have acknowledged that it gets no traffic, and a drain time is over.
 *
 * A start that fails (ends before it is ready, boot timeout) is tried again after 1, 2, 4 … 60 s, 20 times; then a
 * restart gives up and the old instance stays. A crash of one that was LIVE starts it again at once, from the third in
 * a row after (n - 2) × instance_crash_step_ms, and the thirteenth ends it. A life of instance_warm_up_ms forgets
 * earlier crashes. Source: what Scalingo documents of its containers.
 *
 * Where no runner is connected nothing is started or stopped. Lifetime: that of its owner; one thread.
 */
#ifndef RUNNER_FORMATION_H
#define RUNNER_FORMATION_H

#include "base/limits.h"
#include "runner/runner_msg.h"

enum {
	FORMATION_TYPE_BYTES = 25,
	FORMATION_TYPES_MAX = 16,
	FORMATION_AMOUNT_MAX = 100, /* of one type */
	FORMATION_ATTEMPTS_MAX = 20,
	FORMATION_CRASHES_MAX = 13,
	FORMATION_ATTEMPT_MS = 1000, /* first pause after a start that failed; doubles */
	FORMATION_ATTEMPT_MS_MAX = 60000,
};

enum formation_phase {
	FORMATION_STARTING,
	FORMATION_READY,
	FORMATION_LIVE,
	FORMATION_LEAVING,
	FORMATION_STOPPING,
};

/* One type as it is wanted. */
struct formation_type {
	char name[FORMATION_TYPE_BYTES];
	uint32_t amount; /* at most FORMATION_AMOUNT_MAX */
};

struct formation_instance {
	struct formation_instance *next;
	uint64_t id, generation;
	char type[FORMATION_TYPE_BYTES];
	uint32_t index; /* from 1 */
	enum formation_phase phase;
	uint16_t port;
	uint64_t started_ms, live_ms;         /* monotonic; live_ms 0: it never was */
	uint64_t left;                        /* LEAVING: the publication that takes its traffic away */
	uint64_t used_bytes, cpu_ms, wall_ms; /* wall_ms: start, wall clock */
	bool told;                            /* since the last formation_relist */
};

struct formation_slot {
	struct formation_slot *next;
	char type[FORMATION_TYPE_BYTES];
	uint32_t index;
	uint64_t wanted;      /* generation */
	uint64_t start_at_ms; /* not before */
	uint32_t crashes, attempts;
	bool was_live; /* at that generation: failures count as crashes */
	bool gave_up;
	bool known;                 /* false: made before the runner was heard; what runs there says the generation */
	char why[RUNNER_WHY_BYTES]; /* of the last failure */
};

struct formation {
	uint32_t magic; /* OBJ_FORMATION */
	const struct limits *limits;
	struct formation_type types[FORMATION_TYPES_MAX];
	size_t types_n;
	struct formation_slot *slots;
	struct formation_instance *instances;
	uint64_t generation;         /* the newest */
	uint64_t traffic, published; /* version of the set of LIVE ones; the newest that is acknowledged everywhere */
	uint64_t asked;              /* the newest that the owner was told to publish */
	uint64_t published_ms;
	bool connected;
	char why[RUNNER_WHY_BYTES + 64]; /* the newest reason for giving up, "" */
};

enum formation_action_kind {
	FORMATION_NOTHING, /* until formation_wait_ms */
	FORMATION_START,
	FORMATION_STOP,
	FORMATION_PUBLISH, /* the LIVE instances of type web; then formation_published or formation_not_published */
};

struct formation_action {
	enum formation_action_kind kind;
	uint64_t id; /* START: new; STOP */
	uint64_t generation;
	uint64_t version; /* PUBLISH */
	const char *type; /* START; borrowed until the next call */
	uint32_t index;
};

/* What a message of the runner meant, for the app's log. */
enum formation_news { FORMATION_NO_NEWS, FORMATION_IS_READY, FORMATION_ENDED, FORMATION_FAILED, FORMATION_CRASHED };

/* Nothing wanted, nothing running, no runner. limits are borrowed. */
void formation_init(struct formation *f, const struct limits *limits);
/* Frees what it holds. */
void formation_fini(struct formation *f);

/* How many of each type, in place of what was wanted before (at most FORMATION_TYPES_MAX). */
void formation_want(struct formation *f, const struct formation_type *types, size_t n);
/*
 * New instances in place of the old ones: of one type (NULL or "": of all), of one index (0: of all). generation: newer
 * than any before. A slot that gave up is tried again.
 */
void formation_restart(struct formation *f, const char *type, uint32_t index, uint64_t generation);

/* The runner was lost or has come: what it has is unknown until formation_listed. */
void formation_relist(struct formation *f);
/* The runner has told everything: what it did not tell is gone, through no fault of the app. */
void formation_listed(struct formation *f, uint64_t now_ms);
/* What the runner says of an instance. One that is not known (this control is new) is taken over; its generation
 * counts. */
enum formation_news formation_told(struct formation *f, const struct runner_instance *told, uint64_t now_ms);

/* The next thing to do. fresh_id: what a new instance is called; not 0, never the same twice. */
struct formation_action formation_next(struct formation *f, uint64_t fresh_id, uint64_t now_ms);
/* That version (or a newer one) of the traffic is what all edges have. */
void formation_published(struct formation *f, uint64_t version, uint64_t now_ms);
/* It could not be published: asked for again. */
void formation_not_published(struct formation *f);
/* Milliseconds until formation_next may have something new by time alone; UINT64_MAX: never. */
uint64_t formation_wait_ms(const struct formation *f, uint64_t now_ms);

/* Nothing is under way any more: each slot has its instance LIVE and published, or gave up; none is to leave. */
bool formation_settled(const struct formation *f);
/* Slots that gave up. */
size_t formation_given_up(const struct formation *f);
/* Instances of the type (NULL: of any) that are LIVE. */
size_t formation_live(const struct formation *f, const char *type);
/* "web-1" of a slot's or instance's type and index. */
void formation_label(const char *type, uint32_t index, char ret[static RUNNER_LABEL_BYTES]);

#endif
