/* SPDX-License-Identifier: Apache-2.0 */
/*
 * logring: lines from workers to a file without blocking them. Each worker has its own ring (one producer); one
 * writer thread drains all rings into the file in large writes. A full ring drops the line and counts it.
 */
#ifndef SYS_LOGRING_H
#define SYS_LOGRING_H

#include "base/err.h"
#include "base/slice.h"

struct logring;
struct logfile;

/* Opens (append, created 0640) and starts the writer thread. path "-" is standard output. errors: ERR_SYSTEM. */
enum err logfile_open(const char *path, struct logfile **ret_file) MUST_USE;
/* Drains every ring, stops the thread, closes. Producers must have stopped. NULL is fine. */
void logfile_close(struct logfile *f);
/* Closes and opens the path again at the next drain (log rotation). Any thread. */
void logfile_reopen(struct logfile *f);
/* Writes and reopenings that failed; the lines of such a write are lost. Any thread. */
uint64_t logfile_failed(const struct logfile *f);
/* A ring of at least ring_bytes (a power of two, 4 KiB or more) for one producing thread. Owned by the file. Call
 * before the producers run. */
struct logring *logfile_ring(struct logfile *f, size_t ring_bytes) __attribute__((returns_nonnull));
/* Appends one line (with its newline) or drops it whole. Producer thread only. Cost: a copy; a futex wake when half
 * full. */
bool logring_add(struct logring *r, struct slice line);
/* Lines dropped so far. Any thread. */
uint64_t logring_dropped(const struct logring *r);

#endif
