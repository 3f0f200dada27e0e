/* SPDX-License-Identifier: Apache-2.0 */
/*
 * staple: every certificate that is wanted and names a responder has a fresh answer of it (OCSP) beside it: asked for
 * when the certificate enters, again at half of the answer's life, judged (tls/tls_ocsp.h), and wanted as a plan item
 * "staple/HASH" while it is good. Trouble is tried again after 5, 10, 20 … seconds, at least every hour; what is there
 * stays until its own end. One thread, on the loop.
 */
#ifndef CONTROL_STAPLE_H
#define CONTROL_STAPLE_H

#include "control/control.h"
#include "control/web.h"

struct staple;

/* Follows the certificates of a control; before control_run. All is borrowed for its life. Caller frees with
 * staple_free, before web and control. */
struct staple *staple_new(struct control *control, struct web *web) __attribute__((returns_nonnull));
/* Breaks questions off. NULL is fine. */
void staple_free(struct staple *s);

#endif
