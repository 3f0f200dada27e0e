/* SPDX-License-Identifier: Apache-2.0 */
/*
 * firewall_store: compiled pattern databases as files DATA/edge/waf-HEX.scan, HEX the key of waf/scan.h. What the last
 * compilation did not use is removed. Private to the firewall; its thread only.
 */
#ifndef EDGE_FIREWALL_STORE_H
#define EDGE_FIREWALL_STORE_H

#include "supervisor/node.h"
#include "waf/scan.h"

enum { FIREWALL_STORE_FILES = 128, FIREWALL_STORE_NAME = 80 };

struct firewall_store {
	char folder[NODE_PATH_BYTES + 16];
	char used[FIREWALL_STORE_FILES][FIREWALL_STORE_NAME]; /* since the start */
	size_t used_n;
};

/* Over DATA/edge; nothing is read yet. */
void firewall_store_init(struct firewall_store *s, const char *data);
/* As load and save of scan_store. A file that cannot be written is done
 * without. */
bool firewall_store_load(struct firewall_store *s, const uint8_t key[static SCAN_KEY_BYTES], struct buf *ret);
void firewall_store_save(struct firewall_store *s, const uint8_t key[static SCAN_KEY_BYTES], struct slice bytes);
/* Removes the files that were neither loaded nor saved. */
void firewall_store_sweep(struct firewall_store *s);

#endif
