/* SPDX-License-Identifier: Apache-2.0 */
/* store: see store.h. Opening, checking, migrating, transactions. */
#include "base/check.h"
#include "base/mem.h"
#include "store/store_int.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { STORE__BUSY_MS = 5000 }; /* a backup that copies the last pages */

enum err store__error(struct store *s, int rc)
{
	snprintf(s->reason, sizeof s->reason, "%s", sqlite3_errmsg(s->db));
	switch (rc) {
	case SQLITE_CONSTRAINT_UNIQUE:
	case SQLITE_CONSTRAINT_PRIMARYKEY:
	case SQLITE_CONSTRAINT_ROWID:
		return ERR_EXISTS;
	case SQLITE_CONSTRAINT_FOREIGNKEY:
		return ERR_NOT_FOUND;
	default:
		break;
	}
	switch (rc & 0xff) {
	case SQLITE_CONSTRAINT:
	case SQLITE_TOOBIG:
	case SQLITE_MISMATCH:
		return ERR_RANGE;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return ERR_CORRUPT;
	default:
		return ERR_SYSTEM;
	}
}

enum err store_run(struct store *s, const char *sql)
{
	OBJ(s, OBJ_STORE);
	int rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? OK : store__error(s, sqlite3_extended_errcode(s->db));
}

const char *store_reason(const struct store *s)
{
	return s->reason;
}

int64_t store_changes(const struct store *s)
{
	return sqlite3_changes64(s->db);
}

int64_t store_last_id(const struct store *s)
{
	return sqlite3_last_insert_rowid(s->db);
}

/* ---- life ---- */

enum err store__connect(const char *path, int flags, struct store **ret_store, struct diag *d)
{
	struct store *s = mem_alloc(sizeof *s);
	int rc = sqlite3_open_v2(path, &s->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);

	s->magic = OBJ_STORE;
	map_init(&s->kept);
	if (rc != SQLITE_OK) {
		enum err e = s->db ? store__error(s, rc) : ERR_MEMORY;
		diag_set(d, e, path, "cannot be opened as a database: %s", s->reason);
		store_close(s);
		return e;
	}
	sqlite3_busy_timeout(s->db, STORE__BUSY_MS);
	sqlite3_limit(s->db, SQLITE_LIMIT_LENGTH, STORE__LENGTH_MAX);
	sqlite3_limit(s->db, SQLITE_LIMIT_ATTACHED, 0);
	/* A damaged or planted file must not make the library do more than read and write rows. */
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL);
	*ret_store = s;
	return OK;
}

void store_close(struct store *s)
{
	struct slice key;
	void *value;

	if (!s)
		return;
	OBJ(s, OBJ_STORE);
	for (size_t at = 0; map_next(&s->kept, &at, &key, &value);) {
		sqlite3_finalize(((struct store_kept *)value)->stmt);
		mem_free(value);
	}
	map_fini(&s->kept);
	store_rollback(s);
	sqlite3_close_v2(s->db);
	s->magic = OBJ_FREED;
	mem_free(s);
}

int store__pragma(struct store *s, const char *sql)
{
	struct store_use u = store_use(s, sql);
	int n = store_next(&u) ? (int)store_int(&u, 0) : -1;

	return store_done(&u) == OK ? n : -1;
}

int store_version(struct store *s)
{
	OBJ(s, OBJ_STORE);
	return store__pragma(s, "PRAGMA user_version");
}

enum err store__check(struct store *s, const char *path, struct diag *d)
{
	struct store_use u = store_use(s, "PRAGMA quick_check(1)");
	bool good = store_next(&u) && slice_eq(store_text(&u, 0), SLICE("ok"));
	char found[STORE__REASON_BYTES] = "it cannot be read";

	if (u.row && !good)
		slice_cstr(store_text(&u, 0), found, sizeof found);
	enum err e = store_done(&u);
	if (e == OK && good)
		return OK;
	if (e != OK)
		snprintf(found, sizeof found, "%s", s->reason);
	return diag_set(d, e == ERR_SYSTEM ? ERR_SYSTEM : ERR_CORRUPT, path,
			"the database is damaged: %s. Put a backup in its place with `seawall restore`", found);
}

/* Ours, or new. */
static enum err store__ours(struct store *s, const char *path, struct diag *d)
{
	int application = store__pragma(s, "PRAGMA application_id");

	if (application == STORE__APPLICATION)
		return OK;
	if (application == 0 && store_version(s) == 0 && store__pragma(s, "SELECT count(*) FROM sqlite_schema") == 0) {
		char sql[64];
		snprintf(sql, sizeof sql, "PRAGMA application_id = %d", STORE__APPLICATION);
		return store_run(s, sql) == OK ? OK : diag_set(d, ERR_SYSTEM, path, "cannot be written: %s", s->reason);
	}
	return diag_set(d, ERR_CORRUPT, path, "is not a database of Seawall; move it away or name another folder");
}

/* The library would make it readable for all; the files beside it get the mode of this one. What is wrong with the path
 * is told when it is opened. */
static void store__make(const char *path)
{
	int fd = strcmp(path, ":memory:") == 0 ? -1 : open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd >= 0)
		close(fd);
}

enum err store_open(const char *path, struct store **ret_store, struct diag *d)
{
	struct store *s;

	store__make(path);
	TRY(store__connect(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &s, d));
	enum err e = store__check(s, path, d);
	if (e == OK)
		e = store__ours(s, path, d);
	if (e == OK &&
	    store_run(
		    s,
		    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;"
		    "PRAGMA journal_size_limit = 67108864; PRAGMA cell_size_check = ON; PRAGMA cache_size = -16384") !=
		    OK)
		e = diag_set(d, ERR_SYSTEM, path, "cannot be written: %s", s->reason);
	if (e != OK) {
		store_close(s);
		return e;
	}
	*ret_store = s;
	return OK;
}

/* ---- migrations ---- */

static enum err store__step(struct store *s, const struct store_migration *m, struct diag *d)
{
	char version[48];

	snprintf(version, sizeof version, "PRAGMA user_version = %d", m->version);
	enum err e = store_begin(s);
	if (e == OK)
		e = store_run(s, m->sql);
	if (e == OK)
		e = store_run(s, version);
	if (e == OK)
		e = store_commit(s);
	if (e == OK)
		return OK;
	diag_set(d, ERR_SYSTEM, "schema", "step %d does not work: %s", m->version, s->reason);
	store_rollback(s);
	return ERR_SYSTEM;
}

enum err store_migrate(struct store *s, const struct store_migration *table, size_t n, struct diag *d)
{
	int version = store_version(s);

	OBJ(s, OBJ_STORE);
	if (version < 0)
		return diag_set(d, ERR_SYSTEM, "schema", "its version cannot be read: %s", s->reason);
	if (version > (int)n)
		return diag_set(d, ERR_CONFIG, "schema",
				"the database has version %d, this program knows up to %zu: it was written by a newer "
				"seawall. Run that one, or restore a backup that this one made",
				version, n);
	for (size_t i = 0; i < n; i++) {
		CHECK(table[i].version == (int)i + 1);
		if (table[i].version > version)
			TRY(store__step(s, &table[i], d));
	}
	return OK;
}

/* ---- transactions ---- */

static enum err store__verb(struct store *s, const char *sql)
{
	struct store_use u = store_use(s, sql);

	return store_done(&u);
}

bool store_in_transaction(const struct store *s)
{
	return sqlite3_get_autocommit(s->db) == 0;
}

enum err store_begin(struct store *s)
{
	OBJ(s, OBJ_STORE);
	CHECK(!store_in_transaction(s));
	return store__verb(s, "BEGIN IMMEDIATE");
}

enum err store_commit(struct store *s)
{
	CHECK(store_in_transaction(s));
	enum err e = store__verb(s, "COMMIT");
	if (e == OK)
		return OK;
	char reason[STORE__REASON_BYTES];
	memcpy(reason, s->reason, sizeof reason);
	store_rollback(s);
	memcpy(s->reason, reason, sizeof reason);
	return ERR_SYSTEM;
}

void store_rollback(struct store *s)
{
	/* The library rolls back by itself on some errors. */
	if (store_in_transaction(s) && store_run(s, "ROLLBACK") != OK)
		CHECK(!store_in_transaction(s));
}

enum err store_save(struct store *s)
{
	CHECK(store_in_transaction(s));
	return store__verb(s, "SAVEPOINT point");
}

enum err store_keep(struct store *s)
{
	return store__verb(s, "RELEASE point");
}

void store_undo(struct store *s)
{
	/* Neither can fail while the transaction lives; a transaction that the library ended has nothing to undo. */
	if (store_in_transaction(s) && store__verb(s, "ROLLBACK TO point") == OK)
		(void)!store__verb(s, "RELEASE point");
}
