/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe: one look at an origin, as an edge would ask it: connect, TLS when wanted, GET / over HTTP/1.1, the head of the
 * answer. What is wrong with a certificate is noted, and the look goes on. On control's loop; nothing blocks.
 */
#ifndef CONTROL_PROBE_H
#define CONTROL_PROBE_H

#include "base/ip.h"
#include "sys/loop.h"
#include "tls/tls_client.h"

enum { PROBE_LOCATION_BYTES = 1024, PROBE_HOST_BYTES = 254 };

struct probe;

/* Where to look, and as whom. Copied. */
struct probe_ask {
	struct ip_port at;
	bool tls;
	char host[PROBE_HOST_BYTES]; /* Host, SNI, and the name that the certificate is judged for */
	char also[PROBE_HOST_BYTES]; /* another name that will do; "": none */
	uint64_t timeout_ms;         /* for the whole */
};

/* What was seen. Borrowed for the call. */
struct probe_seen {
	enum err error;             /* OK: a head came; else ERR_ORIGIN_*; ERR_ORIGIN_TLS: trouble says of what */
	struct tls_trouble trouble; /* also with OK: what a strict look would have refused; check NONE: nothing */
	unsigned status;
	char location[PROBE_LOCATION_BYTES]; /* "": none, or too long */
};

typedef void (*probe_done_fn)(void *arg, const struct probe_seen *seen);

/*
 * Starts; fn is called once, on the loop's thread, never from inside this call, and the probe is gone then. tls_client
 * is borrowed. Returns NULL when no socket could be opened at all (*ret_error says why).
 */
struct probe *probe_start(struct loop *loop, struct tls_client *tls, const struct probe_ask *ask, probe_done_fn fn,
			  void *arg, enum err *ret_error);
/* Breaks off; fn is not called. NULL is fine. */
void probe_cancel(struct probe *p);

#endif
