/* SPDX-License-Identifier: Apache-2.0 */
/* heard: what edges tell of apps (edge/events.h): lines of the router's log, and how many requests there were. */
#ifndef PLATFORM_HEARD_H
#define PLATFORM_HEARD_H

#include "control/control.h"

struct platform;

/* Listens to edges for p's life. */
void platform_heard_begin(struct platform *p, struct control *control);

#endif
