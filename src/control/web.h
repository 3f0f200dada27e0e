/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web: requests of the control process to servers elsewhere (certificate authorities, probes), without blocking its
 * loop: one thread of libcurl carries them, and answers come back by the loop's mailbox. Redirects are not followed,
 * only http and https are spoken, every answer has a bound and every request a time.
 */
#ifndef CONTROL_WEB_H
#define CONTROL_WEB_H

#include "base/ip.h"
#include "base/slice.h"
#include "sys/loop.h"

enum { WEB_FIELD_BYTES = 1024, WEB_REASON_BYTES = 256 };

struct web;
struct web_call;

/* What to send. Everything is copied. */
struct web_request {
	const char *method; /* "GET", "HEAD", "POST" … */
	const char *url;    /* http or https */
	const char *content_type;
	struct slice body;     /* with content_type; empty: none */
	const char *ca_file;   /* PEM, trusted besides nothing else; NULL or "": the system's */
	const char *accept;    /* NULL: anything */
	const char *connect;   /* "ADDRESS:PORT" to ask, whatever host stands in url; NULL: that host */
	const char *bearer;    /* for Authorization; NULL: none */
	uint64_t timeout_ms;   /* for the whole, 1 to 3600000 */
	size_t body_bytes_max; /* of the answer */
	/* Which addresses may be asked, whatever the name resolves to; NULL: any. Called on another thread: pure. */
	bool (*allowed)(const struct ip *ip);
};

/* What came. Borrowed for the call. */
struct web_answer {
	enum err error; /* OK; ERR_TIMEOUT, ERR_BODY_LARGE, ERR_CLOSED (web_free), ERR_SYSTEM for all other trouble */
	char reason[WEB_REASON_BYTES]; /* one sentence when error is not OK */
	unsigned status;
	struct slice body;
	char location[WEB_FIELD_BYTES], replay_nonce[WEB_FIELD_BYTES]; /* "" when absent or too long */
	uint64_t retry_after_s;                                        /* also from a date; 0: none */
};

typedef void (*web_done_fn)(void *arg, const struct web_answer *answer);

/* Starts the thread (no signals go there). The caller frees with web_free on the loop's thread. errors: ERR_SYSTEM. */
enum err web_new(struct loop *loop, struct web **ret_web) MUST_USE;
/* Breaks off what is under way (ERR_CLOSED to who waits, during this call), ends the thread. Outside of a turn of the
 * loop, which gets one more. NULL is fine. */
void web_free(struct web *web);
/*
 * Sends; fn is called once on the loop's thread, never from inside this call. Sixteen connections at a
 * time, others wait for their turn. Returns the call, for web_cancel; it ends with fn.
 */
struct web_call *web_send(struct web *web, const struct web_request *request, web_done_fn fn, void *arg)
	__attribute__((returns_nonnull));
/* fn is not called any more. */
void web_cancel(struct web_call *call);

#endif
