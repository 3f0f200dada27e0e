/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check: assertions for our own mistakes, never for bytes from outside.
 * CHECK stays on in production and is cheap; DCHECK is for debug and fuzz builds.
 * A failed check is a panic: it writes one line with the place, the thread's current note and aborts;
 * the supervisor starts the process again (docs/THREATS.md).
 */
#ifndef BASE_CHECK_H
#define BASE_CHECK_H

#include <assert.h>
#include <stdint.h>

/* Ends the process with one line on stderr. Any thread. Never returns. */
void check_panic(const char *file, int line, const char *what) __attribute__((noreturn, cold));

/*
 * Sets the calling thread's note that a panic prints (a step name, an id); NULL clears it.
 * The string is borrowed and must outlive its use: literals and process-lifetime memory only.
 */
void check_note(const char *note);

#define CHECK(cond) (__builtin_expect(!!(cond), 1) ? (void)0 : check_panic(__FILE__, __LINE__, #cond))
#ifdef SEAWALL_DCHECK
#define DCHECK(cond) CHECK(cond)
#else
#define DCHECK(cond) ((void)sizeof(!!(cond)))
#endif
#define STATIC_CHECK(cond, why) static_assert(cond, why)

/*
 * Long-lived structs begin with `uint32_t magic`; the kinds are unique numbers below.
 * OBJ(ptr, KIND) stops a wild or freed pointer at the door of a public entry.
 */
enum obj_kind {
	OBJ_FREED = 0x00000000,
	OBJ_LOOP = 0x5ea1001,
	OBJ_WORKER = 0x5ea1002,
	OBJ_H1_CONN = 0x5ea1003,
	OBJ_H1_CLIENT = 0x5ea1004,
	OBJ_REQUEST = 0x5ea1005,
	OBJ_CACHE = 0x5ea1006,
	OBJ_CACHE_OBJECT = 0x5ea1007,
	OBJ_ZONE = 0x5ea1008,
	OBJ_CHALLENGE = 0x5ea10c1,
	OBJ_ORDER = 0x5ea10c3,
	OBJ_ISSUING = 0x5ea10c2,
	OBJ_RUNNER = 0x5ea10d1,
	OBJ_RUNNER_LINK = 0x5ea10d2,
	OBJ_PROCESSES = 0x5ea10d4,
	OBJ_DOMAIN_KEEPER = 0x5ea10d5,
	OBJ_FORMATION = 0x5ea10d3,
	OBJ_POOL = 0x5ea1009,
	OBJ_DOOR = 0x5ea100a,
	OBJ_SUPERVISOR = 0x5ea100b,
	OBJ_CONTROL = 0x5ea100c,
	OBJ_TUNNEL = 0x5ea100d,
	OBJ_RESOLVE = 0x5ea100e,
	OBJ_RESOLVING = 0x5ea100f,
	OBJ_ACTIVATING = 0x5ea1014,
	OBJ_STORE = 0x5ea1010,
	OBJ_STATE = 0x5ea1011,
	OBJ_API = 0x5ea1012,
	OBJ_PLATFORM = 0x5ea1090,
	OBJ_PLATFORM_LOGS = 0x5ea1091,
	OBJ_API_CALL = 0x5ea1013,
	OBJ_DNS_ZONE = 0x5ea1041,
	OBJ_DNS_SERVER = 0x5ea1042,
	OBJ_DNS_TCP = 0x5ea1043,
	OBJ_TLS_CERT = 0x5ea1020,
	OBJ_TLS_SESSION = 0x5ea1021,
	OBJ_SECURE = 0x5ea1022,
	OBJ_H2_CONN = 0x5ea1023,
	OBJ_H2_STREAM = 0x5ea1024,
	OBJ_DIAL = 0x5ea1025,
	OBJ_H2_CLIENT = 0x5ea1026,
	OBJ_H2_CALL = 0x5ea1027,
	OBJ_APP = 0x5ea1061,
	OBJ_APP_LIVE = 0x5ea1062,
	OBJ_INSTANCE = 0x5ea1063,
};
#define OBJ(ptr, KIND) CHECK((ptr) != NULL && (ptr)->magic == (uint32_t)(KIND))

#endif
