/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api: the API of the node (Cloudflare's v4 form), without the network: a request comes in as a struct, one answer goes
 * out. server.h puts it on HTTP; tests and fuzzers call it as it is. Handlers and their routes: api_call.h.
 *
 * One thread, that of the control loop, and one database connection: requests are handled one after the other, in the
 * order in which they came. One that changes something holds its transaction open until the edges have acknowledged (or
 * a bounded time is over), and the others wait; so nobody ever sees a change that is taken back.
 */
#ifndef API_API_H
#define API_API_H

#include "control/control.h"
#include "state/state.h"
#include "wire/h1_head.h"

enum { API_AUTH_BYTES = 512 };

#define API_SESSION_COOKIE "seawall_session"

struct api;
struct api_dialect; /* api_call.h */
struct hashing;
struct ssl_doctor;

struct api_setup {
	struct state *state;            /* borrowed */
	struct control *control;        /* borrowed; NULL: nothing is published (tests) */
	const struct node_config *node; /* borrowed */
	const struct seal *seal;        /* borrowed; NULL: what needs it is refused */
	/* Another API beside Cloudflare's, below a path of its own; borrowed; NULL: none. */
	const struct api_dialect *dialect;
	struct ssl_doctor *doctor; /* borrowed; NULL: origins are not looked at */
	const char *kernel_drop;   /* JSON of handoff.h, borrowed; NULL: not known */
	struct hashing *hashing;   /* borrowed; NULL: nobody signs in with a password */
};

/* A request. Everything is borrowed for api_ask. */
struct api_request {
	enum method method;
	struct slice target;       /* path and query as sent */
	struct slice bearer;       /* of Authorization: what stands behind "Bearer "; p NULL: none */
	struct slice basic;        /* what stands behind "Basic "; p NULL: none */
	bool bad_authorization;    /* there is an Authorization header of another form than Bearer */
	struct slice email, key;   /* X-Auth-Email, X-Auth-Key; p NULL: none */
	struct slice session;      /* the cookie seawall_session; p NULL: none */
	struct slice csrf;         /* Seawall-CSRF; p NULL: none */
	bool foreign;              /* Sec-Fetch-Site says that a page of another site sent it */
	struct slice agent;        /* User-Agent; p NULL: none */
	struct slice content_type; /* p NULL: none */
	struct slice host;         /* as asked for, with port */
	bool secure;               /* over TLS */
	bool dry_run;              /* X-Dry-Run: true */
	struct slice body;
	struct ip client;
	bool body_too_large; /* it was cut; the answer is 413 */
};

/* An answer. Borrowed for the call of the done function. */
struct api_answer {
	uint16_t status;
	struct slice type;     /* Content-Type, or empty */
	struct slice live;     /* Seawall-Live, or empty */
	struct slice location; /* Location, or empty */
	struct slice cookie;   /* Set-Cookie, or empty */
	struct slice body;
};

/* Called once for each api_ask; perhaps from inside it. */
typedef void (*api_done_fn)(void *arg, const struct api_answer *answer);

/* A request under way. Lives until its done function was called. */
struct api_call;

/* The caller frees with api_free. */
struct api *api_new(const struct api_setup *setup) __attribute__((returns_nonnull));
/* Nobody's turn comes any more; a change that waits for edges still ends. Before control_end. */
void api_stop(struct api *api);
/* Frees. Requests under way are rolled back and answered with 503. NULL is fine. */
void api_free(struct api *api);
/*
 * Takes every zone of the state and makes it wanted (control_put), before control runs. What cannot be compiled is said
 * and left out. errors: ERR_SYSTEM.
 */
enum err api_start(struct api *api) MUST_USE;
/*
 * Asks. done is called once, perhaps from inside. out: *ret_call, for api_let_go until done was called; it is written
 * before done is.
 */
void api_ask(struct api *api, const struct api_request *rq, api_done_fn done, void *arg, struct api_call **ret_call);
/* The client is gone: done is not called. What was asked may still happen. */
void api_let_go(struct api_call *call);
/*
 * Work of the node itself on the state (what a check of a delegation found, a certificate that came): fn has its turn
 * like a handler, in a transaction of the actor "system", and what it touched is published like a request's. It must
 * answer (api_ok, api_fail) and not block.
 */
struct api_job {
	void (*fn)(struct api_call *call); /* api_call_arg(call) is arg */
	/* It is decided: why NULL: committed and published; else what failed, and nothing has changed. Borrowed for the
	 * call. */
	void (*done)(void *arg, const char *why);
	void *arg;
};
/* Never refused; done may be called from inside. job is copied. */
void api_do(struct api *api, const struct api_job *job);
/* Whether this authorization is one of a usable token: how much of a body to take from a stranger. */
bool api_knows(struct api *api, const struct api_request *rq);

/* fn is called after each commit, for those who act on what is stored. One at most. It must not block. */
void api_on_commit(struct api *api, void (*fn)(void *arg), void *arg);

/* Requests answered, by hundreds of their status (2, 4, 5 …), for metrics. */
uint64_t api_answered(const struct api *api, unsigned hundreds);

#endif
