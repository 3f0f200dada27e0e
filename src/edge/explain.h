/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain: the command EXPLAIN: asks every worker for what it remembers of a ray. The plan thread begins, each worker
 * looks on its own loop, the last one answers.
 */
#ifndef EDGE_EXPLAIN_H
#define EDGE_EXPLAIN_H

#include "edge/command.h"
#include "edge/worker.h"

struct explain;

/* workers: borrowed array of n, complete by the first explain_run; NULL members are left out. */
struct explain *explain_new(struct worker *const *workers, size_t n) __attribute__((returns_nonnull));
/* Frees; no worker runs any more. */
void explain_free(struct explain *x);
/*
 * {"ray":"16 hexadecimal digits"}, with or without "-XXX" behind: answers what trace_explain wrote, or ERR_NOT_FOUND.
 * Plan thread.
 */
void explain_run(struct explain *x, struct command *c, struct slice json);

#endif
