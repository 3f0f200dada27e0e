/* SPDX-License-Identifier: Apache-2.0 */
/* refusal: why a body is not taken: Cloudflare's code, the member as a JSON pointer, a sentence. The first one stays.
 */
#ifndef STATE_REFUSAL_H
#define STATE_REFUSAL_H

#include "base/err.h"

enum { STATE_REFUSAL_POINTER_BYTES = 128, STATE_REFUSAL_TEXT_BYTES = 512 };

struct state_refusal {
	int code; /* 0: none yet */
	char pointer[STATE_REFUSAL_POINTER_BYTES];
	char text[STATE_REFUSAL_TEXT_BYTES];
};

/* Fills r unless it already holds one. Returns ERR_PLAN, so that a caller can `return state_refusal_set(…)`. */
enum err state_refusal_set(struct state_refusal *r, int code, const char *pointer, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* Puts `outer` ("/posts/3") in front of the pointer. */
void state_refusal_within(struct state_refusal *r, const char *outer);

#endif
