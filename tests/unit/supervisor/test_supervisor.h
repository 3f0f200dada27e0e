/* SPDX-License-Identifier: Apache-2.0 */
/* test_supervisor: what the programs of this folder share: cmocka's includes and one function per file under test. */
#ifndef TEST_SUPERVISOR_H
#define TEST_SUPERVISOR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* needs those above */

/* Each runs one file's tests and returns how many failed. */
int test_child(void);
int test_handoff(void);
int test_kernel_drop(void);
int test_nodekey(void);
int test_notify(void);
int test_rundir(void);
int test_sandbox(void);
int test_sockets(void);

#endif
