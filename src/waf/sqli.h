/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sqli: tells whether a value, put into a query by a careless program, would change the query. The value is cut into
 * tokens of SQL as several servers read them, the tokens are folded to at most five, and their types are looked up
 * among the sequences known as injections. It is read bare, and as if it stood in quotes. Verdict and fingerprint are
 * those of libinjection 3.9.2, with which the tests compare. No state, no allocation.
 */
#ifndef WAF_SQLI_H
#define WAF_SQLI_H

#include "base/slice.h"

enum { SQLI_FINGERPRINT_BYTES = 8 };

/*
 * True when s is an injection; fingerprint then holds the types of its tokens, NUL-terminated; else it is empty.
 * innocent: NULL, or what earlier calls found out, at first { NULL, 0 }: the beginning of a value after which nothing
 * but rare bytes could make an injection. It borrows from that s, and saves the reading of values that begin alike.
 * Cost: up to five passes over s, each a few ns a byte.
 */
bool sqli_detect(struct slice s, char fingerprint[static SQLI_FINGERPRINT_BYTES], struct slice *innocent);

#endif
