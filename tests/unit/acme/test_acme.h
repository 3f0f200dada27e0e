/* SPDX-License-Identifier: Apache-2.0 */
/* test_acme: what the programs of this folder share: cmocka's includes and one function per file under test. */
#ifndef TEST_ACME_H
#define TEST_ACME_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* needs those above */

/* Each runs one file's tests and returns how many failed. */
int test_acme_caa(void);
int test_acme_doc(void);
int test_acme_jws(void);
int test_acme_job(void);
int test_acme_probe(void);

#endif
