/* SPDX-License-Identifier: Apache-2.0 */
/* check: see check.h. Writes with write(2) only: a panic may come from anywhere. */
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static _Thread_local const char *check__thread_note;

void check_note(const char *note)
{
	check__thread_note = note;
}

void check_panic(const char *file, int line, const char *what)
{
	char msg[512];
	const char *note = check__thread_note ? check__thread_note : "-";
	int n = snprintf(msg, sizeof msg, "seawall: panic: %s:%d: %s (at: %s)\n", file, line, what, note);

	if (n > 0) {
		size_t len = (size_t)n < sizeof msg ? (size_t)n : sizeof msg - 1;
		if (write(STDERR_FILENO, msg, len) < 0)
			_exit(134);
	}
	abort();
}
