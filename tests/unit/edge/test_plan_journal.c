/* SPDX-License-Identifier: Apache-2.0 */
/* test_plan_journal: what was written comes back, wherever the file is cut or damaged, and two edges do not mix. */
#include "test_edge.h"

#include "base/buf.h"
#include "base/mem.h"
#include "edge/plan_journal.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct box {
	char dir[64];
	char got[4000]; /* "name=revision:json " … sorted by arrival */
	struct plan_journal_report report;
};

static void collect(void *arg, const struct plan_journal_item *it)
{
	struct box *b = arg;
	size_t n = strlen(b->got);

	snprintf(b->got + n, sizeof b->got - n, "%.*s=%d:%.*s ", SLICE_ARG(it->name), (int)it->revision,
		 SLICE_ARG(slice_first(it->json, 20)));
}

static void open_box(struct box *b)
{
	*b = (struct box){ .dir = "/tmp/seawall-journal-XXXXXX" };
	assert_non_null(mkdtemp(b->dir));
}

static void close_box(struct box *b)
{
	char command[100];

	snprintf(command, sizeof command, "rm -rf %s", b->dir);
	assert_int_equal(system(command), 0);
}

static struct plan_journal *open_journal(struct box *b)
{
	struct plan_journal *j;
	struct diag d;

	b->got[0] = '\0';
	diag_init(&d);
	assert_int_equal(plan_journal_open(b->dir, collect, b, &j, &b->report, &d), OK);
	return j;
}

static struct plan_journal_item item(const char *name, uint64_t revision, const char *json)
{
	return (struct plan_journal_item){ SLICE("zone"), slice_str(name), slice_str(json), revision };
}

static void put(struct plan_journal *j, const char *name, uint64_t revision, const char *json)
{
	struct plan_journal_item it = item(name, revision, json);

	assert_int_equal(plan_journal_put(j, &it), OK);
}

static void del(struct plan_journal *j, const char *name, uint64_t revision)
{
	struct plan_journal_item it = item(name, revision, "");

	assert_int_equal(plan_journal_delete(j, &it), OK);
}

static const char *path_of(const struct box *b, const char *name)
{
	static char path[200];

	snprintf(path, sizeof path, "%s/%s", b->dir, name);
	return path;
}

static long size_of(const struct box *b)
{
	struct stat st;

	return stat(path_of(b, "plan.journal"), &st) == 0 ? (long)st.st_size : -1;
}

/* The whole file, or writes it. */
static size_t load(const struct box *b, char *bytes, size_t cap)
{
	FILE *f = fopen(path_of(b, "plan.journal"), "r");

	assert_non_null(f);
	size_t n = fread(bytes, 1, cap, f);
	fclose(f);
	return n;
}

static void store(const struct box *b, const char *bytes, size_t n)
{
	FILE *f = fopen(path_of(b, "plan.journal"), "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	fclose(f);
}

/* Whether name=revision: is among what was collected. */
static bool got(const struct box *b, const char *what)
{
	return strstr(b->got, what) != NULL;
}

static void it_comes_back(void **state)
{
	struct box b;

	open_box(&b);
	struct plan_journal *j = open_journal(&b);
	assert_string_equal(b.got, "");
	put(j, "a.test", 1, "{1}");
	put(j, "b.test", 2, "{2}");
	put(j, "a.test", 3, "{3}");
	put(j, "c.test", 4, "{4}");
	del(j, "b.test", 5);
	del(j, "never.test", 6);
	assert_int_equal(plan_journal_sync(j), OK);
	plan_journal_close(j);
	j = open_journal(&b);
	assert_int_equal(b.report.items, 2);
	assert_int_equal(b.report.torn_bytes, 0);
	assert_true(got(&b, "a.test=3:{3}") && got(&b, "c.test=4:{4}") && !got(&b, "b.test"));
	put(j, "b.test", 7, "{7}");
	plan_journal_close(j);
	j = open_journal(&b);
	assert_int_equal(b.report.items, 3);
	assert_true(got(&b, "b.test=7:{7}"));
	plan_journal_close(j);
	plan_journal_close(NULL);
	close_box(&b);
}

/* Cut at every byte: all whole records before the cut count, the file is usable and loses nothing more. */
static void any_torn_tail_is_cut_off(void **state)
{
	char bytes[2000];
	long ends[4];
	struct box b;

	open_box(&b);
	struct plan_journal *j = open_journal(&b);
	put(j, "a.test", 1, "{1}");
	ends[0] = size_of(&b);
	put(j, "b.test", 2, "{22}");
	ends[1] = size_of(&b);
	del(j, "a.test", 3);
	ends[2] = size_of(&b);
	put(j, "c.test", 4, "{4444}");
	ends[3] = size_of(&b);
	plan_journal_close(j);
	size_t n = load(&b, bytes, sizeof bytes);
	assert_int_equal(n, ends[3]);
	for (long cut = 0; cut <= ends[3]; cut++) {
		store(&b, bytes, (size_t)cut);
		j = open_journal(&b);
		assert_int_equal(got(&b, "a.test=1"), cut >= ends[0] && cut < ends[2]);
		assert_int_equal(got(&b, "b.test=2"), cut >= ends[1]);
		assert_int_equal(got(&b, "c.test=4"), cut >= ends[3]);
		long good = cut >= ends[3]   ? ends[3]
			    : cut >= ends[2] ? ends[2]
			    : cut >= ends[1] ? ends[1]
			    : cut >= ends[0] ? ends[0]
					     : 0;
		assert_int_equal(b.report.torn_bytes, cut - good);
		assert_int_equal(size_of(&b), good);
		put(j, "d.test", 9, "{9}");
		plan_journal_close(j);
		j = open_journal(&b);
		assert_int_equal(b.report.torn_bytes, 0);
		assert_true(got(&b, "d.test=9:{9}"));
		plan_journal_close(j);
	}
	close_box(&b);
}

/* One byte changed, anywhere: that record is lost, the others are not. */
static void a_damaged_record_is_stepped_over(void **state)
{
	char bytes[2000];
	struct box b;

	open_box(&b);
	struct plan_journal *j = open_journal(&b);
	put(j, "a.test", 1, "{1}");
	long first = size_of(&b);
	put(j, "b.test", 2, "{22}");
	long second = size_of(&b);
	put(j, "c.test", 3, "{333}");
	plan_journal_close(j);
	size_t n = load(&b, bytes, sizeof bytes);
	for (size_t i = 0; i < n; i++) {
		bytes[i] ^= 0x40;
		store(&b, bytes, n);
		j = open_journal(&b);
		assert_int_equal(got(&b, "a.test=1:{1}"), i >= (size_t)first);
		assert_int_equal(got(&b, "b.test=2:{22}"), i < (size_t)first || i >= (size_t)second);
		assert_int_equal(got(&b, "c.test=3:{333}"), i < (size_t)second);
		assert_int_equal(b.report.items, 2);
		assert_true(b.report.damaged_bytes > 0 || b.report.torn_bytes > 0);
		plan_journal_close(j);
		bytes[i] ^= 0x40;
	}
	close_box(&b);
}

static void dead_bytes_are_compacted_away(void **state)
{
	char json[20001];
	struct box b;

	memset(json, 'x', sizeof json - 1);
	json[sizeof json - 1] = '\0';
	open_box(&b);
	struct plan_journal *j = open_journal(&b);
	put(j, "stays.test", 1, "{1}");
	long largest = 0;
	for (uint64_t i = 2; i < 300; i++) {
		put(j, "a.test", i, json);
		assert_int_equal(plan_journal_sync(j), OK);
		largest = size_of(&b) > largest ? size_of(&b) : largest;
	}
	assert_true(largest < 1200000);
	plan_journal_close(j);
	j = open_journal(&b);
	assert_true(got(&b, "stays.test=1:{1}") && got(&b, "a.test=299:xxx"));
	assert_int_equal(b.report.items, 2);
	plan_journal_close(j);
	/* A file that grew without anybody compacting it is compacted at the start. */
	j = open_journal(&b);
	for (uint64_t i = 300; i < 400; i++)
		put(j, "a.test", i, json);
	plan_journal_close(j);
	assert_true(size_of(&b) > 1500000);
	j = open_journal(&b);
	assert_true(size_of(&b) < 100000);
	assert_true(got(&b, "stays.test=1:{1}") && got(&b, "a.test=399:xxx"));
	plan_journal_close(j);
	close_box(&b);
}

static void two_edges_do_not_mix(void **state)
{
	struct box b;

	open_box(&b);
	struct plan_journal *elder = open_journal(&b);
	put(elder, "a.test", 1, "{1}");
	struct plan_journal *younger = open_journal(&b);
	assert_true(b.report.copied);
	assert_true(got(&b, "a.test=1:{1}"));
	/* Until it claims, the elder's file is the journal. */
	put(younger, "young.test", 5, "{5}");
	put(elder, "old.test", 2, "{2}");
	assert_int_equal(plan_journal_sync(elder), OK);
	assert_int_equal(plan_journal_claim(younger), OK);
	assert_int_equal(plan_journal_claim(younger), OK);
	/* From now on what the elder writes is its own business, even when it compacts. */
	char json[20001];
	memset(json, 'x', sizeof json - 1);
	json[sizeof json - 1] = '\0';
	for (uint64_t i = 10; i < 200; i++)
		put(elder, "old.test", i, json);
	assert_int_equal(plan_journal_sync(elder), OK);
	put(younger, "young.test", 6, "{6}");
	assert_int_equal(plan_journal_sync(younger), OK);
	plan_journal_close(elder);
	plan_journal_close(younger);
	struct plan_journal *j = open_journal(&b);
	assert_false(b.report.copied);
	assert_true(got(&b, "a.test=1:{1}") && got(&b, "young.test=6:{6}") && !got(&b, "old.test"));
	plan_journal_close(j);
	close_box(&b);
}

static void an_edge_that_never_claims_leaves_nothing(void **state)
{
	struct box b;

	open_box(&b);
	struct plan_journal *elder = open_journal(&b);
	put(elder, "a.test", 1, "{1}");
	struct plan_journal *younger = open_journal(&b);
	put(younger, "young.test", 5, "{5}");
	plan_journal_close(younger);
	assert_int_equal(access(path_of(&b, "plan.journal.new"), F_OK), -1);
	put(elder, "b.test", 2, "{2}");
	plan_journal_close(elder);
	struct plan_journal *j = open_journal(&b);
	assert_true(got(&b, "a.test=1") && got(&b, "b.test=2") && !got(&b, "young.test"));
	plan_journal_close(j);
	close_box(&b);
}

static void a_missing_folder_is_an_error(void **state)
{
	struct plan_journal *j;
	struct plan_journal_report report;
	struct diag d;

	diag_init(&d);
	assert_int_equal(plan_journal_open("/nonexistent/edge", collect, NULL, &j, &report, &d), ERR_SYSTEM);
	assert_string_equal(d.where, "/nonexistent/edge");
}

int test_plan_journal(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_comes_back),
		cmocka_unit_test(any_torn_tail_is_cut_off),
		cmocka_unit_test(a_damaged_record_is_stepped_over),
		cmocka_unit_test(dead_bytes_are_compacted_away),
		cmocka_unit_test(two_edges_do_not_mix),
		cmocka_unit_test(an_edge_that_never_claims_leaves_nothing),
		cmocka_unit_test(a_missing_folder_is_an_error),
	};

	return cmocka_run_group_tests_name("plan_journal", tests, NULL, NULL);
}
