/* SPDX-License-Identifier: Apache-2.0 */
/*
 * h1_chunk: see h1_chunk.h. One byte at a time for size lines, whole runs for data. After ERR_CHUNK the decoder stays
 * where it is, in front of the byte it refuses, so another call refuses again.
 */
#include "wire/h1_chunk.h"

#include "wire/scan.h"

enum { H1_CHUNK__DIGITS_MAX = 16 };

void h1_chunk_init(struct h1_chunk *c, size_t ext_bytes_max)
{
	*c = (struct h1_chunk){ .state = H1_CHUNK_SIZE, .ext_bytes_max = ext_bytes_max };
}

/* The value of a hexadecimal digit, or 16. */
static unsigned h1_chunk__digit(char c)
{
	char low = (char)(c | 0x20);

	if (slice_is_digit(c))
		return (unsigned)(c - '0');
	return low >= 'a' && low <= 'f' ? (unsigned)(low - 'a') + 10 : 16;
}

/* A byte of the size: a digit, or what may follow the size. */
static enum err h1_chunk__size(struct h1_chunk *c, char byte)
{
	unsigned digit = h1_chunk__digit(byte);

	if (digit < 16) {
		if (c->digits == H1_CHUNK__DIGITS_MAX)
			return ERR_CHUNK;
		c->digits++;
		c->left = c->left << 4 | digit;
		return c->left > INT64_MAX ? ERR_CHUNK : OK;
	}
	if (c->digits == 0 || (byte != '\r' && byte != ';'))
		return ERR_CHUNK;
	c->last = c->left == 0;
	c->state = byte == '\r' ? H1_CHUNK_SIZE_LF : H1_CHUNK_EXT;
	return OK;
}

/* A byte of the extensions: they end at CR, but not inside a quoted string (RFC 9112 7.1.1). */
static enum err h1_chunk__ext(struct h1_chunk *c, char byte)
{
	bool quoted = c->state == H1_CHUNK_EXT_QUOTED;

	if (byte == '\r' && !quoted) {
		c->state = H1_CHUNK_SIZE_LF;
		return OK;
	}
	if (!scan_is(byte, SCAN_VALUE) || c->ext_bytes >= c->ext_bytes_max)
		return ERR_CHUNK;
	c->ext_bytes++;
	if (c->escaped)
		c->escaped = false;
	else if (quoted && byte == '\\')
		c->escaped = true;
	else if (byte == '"')
		c->state = quoted ? H1_CHUNK_EXT : H1_CHUNK_EXT_QUOTED;
	return OK;
}

/* A byte outside the data; moves c->state on. */
static enum err h1_chunk__byte(struct h1_chunk *c, char byte)
{
	switch ((enum h1_chunk_state)c->state) {
	case H1_CHUNK_SIZE:
		return h1_chunk__size(c, byte);
	case H1_CHUNK_EXT:
	case H1_CHUNK_EXT_QUOTED:
		return h1_chunk__ext(c, byte);
	case H1_CHUNK_SIZE_LF:
		c->state = c->last ? H1_CHUNK_TRAILER : H1_CHUNK_DATA;
		return byte == '\n' ? OK : ERR_CHUNK;
	case H1_CHUNK_DATA_CR:
		c->state = H1_CHUNK_DATA_LF;
		return byte == '\r' ? OK : ERR_CHUNK;
	case H1_CHUNK_DATA_LF:
		c->state = H1_CHUNK_SIZE;
		c->digits = 0;
		return byte == '\n' ? OK : ERR_CHUNK;
	case H1_CHUNK_DATA:
	case H1_CHUNK_TRAILER:
	case H1_CHUNK_DONE:
		break;
	}
	return ERR_CHUNK;
}

enum err h1_chunk_next(struct h1_chunk *c, struct slice *in, struct slice *ret_data)
{
	*ret_data = slice_of(in->p, 0);
	while (c->state != H1_CHUNK_TRAILER && c->state != H1_CHUNK_DONE) {
		if (in->n == 0)
			return ERR_AGAIN;
		if (c->state == H1_CHUNK_DATA) {
			size_t n = c->left < in->n ? (size_t)c->left : in->n;
			*ret_data = slice_first(*in, n);
			*in = slice_from(*in, n);
			c->left -= n;
			if (c->left == 0)
				c->state = H1_CHUNK_DATA_CR;
			return OK;
		}
		struct h1_chunk before = *c;
		if (h1_chunk__byte(c, in->p[0]) != OK) {
			*c = before;
			return ERR_CHUNK;
		}
		*in = slice_from(*in, 1);
	}
	return OK;
}
