/* SPDX-License-Identifier: Apache-2.0 */
/* test_folder: real files in a folder of their own; the time is the test's. */
#include "test_control.h"

#include "base/slice.h"
#include "control/folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct box {
	char path[64];
	struct limits limits;
	struct folder *folder;
	uint64_t now;
	char log[1000]; /* what was told, "name=content " … */
	enum err answer;
};

static void tell(struct box *b, const char *name, const char *what)
{
	size_t n = strlen(b->log);

	snprintf(b->log + n, sizeof b->log - n, "%s=%s ", name, what);
}

static enum err on_changed(void *arg, const char *name, struct slice text, uint64_t age_ms)
{
	char content[100];

	slice_cstr(text, content, sizeof content);
	tell(arg, name, content);
	return ((struct box *)arg)->answer;
}

static void on_unreadable(void *arg, const char *name, const struct diag *why)
{
	tell(arg, name, why->text);
}

static void on_gone(void *arg, const char *name)
{
	tell(arg, name, "gone");
}

static void on_state(void *arg, const struct diag *why)
{
	tell(arg, "folder", why ? "bad" : "good");
}

static void open_box(struct box *b)
{
	struct folder_watch watch = { on_changed, on_unreadable, on_gone, on_state, b };

	*b = (struct box){ .path = "/tmp/seawall-folder-XXXXXX", .now = 1000 };
	limits_init(&b->limits);
	b->limits.plan_item_bytes_max = 2000;
	assert_non_null(mkdtemp(b->path));
	b->folder = folder_new(b->path, &b->limits, &watch);
}

static const char *in_box(const struct box *b, const char *name)
{
	static char path[200];

	snprintf(path, sizeof path, "%s/%s", b->path, name);
	return path;
}

static void write_file(const struct box *b, const char *name, const char *text)
{
	FILE *f = fopen(in_box(b, name), "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void close_box(struct box *b)
{
	char command[100];

	folder_free(b->folder);
	snprintf(command, sizeof command, "rm -rf %s", b->path);
	assert_int_equal(system(command), 0);
}

/* Lets ms pass; returns what was told meanwhile. */
static const char *after(struct box *b, uint64_t ms)
{
	static char told[1000];

	for (uint64_t until = b->now + ms; b->now < until;) {
		folder_event(b->folder, b->now);
		uint64_t wait = folder_tick(b->folder, b->now);
		b->now += wait < 1 ? 1 : b->now + wait > until ? until - b->now : wait;
	}
	folder_event(b->folder, b->now);
	folder_tick(b->folder, b->now);
	memcpy(told, b->log, sizeof told);
	b->log[0] = '\0';
	return told;
}

static void what_is_there_is_read_in_order(void **state)
{
	struct box b;

	open_box(&b);
	write_file(&b, "b.json", "2");
	write_file(&b, "a.json", "1");
	write_file(&b, "c.json", "3");
	write_file(&b, ".hidden.json", "x");
	write_file(&b, "notes.txt", "x");
	write_file(&b, ".json", "x");
	assert_false(folder_settled(b.folder));
	assert_string_equal(after(&b, 1), "a.json=1 b.json=2 c.json=3 ");
	assert_true(folder_settled(b.folder));
	assert_string_equal(after(&b, 10000), "");
	close_box(&b);
}

static void changes_are_seen(void **state)
{
	struct box b;

	open_box(&b);
	after(&b, 1);
	write_file(&b, "a.json", "1");
	assert_string_equal(after(&b, 50), "a.json=1 ");
	write_file(&b, "a.json", "22");
	assert_string_equal(after(&b, 50), "a.json=22 ");
	write_file(&b, ".tmp", "3");
	char from[200];
	snprintf(from, sizeof from, "%s", in_box(&b, ".tmp"));
	assert_int_equal(rename(from, in_box(&b, "a.json")), 0);
	assert_string_equal(after(&b, 50), "a.json=3 ");
	assert_int_equal(unlink(in_box(&b, "a.json")), 0);
	assert_string_equal(after(&b, 50), "a.json=gone ");
	write_file(&b, "a.json", "3");
	assert_string_equal(after(&b, 50), "a.json=3 ");
	close_box(&b);
}

static void a_busy_file_is_read_in_the_end(void **state)
{
	struct box b;

	open_box(&b);
	after(&b, 1);
	FILE *f = fopen(in_box(&b, "a.json"), "w");
	for (int i = 0; i < 10; i++) {
		fputs("x", f);
		fflush(f);
		assert_string_equal(after(&b, 10), "");
	}
	fclose(f);
	assert_string_equal(after(&b, 100), "a.json=xxxxxxxxxx ");
	close_box(&b);
}

static void half_a_file_is_asked_for_again(void **state)
{
	struct box b;

	open_box(&b);
	after(&b, 1);
	b.answer = ERR_AGAIN;
	write_file(&b, "a.json", "half");
	assert_string_equal(after(&b, 50), "a.json=half ");
	b.answer = OK;
	assert_string_equal(after(&b, 300), "a.json=half ");
	assert_string_equal(after(&b, 5000), "");
	close_box(&b);
}

static void without_events_the_rescan_sees_it(void **state)
{
	struct box b;

	open_box(&b);
	after(&b, 1);
	write_file(&b, "a.json", "1");
	char buffer[4096];
	assert_true(read(folder_fd(b.folder), buffer, sizeof buffer) > 0); /* swallowed */
	assert_string_equal(after(&b, 4000), "a.json=1 ");
	assert_int_equal(unlink(in_box(&b, "a.json")), 0);
	assert_true(read(folder_fd(b.folder), buffer, sizeof buffer) > 0);
	assert_string_equal(after(&b, 4000), "a.json=gone ");
	close_box(&b);
}

static void odd_files_are_told_once(void **state)
{
	struct box b;
	char large[3000];

	open_box(&b);
	memset(large, 'x', sizeof large - 1);
	large[sizeof large - 1] = '\0';
	write_file(&b, "large.json", large);
	assert_int_equal(mkfifo(in_box(&b, "pipe.json"), 0600), 0);
	assert_int_equal(mkdir(in_box(&b, "sub.json"), 0700), 0);
	assert_string_equal(after(&b, 1), "large.json=is 2999 bytes long, at most 2000 (limit plan_item_bytes_max) "
					  "pipe.json=is not a regular file sub.json=is not a regular file ");
	assert_string_equal(after(&b, 10000), "");
	write_file(&b, "large.json", "small");
	assert_string_equal(after(&b, 50), "large.json=small ");
	close_box(&b);
}

static void links_are_followed(void **state)
{
	struct box b;

	open_box(&b);
	assert_int_equal(mkdir(in_box(&b, "one"), 0700), 0);
	assert_int_equal(mkdir(in_box(&b, "two"), 0700), 0);
	write_file(&b, "one/a", "1");
	write_file(&b, "two/a", "2");
	assert_int_equal(symlink("one", in_box(&b, "..data")), 0);
	assert_int_equal(symlink("..data/a", in_box(&b, "a.json")), 0);
	assert_string_equal(after(&b, 1), "a.json=1 ");
	assert_int_equal(symlink("two", in_box(&b, "..new")), 0);
	char from[200];
	snprintf(from, sizeof from, "%s", in_box(&b, "..new"));
	assert_int_equal(rename(from, in_box(&b, "..data")), 0);
	assert_string_equal(after(&b, 50), "a.json=2 ");
	assert_int_equal(unlink(in_box(&b, "..data")), 0);
	assert_string_equal(after(&b, 4000), "a.json=gone ");
	close_box(&b);
}

static void the_folder_may_come_and_go(void **state)
{
	struct box b;
	char away[100];

	open_box(&b);
	snprintf(away, sizeof away, "%s.away", b.path);
	assert_int_equal(rename(b.path, away), 0);
	assert_string_equal(after(&b, 1000), "folder=bad ");
	assert_false(folder_settled(b.folder));
	assert_int_equal(rename(away, b.path), 0);
	write_file(&b, "a.json", "1");
	assert_string_equal(after(&b, 1000), "folder=good a.json=1 ");
	assert_int_equal(rename(b.path, away), 0);
	assert_string_equal(after(&b, 4000), "folder=bad ");
	assert_int_equal(rename(away, b.path), 0);
	assert_string_equal(after(&b, 4000), "folder=good ");
	write_file(&b, "a.json", "22");
	assert_string_equal(after(&b, 50), "a.json=22 ");
	close_box(&b);
}

static void files_are_counted(void **state)
{
	struct box b;

	open_box(&b);
	b.limits.plan_items_max = 1;
	write_file(&b, "a.json", "1");
	write_file(&b, "b.json", "2");
	assert_string_equal(after(&b, 1), "a.json=1 b.json=there are 1 files already (limit plan_items_max) ");
	close_box(&b);
	folder_free(NULL);
}

int test_folder(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_there_is_read_in_order),
		cmocka_unit_test(changes_are_seen),
		cmocka_unit_test(a_busy_file_is_read_in_the_end),
		cmocka_unit_test(half_a_file_is_asked_for_again),
		cmocka_unit_test(without_events_the_rescan_sees_it),
		cmocka_unit_test(odd_files_are_told_once),
		cmocka_unit_test(links_are_followed),
		cmocka_unit_test(the_folder_may_come_and_go),
		cmocka_unit_test(files_are_counted),
	};

	return cmocka_run_group_tests_name("folder", tests, NULL, NULL);
}
