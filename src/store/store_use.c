/* SPDX-License-Identifier: Apache-2.0 */
/* store_use: see store.h. Statements: prepared once, bound, stepped, read. */
#include "base/check.h"
#include "base/mem.h"
#include "store/store_int.h"

#include <limits.h>

/* Prepares; NULL with the error kept in u. */
static sqlite3_stmt *store_use__prepare(struct store_use *u, const char *sql, bool keep)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v3(u->store->db, sql, -1, keep ? SQLITE_PREPARE_PERSISTENT : 0, &stmt, NULL);

	if (rc != SQLITE_OK)
		u->err = store__error(u->store, rc);
	return stmt;
}

static void store_use__keep(struct store_use *u, struct slice sql)
{
	struct store_kept *k = mem_alloc(sizeof *k + sql.n);

	k->stmt = u->stmt;
	k->busy = true;
	k->sql_n = sql.n;
	memcpy(k->sql, sql.p, sql.n);
	map_put(&u->store->kept, slice_of(k->sql, k->sql_n), k);
	u->kept = k;
}

struct store_use store_use(struct store *s, const char *sql)
{
	OBJ(s, OBJ_STORE);
	struct store_use u = { .store = s };
	struct store_kept *k = map_get(&s->kept, slice_str(sql));

	if (k && !k->busy) {
		k->busy = true;
		u.kept = k;
		u.stmt = k->stmt;
		return u;
	}
	bool keep = !k && s->kept.count < STORE__KEPT_MAX;
	u.stmt = store_use__prepare(&u, sql, keep);
	if (u.stmt && keep)
		store_use__keep(&u, slice_str(sql));
	return u;
}

static void store_use__result(struct store_use *u, int rc)
{
	if (rc != SQLITE_OK)
		u->err = store__error(u->store, rc);
}

void store_put_text(struct store_use *u, struct slice v)
{
	if (u->err != OK)
		return;
	if (!v.p)
		store_put_null(u);
	else if (v.n > INT_MAX)
		u->err = ERR_RANGE;
	else
		store_use__result(u, sqlite3_bind_text(u->stmt, ++u->bound, v.p, (int)v.n, SQLITE_TRANSIENT));
}

void store_put_blob(struct store_use *u, struct slice v)
{
	if (u->err != OK)
		return;
	if (!v.p)
		store_put_null(u);
	else
		store_use__result(u, sqlite3_bind_blob64(u->stmt, ++u->bound, v.p, v.n, SQLITE_TRANSIENT));
}

void store_put_int(struct store_use *u, int64_t v)
{
	if (u->err == OK)
		store_use__result(u, sqlite3_bind_int64(u->stmt, ++u->bound, v));
}

void store_put_null(struct store_use *u)
{
	if (u->err == OK)
		store_use__result(u, sqlite3_bind_null(u->stmt, ++u->bound));
}

bool store_next(struct store_use *u)
{
	if (u->err != OK || u->bound < 0)
		return false;
	if (!u->row)
		CHECK(u->bound == sqlite3_bind_parameter_count(u->stmt));
	int rc = sqlite3_step(u->stmt);
	u->row = rc == SQLITE_ROW;
	if (rc == SQLITE_DONE)
		u->bound = -1;
	else if (rc != SQLITE_ROW)
		u->err = store__error(u->store, rc);
	return u->row;
}

struct slice store_text(const struct store_use *u, int column)
{
	CHECK(u->row);
	const unsigned char *p = sqlite3_column_text(u->stmt, column);
	return slice_of(p, p ? (size_t)sqlite3_column_bytes(u->stmt, column) : 0);
}

struct slice store_blob(const struct store_use *u, int column)
{
	CHECK(u->row);
	const void *p = sqlite3_column_blob(u->stmt, column);
	return slice_of(p, p ? (size_t)sqlite3_column_bytes(u->stmt, column) : 0);
}

int64_t store_int(const struct store_use *u, int column)
{
	CHECK(u->row);
	return sqlite3_column_int64(u->stmt, column);
}

bool store_is_null(const struct store_use *u, int column)
{
	CHECK(u->row);
	return sqlite3_column_type(u->stmt, column) == SQLITE_NULL;
}

enum err store_done(struct store_use *u)
{
	if (u->err == OK && !u->row && u->bound >= 0)
		store_next(u);
	if (u->stmt && u->kept) {
		sqlite3_reset(u->stmt);
		sqlite3_clear_bindings(u->stmt);
		u->kept->busy = false;
	} else {
		sqlite3_finalize(u->stmt);
	}
	u->stmt = NULL;
	u->kept = NULL;
	u->row = false;
	return u->err;
}
