/* SPDX-License-Identifier: Apache-2.0 */
/* origin_pull: the certificate that this node shows origins by itself; the routes of others' are in origin_pull.c. */
#ifndef API_ORIGIN_PULL_H
#define API_ORIGIN_PULL_H

#include "base/diag.h"
#include "base/seal.h"
#include "state/state.h"
#include "supervisor/node.h"

/*
 * Opens or makes the authority of origin pulls (DATA/state/origin-pull-ca, its root also in DATA/run/origin-pull.pem)
 * and keeps a certificate of it in the state, made anew a month before its end. Outside of a transaction. errors:
 * ERR_CONFIG, ERR_SYSTEM with the reason in d.
 */
enum err api_origin_pull_prepare(struct state *st, const struct node_config *node, const struct seal *seal,
				 struct diag *d) MUST_USE;

#endif
