/* SPDX-License-Identifier: Apache-2.0 */
/* test_tls: what the files of unit-tls share: a key to seal with, an authority, certificates of it as plan items. */
#ifndef TESTS_UNIT_TLS_TEST_TLS_H
#define TESTS_UNIT_TLS_TEST_TLS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* needs those above */

#include "tls/tls_ca.h"
#include "tls/tls_cert.h"

enum { NOW_S = 1800000000, DAY_S = 86400 };

/* Each runs one file's tests and returns how many failed. */
int test_pair(void);
int test_pair_open(void);
int test_ca(void);
int test_csr(void);
int test_certs(void);
int test_fingerprint(void);
int test_client(void);
int test_server(void);
int test_strikes(void);
int test_tickets(void);

/* The same for all tests. */
const struct seal *the_seal(void);
struct tls_ca *the_ca(void);

/* What a certificate of the_ca is like; hosts ends with NULL. */
struct wanted {
	const char *name;
	const char *hosts[4];
	int64_t now_s;
	unsigned days, priority;
	const char *seal_for; /* NULL: its own name */
};

/* A certificate as the plan would bring it, one reference. */
struct tls_cert *make_cert(const struct wanted *w);
/* The JSON of its item; buf_fini by the caller. */
void make_item(const struct wanted *w, struct buf *json);

#endif
