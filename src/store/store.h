/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store: one SQLite database as the rest of the house sees it: opened safely, checked, migrated, with prepared
 * statements that are kept, transactions, savepoints, and copies while it is in use. The only room of sqlite3.h.
 *
 * One connection, one thread. WAL with synchronous FULL: what store_commit answered with OK survives the death of the
 * process and of the machine.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/diag.h"
#include "base/slice.h"

#include <stdint.h>

struct store;
struct sqlite3_stmt;
struct store_kept;

/* One step of a schema. Versions count from 1 without gaps, in the order of the table. */
struct store_migration {
	int version;
	const char *sql;
};

/* ---- life ---- */

/*
 * Opens or creates the database at path (":memory:": nowhere), makes sure that it is one and undamaged.
 * out: *ret_store, the caller's (store_close). errors: ERR_SYSTEM (cannot be opened or written), ERR_CORRUPT (damaged,
 * or no database), with path, reason and what to do in d.
 */
enum err store_open(const char *path, struct store **ret_store, struct diag *d) MUST_USE;
/* Rolls back what is open and closes. NULL is fine. */
void store_close(struct store *s);
/*
 * Brings the schema to the last version of the table, each step in a transaction of its own.
 * errors: ERR_CONFIG (the database is of a newer program), ERR_SYSTEM, with the reason in d.
 */
enum err store_migrate(struct store *s, const struct store_migration *table, size_t n, struct diag *d) MUST_USE;
/* The version that the schema has; 0: a new database. */
int store_version(struct store *s);
/* Why the last verb failed, for people. Until the next verb. */
const char *store_reason(const struct store *s);

/* ---- transactions ---- */

/* Begins one that may write; there must be none. errors: ERR_SYSTEM. */
enum err store_begin(struct store *s) MUST_USE;
/* Durable when OK. errors: ERR_SYSTEM (disk full …); the transaction is rolled back then. */
enum err store_commit(struct store *s) MUST_USE;
/* As if nothing had happened since store_begin. No-op without a transaction. */
void store_rollback(struct store *s);
/* Whether a transaction is open. */
bool store_in_transaction(const struct store *s);
/* A point inside a transaction to come back to; they nest. errors: ERR_SYSTEM. */
enum err store_save(struct store *s) MUST_USE;
/* Forgets the newest point and keeps what was done since. errors: ERR_SYSTEM. */
enum err store_keep(struct store *s) MUST_USE;
/* Undoes what was done since the newest point, and forgets it. */
void store_undo(struct store *s);

/* ---- statements ---- */

/*
 * A statement under way, on the caller's stack. The first error sticks: everything after it does nothing, and
 * store_done returns it. Every store_use ends with store_done.
 */
struct store_use {
	struct store *store;
	struct sqlite3_stmt *stmt;
	struct store_kept *kept; /* the cache's entry; NULL: prepared for this use only */
	int bound;
	bool row;
	enum err err;
};

/* Begins a statement. sql: one statement, a string of process lifetime; it is prepared once and kept. */
struct store_use store_use(struct store *s, const char *sql);
/* Gives the next parameter (?1, ?2 … in this order) its value. Bytes are copied. Text with p NULL is NULL. */
void store_put_text(struct store_use *u, struct slice v);
void store_put_blob(struct store_use *u, struct slice v);
void store_put_int(struct store_use *u, int64_t v);
void store_put_null(struct store_use *u);
/* The next row: true when there is one. Statements without rows are run by the first call. */
bool store_next(struct store_use *u);
/* A column of the row, counted from 0. Text and bytes are borrowed until the next store_next or store_done; NULL is p
 * NULL or 0. */
struct slice store_text(const struct store_use *u, int column);
struct slice store_blob(const struct store_use *u, int column);
int64_t store_int(const struct store_use *u, int column);
bool store_is_null(const struct store_use *u, int column);
/*
 * Runs what is left of a statement that was not stepped, and ends the use.
 * errors: ERR_EXISTS (a unique value is there already), ERR_NOT_FOUND (a reference to what is not there), ERR_RANGE
 * (another constraint), ERR_CORRUPT, ERR_SYSTEM; the reason in store_reason.
 */
enum err store_done(struct store_use *u) MUST_USE;
/* Runs SQL text of any number of statements, for schemas and tests. errors: as store_done. */
enum err store_run(struct store *s, const char *sql) MUST_USE;
/* Rows changed by the last INSERT, UPDATE or DELETE. */
int64_t store_changes(const struct store *s);
/* Row id of the last INSERT. */
int64_t store_last_id(const struct store *s);

/* ---- copies ---- */

/*
 * Copies the database at path, which may be in use, to a new file that is then checked. The file appears whole or not
 * at all, mode 0600. errors: ERR_EXISTS (it is there already), ERR_NOT_FOUND (no database at path), ERR_SYSTEM,
 * ERR_CORRUPT.
 */
enum err store_backup(const char *path, const char *to, struct diag *d) MUST_USE;
/*
 * Puts a copy of the database `from` in the place of path in one step, after checking it: undamaged, of this
 * application, no newer than version_max. Nobody may have path open. The one that was there stays as path.before.
 * errors: ERR_NOT_FOUND, ERR_CORRUPT, ERR_CONFIG (newer, or of something else), ERR_SYSTEM.
 */
enum err store_restore(const char *from, const char *path, int version_max, struct diag *d) MUST_USE;

#endif
