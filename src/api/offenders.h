/* SPDX-License-Identifier: Apache-2.0 */
/*
 * offenders: bans by the autopilot: addresses of which an edge says that they go on and on although they are held back
 * (control_hear "offender"). Each is banned for a while, unless it can never be banned or is banned already, and its
 * zone has an event of it.
 */
#ifndef API_OFFENDERS_H
#define API_OFFENDERS_H

#include "api/api.h"
#include "sys/loop.h"

struct api_offenders;

/* Listens from now on; all are borrowed for its life. Before control_run. Caller frees with api_offenders_free, before
 * the loop. */
struct api_offenders *api_offenders_new(struct api *api, struct control *control, struct loop *loop)
	__attribute__((returns_nonnull));
/* After control_run. What was heard and not decided yet is told of again. NULL is fine. */
void api_offenders_free(struct api_offenders *o);

#endif
