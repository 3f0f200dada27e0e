/* SPDX-License-Identifier: Apache-2.0 */
/* output: see output.h. */
#include "runner/output.h"

enum { OUTPUT__MINUTE_MS = 60000 };

void output_init(struct output *o, const struct output_bounds *bounds)
{
	*o = (struct output){ .bounds = *bounds };
	buf_init(&o->part, OUTPUT_LINE_BYTES_MAX);
	buf_init(&o->ready, OUTPUT_WAIT_BYTES_MAX);
}

void output_fini(struct output *o)
{
	buf_fini(&o->part);
	buf_fini(&o->ready);
}

/* Whether this line is within what a minute may have. */
static bool output__counts(struct output *o, size_t n, uint64_t now_ms)
{
	if (now_ms - o->minute_ms >= OUTPUT__MINUTE_MS) {
		o->minute_ms = now_ms;
		o->lines = o->bytes = 0;
	}
	if (o->lines >= o->bounds.lines_max || o->bytes + n > o->bounds.bytes_max)
		return false;
	o->lines++;
	o->bytes += n;
	return true;
}

static void output__line(struct output *o, uint64_t now_ms)
{
	struct slice line = buf_slice(&o->part);

	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	char *at = output__counts(o, line.n + 1, now_ms) ? buf_room(&o->ready, line.n + 1) : NULL;
	if (at) {
		for (size_t i = 0; i < line.n; i++) {
			unsigned char c = (unsigned char)line.p[i];
			at[i] = (c < 0x20 && c != '\t' && c != 0x1b) || c == 0x7f ? '?' : line.p[i];
		}
		at[line.n] = '\n';
		buf_commit(&o->ready, line.n + 1);
	} else if (o->dropped < UINT32_MAX) {
		o->dropped++;
	}
	o->ready.full = false; /* it will be taken, and then there is room again */
	buf_clear(&o->part);
}

void output_add(struct output *o, struct slice bytes, uint64_t now_ms)
{
	while (bytes.n) {
		size_t end = slice_find(bytes, '\n'), n = end == SIZE_MAX ? bytes.n : end;
		size_t room = OUTPUT_LINE_BYTES_MAX - buf_len(&o->part);
		struct slice piece = slice_first(bytes, n < room ? n : room);

		buf_add(&o->part, piece);
		bytes = slice_from(bytes, piece.n);
		if (piece.n == n && end != SIZE_MAX) {
			bytes = slice_from(bytes, 1);
			output__line(o, now_ms);
		} else if (buf_len(&o->part) == OUTPUT_LINE_BYTES_MAX) {
			output__line(o, now_ms);
		}
	}
}

void output_end(struct output *o, uint64_t now_ms)
{
	if (buf_len(&o->part))
		output__line(o, now_ms);
}

struct slice output_lines(const struct output *o, size_t max)
{
	struct slice all = buf_slice(&o->ready);

	if (all.n <= max)
		return all;
	size_t last = slice_rfind(slice_first(all, max), '\n');
	if (last == SIZE_MAX)
		last = slice_find(all, '\n');
	return slice_first(all, last + 1);
}

void output_taken(struct output *o, size_t n)
{
	buf_consume(&o->ready, n);
	o->dropped = 0;
	if (buf_len(&o->ready) == 0)
		buf_fini(&o->ready);
}
