/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hashing: passwords are checked and kept (base/password.h) on a thread of its own, one at a time and so many waiting,
 * because each takes a quarter of a second and 32 MiB: however many people sign in, the loop of control goes on.
 */
#ifndef API_HASHING_H
#define API_HASHING_H

#include "base/password.h"
#include "sys/loop.h"

struct hashing;

/* e: as password_check or password_keep; kept: what password_keep made, borrowed for the call. */
typedef void (*hashing_done_fn)(void *arg, enum err e, const char *kept);

/* Starts the thread (no signals go there). queue_max: how many may wait or run, from 1. The caller frees with
 * hashing_free. errors: ERR_SYSTEM. */
enum err hashing_new(struct loop *loop, uint64_t queue_max, struct hashing **ret) MUST_USE;
/* Ends the thread after the one under way; fn of the others is not called. On the loop's thread, outside of a turn,
 * before the loop. NULL is fine. */
void hashing_free(struct hashing *h);
/*
 * Checks a password against what is kept of one, or (kept NULL) makes what is to be kept. Both are copied. fn is called
 * once on the loop's thread, in a later turn. False, and fn is not called: too many are waiting.
 */
bool hashing_ask(struct hashing *h, const char *kept, struct slice password, hashing_done_fn fn, void *arg) MUST_USE;

#endif
