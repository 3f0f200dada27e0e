/* SPDX-License-Identifier: Apache-2.0 */
/* columns: see columns.h. */
#include "client/columns.h"

#include "base/buf.h"
#include "base/check.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

void columns_begin(struct columns *t, struct cli *c, const char *const *names, size_t n, size_t gives_way)
{
	CHECK(n > 0 && n <= COLUMNS_MAX && gives_way < n);
	*t = (struct columns){ .cli = c, .names = names, .n = n, .gives_way = gives_way };
	buf_init(&t->cells, (size_t)1 << 30);
}

void columns_add(struct columns *t, const char *cell)
{
	CHECK(buf_add(&t->cells, slice_of(&cell, sizeof cell)));
}

size_t columns_width(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

/* Columns of the terminal, or 0 when the output is none. COLUMNS in the environment wins. */
static size_t columns__terminal(void)
{
	const char *set = getenv("COLUMNS");
	struct winsize size;
	uint64_t n;

	if (set && slice_u64(slice_str(set), &n) && n >= 20 && n <= 10000)
		return (size_t)n;
	if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0)
		return 0;
	return size.ws_col;
}

static void columns__cell(const char *text, size_t width, bool last)
{
	size_t have = columns_width(text), show = have > width ? width - 1 : have, n = 0;

	while (text[n] && (show > 0 || ((unsigned char)text[n] & 0xc0) == 0x80)) {
		show -= ((unsigned char)text[n] & 0xc0) != 0x80;
		n++;
	}
	fwrite(text, 1, n, stdout);
	if (have > width)
		fputs("…", stdout);
	if (!last)
		printf("%*s", (int)(have < width ? width - have + 2 : 2), "");
}

static void columns__row(const struct columns *t, const char *const *cells, const size_t *width)
{
	for (size_t i = 0; i < t->n; i++)
		columns__cell(cells[i], width[i], i + 1 == t->n);
	putchar('\n');
}

void columns_end(struct columns *t, const char *nothing)
{
	struct slice all = buf_slice(&t->cells);
	const char *const *cells = (const char *const *)(const void *)all.p;
	size_t n = all.n / sizeof *cells, width[COLUMNS_MAX], sum = 0, terminal = columns__terminal();

	CHECK(n % t->n == 0);
	if (n == 0)
		printf("%s\n", nothing);
	for (size_t i = 0; n && i < t->n; i++) {
		width[i] = columns_width(t->names[i]);
		for (size_t k = i; k < n; k += t->n) {
			size_t w = columns_width(cells[k]);
			width[i] = w > width[i] ? w : width[i];
		}
		sum += width[i] + (i + 1 < t->n ? 2 : 0);
	}
	if (n && terminal && sum > terminal) {
		size_t over = sum - terminal, *w = &width[t->gives_way];
		*w = *w > over + 8 ? *w - over : *w < 8 ? *w : 8;
	}
	if (n)
		columns__row(t, t->names, width);
	for (size_t k = 0; k < n; k += t->n)
		columns__row(t, cells + k, width);
	buf_fini(&t->cells);
}

void columns_line(const char *name, const char *value)
{
	printf("%-20s %s\n", name, value);
}
