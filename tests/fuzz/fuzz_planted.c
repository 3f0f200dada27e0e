/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_planted: proof that the harness can see. The decoder in this file is wrong on purpose: it lets a chunk extension
 * end in a bare LF, as several servers once did (request smuggling). The fuzzer must find an input on which it and
 * h1_chunk disagree; tests/fuzz/run fails if it does not, and the replay of corpus/planted must fail.
 */
#include "fuzz.h"
#include "wire/h1_chunk.h"

#include "wire/scan.h"

/* Reads the size line at the start of `in`; SIZE_MAX when it is malformed or incomplete, else its length. */
static size_t planted_size_line(struct slice in)
{
	size_t at = 0;

	while (at < in.n && at < 8 && strchr("0123456789abcdefABCDEF", in.p[at]) && in.p[at])
		at++;
	if (at == 0 || at == in.n)
		return SIZE_MAX;
	if (in.p[at] == ';')
		while (at < in.n && scan_is(in.p[at], SCAN_VALUE) && in.p[at] != '"')
			at++;
	if (at < in.n && in.p[at] == '\n')
		return at + 1; /* the bug */
	return at + 1 < in.n && in.p[at] == '\r' && in.p[at + 1] == '\n' ? at + 2 : SIZE_MAX;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice in = slice_of(data, n), rest = in, chunk;
	struct h1_chunk c;

	if (planted_size_line(in) == SIZE_MAX)
		return 0;
	h1_chunk_init(&c, 4096);
	FUZZ_CHECK(h1_chunk_next(&c, &rest, &chunk) != ERR_CHUNK || n > 4096);
	return 0;
}
