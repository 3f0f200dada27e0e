/* SPDX-License-Identifier: Apache-2.0 */
/*
 * diag: the human-facing reason that travels beside an enum err for input that people wrote
 * (configuration, plan items, later API bodies and rules): where, what, and what to do.
 * Fixed size, no allocation; the first message wins, later ones are dropped.
 */
#ifndef BASE_DIAG_H
#define BASE_DIAG_H

#include "base/err.h"

#include <stddef.h>

enum { DIAG_WHERE_BYTES = 192, DIAG_TEXT_BYTES = 320 };

struct diag {
	enum err code;                /* OK while empty */
	char where[DIAG_WHERE_BYTES]; /* "file:line", "member.path", "" when unknown */
	char text[DIAG_TEXT_BYTES];   /* one sentence */
};

/* Empties d. */
void diag_init(struct diag *d);

/*
 * Fills d unless it already holds a message, and returns code, so that a caller can `return diag_set(...)`.
 * in: where may be NULL; fmt as printf. d may be NULL (nobody asked).
 */
enum err diag_set(struct diag *d, enum err code, const char *where, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * Puts `outer` in front of d->where with a separator ("file.json" + "records[2].name"), so that each
 * floor adds what it knows. No-op when d is NULL or empty.
 */
void diag_within(struct diag *d, const char *outer, const char *separator);

/* Writes "where: text" into out, cut at cap, always terminated. Returns out. */
const char *diag_print(const struct diag *d, char *out, size_t cap);

#endif
