/* SPDX-License-Identifier: Apache-2.0 */
/* store_int: what the files of this room share. */
#ifndef STORE_STORE_INT_H
#define STORE_STORE_INT_H

#include "base/map.h"
#include "store/store.h"

#include <sqlite3.h>

enum {
	STORE__REASON_BYTES = 256,
	STORE__KEPT_MAX = 512,                /* statements; the program has fewer */
	STORE__APPLICATION = 0x5ea0a11,       /* PRAGMA application_id of our files */
	STORE__LENGTH_MAX = 64 * 1024 * 1024, /* one value or row */
};

/* A prepared statement that is kept. */
struct store_kept {
	sqlite3_stmt *stmt;
	bool busy;
	size_t sql_n;
	char sql[];
};

struct store {
	uint32_t magic; /* OBJ_STORE */
	sqlite3 *db;
	struct map kept; /* SQL text to struct store_kept */
	char reason[STORE__REASON_BYTES];
};

/* Opens a file as it is, without changing it: for copies. errors: ERR_SYSTEM, ERR_CORRUPT. */
enum err store__connect(const char *path, int flags, struct store **ret_store, struct diag *d) MUST_USE;
/* PRAGMA quick_check. errors: ERR_CORRUPT with what it found. */
enum err store__check(struct store *s, const char *path, struct diag *d) MUST_USE;
/* The number that a PRAGMA gives; -1 when it cannot be read. */
int store__pragma(struct store *s, const char *sql);
/* Keeps the library's message and returns what rc means. */
enum err store__error(struct store *s, int rc);

#endif
