/* SPDX-License-Identifier: Apache-2.0 */
/*
 * err: the one error enum. 0 is success, everything else is negative and comes from err.def.
 * Verb functions return enum err and must be checked; predicates return bool; look-ups a pointer or NULL.
 * "again" is a class, not a failure: the caller waits for more input, room or time.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>

enum err {
	OK = 0,
#define ERR(name, value, class, status, text) name = value,
#include "base/err.def"
#undef ERR
};

enum err_class { ERRC_NONE, ERRC_PEER, ERRC_ORIGIN, ERRC_LIMIT, ERRC_CONFIG, ERRC_SYSTEM, ERRC_AGAIN, ERRC_CLOSED };

#define MUST_USE __attribute__((warn_unused_result))

/* Jumps out with the error; legal only where nothing has to be undone (request-arena code). */
#define TRY(expr)                                                                                                      \
	do {                                                                                                           \
		enum err try_e = (expr);                                                                               \
		if (try_e != OK)                                                                                       \
			return try_e;                                                                                  \
	} while (0)

/* The symbol, e.g. "ERR_BARE_LF"; "OK" for 0; "ERR_?" for a number that is not in the table. Process lifetime. */
const char *err_name(enum err e);
/* One sentence fragment for people, never with secrets. Process lifetime. */
const char *err_text(enum err e);
/* The class; ERRC_NONE for OK. */
enum err_class err_class(enum err e);
/* HTTP status towards a visitor, 400 to 599, or 0 when no answer is due. */
int err_status(enum err e);

#endif
