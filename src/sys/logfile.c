/* SPDX-License-Identifier: Apache-2.0 */
/*
 * logfile: the file's side of logring.h. The writer thread looks at all rings every 50 ms, or sooner when a producer
 * finds its ring half full, and writes what many rings hold in one call. Lifetime: process.
 */
#include "sys/logring_int.h"

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
	LOGFILE_WAIT_MS = 50,
	LOGFILE_STALL_MS = 1000, /* how long a full pipe may hold up the writer thread before its lines are dropped */
	LOGFILE_BATCH_RINGS = 32,
	LOGFILE_BATCH_PIECES = LOGRING_PIECES * LOGFILE_BATCH_RINGS + 1,
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

/* What one writev takes: at most LOGFILE_BATCH_RINGS rings, each up to its head of that moment. */
struct logfile__batch {
	struct logring *rings[LOGFILE_BATCH_RINGS];
	uint64_t heads[LOGFILE_BATCH_RINGS];
	size_t ring_count;
	struct iovec pieces[LOGFILE_BATCH_PIECES];
	size_t piece_count;
};

/* Sleeps until woken or for the usual time, and takes the wake-up. */
static void logfile__wait(struct logfile *f)
{
	struct timespec t = { .tv_nsec = LOGFILE_WAIT_MS * 1000000L };

	(void)syscall(SYS_futex, &f->wake, FUTEX_WAIT_PRIVATE, 0, &t, NULL, 0);
	(void)__atomic_exchange_n(&f->wake, 0, __ATOMIC_ACQ_REL);
}

static int logfile__open(const char *path)
{
	return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
}

static void logfile__failed(struct logfile *f)
{
	__atomic_store_n(&f->failed_count, f->failed_count + 1, __ATOMIC_RELAXED);
}

/* Opens the path again when asked; the old file stays in use when that fails. */
static void logfile__reopen(struct logfile *f)
{
	int fd;

	if (!__atomic_exchange_n(&f->reopen, 0, __ATOMIC_ACQUIRE) || f->path == NULL)
		return;
	fd = logfile__open(f->path);
	if (fd < 0) {
		logfile__failed(f);
		return;
	}
	close(f->fd);
	f->fd = fd;
	f->cut = false;
}

/* Adds what is in r now. */
static void logfile__gather(struct logring *r, struct logfile__batch *b)
{
	size_t n = logring__look(r, &b->pieces[b->piece_count], &b->heads[b->ring_count]);

	if (n > 0)
		b->rings[b->ring_count++] = r;
	b->piece_count += n;
}

/* Drops n written bytes from the front of the pieces. */
static struct iovec *logfile__advance(struct iovec *piece, const struct iovec *end, size_t n)
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
static bool logfile__wait_room(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	return poll(&p, 1, LOGFILE_STALL_MS) > 0;
}

/* Writes all pieces, or counts a failure and gives up on the rest. */
static void logfile__write(struct logfile *f, struct logfile__batch *b)
{
	struct iovec *piece = b->pieces, *end = b->pieces + b->piece_count;

	while (piece != end) {
		ssize_t n = writev(f->fd, piece, (int)(end - piece));
		if (n > 0) {
			piece = logfile__advance(piece, end, (size_t)n);
			f->cut = piece != end;
		} else if (n == 0 || (errno != EINTR && !(errno == EAGAIN && logfile__wait_room(f->fd)))) {
			logfile__failed(f);
			return;
		}
	}
}

/* Writes what is in the rings from r on, up to one batch of rings; returns where the next batch begins. */
static struct logring *logfile__drain_batch(struct logfile *f, struct logring *r)
{
	char newline[] = { '\n' };
	struct logfile__batch b;

	b.ring_count = b.piece_count = 0;
	if (f->cut)
		b.pieces[b.piece_count++] = (struct iovec){ newline, 1 };
	for (; r != NULL && b.ring_count < LOGFILE_BATCH_RINGS; r = r->next)
		logfile__gather(r, &b);
	if (b.ring_count > 0)
		logfile__write(f, &b);
	for (size_t i = 0; i < b.ring_count; i++)
		logring__take(b.rings[i], b.heads[i]);
	return r;
}

static void logfile__drain(struct logfile *f)
{
	struct logring *r = __atomic_load_n(&f->rings, __ATOMIC_ACQUIRE);

	while (r != NULL)
		r = logfile__drain_batch(f, r);
}

static void *logfile__thread(void *arg)
{
	struct logfile *f = arg;
	bool last = false;

	while (!last) {
		last = __atomic_load_n(&f->stop, __ATOMIC_ACQUIRE);
		logfile__reopen(f);
		logfile__drain(f);
		if (!last)
			logfile__wait(f);
	}
	return NULL;
}

/* Starts the writer thread with all signals blocked: they are for the process's own threads. */
static bool logfile__thread_start(struct logfile *f)
{
	sigset_t all, old;
	bool started;

	sigfillset(&all);
	if (pthread_sigmask(SIG_SETMASK, &all, &old) != 0)
		return false;
	started = pthread_create(&f->thread, NULL, logfile__thread, f) == 0;
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
		f->fd = logfile__open(path);
	}
	if (f->fd < 0)
		goto out_free;
	if (!logfile__thread_start(f))
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
	logring__wake(&f->wake);
	CHECK(pthread_join(f->thread, NULL) == 0);
	for (struct logring *r = f->rings, *next; r != NULL; r = next) {
		next = r->next;
		logring__free(r);
	}
	close(f->fd);
	mem_free(f->path);
	mem_free(f);
}

void logfile_reopen(struct logfile *f)
{
	__atomic_store_n(&f->reopen, 1, __ATOMIC_RELEASE);
	logring__wake(&f->wake);
}

uint64_t logfile_failed(const struct logfile *f)
{
	return __atomic_load_n(&f->failed_count, __ATOMIC_RELAXED);
}

struct logring *logfile_ring(struct logfile *f, size_t ring_bytes)
{
	struct logring *r = logring__new(ring_bytes, &f->wake);

	r->next = __atomic_load_n(&f->rings, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&f->rings, &r->next, r, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		;
	return r;
}
