/* SPDX-License-Identifier: Apache-2.0 */
/* test_state: what the programs of this folder share: cmocka's includes, a database in memory, one function per file.
 */
#ifndef TEST_STATE_H
#define TEST_STATE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* needs those above */

#include "state/state.h"

#define TEST_NOW_MS 1795647991123

/* A new state in memory, at TEST_NOW_MS; state_close. */
struct state *test_state_new(void);
/* A transaction of somebody. */
void test_state_begin(struct state *st);

/* Each runs one file's tests and returns how many failed. */
int test_ban(void);
int test_dnssec(void);
int test_idn(void);
int test_login(void);
int test_session(void);
int test_setting(void);
int test_top(void);
int test_traffic(void);
int test_state(void);
int test_zone(void);
int test_app(void);
int test_domain(void);
int test_variable(void);
int test_waf_event(void);
int test_certificate(void);
int test_token(void);
int test_record(void);
int test_record_file(void);

#endif
