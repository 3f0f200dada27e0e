/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nodekey: DATA/node.key, the key under which this node seals its secrets (base/seal.h). The supervisor makes it at the
 * first start and hands it to its children (handoff.h); under root no child can read the file. A backup of DATA without
 * it cannot give private keys away, and a node that lost it must make its keys anew.
 *
 *	the file = "seawall-node-key 1 " 64 hexadecimal digits "\n", mode 0600
 */
#ifndef SUPERVISOR_NODEKEY_H
#define SUPERVISOR_NODEKEY_H

#include "base/diag.h"
#include "base/seal.h"
#include "supervisor/node.h"

/*
 * Reads DATA/node.key, or makes it when there is none (on disk before this returns). out: ret_key, the caller wipes it.
 * errors: ERR_CONFIG (its text is not a key; it is not a file of ours; others may read it), ERR_SYSTEM; path and reason
 * in d.
 */
enum err nodekey_get(const struct node_config *node, uint8_t ret_key[static SEAL_KEY_BYTES], struct diag *d) MUST_USE;

/* The key as 64 digits and a NUL, and back; the second is false for anything else. */
enum { NODEKEY_TEXT_BYTES = 2 * SEAL_KEY_BYTES + 1 };
void nodekey_print(const uint8_t key[static SEAL_KEY_BYTES], char ret[static NODEKEY_TEXT_BYTES]);
bool nodekey_parse(struct slice digits, uint8_t ret_key[static SEAL_KEY_BYTES]);

#endif
