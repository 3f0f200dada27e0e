/* SPDX-License-Identifier: Apache-2.0 */
/* test_logs: lines of apps: their form, filters, bounds, followers, files. */
#include "test_platform.h"

#include "platform/logs.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define APP "0123456789abcdef01234567"

static struct limits limits_small(void)
{
	struct limits l;

	limits_init(&l);
	l.app_log_bytes = 65536;
	l.app_log_file_bytes = 65536;
	l.app_log_lines = 1000;
	return l;
}

static void tail(struct platform_logs *all, const char *filter, size_t n, char *out, size_t cap)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	platform_logs_tail(all, APP, slice_str(filter), n, &b);
	assert_true(slice_cstr(buf_slice(&b), out, cap));
	buf_fini(&b);
}

static void lines_have_the_form_that_clients_count(void **state)
{
	const struct limits l = limits_small();
	const struct platform_logs_setup setup = { .limits = &l };
	struct platform_logs *all = platform_logs_new(&setup);
	char out[4096];

	platform_logs_add(all, APP, "web-1", 1783518074188, SLICE("hello\tworld \xc3\xbc\r\n"));
	platform_logs_add(all, APP, "router", 1783518074188, SLICE("bad\x01 \xff\xc3 end"));
	tail(all, "", 10, out, sizeof out);
	assert_string_equal(out, "2026-07-08 13:41:14.188000000 +0000 UTC [web-1] hello\tworld \xc3\xbc\n"
				 "2026-07-08 13:41:14.188000000 +0000 UTC [router] bad? ?? end\n");
	platform_logs_free(all);
}

static void filters(void **state)
{
	static const struct {
		const char *filter, *source;
		bool passes;
	} rows[] = {
		{ "", "web-1", true },
		{ "web", "web-1", true },
		{ "web", "web", true },
		{ "web", "webber-1", false },
		{ "web-1", "web-1", true },
		{ "web-1", "web-12", false },
		{ "web|router", "router", true },
		{ "worker|", "web-1", false },
		{ "one-off", "one-off-12", true },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (platform_logs_passes(slice_str(rows[i].filter), slice_str(rows[i].source)) != rows[i].passes)
			fail_msg("%s and %s", rows[i].filter, rows[i].source);
	assert_true(platform_logs_filter_ok(SLICE("web|worker-1")));
	assert_false(platform_logs_filter_ok(SLICE("web.*")));
}

static void the_newest_lines_stay(void **state)
{
	struct limits l = limits_small();
	const struct platform_logs_setup setup = { .limits = &l };
	struct platform_logs *all = platform_logs_new(&setup);
	static char out[1 << 18];
	char line[600];

	l.app_log_lines = 100000;
	for (int i = 0; i < 2000; i++) {
		int n = snprintf(line, sizeof line, "%0500d", i);
		platform_logs_add(all, APP, i % 2 ? "web-1" : "web-2", TEST_NOW_MS, slice_of(line, (size_t)n));
	}
	tail(all, "", SIZE_MAX, out, sizeof out);
	size_t n = strlen(out);
	assert_true(n > 65536 && n <= 2 * 65536);
	assert_true(strncmp(out, "2026-", 5) == 0);
	assert_non_null(strstr(out, "0001999\n"));
	tail(all, "web-2", 2, out, sizeof out);
	assert_non_null(strstr(out, "0001996\n"));
	assert_non_null(strstr(out, "0001998\n"));
	assert_null(strstr(out, "0001999\n"));
	platform_logs_free(all);
}

static void who_says_too_much_is_cut_and_told(void **state)
{
	struct limits l = limits_small();
	const struct platform_logs_setup setup = { .limits = &l };
	struct platform_logs *all = platform_logs_new(&setup);
	char out[8192];
	int64_t minute = TEST_NOW_MS / 60000 * 60000;

	l.app_log_lines = 16;
	for (int i = 0; i < 20; i++)
		platform_logs_add(all, APP, "web-1", minute, SLICE("x"));
	platform_logs_add(all, APP, "web-2", minute, SLICE("not its fault"));
	tail(all, "web-1", 100, out, sizeof out);
	int lines = 0;
	for (const char *at = out; (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	assert_int_equal(lines, 16);
	tail(all, "web-2", 100, out, sizeof out);
	assert_non_null(strstr(out, "not its fault"));
	platform_logs_add(all, APP, "web-1", minute + 60000, SLICE("again"));
	tail(all, "", 2, out, sizeof out);
	assert_non_null(strstr(out, "[manager] 4 lines of web-1 were dropped"));
	assert_non_null(strstr(out, "[web-1] again"));
	platform_logs_free(all);
}

struct heard {
	struct platform_logs_follower f;
	int n;
	char last[256];
};

static void hear(struct platform_logs_follower *f, struct slice line)
{
	struct heard *h = (struct heard *)f;

	h->n++;
	slice_cstr(line, h->last, sizeof h->last);
}

static void followers_hear_what_they_asked_for(void **state)
{
	const struct limits l = limits_small();
	const struct platform_logs_setup setup = { .limits = &l };
	struct platform_logs *all = platform_logs_new(&setup);
	struct heard h = { .f = { .app = APP, .filter = "web", .fn = hear } }, many[PLATFORM_LOGS_FOLLOWERS_MAX];

	assert_int_equal(platform_logs_follow(all, &h.f), OK);
	platform_logs_add(all, APP, "web-1", TEST_NOW_MS, SLICE("one"));
	platform_logs_add(all, APP, "router", TEST_NOW_MS, SLICE("two"));
	platform_logs_add(all, "another app", "web-1", TEST_NOW_MS, SLICE("three"));
	assert_int_equal(h.n, 1);
	assert_non_null(strstr(h.last, "[web-1] one"));
	for (size_t i = 0; i < PLATFORM_LOGS_FOLLOWERS_MAX; i++) {
		many[i] = (struct heard){ .f = { .app = APP, .fn = hear } };
		assert_int_equal(platform_logs_follow(all, &many[i].f),
				 i + 1 < PLATFORM_LOGS_FOLLOWERS_MAX ? OK : ERR_QUEUE_FULL);
	}
	platform_logs_leave(all, &h.f);
	for (size_t i = 0; i + 1 < PLATFORM_LOGS_FOLLOWERS_MAX; i++)
		platform_logs_leave(all, &many[i].f);
	platform_logs_add(all, APP, "web-1", TEST_NOW_MS, SLICE("nobody hears"));
	assert_int_equal(h.n, 1);
	platform_logs_free(all);
}

static void files_outlive_the_process(void **state)
{
	const struct limits l = limits_small();
	char folder[] = "test-logs-XXXXXX", path[128], out[4096], line[1001];
	assert_non_null(mkdtemp(folder));
	const struct platform_logs_setup setup = { .folder = folder, .limits = &l };
	struct platform_logs *all = platform_logs_new(&setup);
	struct platform_logs_file f;
	struct buf b;

	memset(line, 'x', sizeof line);
	for (int i = 0; i < 100; i++)
		platform_logs_add(all, APP, "web-1", TEST_NOW_MS, slice_of(line, 1000));
	assert_true(platform_logs_file(all, APP, 0, &f)); /* full: it is the one before now */
	assert_string_equal(f.name, APP ".log.1");
	assert_true(f.bytes > 65536);
	assert_true(f.from_ms == TEST_NOW_MS);
	assert_false(platform_logs_file(all, APP, 1, &f));
	platform_logs_add(all, APP, "web-1", TEST_NOW_MS, SLICE("the last words"));
	platform_logs_free(all);

	all = platform_logs_new(&setup);
	tail(all, "", 10, out, sizeof out);
	assert_non_null(strstr(out, "the last words"));
	buf_init(&b, 4096);
	assert_true(platform_logs_file(all, APP, 1, &f));
	assert_int_equal(platform_logs_file_read(all, APP, 0, 0, 4096, &b), OK);
	assert_true(slice_ends(buf_slice(&b), SLICE("the last words\n")));
	assert_int_equal(platform_logs_file_read(all, APP, 2, 0, 4096, &b), ERR_NOT_FOUND);
	buf_fini(&b);
	platform_logs_forget(all, APP);
	assert_false(platform_logs_file(all, APP, 0, &f));
	tail(all, "", 10, out, sizeof out);
	assert_string_equal(out, "");
	platform_logs_free(all);
	snprintf(path, sizeof path, "%s", folder);
	assert_int_equal(rmdir(path), 0);
}

int test_logs(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_have_the_form_that_clients_count),
		cmocka_unit_test(filters),
		cmocka_unit_test(the_newest_lines_stay),
		cmocka_unit_test(who_says_too_much_is_cut_and_told),
		cmocka_unit_test(followers_hear_what_they_asked_for),
		cmocka_unit_test(files_outlive_the_process),
	};

	return cmocka_run_group_tests_name("logs", tests, NULL, NULL);
}
