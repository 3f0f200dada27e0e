/* SPDX-License-Identifier: Apache-2.0 */
/* base64: bytes as text, RFC 4648 section 4 (standard, padded) and section 5 (URL and file names, without padding). */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/buf.h"

/* Appends the text of s, padded: 4 characters for each 3 bytes begun. errors: ERR_QUEUE_FULL (b's bound). */
enum err base64_write(struct slice s, struct buf *b) MUST_USE;
/* The same in the alphabet for URLs, without padding. */
enum err base64_write_url(struct slice s, struct buf *b) MUST_USE;
/*
 * Appends the bytes of a text in either alphabet (not both mixed), padded or not. Other bytes (line ends too), bits
 * that belong to no byte and padding in the wrong place are refused: one text for one value.
 * errors: ERR_SYNTAX, ERR_QUEUE_FULL; b is unchanged then..
 */
enum err base64_read(struct slice text, struct buf *b) MUST_USE;

#endif
