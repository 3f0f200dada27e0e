/* SPDX-License-Identifier: Apache-2.0 */
/* squeeze: see squeeze.h. */
#include "router/squeeze.h"

#include "base/check.h"
#include "base/mem.h"

#include <zlib.h>

enum {
	SQUEEZE__LEVEL = 1, /* most of the gain for the least time */
	SQUEEZE__MEM_LEVEL = 8,
	SQUEEZE__GZIP = 16,  /* added to the window's bits: gzip instead of zlib */
	SQUEEZE__LEAST = 20, /* shorter bodies grow */
	SQUEEZE__OUT = 16384,
};

struct squeeze {
	struct squeeze *next; /* free ones */
	z_stream z;
	unsigned char out[SQUEEZE__OUT];
};

bool squeeze_is_type(struct slice content_type)
{
	static const struct slice types[] = {
		SLICE_INIT("text/html"),
		SLICE_INIT("application/json"),
		SLICE_INIT("application/javascript"),
		SLICE_INIT("text/css"),
		SLICE_INIT("text/plain"),
		SLICE_INIT("text/javascript"),
		SLICE_INIT("application/xml"),
		SLICE_INIT("text/xml"),
		SLICE_INIT("application/x-javascript"),
		SLICE_INIT("application/atom+xml"),
		SLICE_INIT("application/rss+xml"),
		SLICE_INIT("text/mathml"),
	};
	struct slice type = slice_trim(slice_split(&content_type, ';'));

	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (slice_eq_nocase(type, types[i]))
			return true;
	return false;
}

bool squeeze_fits(const struct h1_response *h, enum method method)
{
	const struct field *type = field_find(h->fields, h->fields_n, FIELD_CONTENT_TYPE);

	if (!type || !squeeze_is_type(type->value))
		return false;
	if (method == METHOD_HEAD || h->framing == H1_NO_BODY || h->status < 200 || h->status == 206)
		return false;
	if (h->framing == H1_LENGTH && h->content_length < SQUEEZE__LEAST)
		return false;
	if (field_find(h->fields, h->fields_n, FIELD_CONTENT_ENCODING) ||
	    field_find(h->fields, h->fields_n, FIELD_CONTENT_RANGE))
		return false;
	return !field_any_has(h->fields, h->fields_n, FIELD_CACHE_CONTROL, SLICE("no-transform"));
}

/* ---- streams ---- */

void squeeze_init(struct squeeze_pool *s, size_t max)
{
	*s = (struct squeeze_pool){ .max = max };
}

void squeeze_fini(struct squeeze_pool *s)
{
	while (s->free) {
		struct squeeze *z = s->free;
		s->free = z->next;
		deflateEnd(&z->z);
		mem_free(z);
		s->n--;
	}
	CHECK(s->n == 0);
}

struct squeeze *squeeze_take(struct squeeze_pool *s)
{
	struct squeeze *z = s->free;

	if (z) {
		s->free = z->next;
		return z;
	}
	if (s->n >= s->max)
		return NULL;
	z = mem_alloc(sizeof *z);
	if (deflateInit2(&z->z, SQUEEZE__LEVEL, Z_DEFLATED, MAX_WBITS + SQUEEZE__GZIP, SQUEEZE__MEM_LEVEL,
			 Z_DEFAULT_STRATEGY) != Z_OK) {
		mem_free(z);
		return NULL;
	}
	s->n++;
	return z;
}

void squeeze_give(struct squeeze_pool *s, struct squeeze *z)
{
	if (!z)
		return;
	CHECK(deflateReset(&z->z) == Z_OK);
	z->next = s->free;
	s->free = z;
}

void squeeze_write(struct squeeze *z, struct slice data, enum squeeze_more more, squeeze_out out, void *arg)
{
	static const int flush[] = {
		[SQUEEZE_LATER] = Z_NO_FLUSH, [SQUEEZE_NOW] = Z_SYNC_FLUSH, [SQUEEZE_END] = Z_FINISH
	};
	z_stream *s = &z->z;
	int e;

	s->next_in = (unsigned char *)(uintptr_t)data.p;
	s->avail_in = (unsigned)data.n;
	do {
		s->next_out = z->out;
		s->avail_out = SQUEEZE__OUT;
		e = deflate(s, flush[more]);
		CHECK(e != Z_STREAM_ERROR);
		if (s->avail_out < SQUEEZE__OUT)
			out(arg, slice_of(z->out, SQUEEZE__OUT - s->avail_out));
	} while (s->avail_out == 0 && e != Z_STREAM_END);
}
