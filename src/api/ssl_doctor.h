/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ssl_doctor: looks at the origins of a zone's proxied names (control/probe.h) and says which SSL modes will work with
 * them, and why not. Bounded: so many names, addresses and looks at a time, a few seconds for all. It also remembers
 * the redirect loops that edges broke. Control's thread.
 */
#ifndef API_SSL_DOCTOR_H
#define API_SSL_DOCTOR_H

#include "control/control.h"
#include "model/zone.h"

#include <jansson.h>

struct ssl_doctor;
struct ssl_doctor_visit;

struct ssl_doctor_setup {
	struct control *control;        /* borrowed */
	const struct node_config *node; /* borrowed */
};

/* errors: ERR_CONFIG, ERR_SYSTEM with the reason in d ([origin] ca_file cannot be read). The caller frees with
 * ssl_doctor_free. Before control runs: it listens to events. */
enum err ssl_doctor_new(const struct ssl_doctor_setup *setup, struct ssl_doctor **ret, struct diag *d) MUST_USE;
/* Breaks off visits under way: their fn is not called. NULL is fine. */
void ssl_doctor_free(struct ssl_doctor *d);

/*
 * What was found: {"modes": [{"mode", "works", "reasons", "notes"}], "recommended", "origins": […], "loops": […],
 * "complete"}. The reference is fn's.
 */
typedef void (*ssl_doctor_done_fn)(void *arg, json_t *found);

/*
 * Looks at the zone of that name as it is live. fn is called once, later, from the loop. False, and fn is not called:
 * too many looks are under way.
 */
bool ssl_doctor_visit(struct ssl_doctor *d, const char *zone, ssl_doctor_done_fn fn, void *arg);
/* What a finding says of one mode: whether it works (true when no origin was asked), and the first reason, borrowed
 * from it; "" without one. */
bool ssl_doctor_works(const json_t *found, const char *mode, const char **ret_reason);

#endif
