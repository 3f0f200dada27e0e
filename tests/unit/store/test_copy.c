/* SPDX-License-Identifier: Apache-2.0 */
/* test_copy: a backup of a database in use, and putting one back. */
#include "test_store.h"

#include "store/store.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct place {
	char dir[64], db[128], copy[128], before[128], other[128];
};

static const struct store_migration steps[] = { { 1, "CREATE TABLE a(n INTEGER) STRICT" } };

static void place(struct place *p)
{
	strcpy(p->dir, "/tmp/seawall-unit-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->db, sizeof p->db, "%s/s.db", p->dir);
	snprintf(p->copy, sizeof p->copy, "%s/copy.db", p->dir);
	snprintf(p->before, sizeof p->before, "%s/s.db.before", p->dir);
	snprintf(p->other, sizeof p->other, "%s/other", p->dir);
}

static void leave(const struct place *p)
{
	unlink(p->db);
	unlink(p->copy);
	unlink(p->before);
	unlink(p->other);
	assert_int_equal(rmdir(p->dir), 0); /* nothing else was left */
}

static struct store *opened(const char *path)
{
	struct store *s;
	struct diag d;

	diag_init(&d);
	assert_int_equal(store_open(path, &s, &d), OK);
	assert_int_equal(store_migrate(s, steps, 1, &d), OK);
	return s;
}

static int64_t sum(const char *path)
{
	struct store *s = opened(path);
	struct store_use u = store_use(s, "SELECT sum(n) FROM a");
	int64_t n = store_next(&u) ? store_int(&u, 0) : -1;

	assert_int_equal(store_done(&u), OK);
	store_close(s);
	return n;
}

static void a_database_in_use_is_copied_and_restored(void **state)
{
	struct place p;
	struct stat st;
	struct diag d;

	place(&p);
	struct store *s = opened(p.db);
	assert_int_equal(store_run(s, "INSERT INTO a VALUES(40), (2)"), OK);
	/* What is not committed is not copied. */
	assert_int_equal(store_begin(s), OK);
	assert_int_equal(store_run(s, "INSERT INTO a VALUES(1000)"), OK);
	diag_init(&d);
	assert_int_equal(store_backup(p.db, p.copy, &d), OK);
	assert_int_equal(stat(p.copy, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(store_commit(s), OK);
	store_close(s);
	assert_int_equal(store_backup(p.db, p.copy, &d), ERR_EXISTS);

	diag_init(&d);
	assert_int_equal(store_restore(p.copy, p.db, 1, &d), OK);
	assert_int_equal(sum(p.db), 42);
	assert_int_equal(sum(p.before), 1042);
	leave(&p);
}

static void what_does_not_fit_is_not_restored(void **state)
{
	struct place p;
	struct diag d;

	place(&p);
	struct store *s = opened(p.db);
	assert_int_equal(store_run(s, "INSERT INTO a VALUES(7)"), OK);
	store_close(s);
	diag_init(&d);
	assert_int_equal(store_restore(p.other, p.db, 1, &d), ERR_NOT_FOUND);
	diag_init(&d);
	assert_int_equal(store_backup(p.other, p.copy, &d), ERR_NOT_FOUND);
	diag_init(&d);
	assert_int_equal(store_backup(p.db, p.copy, &d), OK);
	assert_int_equal(store_restore(p.copy, p.db, 0, &d), ERR_CONFIG);
	assert_non_null(strstr(d.text, "newer"));

	int fd = open(p.other, O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, "this is no database at all, whatever it says", 44), 44);
	close(fd);
	diag_init(&d);
	assert_int_equal(store_restore(p.other, p.db, 1, &d), ERR_CORRUPT);
	assert_int_equal(sum(p.db), 7);
	leave(&p);
}

int test_copy(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_database_in_use_is_copied_and_restored),
		cmocka_unit_test(what_does_not_fit_is_not_restored),
	};

	return cmocka_run_group_tests_name("copy", tests, NULL, NULL);
}
