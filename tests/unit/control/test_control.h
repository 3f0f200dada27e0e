/* SPDX-License-Identifier: Apache-2.0 */
/* test_control: what the programs of this folder share: cmocka's includes and one function per file under test. */
#ifndef TEST_CONTROL_H
#define TEST_CONTROL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* needs those above */

/* Each runs one file's tests and returns how many failed. */
int test_desired(void);
int test_folder(void);
int test_peer(void);
int test_broadcast(void);
int test_web(void);
int test_publish(void);
int test_compile(void);
int test_resolve_read(void);

#endif
