/* SPDX-License-Identifier: Apache-2.0 */
/*
 * box: tables in light box drawing with a centred heading, as commands about apps print them. Cells are borrowed text
 * that was cleaned (cli_clean) and lives until box_end; a cell may have several lines.
 */
#ifndef CLIENT_BOX_H
#define CLIENT_BOX_H

#include "base/buf.h"
#include "client/cli.h"

enum { BOX_MAX = 12 };

struct box {
	const char *const *names; /* n headings */
	size_t n;
	struct buf cells; /* of const char * */
};

/* Begins a table with n <= BOX_MAX columns. */
void box_begin(struct box *t, const char *const *names, size_t n);
/* The next cell, from left to right, row by row. */
void box_add(struct box *t, const char *cell);
/* Prints the table on stdout, also without a row, and frees. */
void box_end(struct box *t);

#endif
