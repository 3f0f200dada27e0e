/* SPDX-License-Identifier: Apache-2.0 */
/*
 * columns: tables for people: aligned, as wide as the terminal at most (one column gives way), plain when the output is
 * not a terminal. Cells are borrowed text that was cleaned (cli_clean) and lives until columns_end.
 */
#ifndef CLIENT_COLUMNS_H
#define CLIENT_COLUMNS_H

#include "base/buf.h"
#include "client/cli.h"

enum { COLUMNS_MAX = 12 };

struct columns {
	struct cli *cli;
	const char *const *names; /* n headings */
	size_t n;
	size_t gives_way; /* the column that is cut when the terminal is too narrow */
	struct buf cells; /* of const char * */
};

/* Begins a table with n <= COLUMNS_MAX columns. */
void columns_begin(struct columns *t, struct cli *c, const char *const *names, size_t n, size_t gives_way);
/* The next cell, from left to right, row by row. */
void columns_add(struct columns *t, const char *cell);
/* Prints the table on stdout, or `nothing` when it has no row, and frees. */
void columns_end(struct columns *t, const char *nothing);
/* One line "name   value" of a page about one thing. */
void columns_line(const char *name, const char *value);
/* The number of terminal cells that UTF-8 text takes; one for each character. */
size_t columns_width(const char *text);

#endif
