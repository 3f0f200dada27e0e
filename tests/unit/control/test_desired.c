/* SPDX-License-Identifier: Apache-2.0 */
/* test_desired: last good content, conflicts between files, revisions, the order of changes. */
#include "test_control.h"

#include "control/desired.h"
#include "control/kinds.h"

#include <stdio.h>

struct seen {
	int leaving, entering, removed, judged;
	char last_removed[64];
};

static void on_leaving(void *arg, struct desired_item *item)
{
	((struct seen *)arg)->leaving++;
}

static void on_entering(void *arg, struct desired_item *item)
{
	((struct seen *)arg)->entering++;
}

static void on_removed(void *arg, const char *name)
{
	struct seen *s = arg;

	s->removed++;
	snprintf(s->last_removed, sizeof s->last_removed, "%s", name);
}

static void on_judged(void *arg, const struct desired_file *file)
{
	((struct seen *)arg)->judged++;
}

static struct limits limits;

static struct desired *fresh(struct seen *seen)
{
	struct desired_watch watch = { on_leaving, on_entering, on_removed, on_judged, seen };

	limits_init(&limits);
	*seen = (struct seen){ 0 };
	return desired_new(&limits, kinds_all(), &watch);
}

/* One zone with up to two hosts. */
static enum err put(struct desired *d, const char *file, const char *zone, const char *host, const char *other)
{
	char json[1024], second[256] = "";

	if (other)
		snprintf(second, sizeof second, ",{\"name\":\"%s\",\"origins\":[\"192.0.2.1:80\"]}", other);
	snprintf(json, sizeof json,
		 "{\"kind\":\"zone\",\"name\":\"%s\",\"hosts\":[{\"name\":\"%s\",\"origins\":[\"192.0.2.1:80\"]}%s]}",
		 zone, host, second);
	return desired_put(d, file, slice_str(json), 1000);
}

static const struct desired_file *file_of(const struct desired *d, const char *name)
{
	const struct desired_file *f;

	for (size_t at = 0; (f = desired_next_file(d, &at));)
		if (strcmp(f->name, name) == 0)
			return f;
	return NULL;
}

static bool has(const struct desired *d, const char *zone)
{
	char key[KIND_KEY_BYTES];

	return desired_find(d, kind_key(key, SLICE("zone"), slice_str(zone))) != NULL;
}

static void the_last_good_content_stays(void **state)
{
	struct seen seen;
	struct desired *d = fresh(&seen);

	assert_int_equal(put(d, "a.json", "a.test", "a.test", NULL), OK);
	uint64_t revision = desired_find(d, SLICE("zone/a.test"))->revision;
	assert_true(revision >= 1000);
	assert_int_equal(desired_put(d, "a.json", SLICE("{"), 2000), ERR_PLAN);
	assert_non_null(file_of(d, "a.json")->refused);
	assert_string_equal(file_of(d, "a.json")->refused->where, "1:1");
	assert_true(desired_find(d, SLICE("zone/a.test"))->revision == revision);
	assert_false(desired_hides_names(d));
	/* The same content again is no change. */
	assert_int_equal(put(d, "a.json", "a.test", "a.test", NULL), OK);
	assert_null(file_of(d, "a.json")->refused);
	assert_true(desired_find(d, SLICE("zone/a.test"))->revision == revision);
	assert_int_equal(seen.entering, 1);
	assert_int_equal(put(d, "a.json", "a.test", "x.a.test", NULL), OK);
	assert_true(desired_find(d, SLICE("zone/a.test"))->revision > revision);
	assert_int_equal(seen.entering, 2);
	assert_int_equal(seen.leaving, 1);
	struct diag why;
	diag_init(&why);
	diag_set(&why, ERR_PLAN, NULL, "cannot be opened");
	desired_refuse(d, "a.json", &why);
	assert_true(has(d, "a.test"));
	desired_remove(d, "a.json", 0);
	desired_remove(d, "a.json", 0);
	desired_remove(d, "never.json", 0);
	assert_false(has(d, "a.test"));
	assert_string_equal(seen.last_removed, "zone/a.test");
	assert_int_equal(seen.removed, 1);
	assert_null(desired_oldest(d));
	desired_free(d);
}

static void a_file_may_change_its_zone(void **state)
{
	struct seen seen;
	struct desired *d = fresh(&seen);

	assert_int_equal(put(d, "a.json", "a.test", "a.test", NULL), OK);
	assert_int_equal(put(d, "a.json", "b.test", "b.test", NULL), OK);
	assert_false(has(d, "a.test"));
	assert_true(has(d, "b.test"));
	assert_int_equal(seen.removed, 1);
	/* The name and host are free for others. */
	assert_int_equal(put(d, "c.json", "a.test", "a.test", NULL), OK);
	desired_free(d);
}

static void two_files_cannot_have_one_zone(void **state)
{
	struct seen seen;
	struct desired *d = fresh(&seen);

	assert_int_equal(put(d, "b.json", "a.test", "a.test", NULL), OK);
	assert_int_equal(put(d, "a.json", "a.test", "x.a.test", NULL), ERR_PLAN);
	const struct diag *why = file_of(d, "a.json")->refused;
	assert_string_equal(why->where, "name");
	assert_string_equal(why->text, "zone \"a.test\" is already in b.json");
	/* It waits, and takes over when the other is gone. */
	desired_remove(d, "b.json", 0);
	assert_null(file_of(d, "a.json")->refused);
	assert_string_equal(desired_find(d, SLICE("zone/a.test"))->file->name, "a.json");
	desired_free(d);
}

static void two_zones_cannot_have_one_host(void **state)
{
	struct seen seen;
	struct desired *d = fresh(&seen);

	assert_int_equal(put(d, "a.json", "a.test", "x.b.a.test", "y.b.a.test"), OK);
	assert_int_equal(put(d, "b.json", "b.a.test", "z.b.a.test", "y.b.a.test"), ERR_PLAN);
	const struct diag *why = file_of(d, "b.json")->refused;
	assert_string_equal(why->where, "hosts[1].name");
	assert_string_equal(why->text, "host \"y.b.a.test\" is already in a.json");
	assert_true(desired_hides_names(d));
	/* The first gives up one of its hosts. */
	assert_int_equal(put(d, "a.json", "a.test", "x.b.a.test", NULL), OK);
	assert_null(file_of(d, "b.json")->refused);
	assert_true(has(d, "b.a.test"));
	assert_false(desired_hides_names(d));
	/* A refused change of the second keeps its own hosts claimed. */
	assert_int_equal(put(d, "b.json", "b.a.test", "x.b.a.test", NULL), ERR_PLAN);
	assert_int_equal(put(d, "c.json", "c.b.a.test", "z.c.b.a.test", NULL), OK);
	assert_int_equal(put(d, "a.json", "a.test", "y.b.a.test", NULL), ERR_PLAN);
	desired_free(d);
}

static void those_who_wait_are_tried_by_name(void **state)
{
	struct seen seen;
	struct desired *d = fresh(&seen);

	assert_int_equal(put(d, "m.json", "a.test", "a.test", NULL), OK);
	assert_int_equal(put(d, "z.json", "a.test", "z.a.test", NULL), ERR_PLAN);
	assert_int_equal(put(d, "b.json", "a.test", "b.a.test", NULL), ERR_PLAN);
	desired_remove(d, "m.json", 0);
	assert_string_equal(desired_find(d, SLICE("zone/a.test"))->file->name, "b.json");
	assert_non_null(file_of(d, "z.json")->refused);
	desired_free(d);
}

static void order_is_that_of_changes(void **state)
{
	struct seen seen;
	struct desired *d = fresh(&seen);

	put(d, "a.json", "a.test", "a.test", NULL);
	put(d, "b.json", "b.test", "b.test", NULL);
	put(d, "c.json", "c.test", "c.test", NULL);
	put(d, "a.json", "a.test", "x.a.test", NULL);
	const struct desired_item *item = desired_oldest(d);
	assert_string_equal(item->name, "b.test");
	assert_string_equal(item->newer->name, "c.test");
	assert_string_equal(item->newer->newer->name, "a.test");
	assert_null(item->newer->newer->newer);
	assert_true(item->revision < item->newer->revision && item->newer->revision < item->newer->newer->revision);
	desired_remove(d, "c.json", 0);
	assert_ptr_equal(item->newer->older, item);
	desired_free(d);
}

static void revisions_only_grow(void **state)
{
	struct seen seen;
	struct desired *d = fresh(&seen);

	assert_int_equal(desired_next_revision(d, 500), 500);
	assert_int_equal(desired_next_revision(d, 400), 501);
	desired_saw_revision(d, 9000);
	desired_saw_revision(d, 100);
	assert_int_equal(desired_next_revision(d, 600), 9001);
	desired_free(d);
}

static void items_are_counted(void **state)
{
	struct seen seen;
	struct desired *d = fresh(&seen);

	limits.plan_items_max = 1;
	assert_int_equal(put(d, "a.json", "a.test", "a.test", NULL), OK);
	assert_int_equal(put(d, "b.json", "b.test", "b.test", NULL), ERR_PLAN);
	assert_non_null(strstr(file_of(d, "b.json")->refused->text, "plan_items_max"));
	assert_int_equal(put(d, "a.json", "a.test", "x.a.test", NULL), OK);
	desired_free(d);
}

static void half_a_file_is_recognised(void **state)
{
	struct seen seen;
	struct desired *d = fresh(&seen);

	assert_true(desired_may_be_partial(d, SLICE("")));
	assert_true(desired_may_be_partial(d, SLICE("{\"kind\":\"zone\",")));
	assert_false(desired_may_be_partial(d, SLICE("{\"kind\":\"zone\"}")));
	desired_free(d);
	desired_free(NULL);
}

int test_desired(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_good_content_stays),
		cmocka_unit_test(a_file_may_change_its_zone),
		cmocka_unit_test(two_files_cannot_have_one_zone),
		cmocka_unit_test(two_zones_cannot_have_one_host),
		cmocka_unit_test(those_who_wait_are_tried_by_name),
		cmocka_unit_test(order_is_that_of_changes),
		cmocka_unit_test(revisions_only_grow),
		cmocka_unit_test(items_are_counted),
		cmocka_unit_test(half_a_file_is_recognised),
	};

	return cmocka_run_group_tests_name("desired", tests, NULL, NULL);
}
