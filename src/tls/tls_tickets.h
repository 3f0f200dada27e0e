/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_tickets: the keys of session tickets (RFC 5077, RFC 8446 4.6.1), in memory only: a new one every
 * TLS_TICKETS_ROTATE_S, the one before is still accepted. Nothing that is stored can open a recorded session.
 */
#ifndef TLS_TLS_TICKETS_H
#define TLS_TLS_TICKETS_H

#include "base/err.h"

#include <stdint.h>

enum { TLS_TICKETS_ROTATE_S = 6 * 3600, TLS_TICKETS_NAME_BYTES = 16, TLS_TICKETS_SECRET_BYTES = 32 };

struct tls_tickets;

struct tls_tickets_key {
	uint8_t name[TLS_TICKETS_NAME_BYTES]; /* stands in the ticket as it is */
	uint8_t aes[TLS_TICKETS_SECRET_BYTES], mac[TLS_TICKETS_SECRET_BYTES];
};

/* No key yet. Caller frees with tls_tickets_free. */
struct tls_tickets *tls_tickets_new(void) __attribute__((returns_nonnull));
/* Wipes and frees; NULL is fine. */
void tls_tickets_free(struct tls_tickets *t);
/* The key for new tickets at wall clock now_s; made anew when it is old. errors: ERR_SYSTEM. Any thread. */
enum err tls_tickets_current(struct tls_tickets *t, int64_t now_s, struct tls_tickets_key *ret) MUST_USE;
/*
 * The key of that name, when it is the current one or the one before. *ret_old: a new ticket is due.
 * errors: ERR_NOT_FOUND. Any thread.
 */
enum err tls_tickets_find(struct tls_tickets *t, int64_t now_s, const uint8_t name[static TLS_TICKETS_NAME_BYTES],
			  struct tls_tickets_key *ret, bool *ret_old) MUST_USE;

#endif
