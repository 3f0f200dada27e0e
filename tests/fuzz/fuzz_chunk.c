/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_chunk: the chunked coding fed whole and in pieces, and the trailer section behind it. */
#include "heads.h"
#include "wire/h1_chunk.h"

enum { EXT_MAX = 64, DATA_MAX = 1 << 16 };

struct decoded {
	enum err e;
	size_t used, data_n, ext_bytes;
	char data[DATA_MAX];
};

/* Feeds `in` in pieces of 1 to piece_max bytes, each in its own block; at once when piece_max is 0. */
static void decode(struct slice in, size_t piece_max, struct fuzz_rng *r, struct decoded *ret)
{
	struct h1_chunk c;

	h1_chunk_init(&c, EXT_MAX);
	ret->e = ERR_AGAIN;
	ret->used = ret->data_n = 0;
	while (ret->e == ERR_AGAIN && ret->used < in.n) {
		size_t n = piece_max ? 1 + fuzz_below(r, piece_max) : in.n;
		n = n < in.n - ret->used ? n : in.n - ret->used;
		char *copy = malloc(n);
		memcpy(copy, in.p + ret->used, n);
		struct slice piece = slice_of(copy, n), data;
		while ((ret->e = h1_chunk_next(&c, &piece, &data)) == OK && c.state != H1_CHUNK_TRAILER) {
			FUZZ_CHECK(data.n > 0 && fuzz_inside(slice_of(copy, n), data));
			FUZZ_CHECK(ret->data_n + data.n <= in.n);
			memcpy(ret->data + ret->data_n, data.p, data.n);
			ret->data_n += data.n;
		}
		FUZZ_CHECK(ret->e != ERR_AGAIN || piece.n == 0);
		FUZZ_CHECK(ret->e == OK || ret->e == ERR_AGAIN || ret->e == ERR_CHUNK);
		ret->used += n - piece.n;
		free(copy);
	}
	ret->ext_bytes = c.ext_bytes;
	FUZZ_CHECK(c.ext_bytes <= EXT_MAX);
}

static void check_same(const struct decoded *a, const struct decoded *b)
{
	FUZZ_CHECK(a->e == b->e && a->used == b->used && a->ext_bytes == b->ext_bytes);
	FUZZ_CHECK(slice_eq(slice_of(a->data, a->data_n), slice_of(b->data, b->data_n)));
}

/* The data written again as one chunk decodes to the same. */
static void check_round_trip(const struct decoded *d, struct decoded *again)
{
	static char out[DATA_MAX + 64];
	struct text t = text_of(out, sizeof out);

	if (d->data_n) {
		text_hex(&t, d->data_n, 8);
		text_add(&t, SLICE("\r\n"));
		text_add(&t, slice_of(d->data, d->data_n));
		text_add(&t, SLICE("\r\n"));
	}
	text_add(&t, SLICE("0\r\n"));
	FUZZ_CHECK(!t.bad);
	decode(text_slice(&t), 0, NULL, again);
	FUZZ_CHECK(again->e == OK && again->used == t.n);
	FUZZ_CHECK(slice_eq(slice_of(d->data, d->data_n), slice_of(again->data, again->data_n)));
}

static void check_trailer(struct slice in, struct fuzz_rng *r)
{
	struct field fields[HEADS_FIELDS_MAX], part[HEADS_FIELDS_MAX];
	size_t n = 0, used = 0, part_n, part_used;
	enum err e = h1_trailer_parse(in, &heads_bounds, fields, &n, &used);

	FUZZ_CHECK(e == OK || e == ERR_AGAIN || e == ERR_TRAILER);
	for (size_t i = 0; i < 8; i++) {
		struct slice first = slice_first(in, fuzz_below(r, in.n + 1));
		enum err pe = h1_trailer_parse(first, &heads_bounds, part, &part_n, &part_used);
		FUZZ_CHECK(pe == ERR_AGAIN || pe == e);
		FUZZ_CHECK(pe != OK || (part_n == n && part_used == used));
	}
	if (e != OK)
		return;
	FUZZ_CHECK(used <= in.n && slice_ends(slice_first(in, used), SLICE("\r\n")));
	heads_check_fields(in, fields, n);
	for (size_t i = 0; i < n; i++)
		FUZZ_CHECK(!(field_flags((enum field_id)fields[i].id) & (F_HOP | F_SPOOF)));
	FUZZ_CHECK(!field_find(fields, n, FIELD_CONTENT_LENGTH) && !field_find(fields, n, FIELD_HOST));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct decoded whole, pieces;
	struct slice in = slice_of(data, n);
	struct fuzz_rng r = fuzz_rng_of(data, n);

	if (n == 0 || n > DATA_MAX)
		return 0;
	decode(in, 0, &r, &whole);
	decode(in, 1, &r, &pieces);
	check_same(&whole, &pieces);
	for (size_t i = 0; i < 4; i++) {
		decode(in, 2 + fuzz_below(&r, 30), &r, &pieces);
		check_same(&whole, &pieces);
	}
	check_round_trip(&whole, &pieces);
	if (whole.e == OK)
		check_trailer(slice_from(in, whole.used), &r);
	return 0;
}
