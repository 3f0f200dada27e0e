/* SPDX-License-Identifier: Apache-2.0 */
/* test_client: what the programs of this folder share. */
#ifndef TEST_CLIENT_H
#define TEST_CLIENT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* needs those above */

#include "client/cli.h"

/* A run of a command that was parsed from words, up to NULL; dropped with run_free. *ret_status as of cli_parse. */
struct cli *run_new(const char *const *words, int *ret_status);
void run_free(struct cli *c);
#define RUN(status, ...) run_new((const char *const[]){ __VA_ARGS__, NULL }, status)

/* What fn prints on stdout, NUL-terminated, cut at cap. */
void printed(void (*fn)(struct cli *c), struct cli *c, char *out, size_t cap);

/* Each runs one file's tests and returns how many failed. */
int test_cli(void);
int test_columns(void);
int test_rules_phase(void);
int test_target(void);
int test_verb(void);

#endif
