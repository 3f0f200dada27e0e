/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sample_png: a picture with a palette, one byte for each pixel, in one deflate block without compression: the smallest
 * encoder that makes a real PNG. Whole numbers only, so that every instance serves the same bytes.
 */
#include "sample/sample_png.h"

#include "base/check.h"
#include "base/mem.h"

enum {
	PNG_WIDTH = 320,
	PNG_HEIGHT = 180,
	PNG_SEA = 112, /* row of the horizon */
	PNG_SUN_X = 222,
	PNG_SUN_Y = 92,
	PNG_SUN_R = 26,
	PNG_ROWS_BYTES = (PNG_WIDTH + 1) * PNG_HEIGHT,
	/* signature, IHDR, PLTE, IDAT (zlib head, block head, rows, Adler-32), IEND */
	PNG_COLOURS = 96,
	PNG_IDAT_BYTES = 2 + 5 + PNG_ROWS_BYTES + 4,
	PNG_BYTES = 8 + 25 + 12 + 3 * PNG_COLOURS + 12 + PNG_IDAT_BYTES + 12
};
STATIC_CHECK(PNG_ROWS_BYTES <= 65535, "one block without compression holds 65535 bytes");

/* Palette: 0 to 47 the sky from top to horizon, 48 to 79 the sea, then single colours. */
enum {
	PNG_SKY = 0,
	PNG_SKIES = 48,
	PNG_WATER = 48,
	PNG_WATERS = 32,
	PNG_SUN = 80,
	PNG_GLITTER,
	PNG_WALL,
	PNG_BAND,
	PNG_LAMP,
	PNG_HULL,
	PNG_SAIL,
	PNG_SHADE,
	PNG_QUAY
};

struct sample_png {
	uint8_t *p;
	size_t n;
	uint8_t pixels[PNG_HEIGHT][PNG_WIDTH];
};

static uint8_t sample_png__mix(int from, int to, int at, int of)
{
	return (uint8_t)(from + (to - from) * at / of);
}

static void sample_png__palette(uint8_t rgb[PNG_COLOURS][3])
{
	static const uint8_t single[][3] = { { 255, 226, 150 }, { 255, 196, 128 }, { 236, 230, 222 },
					     { 176, 58, 52 },   { 255, 244, 190 }, { 40, 44, 62 },
					     { 246, 236, 214 }, { 204, 186, 164 }, { 30, 32, 46 } };
	static const uint8_t sky[3][3] = { { 38, 52, 98 }, { 196, 104, 120 }, { 255, 178, 110 } };
	static const uint8_t sea[2][3] = { { 150, 96, 110 }, { 20, 34, 66 } };

	for (int c = 0; c < 3; c++) {
		for (int i = 0; i < PNG_SKIES; i++) {
			int half = i / (PNG_SKIES / 2);
			rgb[PNG_SKY + i][c] =
				sample_png__mix(sky[half][c], sky[half + 1][c], i % (PNG_SKIES / 2), PNG_SKIES / 2);
		}
		for (int i = 0; i < PNG_WATERS; i++)
			rgb[PNG_WATER + i][c] = sample_png__mix(sea[0][c], sea[1][c], i, PNG_WATERS);
		for (size_t i = 0; i < sizeof single / sizeof *single; i++)
			rgb[PNG_SUN + i][c] = single[i][c];
	}
}

/* A fixed noise in 0 to 255 for ripples and soft edges between the bands of the sky. */
static unsigned sample_png__noise(int x, int y)
{
	uint32_t h = (uint32_t)x * 374761393u + (uint32_t)y * 668265263u;

	h = (h ^ (h >> 13)) * 1274126177u;
	return (h >> 16) & 255;
}

static uint8_t sample_png__backdrop(int x, int y)
{
	int dx = x - PNG_SUN_X, dy = y - PNG_SUN_Y;

	if (y < PNG_SEA) {
		if (dx * dx + dy * dy <= PNG_SUN_R * PNG_SUN_R)
			return PNG_SUN;
		int band = (y * PNG_SKIES * 256 / PNG_SEA + (int)sample_png__noise(x, y)) / 256;
		return (uint8_t)(PNG_SKY + (band < PNG_SKIES ? band : PNG_SKIES - 1));
	}
	int depth = y - PNG_SEA, span = PNG_SUN_R - 6 + depth / 3;
	if (dx > -span && dx < span && sample_png__noise(x / (3 + depth / 8), y) > 110u + (unsigned)depth)
		return PNG_GLITTER;
	int band = depth * PNG_WATERS / (PNG_HEIGHT - PNG_SEA) + (sample_png__noise(x / 9, y) > 190 ? -3 : 0);
	return (uint8_t)(PNG_WATER + (band < 0 ? 0 : band));
}

static void sample_png__box(struct sample_png *g, int x, int y, int width, int height, uint8_t colour)
{
	for (int row = y; row < y + height; row++)
		memset(&g->pixels[row][x], colour, (size_t)width);
}

static void sample_png__lighthouse(struct sample_png *g)
{
	for (int y = 46; y < 128; y++) {
		int half = 5 + (y - 46) / 14;
		uint8_t colour = (y - 46) / 14 % 2 ? PNG_BAND : PNG_WALL;
		sample_png__box(g, 64 - half, y, 2 * half, 1, colour);
		sample_png__box(g, 64 + half / 2, y, half - half / 2, 1, colour == PNG_WALL ? PNG_SHADE : PNG_BAND);
	}
	sample_png__box(g, 56, 44, 16, 2, PNG_HULL);
	sample_png__box(g, 60, 35, 8, 9, PNG_LAMP);
	for (int y = 0; y < 6; y++)
		sample_png__box(g, 64 - y - 1, 29 + y, 2 * y + 2, 1, PNG_BAND);
	for (int x = 0; x < 150; x++)
		for (int y = 128 + x * x / 430 + (int)sample_png__noise(x / 4, 3) / 100; y < PNG_HEIGHT; y++)
			g->pixels[y][x] = PNG_QUAY;
}

static void sample_png__boat(struct sample_png *g)
{
	for (int y = 0; y < 8; y++)
		sample_png__box(g, 176 + y, 134 + y, 64 - 2 * y, 1, PNG_HULL);
	sample_png__box(g, 205, 68, 2, 66, PNG_HULL);
	for (int y = 0; y < 60; y++) {
		sample_png__box(g, 208, 71 + y, y * 28 / 60 + 1, 1, PNG_SAIL);
		sample_png__box(g, 203 - y * 22 / 60, 71 + y, y * 22 / 60 + 1, 1, PNG_SHADE);
	}
}

static void sample_png__u32(struct sample_png *g, uint32_t v)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		g->p[g->n++] = (uint8_t)(v >> shift);
}

static void sample_png__bytes(struct sample_png *g, const void *p, size_t n)
{
	memcpy(g->p + g->n, p, n);
	g->n += n;
}

/* Length and type of a chunk; what follows up to sample_png__end_chunk is its data. Returns where the type stands. */
static size_t sample_png__chunk(struct sample_png *g, const char *type, uint32_t data_bytes)
{
	sample_png__u32(g, data_bytes);
	sample_png__bytes(g, type, 4);
	return g->n - 4;
}

static void sample_png__end_chunk(struct sample_png *g, size_t from)
{
	uint32_t crc = 0xffffffffu;

	for (size_t i = from; i < g->n; i++) {
		crc ^= g->p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ (crc & 1 ? 0xedb88320u : 0);
	}
	sample_png__u32(g, ~crc);
}

static void sample_png__rows(struct sample_png *g)
{
	static const uint8_t zlib_head[2] = { 0x78, 0x01 };
	/* The last block, stored; its length and the length's complement (RFC 1951 3.2.4). */
	static const uint8_t block_head[5] = { 1, PNG_ROWS_BYTES & 255, PNG_ROWS_BYTES >> 8,
					       (65535 - PNG_ROWS_BYTES) & 255, (65535 - PNG_ROWS_BYTES) >> 8 };
	uint32_t a = 1, b = 0;

	sample_png__bytes(g, zlib_head, sizeof zlib_head);
	sample_png__bytes(g, block_head, sizeof block_head);
	size_t from = g->n;
	for (int y = 0; y < PNG_HEIGHT; y++) {
		g->p[g->n++] = 0; /* no filter */
		sample_png__bytes(g, g->pixels[y], PNG_WIDTH);
	}
	for (size_t i = from; i < g->n; i++) {
		a = (a + g->p[i]) % 65521;
		b = (b + a) % 65521;
	}
	sample_png__u32(g, b << 16 | a);
}

static void sample_png__encode(struct sample_png *g)
{
	static const uint8_t format[5] = { 8, 3, 0, 0, 0 }; /* 8 bits, palette, deflate, no interlace */
	uint8_t rgb[PNG_COLOURS][3] = { { 0 } };
	size_t from;

	sample_png__palette(rgb);
	sample_png__bytes(g, "\x89PNG\r\n\x1a\n", 8);
	from = sample_png__chunk(g, "IHDR", 13);
	sample_png__u32(g, PNG_WIDTH);
	sample_png__u32(g, PNG_HEIGHT);
	sample_png__bytes(g, format, sizeof format);
	sample_png__end_chunk(g, from);
	from = sample_png__chunk(g, "PLTE", sizeof rgb);
	sample_png__bytes(g, rgb, sizeof rgb);
	sample_png__end_chunk(g, from);
	from = sample_png__chunk(g, "IDAT", PNG_IDAT_BYTES);
	sample_png__rows(g);
	sample_png__end_chunk(g, from);
	from = sample_png__chunk(g, "IEND", 0);
	sample_png__end_chunk(g, from);
	CHECK(g->n == PNG_BYTES);
}

struct slice sample_png_draw(void)
{
	struct sample_png *g = mem_alloc(sizeof *g);

	for (int y = 0; y < PNG_HEIGHT; y++)
		for (int x = 0; x < PNG_WIDTH; x++)
			g->pixels[y][x] = sample_png__backdrop(x, y);
	sample_png__boat(g);
	sample_png__lighthouse(g);
	g->p = mem_alloc(PNG_BYTES);
	sample_png__encode(g);
	struct slice file = slice_of(g->p, g->n);
	mem_free(g);
	return file;
}
