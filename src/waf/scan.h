/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scan: many patterns at once, over Hyperscan's or Vectorscan's library. Vectorscan 5.4.9 loses matches on its AVX-512
 * path: the SSE4.2 path is asked for where the library has one, and scan_self_test refuses a path that loses any.
 */
#ifndef WAF_SCAN_H
#define WAF_SCAN_H

#include "base/buf.h"
#include "base/diag.h"
#include "base/slice.h"

struct scan_db;
struct scan_scratch;

enum { SCAN_KEY_BYTES = 32, SCAN_STORED_BYTES_MAX = 64 << 20 };

/*
 * Where compiled databases are kept between runs: compiling takes seconds, reading them milliseconds. A key stands for
 * the patterns, the library's version and its code path. What load gives is checked before it is used.
 */
struct scan_store {
	void *arg;
	bool (*load)(void *arg, const uint8_t key[static SCAN_KEY_BYTES], struct buf *ret);
	void (*save)(void *arg, const uint8_t key[static SCAN_KEY_BYTES], struct slice bytes);
	bool (*stop)(void *arg); /* true: nobody wants the result any more */
};

struct scan_pattern {
	const char *text; /* NUL-terminated */
	unsigned id;      /* given back for a hit */
	bool plain;       /* a text, which is never refused */
	bool lines;       /* sees ends of lines */
	bool large;       /* stands apart with its like: it would weigh on the others */
	bool refused;     /* out: the library cannot do it */
};

/*
 * Compiles; patterns the library refuses are marked and left out. *ret is NULL when none is left.
 * store: NULL, or where compiled parts are looked for and put.
 * errors: ERR_SYSTEM with the reason in d; ERR_CLOSED when the store said stop. Caller frees with scan_db_free.
 */
enum err scan_db_new(struct scan_pattern *patterns, size_t n, const struct scan_store *store, struct scan_db **ret,
		     struct diag *d) MUST_USE;
/* Frees; NULL is fine. */
void scan_db_free(struct scan_db *db);
/* Its size in bytes; 0 for NULL. */
size_t scan_db_bytes(const struct scan_db *db);
/* Working memory for one thread, for n databases (some may be NULL). errors: ERR_MEMORY. */
enum err scan_scratch_new(struct scan_db *const *dbs, size_t n, struct scan_scratch **ret) MUST_USE;
/* Frees; NULL is fine. */
void scan_scratch_free(struct scan_scratch *s);
/*
 * Calls hit(ctx, id) at least once for each pattern that stands in s, of those that see ends of lines or of the others.
 * False when the library failed: take all as hit.
 */
bool scan_run(const struct scan_db *db, bool lines, struct slice s, struct scan_scratch *scratch,
	      void (*hit)(void *ctx, unsigned id), void *ctx);
/* Sweeps patterns that lose matches on bad paths. errors: ERR_SYSTEM. Takes some milliseconds. */
enum err scan_self_test(struct diag *d) MUST_USE;

#endif
