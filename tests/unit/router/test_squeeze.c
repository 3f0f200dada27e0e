/* SPDX-License-Identifier: Apache-2.0 */
/* test_squeeze: which answers are compressed, and that what comes out is what went in. */
#include "test_router.h"

#include "router/squeeze.h"

#include <zlib.h>

static void the_list_of_types(void **state)
{
	static const char *const yes[] = { "text/html",           "TEXT/HTML; charset=utf-8",
					   "application/json ;x", "application/atom+xml",
					   "text/mathml",         "application/x-javascript" };
	static const char *const no[] = { "",        "text", "text/event-stream", "image/svg+xml", "application/jsonp",
					  "text/htm" };

	for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
		assert_true(squeeze_is_type(slice_str(yes[i])));
	for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
		assert_false(squeeze_is_type(slice_str(no[i])));
}

static void only_whole_plain_bodies_fit(void **state)
{
	struct field fields[2] = { { SLICE_INIT("Content-Type"), SLICE_INIT("text/html"), FIELD_CONTENT_TYPE } };
	struct h1_response h = { .status = 200, .fields = fields, .fields_n = 1, .framing = H1_CHUNKED };

	assert_true(squeeze_fits(&h, METHOD_GET));
	assert_false(squeeze_fits(&h, METHOD_HEAD));
	h.framing = H1_LENGTH;
	h.content_length = 19;
	assert_false(squeeze_fits(&h, METHOD_GET));
	h.content_length = 20;
	assert_true(squeeze_fits(&h, METHOD_POST));
	h.status = 206;
	assert_false(squeeze_fits(&h, METHOD_GET));
	h.status = 404;
	assert_true(squeeze_fits(&h, METHOD_GET));
	h.framing = H1_NO_BODY;
	assert_false(squeeze_fits(&h, METHOD_GET));
	h.framing = H1_UNTIL_CLOSE;
	h.fields_n = 2;
	fields[1] = (struct field){ SLICE("Content-Encoding"), SLICE("br"), FIELD_CONTENT_ENCODING };
	assert_false(squeeze_fits(&h, METHOD_GET));
	fields[1] = (struct field){ SLICE("Cache-Control"), SLICE("public, No-Transform"), FIELD_CACHE_CONTROL };
	assert_false(squeeze_fits(&h, METHOD_GET));
	h.fields_n = 0;
	assert_false(squeeze_fits(&h, METHOD_GET));
}

/* Undoes what comes out as it comes. */
struct unzip {
	z_stream z;
	char out[200000];
	size_t n;
	int status;
};

static void unzip_some(void *arg, struct slice data)
{
	struct unzip *u = arg;

	u->z.next_in = (unsigned char *)(uintptr_t)data.p;
	u->z.avail_in = (unsigned)data.n;
	u->z.next_out = (unsigned char *)u->out + u->n;
	u->z.avail_out = (unsigned)(sizeof u->out - u->n);
	u->status = inflate(&u->z, Z_SYNC_FLUSH);
	assert_true(u->status == Z_OK || u->status == Z_STREAM_END);
	u->n = sizeof u->out - u->z.avail_out;
}

static void stream_of(struct squeeze_pool *pool, struct unzip *u)
{
	static char random[60000];
	struct squeeze *z = squeeze_take(pool);

	*u = (struct unzip){ .status = Z_OK };
	assert_int_equal(inflateInit2(&u->z, MAX_WBITS + 16), Z_OK);
	assert_non_null(z);
	squeeze_write(z, SLICE("hello"), SQUEEZE_NOW, unzip_some, u);
	assert_int_equal(u->n, 5); /* nothing was held back */
	for (size_t i = 0, x = 1; i < sizeof random; i++, x = x * 1103515245 + 12345)
		random[i] = (char)(x >> 16);
	squeeze_write(z, slice_of(random, sizeof random), SQUEEZE_LATER, unzip_some, u);
	squeeze_write(z, slice_of(NULL, 0), SQUEEZE_NOW, unzip_some, u);
	squeeze_write(z, slice_of(NULL, 0), SQUEEZE_NOW, unzip_some, u);
	squeeze_write(z, SLICE("end"), SQUEEZE_END, unzip_some, u);
	assert_int_equal(u->status, Z_STREAM_END);
	assert_int_equal(u->n, 5 + sizeof random + 3);
	assert_memory_equal(u->out + 5, random, sizeof random);
	assert_memory_equal(u->out + 5 + sizeof random, "end", 3);
	inflateEnd(&u->z);
	squeeze_give(pool, z);
}

static void what_goes_in_comes_out(void **state)
{
	struct squeeze_pool pool;
	struct unzip *u = test_malloc(sizeof *u);

	squeeze_init(&pool, 2);
	stream_of(&pool, u);
	stream_of(&pool, u); /* the same stream again */
	assert_int_equal(pool.n, 1);
	struct squeeze *one = squeeze_take(&pool), *two = squeeze_take(&pool);
	assert_true(one && two && !squeeze_take(&pool));
	squeeze_give(&pool, one);
	squeeze_give(&pool, two);
	squeeze_give(&pool, NULL);
	squeeze_fini(&pool);
	test_free(u);
}

int test_squeeze(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_list_of_types),
		cmocka_unit_test(only_whole_plain_bodies_fit),
		cmocka_unit_test(what_goes_in_comes_out),
	};

	return cmocka_run_group_tests_name("squeeze", tests, NULL, NULL);
}
