/* SPDX-License-Identifier: Apache-2.0 */
/* test_store: opening, migrations, statements, transactions, and files that are not what they should be. */
#include "test_store.h"

#include "store/store.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct store_migration steps[] = {
	{ 1, "CREATE TABLE a(id TEXT PRIMARY KEY, n INTEGER CHECK (n < 100)) STRICT;"
	     "CREATE TABLE b(id TEXT PRIMARY KEY, a TEXT NOT NULL REFERENCES a(id) ON DELETE CASCADE) STRICT" },
	{ 2, "ALTER TABLE a ADD COLUMN t TEXT" },
};

static struct store *opened(const char *path, size_t steps_n)
{
	struct store *s;
	struct diag d;

	diag_init(&d);
	assert_int_equal(store_open(path, &s, &d), OK);
	assert_int_equal(store_migrate(s, steps, steps_n, &d), OK);
	return s;
}

static enum err add(struct store *s, const char *id, int64_t n)
{
	struct store_use u = store_use(s, "INSERT INTO a(id, n) VALUES(?1, ?2)");

	store_put_text(&u, slice_str(id));
	store_put_int(&u, n);
	return store_done(&u);
}

static int64_t count(struct store *s)
{
	struct store_use u = store_use(s, "SELECT count(*) FROM a");
	int64_t n = store_next(&u) ? store_int(&u, 0) : -1;

	assert_int_equal(store_done(&u), OK);
	return n;
}

static void rows_go_in_and_come_out(void **state)
{
	struct store *s = opened(":memory:", 2);

	assert_int_equal(add(s, "one", 1), OK);
	assert_int_equal(store_changes(s), 1);
	assert_int_equal(add(s, "two", 2), OK);
	struct store_use u = store_use(s, "SELECT id, n, t FROM a ORDER BY n");
	assert_true(store_next(&u));
	assert_true(slice_eq(store_text(&u, 0), SLICE("one")));
	assert_int_equal(store_int(&u, 1), 1);
	assert_true(store_is_null(&u, 2));
	assert_null(store_text(&u, 2).p);
	/* The same statement inside itself is another one. */
	struct store_use inner = store_use(s, "SELECT id, n, t FROM a ORDER BY n");
	assert_true(store_next(&inner) && store_next(&inner));
	assert_true(slice_eq(store_text(&inner, 0), SLICE("two")));
	assert_int_equal(store_done(&inner), OK);
	assert_true(slice_eq(store_text(&u, 0), SLICE("one")));
	assert_true(store_next(&u));
	assert_false(store_next(&u));
	assert_false(store_next(&u));
	assert_int_equal(store_done(&u), OK);

	u = store_use(s, "UPDATE a SET t = ?1 WHERE id = ?2");
	store_put_text(&u, slice_of("with\0nul", 8));
	store_put_text(&u, SLICE("one"));
	assert_int_equal(store_done(&u), OK);
	u = store_use(s, "SELECT t, x'00ff' FROM a WHERE id = 'one'");
	assert_true(store_next(&u));
	assert_int_equal(store_text(&u, 0).n, 8);
	assert_true(slice_eq(store_blob(&u, 1), slice_of("\0\xff", 2)));
	assert_int_equal(store_done(&u), OK);
	store_close(s);
}

static void errors_have_their_meaning(void **state)
{
	struct store *s = opened(":memory:", 2);

	assert_int_equal(add(s, "one", 1), OK);
	assert_int_equal(add(s, "one", 2), ERR_EXISTS);
	assert_non_null(strstr(store_reason(s), "UNIQUE"));
	assert_int_equal(add(s, "big", 100), ERR_RANGE);
	assert_int_equal(store_run(s, "INSERT INTO b VALUES('x', 'nobody')"), ERR_NOT_FOUND);
	assert_int_equal(store_run(s, "INSERT INTO a VALUES('y', 'not a number', NULL)"), ERR_RANGE);
	assert_int_equal(store_run(s, "NONSENSE"), ERR_SYSTEM);
	struct store_use u = store_use(s, "SELECT * FROM nothing WHERE a = ?1");
	store_put_int(&u, 1);
	store_put_text(&u, SLICE("x"));
	assert_false(store_next(&u));
	assert_int_equal(store_done(&u), ERR_SYSTEM);
	assert_int_equal(count(s), 1);
	store_close(s);
}

static void transactions_and_points(void **state)
{
	struct store *s = opened(":memory:", 2);

	assert_int_equal(store_begin(s), OK);
	assert_true(store_in_transaction(s));
	assert_int_equal(add(s, "one", 1), OK);
	assert_int_equal(store_save(s), OK);
	assert_int_equal(add(s, "two", 2), OK);
	assert_int_equal(store_save(s), OK);
	assert_int_equal(add(s, "three", 3), OK);
	assert_int_equal(store_keep(s), OK);
	assert_int_equal(count(s), 3);
	store_undo(s);
	assert_int_equal(count(s), 1);
	assert_int_equal(store_commit(s), OK);
	assert_false(store_in_transaction(s));
	assert_int_equal(store_begin(s), OK);
	assert_int_equal(add(s, "four", 4), OK);
	store_rollback(s);
	store_rollback(s);
	assert_int_equal(count(s), 1);
	/* Closing in the middle of one is a roll-back. */
	assert_int_equal(store_begin(s), OK);
	store_close(s);
}

static char *folder(char *out)
{
	strcpy(out, "/tmp/seawall-unit-XXXXXX");
	assert_non_null(mkdtemp(out));
	return out;
}

static void remove_all(const char *dir, const char *const *names)
{
	char path[256];

	for (; *names; names++) {
		snprintf(path, sizeof path, "%s/%s", dir, *names);
		unlink(path);
	}
	assert_int_equal(rmdir(dir), 0);
}

static void the_schema_grows_and_never_shrinks(void **state)
{
	char dir[64], path[128];
	struct store *s;
	struct diag d;

	snprintf(path, sizeof path, "%s/s.db", folder(dir));
	s = opened(path, 1);
	assert_int_equal(store_version(s), 1);
	assert_int_equal(add(s, "kept", 5), OK);
	store_close(s);
	s = opened(path, 2);
	assert_int_equal(store_version(s), 2);
	assert_int_equal(count(s), 1);
	store_close(s);
	diag_init(&d);
	assert_int_equal(store_open(path, &s, &d), OK);
	assert_int_equal(store_migrate(s, steps, 1, &d), ERR_CONFIG);
	assert_non_null(strstr(d.text, "newer seawall"));
	store_close(s);
	/* A step that does not work changes nothing. */
	static const struct store_migration bad[] = { { 1, "" }, { 2, "" }, { 3, "CREATE TABLE c(x); NONSENSE" } };
	diag_init(&d);
	assert_int_equal(store_open(path, &s, &d), OK);
	assert_int_equal(store_migrate(s, bad, 3, &d), ERR_SYSTEM);
	assert_int_equal(store_version(s), 2);
	assert_int_equal(store_run(s, "SELECT * FROM c"), ERR_SYSTEM);
	store_close(s);
	remove_all(dir, (const char *const[]){ "s.db", "s.db-wal", "s.db-shm", NULL });
}

static void write_file(const char *path, const void *p, size_t n, off_t at)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, p, n, at), n);
	close(fd);
}

static void what_is_no_database_of_ours_is_refused(void **state)
{
	char dir[64], path[128], junk[4096];
	struct store *s;
	struct diag d;

	snprintf(path, sizeof path, "%s/s.db", folder(dir));
	memset(junk, 'x', sizeof junk);
	write_file(path, junk, sizeof junk, 0);
	diag_init(&d);
	assert_int_equal(store_open(path, &s, &d), ERR_CORRUPT);
	assert_non_null(strstr(d.text, "damaged"));
	unlink(path);

	/* Damage in the middle of a good one. */
	s = opened(path, 2);
	for (int i = 0; i < 90; i++) {
		char id[300];
		memset(id, 'i', sizeof id);
		snprintf(id + 290, 10, "%d", i);
		assert_int_equal(add(s, id, i), OK);
	}
	store_close(s);
	write_file(path, junk, sizeof junk, 4096 * 2);
	diag_init(&d);
	assert_int_equal(store_open(path, &s, &d), ERR_CORRUPT);
	assert_non_null(strstr(d.text, "seawall restore"));
	unlink(path);

	diag_init(&d);
	assert_int_equal(store_open(dir, &s, &d), ERR_SYSTEM);
	assert_string_equal(d.where, dir);
	remove_all(dir, (const char *const[]){ "s.db-wal", "s.db-shm", NULL });
}

int test_store(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_go_in_and_come_out),
		cmocka_unit_test(errors_have_their_meaning),
		cmocka_unit_test(transactions_and_points),
		cmocka_unit_test(the_schema_grows_and_never_shrinks),
		cmocka_unit_test(what_is_no_database_of_ours_is_refused),
	};

	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
