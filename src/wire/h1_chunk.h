/* SPDX-License-Identifier: Apache-2.0 */
/*
 * h1_chunk: incremental decoder of the chunked coding (RFC 9112 section 7.1), strict: CRLF only, hexadecimal
 * sizes without sign, prefix or more than 16 digits, extensions skipped within a bound. Pure.
 */
#ifndef WIRE_H1_CHUNK_H
#define WIRE_H1_CHUNK_H

#include "base/err.h"
#include "base/slice.h"

enum h1_chunk_state {
	H1_CHUNK_SIZE,
	H1_CHUNK_EXT,
	H1_CHUNK_EXT_QUOTED,
	H1_CHUNK_SIZE_LF,
	H1_CHUNK_DATA,
	H1_CHUNK_DATA_CR,
	H1_CHUNK_DATA_LF,
	H1_CHUNK_TRAILER,
	H1_CHUNK_DONE
};

struct h1_chunk {
	uint8_t state; /* enum h1_chunk_state; implementation may add private members below */
	uint8_t digits;
	bool last;
	bool escaped;
	uint64_t left; /* bytes of the current chunk still to come */
	size_t ext_bytes, ext_bytes_max;
};

/* A decoder at the start of a chunked body; ext_bytes_max bounds all extensions of one body together. */
void h1_chunk_init(struct h1_chunk *c, size_t ext_bytes_max);

/* No sign, prefix, or space around the size; sizes above INT64_MAX are ERR_CHUNK. A '"' in the extensions must be
 * closed before the line ends. In the states H1_CHUNK_TRAILER and H1_CHUNK_DONE nothing is consumed. An error is final.
 *
 * Consumes from the front of *in (which shrinks) until data can be handed out, input ends or the last chunk's size line
 * is read. out: *ret_data a run of decoded bytes inside the input (empty when none). Returns OK with data or after the
 * zero chunk (state H1_CHUNK_TRAILER: the trailer section is next in *in and is parsed by h1_trailer_parse; then the
 * caller sets H1_CHUNK_DONE), ERR_AGAIN when more input is needed, ERR_CHUNK when malformed.
 */
enum err h1_chunk_next(struct h1_chunk *c, struct slice *in, struct slice *ret_data) MUST_USE;

#endif
