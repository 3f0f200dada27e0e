/* SPDX-License-Identifier: Apache-2.0 */
/* traffic: keeps what edges tell of zones' visitors (control_hear "traffic"), and shows it: the analytics. */
#ifndef API_TRAFFIC_H
#define API_TRAFFIC_H

#include "api/api.h"
#include "sys/loop.h"

struct api_traffic;

/* Listens for its life; all are borrowed. What it hears is stored every few seconds. The caller frees with
 * api_traffic_free, after the api and before the loop. */
struct api_traffic *api_traffic_new(struct api *api, struct control *control, struct loop *loop)
	__attribute__((returns_nonnull));
/* What was heard and not stored yet is lost: some seconds. NULL is fine. */
void api_traffic_free(struct api_traffic *t);

#endif
