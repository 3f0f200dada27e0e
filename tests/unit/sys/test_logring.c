/* SPDX-License-Identifier: Apache-2.0 */
/* test_logring: what reaches the file, and what happens when it cannot. */
#include "test_sys.h"

#include "base/mem.h"
#include "sys/clock.h"
#include "sys/logring.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

struct place {
	char dir[64], path[96], moved[96];
};

static void place_make(struct place *p)
{
	strcpy(p->dir, "/tmp/seawall-logring-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->path, sizeof p->path, "%s/log", p->dir);
	snprintf(p->moved, sizeof p->moved, "%s/log.1", p->dir);
}

static void place_drop(const struct place *p)
{
	unlink(p->path);
	unlink(p->moved);
	assert_int_equal(rmdir(p->dir), 0);
}

/* The file's contents; the caller frees. */
static char *contents(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t n = 0, cap = 1 << 20;
	char *p = mem_alloc(cap + 1);
	ssize_t got;

	assert_true(fd >= 0);
	while ((got = read(fd, p + n, cap - n)) > 0)
		n += (size_t)got;
	assert_true(n < cap);
	close(fd);
	return p;
}

static void wait_for_size(const char *path, off_t size)
{
	struct stat st = { 0 };

	for (int i = 0; i < 400 && (stat(path, &st) != 0 || st.st_size < size); i++)
		clock_sleep_ms(5);
	assert_int_equal(st.st_size, size);
}

static void lines_arrive_without_help(void **state)
{
	struct place p;
	struct logfile *f;
	struct stat st;

	place_make(&p);
	assert_int_equal(logfile_open(p.path, &f), OK);
	struct logring *r = logfile_ring(f, 0);
	assert_true(logring_add(r, SLICE("one\n")));
	assert_true(logring_add(r, SLICE("")));
	assert_true(logring_add(r, SLICE("two\n")));
	wait_for_size(p.path, 8);
	char *text = contents(p.path);
	assert_string_equal(text, "one\ntwo\n");
	mem_free(text);
	assert_int_equal(stat(p.path, &st), 0);
	assert_int_equal(st.st_mode & 0777 & ~0640u, 0);
	logfile_close(f);
	logfile_close(NULL);
	place_drop(&p);
}

static void close_drains_and_open_appends(void **state)
{
	struct place p;
	struct logfile *f;

	place_make(&p);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(logfile_open(p.path, &f), OK);
		struct logring *a = logfile_ring(f, 4096), *b = logfile_ring(f, 4096);
		assert_true(logring_add(a, SLICE("a\n")));
		assert_true(logring_add(b, SLICE("b\n")));
		logfile_close(f);
	}
	wait_for_size(p.path, 8);
	place_drop(&p);
}

/* Every line that was taken is in the file once, whole and in order, over many turns of the ring. */
static void wraps(void **state)
{
	struct place p;
	struct logfile *f;
	char line[64];
	unsigned long next = 0;

	place_make(&p);
	assert_int_equal(logfile_open(p.path, &f), OK);
	struct logring *r = logfile_ring(f, 4096);
	for (unsigned i = 0; i < 5000; i++) {
		int n = snprintf(line, sizeof line, "%u %.*s\n", i, (int)(i % 37),
				 "abcdefghijklmnopqrstuvwxyzabcdefghijk");
		while (!logring_add(r, slice_of(line, (size_t)n)))
			clock_sleep_ms(1);
	}
	logfile_close(f);
	char *text = contents(p.path), *at = text;
	for (; *at; next++) {
		assert_true(strtoul(at, &at, 10) == next);
		assert_int_equal(strcspn(at, "\n"), next % 37 + 1);
		at += next % 37 + 2;
	}
	assert_int_equal(next, 5000);
	mem_free(text);
	place_drop(&p);
}

static void full_ring_drops_whole_lines(void **state)
{
	int fds[2], out;
	char big[4097] = { 0 };
	struct logfile *f;

	/* Standard output is a pipe that nobody reads, so that the ring stays full. */
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	fcntl(fds[1], F_SETPIPE_SZ, 4096);
	memset(big, 'x', sizeof big);
	fflush(stdout);
	out = dup(STDOUT_FILENO);
	assert_int_equal(dup2(fds[1], STDOUT_FILENO), STDOUT_FILENO);
	assert_int_equal(logfile_open("-", &f), OK);
	dup2(out, STDOUT_FILENO);
	close(out);
	struct logring *r = logfile_ring(f, 4096);
	assert_false(logring_add(r, slice_of(big, sizeof big)));
	assert_int_equal(logring_dropped(r), 1);
	int taken = 0;
	for (int i = 0; i < 40; i++) {
		taken += logring_add(r, slice_of(big, 1000));
		clock_sleep_ms(1);
	}
	assert_true(taken >= 4 && taken < 20);
	assert_int_equal(logring_dropped(r), 1 + 40 - taken);
	/* The reader goes: the write fails, is counted, and the producer can go on. */
	signal(SIGPIPE, SIG_IGN);
	close(fds[0]);
	close(fds[1]);
	for (int i = 0; i < 400 && logfile_failed(f) == 0; i++)
		clock_sleep_ms(5);
	assert_true(logfile_failed(f) > 0);
	assert_true(logring_add(r, SLICE("after\n")));
	logfile_close(f);
	signal(SIGPIPE, SIG_DFL);
}

static void full_disk_is_counted(void **state)
{
	struct logfile *f;

	if (access("/dev/full", W_OK) != 0)
		skip();
	assert_int_equal(logfile_open("/dev/full", &f), OK);
	struct logring *r = logfile_ring(f, 4096);
	for (int i = 0; i < 400 && logfile_failed(f) < 2; i++) {
		(void)logring_add(r, SLICE("a line of the log\n"));
		clock_sleep_ms(5);
	}
	assert_true(logfile_failed(f) >= 2);
	assert_int_equal(logring_dropped(r), 0);
	logfile_close(f);
}

/* After a write that only partly went in, the next line begins on a line of its own. */
static void cut_line_is_ended(void **state)
{
	struct rlimit old, small;
	struct place p;
	struct logfile *f;

	place_make(&p);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = (struct rlimit){ 10, old.rlim_max };
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(logfile_open(p.path, &f), OK);
	struct logring *r = logfile_ring(f, 4096);
	assert_true(logring_add(r, SLICE("a line that is longer than ten bytes\n")));
	for (int i = 0; i < 400 && logfile_failed(f) == 0; i++)
		clock_sleep_ms(5);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	signal(SIGXFSZ, SIG_DFL);
	assert_int_equal(logfile_failed(f), 1);
	assert_true(logring_add(r, SLICE("next\n")));
	logfile_close(f);
	char *text = contents(p.path);
	assert_string_equal(text, "a line tha\nnext\n");
	mem_free(text);
	place_drop(&p);
}

static void reopen_follows_rotation(void **state)
{
	struct place p;
	struct logfile *f;

	place_make(&p);
	assert_int_equal(logfile_open(p.path, &f), OK);
	struct logring *r = logfile_ring(f, 4096);
	assert_true(logring_add(r, SLICE("old\n")));
	wait_for_size(p.path, 4);
	assert_int_equal(rename(p.path, p.moved), 0);
	logfile_reopen(f);
	wait_for_size(p.path, 0);
	assert_true(logring_add(r, SLICE("new\n")));
	wait_for_size(p.path, 4);
	wait_for_size(p.moved, 4);
	logfile_close(f);
	place_drop(&p);
}

static void open_fails(void **state)
{
	struct logfile *f = NULL;

	assert_int_equal(logfile_open("/nonexistent/dir/log", &f), ERR_SYSTEM);
	assert_null(f);
}

int test_logring(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_arrive_without_help),
		cmocka_unit_test(close_drains_and_open_appends),
		cmocka_unit_test(wraps),
		cmocka_unit_test(full_ring_drops_whole_lines),
		cmocka_unit_test(full_disk_is_counted),
		cmocka_unit_test(reopen_follows_rotation),
		cmocka_unit_test(open_fails),
		cmocka_unit_test(cut_line_is_ended),
	};

	return cmocka_run_group_tests_name("logring", tests, NULL, NULL);
}
