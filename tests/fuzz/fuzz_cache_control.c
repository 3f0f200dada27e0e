/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_cache_control: Cache-Control and targeted fields, one field line for each line of input; and the list readers.
 */
#include "fuzz.h"
#include "wire/cache_control.h"

#include "base/text.h"

enum { LINES_MAX = 4 };

static const int64_t seconds_max = INT64_C(1) << 31;

static void check_seconds(int64_t v)
{
	FUZZ_CHECK(v >= CC_ABSENT && v <= seconds_max);
}

static void check(struct slice in, const struct cache_control *cc)
{
	check_seconds(cc->max_age);
	check_seconds(cc->s_maxage);
	check_seconds(cc->stale_while_revalidate);
	check_seconds(cc->stale_if_error);
	check_seconds(cc->max_stale);
	check_seconds(cc->min_fresh);
	FUZZ_CHECK(fuzz_inside(in, cc->no_cache_fields) && fuzz_inside(in, cc->private_fields));
	FUZZ_CHECK(!cc->no_cache_fields.p || slice_trim(cc->no_cache_fields).n > 0);
}

static void write_seconds(struct text *t, const char *name, int64_t v)
{
	if (v != CC_ABSENT)
		text_printf(t, "%s=%lld,", name, (long long)v);
}

static void write_flag(struct text *t, const char *name, bool set)
{
	if (set)
		text_printf(t, "%s,", name);
}

/* Written as one list, it reads the same. The numbers and flags suffice: field lists are copied as they were. */
static void check_round_trip(const struct cache_control *cc)
{
	char out[1024];
	struct text t = text_of(out, sizeof out);
	struct cache_control again;

	write_seconds(&t, "max-age", cc->max_age);
	write_seconds(&t, "s-maxage", cc->s_maxage);
	write_seconds(&t, "stale-while-revalidate", cc->stale_while_revalidate);
	write_seconds(&t, "stale-if-error", cc->stale_if_error);
	write_seconds(&t, "max-stale", cc->max_stale);
	write_seconds(&t, "min-fresh", cc->min_fresh);
	write_flag(&t, "no-store", cc->no_store);
	write_flag(&t, "no-cache", cc->no_cache);
	write_flag(&t, "must-revalidate", cc->must_revalidate);
	write_flag(&t, "proxy-revalidate", cc->proxy_revalidate);
	write_flag(&t, "public", cc->public_);
	write_flag(&t, "private", cc->private_);
	write_flag(&t, "no-transform", cc->no_transform);
	write_flag(&t, "immutable", cc->immutable);
	write_flag(&t, "only-if-cached", cc->only_if_cached);
	write_flag(&t, "must-understand", cc->must_understand);
	FUZZ_CHECK(!t.bad);
	struct field f = { SLICE("cache-control"), text_slice(&t), FIELD_CACHE_CONTROL };
	cache_control_parse(&f, 1, FIELD_CACHE_CONTROL, &again);
	FUZZ_CHECK(again.max_age == cc->max_age && again.s_maxage == cc->s_maxage);
	FUZZ_CHECK(again.stale_while_revalidate == cc->stale_while_revalidate);
	FUZZ_CHECK(again.stale_if_error == cc->stale_if_error && again.max_stale == cc->max_stale);
	FUZZ_CHECK(again.min_fresh == cc->min_fresh && again.no_store == cc->no_store);
	FUZZ_CHECK(again.no_cache == cc->no_cache && again.private_ == cc->private_ && again.public_ == cc->public_);
	FUZZ_CHECK(again.immutable == cc->immutable && again.must_understand == cc->must_understand);
}

static void check_lists(struct slice in)
{
	struct slice rest = in, element;
	size_t before = SIZE_MAX;

	while (field_list_next(&rest, &element)) {
		FUZZ_CHECK(element.n > 0 && fuzz_inside(in, element) && slice_trim(element).n == element.n);
		FUZZ_CHECK(rest.n < before);
		before = rest.n;
	}
	FUZZ_CHECK(field_accept_quality(in, SLICE("text"), SLICE("html")) <= 1000);
	if (field_accepts_coding(in, SLICE("gzip")))
		FUZZ_CHECK(slice_contains(in, SLICE("*")) || field_list_has(in, SLICE("gzip")) ||
			   field_list_has(in, SLICE("x-gzip")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct field fields[LINES_MAX];
	struct slice in = slice_of(data, n), rest = in;
	struct cache_control cc;
	size_t lines = 0;

	check_lists(in);
	while (lines < LINES_MAX && rest.p)
		fields[lines++] =
			(struct field){ SLICE("cache-control"), slice_split(&rest, '\n'), FIELD_CACHE_CONTROL };
	cache_control_parse(fields, lines, FIELD_CACHE_CONTROL, &cc);
	FUZZ_CHECK(cc.present == (lines > 0));
	check(in, &cc);
	check_round_trip(&cc);
	bool valid = cache_control_parse_targeted(fields, lines, FIELD_CACHE_CONTROL, &cc);
	FUZZ_CHECK(valid == cc.present);
	check(in, &cc);
	check_round_trip(&cc);
	return 0;
}
