/* SPDX-License-Identifier: Apache-2.0 */
/*
 * orders: the names whose first certificate is being ordered (model/order.h). One writer (the plan thread), any number
 * of readers (workers, in handshakes) that take no lock. Lifetime: process.
 */
#ifndef EDGE_ORDERS_H
#define EDGE_ORDERS_H

#include "model/order.h"

struct orders;

/* An empty table. Caller frees with orders_free. */
struct orders *orders_new(void) __attribute__((returns_nonnull));
/* Frees the table and drops what it holds; no reader may be left. NULL is fine. Snap thread. */
void orders_free(struct orders *t);
/*
 * Whether a certificate for a canonical host, or one of a wildcard that covers it, is on its way. thread: any snap
 * thread. cost: nothing while no order is under way, else two hashes and look-ups.
 */
bool orders_has(const struct orders *t, struct slice host);

/* Puts one in, or in place of the one of its name; takes over the reference. Writer only, snap thread. */
void orders_publish(struct orders *t, struct order *o);
/* Takes the one of that name out; nothing when there is none. Writer only, snap thread. */
void orders_remove(struct orders *t, struct slice name);

#endif
