/* SPDX-License-Identifier: Apache-2.0 */
/* shield: keeps what the autopilots of the edges tell (control_hear "shield"), and shows it. */
#ifndef API_SHIELD_H
#define API_SHIELD_H

#include "api/api.h"

struct api_shield;

/* Listens from now on; both are borrowed for its life. Before control_run. Caller frees with api_shield_free. */
struct api_shield *api_shield_new(struct api *api, struct control *control) __attribute__((returns_nonnull));
/* After control_run. NULL is fine. */
void api_shield_free(struct api_shield *s);

#endif
