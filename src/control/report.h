/* SPDX-License-Identifier: Apache-2.0 */
/* report: DATA/run/status.json: control writes it, `seawall status` reads it. Its members are in docs/PLAN.md. */
#ifndef CONTROL_REPORT_H
#define CONTROL_REPORT_H

#include "base/buf.h"
#include "control/desired.h"
#include "control/peer.h"
#include "supervisor/node.h"

/* What a report is made of. Borrowed. */
struct report {
	const struct node_config *node;
	const struct desired *desired;
	struct peer *const *peers;
	size_t peers_n;
	const char *folder_error; /* NULL: it can be read */
};

/* The members that change seldom: items and folder; each of the three appends JSON members without braces. */
void report_items(const struct report *r, struct buf *out);
/* The edges with their counters. */
void report_edges(const struct report *r, struct buf *out);
/* Head of the report: who and when. */
void report_head(const struct report *r, struct buf *out);

/* The file's content as it is. errors: ERR_NOT_FOUND with what to do. */
enum err report_raw(const char *path, struct buf *out, struct diag *d) MUST_USE;
/* The file as a page for people. supervisor_pid: 0 when none runs. errors: ERR_NOT_FOUND, ERR_CORRUPT. */
enum err report_page(const char *path, int supervisor_pid, struct buf *out, struct diag *d) MUST_USE;

#endif
