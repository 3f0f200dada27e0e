/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admintoken: DATA/admin.token, the administrator's token of the API: made by the supervisor at the first start with an
 * API, mode 0600, one line. Control gets its SHA-256 only (handoff.h). Whoever lost it removes the file and starts
 * again.
 */
#ifndef SUPERVISOR_ADMINTOKEN_H
#define SUPERVISOR_ADMINTOKEN_H

#include "base/crypto.h"
#include "base/diag.h"
#include "supervisor/node.h"

/*
 * Reads DATA/admin.token, or makes it when there is none (on disk before this returns). out: the SHA-256 of its value.
 * errors: ERR_CONFIG (no token in it; not a file of ours; others may read it), ERR_SYSTEM; path and reason in d.
 */
enum err admintoken_get(const struct node_config *node, uint8_t ret_hash[static CRYPTO_SHA256_BYTES],
			struct diag *d) MUST_USE;

#endif
