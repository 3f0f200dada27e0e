/* SPDX-License-Identifier: Apache-2.0 */
/* oracle: libinjection as libmodsecurity3 exports it, looked up when the test runs. */
#ifndef TESTS_UNIT_WAF_ORACLE_H
#define TESTS_UNIT_WAF_ORACLE_H

#include "base/rng.h"
#include "base/slice.h"

struct oracle {
	void *library;
	int (*sqli)(const char *s, size_t n, char *fingerprint);
	int (*xss)(const char *s, size_t n);
};

/* False with the reason on stderr when the library is not there. */
bool oracle_open(struct oracle *o);
/* Closes it. */
void oracle_close(struct oracle *o);
/* A random value of pieces that mean something to SQL (kind 0) or HTML (kind 1); NUL-terminated. Returns its length. */
size_t oracle_text(struct rng *r, int kind, char *out, size_t cap);

#endif
