/* SPDX-License-Identifier: Apache-2.0 */
#include "state/refusal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum err state_refusal_set(struct state_refusal *r, int code, const char *pointer, const char *fmt, ...)
{
	va_list args;

	if (r->code)
		return ERR_PLAN;
	r->code = code;
	snprintf(r->pointer, sizeof(r->pointer), "%s", pointer ? pointer : "");
	va_start(args, fmt);
	vsnprintf(r->text, sizeof(r->text), fmt, args);
	va_end(args);
	return ERR_PLAN;
}

void state_refusal_within(struct state_refusal *r, const char *outer)
{
	char joined[2 * STATE_REFUSAL_POINTER_BYTES];

	snprintf(joined, sizeof(joined), "%s%s", outer, r->pointer);
	memcpy(r->pointer, joined, sizeof(r->pointer) - 1);
	r->pointer[sizeof(r->pointer) - 1] = '\0';
}
