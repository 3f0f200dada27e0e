/* SPDX-License-Identifier: Apache-2.0 */
/*
 * h1_parse: what the parsers of requests, responses and trailer sections share, private to wire: the version, the
 * field lines, and what the lines say about framing and the connection (RFC 9112 sections 2, 5, 6 and 9).
 *
 * Every verdict on a byte depends on the bytes up to it only, never on how much of the head has arrived: so a head
 * that is refused when it is whole was refused, or was ERR_AGAIN, for each of its beginnings, and never accepted.
 */
#ifndef WIRE_H1_PARSE_H
#define WIRE_H1_PARSE_H

#include "wire/h1_head.h"

/* What was seen on the way through a field section. */
struct h1_section {
	size_t fields_n;
	const struct field *host, *length, *coding; /* the last of each, NULL when there was none */
	unsigned hosts, lengths, codings;           /* how many of each */
	bool connection, upgrade, expect;           /* at least one of each */
};

/* What the Connection options say (RFC 9110 7.6.1). */
struct h1_options {
	bool close, keep_alive, upgrade;
};

/*
 * Reads "HTTP/" DIGIT "." DIGIT at *at, which moves behind it.
 * errors: ERR_AGAIN, ERR_SYNTAX (not of that form), ERR_VERSION (neither 1.0 nor 1.1).
 */
enum err h1_parse__version(struct slice in, size_t *at, uint8_t *ret_minor) MUST_USE;

/* Reads CR LF at *at. errors: ERR_AGAIN, ERR_BARE_LF (LF alone, or CR alone), ERR_SYNTAX (another byte). */
enum err h1_parse__line_end(struct slice in, size_t *at) MUST_USE;

/*
 * Reads field lines from *at to the empty line, and moves *at behind it.
 * errors: ERR_AGAIN ERR_FIELD_NAME ERR_FIELD_VALUE ERR_BARE_LF ERR_OBS_FOLD ERR_FIELDS_MANY.
 */
enum err h1_parse__fields(struct slice in, size_t *at, size_t fields_max, struct field *fields,
			  struct h1_section *ret) MUST_USE;

/* The options of all Connection lines together. */
struct h1_options h1_parse__options(const struct field *fields, const struct h1_section *s);

/*
 * Whether the message has a length or the chunked coding, by its fields alone: H1_NO_BODY when it says nothing.
 * RFC 9112 6.1 to 6.3, with nothing repaired: see h1_head.h. out: *ret_length for H1_LENGTH.
 * errors: ERR_LENGTH ERR_BOTH_LENGTHS ERR_TRANSFER_CODING (a coding that we do not speak, before or instead of chunked)
 * ERR_TE_OLD ERR_SYNTAX (chunked twice, not last, or with parameters; not a list of codings).
 */
enum err h1_parse__framing(const struct field *fields, const struct h1_section *s, uint8_t minor,
			   enum h1_framing *ret_framing, uint64_t *ret_length) MUST_USE;

#endif
