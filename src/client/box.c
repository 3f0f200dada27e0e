/* SPDX-License-Identifier: Apache-2.0 */
/* box: see box.h. */
#include "client/box.h"

#include "base/check.h"
#include "client/columns.h"

/* Corners and crossings of a line: left, between, right. */
struct box__line {
	const char *left, *between, *right;
};

static const struct box__line box__top = { "┌", "┬", "┐" }, box__middle = { "├", "┼", "┤" },
			      box__bottom = { "└", "┴", "┘" };

void box_begin(struct box *t, const char *const *names, size_t n)
{
	CHECK(n > 0 && n <= BOX_MAX);
	*t = (struct box){ .names = names, .n = n };
	buf_init(&t->cells, (size_t)1 << 30);
}

void box_add(struct box *t, const char *cell)
{
	CHECK(buf_add(&t->cells, slice_of(&cell, sizeof cell)));
}

/* The i-th line of a cell; the empty slice past the last. */
static struct slice box__piece(const char *cell, size_t i)
{
	struct slice rest = slice_str(cell), line = slice_split(&rest, '\n');

	for (; i > 0; i--)
		line = rest.p ? slice_split(&rest, '\n') : SLICE("");
	return line;
}

static size_t box__lines(const char *cell)
{
	size_t n = 1;

	for (; *cell; cell++)
		n += *cell == '\n';
	return n;
}

/* Characters of a line. */
static size_t box__width(struct slice s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

static void box__rule(const struct box *t, const struct box__line *line, const size_t *width)
{
	fputs(line->left, stdout);
	for (size_t i = 0; i < t->n; i++) {
		for (size_t k = 0; k < width[i] + 2; k++)
			fputs("─", stdout);
		fputs(i + 1 < t->n ? line->between : line->right, stdout);
	}
	putchar('\n');
}

static void box__head(const struct box *t, const size_t *width)
{
	for (size_t i = 0; i < t->n; i++) {
		size_t n = columns_width(t->names[i]), left = (width[i] - n) / 2;
		printf("│ %*s%s%*s ", (int)left, "", t->names[i], (int)(width[i] - n - left), "");
	}
	puts("│");
}

static void box__row(const struct box *t, const char *const *cells, const size_t *width)
{
	size_t lines = 1;

	for (size_t i = 0; i < t->n; i++)
		lines = box__lines(cells[i]) > lines ? box__lines(cells[i]) : lines;
	for (size_t k = 0; k < lines; k++) {
		for (size_t i = 0; i < t->n; i++) {
			struct slice s = box__piece(cells[i], k);
			printf("│ %.*s%*s ", SLICE_ARG(s), (int)(width[i] - box__width(s)), "");
		}
		puts("│");
	}
}

void box_end(struct box *t)
{
	struct slice all = buf_slice(&t->cells);
	const char *const *cells = (const char *const *)(const void *)all.p;
	size_t n = all.n / sizeof *cells, width[BOX_MAX];

	CHECK(n % t->n == 0);
	for (size_t i = 0; i < t->n; i++) {
		width[i] = columns_width(t->names[i]);
		for (size_t k = i; k < n; k += t->n) {
			for (size_t l = 0; l < box__lines(cells[k]); l++) {
				size_t w = box__width(box__piece(cells[k], l));
				width[i] = w > width[i] ? w : width[i];
			}
		}
	}
	box__rule(t, &box__top, width);
	box__head(t, width);
	box__rule(t, &box__middle, width);
	for (size_t k = 0; k < n; k += t->n)
		box__row(t, cells + k, width);
	box__rule(t, &box__bottom, width);
	buf_fini(&t->cells);
}
