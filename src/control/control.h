/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control: the process that turns what is wanted into the plan of the edges: it watches the plan folder, validates,
 * gives revisions, sends each edge what it does not have, keeps their acknowledgements and writes DATA/run/status.json.
 * Other sources of what is wanted (the API) live on its loop and publish through it. One thread.
 */
#ifndef CONTROL_CONTROL_H
#define CONTROL_CONTROL_H

#include "base/seal.h"
#include "control/broadcast.h"
#include "control/desired.h"
#include "control/publish.h"
#include "supervisor/node.h"
#include "sys/loop.h"

enum { CONTROL_KINDS_MAX = 16 };

struct control;

struct control_setup {
	const struct node_config *node;
	int door_fd;             /* listening, where edges connect; control's to close */
	int ready_fd;            /* gets "ready\n" when the plan folder has been read; -1: nobody waits */
	const struct seal *seal; /* closes and opens what is secret in state and plan; process lifetime */
};

/*
 * Sets everything up on a loop of its own, for the calling thread; nothing happens before control_run. setup is
 * borrowed for its life. SIGTERM is blocked and taken by the loop. errors: ERR_SYSTEM, ERR_CONFIG, said on
 * stderr. The caller frees with control_free.
 */
enum err control_new(const struct control_setup *setup, struct control **ret_control) MUST_USE;
/* Runs until SIGTERM. */
void control_run(struct control *c);
/* After control_run: closes the door; whoever waits for edges is told now. */
void control_end(struct control *c);
/* Frees. What lives on its loop must have been taken off before. NULL is fine. */
void control_free(struct control *c);

/* The loop, for those who live on it. */
struct loop *control_loop(struct control *c);
/* What was given to control_new. */
const struct control_setup *control_setup(const struct control *c);

/*
 * Makes an item wanted before control_run, without waiting for edges: what a source knows at the start.
 * errors: ERR_PLAN with the reason in d.
 */
enum err control_put(struct control *c, const char *source, struct slice json, struct diag *d) MUST_USE;
/* Makes items live as publish_start says. */
void control_publish(struct control *c, const struct publish_call *call);
/* Sends a command to every connected edge as broadcast_send says. */
void control_command(struct control *c, const struct broadcast_call *call);
/*
 * fn is called once for each edge that has said who it is, before it gets plan items: the place for commands that an
 * edge needs when it comes back. One fn for a control.
 */
void control_meet(struct control *c, void (*fn)(void *arg, struct peer *p), void *arg);
/*
 * Called for each event of that kind that an edge sends (edge/events.h), in its order. json: one JSON text of at most
 * FRAME_EVENT_BYTES as the edge wrote it, borrowed for the call; an edge is trusted no further than that it keeps to
 * the frame: parse it as any other input. On control's thread; it must not block.
 */
typedef void (*control_heard_fn)(void *arg, const struct peer *p, struct slice json);
/* Has fn called for events of a kind (1 to FRAME_KIND_BYTES - 1 bytes, copied). One listener for a kind, at most
 * CONTROL_KINDS_MAX kinds; before control_run. Events without a listener are dropped. */
void control_hear(struct control *c, const char *kind, control_heard_fn fn, void *arg);
/*
 * Who is told of the items of one kind that are wanted: entering when one is, or has changed (borrowed for the call),
 * removed when it is not any more. Neither may publish from inside the call.
 */
struct control_follower {
	void (*entering)(void *arg, const struct desired_item *item);
	void (*removed)(void *arg, struct slice name);
	void *arg;
};
/* Tells f (copied; NULL: nobody any more) of items of that kind, first of those that are wanted already. One for a
 * control. */
void control_follow(struct control *c, const struct kind *kind, const struct control_follower *f);
/* Monotonic milliseconds of this turn, for due times. */
uint64_t control_now_ms(const struct control *c);
/* The i-th edge that has said who it is, or NULL past the last; borrowed until the next turn. */
const struct peer *control_edge(const struct control *c, size_t i);
/*
 * A certificate of the node's own authority: as certify_issue. errors: besides, ERR_NOT_FOUND where the node has no
 * authority (nothing listens for HTTPS).
 */
enum err control_issue(struct control *c, const struct slice *hosts, size_t n, struct buf *chain,
		       struct buf *key) MUST_USE;
struct waf_rules;
/* The firewall rules that this node loaded (waf/waf_rules.h); as long as control. */
const struct waf_rules *control_waf_rules(const struct control *c);
/* The item of that kind and name that is wanted now, as JSON; p NULL: none. Borrowed until the next turn. */
struct slice control_wanted(const struct control *c, struct slice kind, struct slice name);
/* Items that are wanted now. */
size_t control_items(const struct control *c);

#endif
