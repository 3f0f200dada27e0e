/* SPDX-License-Identifier: Apache-2.0 */
/* tls_resume_int: what tls_client does with remembered sessions. */
#ifndef TLS_TLS_RESUME_INT_H
#define TLS_TLS_RESUME_INT_H

#include "tls/tls_resume.h"

#include <openssl/ssl.h>

/* Sessions older than this are not used: trust, revocation and names are looked at again at least so often. */
enum { TLS_RESUME_AGE_S = 3600 };

/* Remembers a session, whose reference moves here; the one that the key had before is dropped, and the one that was
 * used longest ago when there are too many. */
void tls_resume_put(struct tls_resume *r, struct slice key, SSL_SESSION *session);
/*
 * The session of that key, borrowed until the next call, or NULL: none, too old, or the origin's certificate has
 * expired since (then it is forgotten). now_s: wall clock.
 */
SSL_SESSION *tls_resume_find(struct tls_resume *r, struct slice key, int64_t now_s);
/* Forgets what the key has: a handshake with it failed. */
void tls_resume_forget(struct tls_resume *r, struct slice key);

#endif
