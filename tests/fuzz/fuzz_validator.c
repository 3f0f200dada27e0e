/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_validator: ranges, Content-Range, and entity tags (the first two lines of the input are the two tags). */
#include "fuzz.h"
#include "wire/validator.h"

#include "base/text.h"

enum { RANGES_MAX = 8 };

static void check_ranges(struct slice in, uint64_t size)
{
	struct byte_range got[RANGES_MAX], again[RANGES_MAX];
	size_t n = 0, again_n = 0;
	enum range_verdict v = range_resolve(in, size, got, RANGES_MAX, &n);
	char out[512];
	struct text t = text_of(out, sizeof out);

	FUZZ_CHECK((v == RANGE_ONE) == (n == 1) && (v == RANGE_MANY) == (n > 1) && n <= RANGES_MAX);
	text_add(&t, SLICE("bytes="));
	for (size_t i = 0; i < n; i++) {
		FUZZ_CHECK(got[i].from <= got[i].to && got[i].to < size);
		FUZZ_CHECK(i == 0 || got[i].from > got[i - 1].to);
		text_printf(&t, "%llu-%llu,", (unsigned long long)got[i].from, (unsigned long long)got[i].to);
	}
	if (n == 0)
		return;
	FUZZ_CHECK(!t.bad && range_resolve(text_slice(&t), size, again, RANGES_MAX, &again_n) == v);
	FUZZ_CHECK(again_n == n && memcmp(got, again, n * sizeof got[0]) == 0);
}

static void check_content_range(struct slice in)
{
	struct byte_range r, again;
	uint64_t size, again_size;
	char out[128];
	struct text t = text_of(out, sizeof out);

	if (range_content_parse(in, &r, &size) != OK)
		return;
	FUZZ_CHECK(r.from <= r.to && (size == UINT64_MAX || r.to < size));
	text_printf(&t, "bytes %llu-%llu/", (unsigned long long)r.from, (unsigned long long)r.to);
	if (size == UINT64_MAX)
		text_byte(&t, '*');
	else
		text_u64(&t, size);
	FUZZ_CHECK(!t.bad && range_content_parse(text_slice(&t), &again, &again_size) == OK);
	FUZZ_CHECK(again.from == r.from && again.to == r.to && again_size == size);
}

static void check_tags(struct slice a, struct slice b)
{
	FUZZ_CHECK(etag_eq_weak(a, b) == etag_eq_weak(b, a));
	FUZZ_CHECK(etag_eq_strong(a, b) == etag_eq_strong(b, a));
	FUZZ_CHECK(!etag_eq_strong(a, b) || etag_eq_weak(a, b));
	FUZZ_CHECK(etag_eq_weak(a, a));
	if (etag_is_valid(a)) {
		FUZZ_CHECK(etag_list_matches_weak(a, a));
		FUZZ_CHECK(etag_list_matches_strong(a, a) == (a.p[0] == '"'));
		FUZZ_CHECK(etag_eq_weak(a, b) == etag_list_matches_weak(a, b));
	}
	FUZZ_CHECK(!etag_list_matches_strong(a, b) || etag_list_matches_weak(a, b));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const uint64_t sizes[] = { 0, 1, 10, 10000, INT64_MAX, UINT64_MAX - 1 };
	struct slice in = slice_of(data, n), rest = in, a = slice_split(&rest, '\n'), b = slice_split(&rest, '\n');

	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
		check_ranges(in, sizes[i]);
	check_content_range(in);
	check_tags(a, b);
	return 0;
}
