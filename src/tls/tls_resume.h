/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_resume: TLS sessions with origins that one worker remembers, so that the next connection to the same origin needs
 * neither its certificate again nor a signature (RFC 8446 section 2.2, RFC 5077). A bounded map in order of use. What a
 * session was checked for is part of its key: one that nobody verified never serves a connection that must be.
 */
#ifndef TLS_TLS_RESUME_H
#define TLS_TLS_RESUME_H

#include "base/slice.h"

#include <stddef.h>

struct tls_resume;

/* An empty memory for at most max sessions (0: none is kept); about 2 KiB and the origin's certificates each. One
 * thread. The caller frees with tls_resume_free. */
struct tls_resume *tls_resume_new(size_t max) __attribute__((returns_nonnull));
/* How many are remembered. */
size_t tls_resume_count(const struct tls_resume *r);
/* Frees; connections that were made with it must be gone. NULL is fine. */
void tls_resume_free(struct tls_resume *r);

#endif
