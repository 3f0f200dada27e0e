/* SPDX-License-Identifier: Apache-2.0 */
/*
 * logring: see logring.h. A ring is bytes between two indexes that only grow: the producer publishes `head` after whole
 * lines, the writer thread `tail` after it wrote them, so what the writer finds always ends with a line. The writer
 * looks at all rings every 50 ms, or sooner when a producer finds its ring half full. Lifetime: process.
 */
#include "sys/logring.h"

#include "base/check.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum {
	LOGRING_BYTES_MIN = 4096,
	LOGRING_WAIT_MS = 50,
	LOGRING_STALL_MS = 1000, /* how long a full pipe may hold up the writer thread before its lines are dropped */
	LOGRING_BATCH_RINGS = 32,
	LOGRING_BATCH_PIECES = 2 * LOGRING_BATCH_RINGS + 1,
};

struct logring {
	struct logfile *file;
	struct logring *next;
	char *bytes;
	size_t cap; /* a power of two */
	char apart_from_above[64];
	uint64_t head;      /* written by the producer */
	uint64_t tail_seen; /* the producer's copy of tail */
	uint64_t dropped;
	char apart_from_producer[64];
	uint64_t tail; /* written by the writer thread */
	char apart_from_below[64];
};

struct logfile {
	char *path; /* NULL: standard output */
	int fd;
	bool cut; /* the file may end in the middle of a line */
	uint64_t failed_count;
	struct logring *rings; /* grows at the front, never shrinks */
	pthread_t thread;
	uint32_t wake; /* futex: 1 when the writer thread is asked to look now */
	int stop, reopen;
};

/* What one writev takes: at most LOGRING_BATCH_RINGS rings, each up to its head of that moment. */
struct logring__batch {
	struct logring *rings[LOGRING_BATCH_RINGS];
	uint64_t heads[LOGRING_BATCH_RINGS];
	size_t ring_count;
	struct iovec pieces[LOGRING_BATCH_PIECES];
	size_t piece_count;
};

static void logring__wake(struct logfile *f)
{
	if (__atomic_exchange_n(&f->wake, 1, __ATOMIC_ACQ_REL) == 0)
		(void)syscall(SYS_futex, &f->wake, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

/* Sleeps until woken or for the usual time, and takes the wake-up. */
static void logring__wait(struct logfile *f)
{
	struct timespec t = { .tv_nsec = LOGRING_WAIT_MS * 1000000L };

	(void)syscall(SYS_futex, &f->wake, FUTEX_WAIT_PRIVATE, 0, &t, NULL, 0);
	(void)__atomic_exchange_n(&f->wake, 0, __ATOMIC_ACQ_REL);
}

static int logring__open(const char *path)
{
	return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
}

static void logring__failed(struct logfile *f)
{
	__atomic_store_n(&f->failed_count, f->failed_count + 1, __ATOMIC_RELAXED);
}

/* Opens the path again when asked; the old file stays in use when that fails. */
static void logring__reopen(struct logfile *f)
{
	int fd;

	if (!__atomic_exchange_n(&f->reopen, 0, __ATOMIC_ACQUIRE) || f->path == NULL)
		return;
	fd = logring__open(f->path);
	if (fd < 0) {
		logring__failed(f);
		return;
	}
	close(f->fd);
	f->fd = fd;
	f->cut = false;
}

/* Adds what is in r now. False when there is nothing. */
static bool logring__gather(struct logring *r, struct logring__batch *b)
{
	uint64_t head = __atomic_load_n(&r->head, __ATOMIC_ACQUIRE);
	size_t n = (size_t)(head - r->tail), at = (size_t)r->tail & (r->cap - 1), first = r->cap - at;

	if (n == 0)
		return false;
	CHECK(n <= r->cap);
	if (first > n)
		first = n;
	b->pieces[b->piece_count++] = (struct iovec){ r->bytes + at, first };
	if (n > first)
		b->pieces[b->piece_count++] = (struct iovec){ r->bytes, n - first };
	b->rings[b->ring_count] = r;
	b->heads[b->ring_count++] = head;
	return true;
}

/* Drops n written bytes from the front of the pieces. */
static struct iovec *logring__advance(struct iovec *piece, const struct iovec *end, size_t n)
{
	while (piece != end && n >= piece->iov_len)
		n -= piece++->iov_len;
	if (piece != end) {
		piece->iov_base = (char *)piece->iov_base + n;
		piece->iov_len -= n;
	}
	return piece;
}

/* Waits for room in a pipe that somebody made non-blocking; false when its reader seems to be gone. */
static bool logring__wait_room(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	return poll(&p, 1, LOGRING_STALL_MS) > 0;
}

/* Writes all pieces, or counts a failure and gives up on the rest. */
static void logring__write(struct logfile *f, struct logring__batch *b)
{
	struct iovec *piece = b->pieces, *end = b->pieces + b->piece_count;

	while (piece != end) {
		ssize_t n = writev(f->fd, piece, (int)(end - piece));
		if (n > 0) {
			piece = logring__advance(piece, end, (size_t)n);
			f->cut = piece != end;
		} else if (n == 0 || (errno != EINTR && !(errno == EAGAIN && logring__wait_room(f->fd)))) {
			logring__failed(f);
			return;
		}
	}
}

/* Writes what is in the rings from r on, up to one batch of rings; returns where the next batch begins. */
static struct logring *logring__drain_batch(struct logfile *f, struct logring *r)
{
	char newline[] = { '\n' };
	struct logring__batch b;

	b.ring_count = b.piece_count = 0;
	if (f->cut)
		b.pieces[b.piece_count++] = (struct iovec){ newline, 1 };
	for (; r != NULL && b.ring_count < LOGRING_BATCH_RINGS; r = r->next)
		logring__gather(r, &b);
	if (b.ring_count > 0)
		logring__write(f, &b);
	for (size_t i = 0; i < b.ring_count; i++)
		__atomic_store_n(&b.rings[i]->tail, b.heads[i], __ATOMIC_RELEASE);
	return r;
}

static void logring__drain(struct logfile *f)
{
	struct logring *r = __atomic_load_n(&f->rings, __ATOMIC_ACQUIRE);

	while (r != NULL)
		r = logring__drain_batch(f, r);
}

static void *logring__thread(void *arg)
{
	struct logfile *f = arg;
	bool last = false;

	while (!last) {
		last = __atomic_load_n(&f->stop, __ATOMIC_ACQUIRE);
		logring__reopen(f);
		logring__drain(f);
		if (!last)
			logring__wait(f);
	}
	return NULL;
}

/* Starts the writer thread with all signals blocked: they are for the process's own threads. */
static bool logring__thread_start(struct logfile *f)
{
	sigset_t all, old;
	bool started;

	sigfillset(&all);
	if (pthread_sigmask(SIG_SETMASK, &all, &old) != 0)
		return false;
	started = pthread_create(&f->thread, NULL, logring__thread, f) == 0;
	CHECK(pthread_sigmask(SIG_SETMASK, &old, NULL) == 0);
	return started;
}

enum err logfile_open(const char *path, struct logfile **ret_file)
{
	struct logfile *f = mem_alloc(sizeof *f);

	if (strcmp(path, "-") == 0) {
		f->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	} else {
		f->path = mem_dup(slice_str(path));
		f->fd = logring__open(path);
	}
	if (f->fd < 0)
		goto out_free;
	if (!logring__thread_start(f))
		goto out_close;
	(void)pthread_setname_np(f->thread, "log");
	*ret_file = f;
	return OK;

out_close:
	close(f->fd);
out_free:
	mem_free(f->path);
	mem_free(f);
	return ERR_SYSTEM;
}

void logfile_close(struct logfile *f)
{
	if (f == NULL)
		return;
	__atomic_store_n(&f->stop, 1, __ATOMIC_RELEASE);
	logring__wake(f);
	CHECK(pthread_join(f->thread, NULL) == 0);
	for (struct logring *r = f->rings, *next; r != NULL; r = next) {
		next = r->next;
		mem_free(r->bytes);
		mem_free(r);
	}
	close(f->fd);
	mem_free(f->path);
	mem_free(f);
}

void logfile_reopen(struct logfile *f)
{
	__atomic_store_n(&f->reopen, 1, __ATOMIC_RELEASE);
	logring__wake(f);
}

uint64_t logfile_failed(const struct logfile *f)
{
	return __atomic_load_n(&f->failed_count, __ATOMIC_RELAXED);
}

struct logring *logfile_ring(struct logfile *f, size_t ring_bytes)
{
	struct logring *r = mem_alloc(sizeof *r);

	r->file = f;
	r->cap = LOGRING_BYTES_MIN;
	while (r->cap < ring_bytes && r->cap <= SIZE_MAX / 4)
		r->cap *= 2;
	r->bytes = mem_alloc(r->cap);
	r->next = __atomic_load_n(&f->rings, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&f->rings, &r->next, r, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		;
	return r;
}

bool logring_add(struct logring *r, struct slice line)
{
	size_t at = (size_t)r->head & (r->cap - 1), first = r->cap - at;
	uint64_t after = r->head + line.n;

	/* The writer's index is only looked at when the ring may be more than half full: it is in another core's cache.
	 */
	if (line.n > r->cap || after - r->tail_seen > r->cap / 2)
		r->tail_seen = __atomic_load_n(&r->tail, __ATOMIC_ACQUIRE);
	if (line.n > r->cap || after - r->tail_seen > r->cap) {
		__atomic_store_n(&r->dropped, r->dropped + 1, __ATOMIC_RELAXED);
		logring__wake(r->file);
		return false;
	}
	if (line.n == 0)
		return true;
	if (first > line.n)
		first = line.n;
	memcpy(r->bytes + at, line.p, first);
	memcpy(r->bytes, line.p + first, line.n - first);
	__atomic_store_n(&r->head, after, __ATOMIC_RELEASE);
	if (after - r->tail_seen > r->cap / 2)
		logring__wake(r->file);
	return true;
}

uint64_t logring_dropped(const struct logring *r)
{
	return __atomic_load_n(&r->dropped, __ATOMIC_RELAXED);
}
