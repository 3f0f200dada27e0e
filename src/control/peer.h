/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peer: one connected edge as control sees it: what it has, what it was sent, what it said. One thread.
 *
 * Life: accepted → HELLO complete (welcome) → sent what it lacks, told to delete what nobody wants, SYNCED → kept up to
 * date. Only some MiB wait in the link at a time; the rest waits in the order of desired.h.
 */
#ifndef CONTROL_PEER_H
#define CONTROL_PEER_H

#include "control/desired.h"
#include "door/link.h"

enum { PEER_COUNTERS_MAX = 256, PEER_TEXT_BYTES = 200, PEER_COMMANDS_MAX = 256 };

struct peer;

struct peer_counter {
	char name[48];
	uint64_t value;
};

/* What the edge has of one item, or was sent. */
struct peer_item {
	uint64_t revision, hash;           /* live there; revision 0: never */
	uint64_t sent_revision, sent_hash; /* on its way; 0: nothing is */
	uint64_t sent_ns, ack_us;          /* when, and how long the last answer took */
	bool live, sent_delete;
	bool removed;          /* it was wanted, and then its file went */
	uint64_t refused_hash; /* content that the edge refuses; 0: none */
	char *reason;
	size_t key_n, kind_n;
	char key[]; /* kind_key() */
};

/*
 * How a command ended at an edge: error OK and what it answered, or why not (ERR_CLOSED: the edge left first).
 * Slices are borrowed for the call.
 */
struct peer_reply {
	enum err error;
	uint64_t took_us; /* from sending to the answer, as control sees it */
	struct slice where, text, json;
};
/* Called once for each command. It may send commands, but not free the peer. */
typedef void (*peer_reply_fn)(void *arg, const struct peer *p, const struct peer_reply *reply);

/* A command without its answer. */
struct peer_command {
	uint64_t seq, sent_ns; /* seq 0: the slot is free */
	peer_reply_fn fn;
	void *arg;
};

struct peer {
	struct link link;
	const struct limits *limits;
	struct desired *desired;
	/* An event of the edge; NULL: nobody listens. Borrowed for the call. */
	void (*heard)(void *arg, const struct peer *p, const struct frame_event *e);
	void *heard_arg;
	/* Says that the edge refuses an item; for stderr. */
	void (*refused)(const struct peer *p, const char *item, const char *reason);
	uint32_t pid, generation;
	bool welcome, synced;
	struct map items;          /* key -> struct peer_item */
	struct desired_item *next; /* to be sent next; NULL: all were */
	bool extras;               /* items to delete may be left; looked for from extras_at */
	size_t extras_at, sweep_at;
	bool held; /* there may be such items, but they are not to be deleted now */
	uint64_t seq, heard_ms, ping_at_ms, ack_us_last;
	struct peer_counter *counters;
	size_t counters_n;
	struct peer_command *commands; /* PEER_COMMANDS_MAX of them */
	char event[PEER_TEXT_BYTES];   /* the last one of kind "text" */
	bool changed;                  /* something for the status since it was last cleared */
};

/* A peer over an accepted connection, which it takes over. Caller frees with peer_free. */
struct peer *peer_new(int fd, const struct limits *limits, struct desired *desired, uint64_t now_ms)
	__attribute__((returns_nonnull));
/* Closes. NULL is fine. */
void peer_free(struct peer *p);
/* Reads and writes what the socket is ready for. errors: any: free the peer. */
enum err peer_event(struct peer *p, short events, uint64_t now_ms) MUST_USE;
/* Sends what the edge lacks, as far as fits. may_delete: everything that is wanted is known, so what is not can go;
 * removed items go in any case. errors: as peer_event. */
enum err peer_pump(struct peer *p, bool may_delete, uint64_t now_ms) MUST_USE;
/* Pings; ERR_CLOSED when the edge has been silent for too long. */
enum err peer_tick(struct peer *p, uint64_t now_ms) MUST_USE;
/* What desired_watch says, for this edge. */
void peer_leaving(struct peer *p, const struct desired_item *item);
void peer_entering(struct peer *p, struct desired_item *item);
void peer_removed(struct peer *p, const char *key);
/* What the edge has of the item of that key, or NULL. */
const struct peer_item *peer_find(const struct peer *p, struct slice key);

/*
 * Asks the edge for something; fn is called with its answer, or with ERR_CLOSED when the peer is freed before.
 * Commands and plan items reach the edge in the order in which they were sent.
 * errors: ERR_CLOSED (the edge has not said who it is yet), ERR_QUEUE_FULL (PEER_COMMANDS_MAX wait); fn is not called
 * then.
 */
enum err peer_command(struct peer *p, enum frame_command kind, struct slice json, peer_reply_fn fn, void *arg) MUST_USE;

#endif
